"""Random bits that depend on a key and a counter alone."""

from __future__ import annotations

from chainrule.errors import GraphError
from chainrule.graph.node import primitive, where
from chainrule.graph.types import DType, Shape, TensorType


def _bits_type(key: TensorType, counter: TensorType, shape: Shape, layer: int, bits: int) -> TensorType:
    pair = TensorType((2,), DType.UINT32)
    if key != pair or counter != pair or bits not in (16, 32):
        raise GraphError(
            f"{where()}random_bits needs a key and a counter of type {pair} and 16 or 32 bits, "
            f"but has {key}, {counter} and {bits}."
        )
    if not 0 <= layer < 2**32:
        raise GraphError(f"{where()}random_bits numbers layers from 0 to 2^32 - 1, but was given {layer}.")
    return TensorType(shape, DType.UINT32)


random_bits = primitive(
    "random_bits",
    "Random whole numbers below 2^bits (16 or 32), from Philox4x32-10 with the key (seed, stream) at the counter (block, "
    "layer, step, epoch); `counter` holds (step, epoch). Element e, counted row by row through the batch, is word e of the "
    "stream, or with 16 bits the low (e even) or high (e odd) half of word e div 2.",
    arity=2,
    attributes=lambda key, counter, shape, layer, bits=32: {"shape": tuple(shape), "layer": layer, "bits": bits},
    type_rule=_bits_type,
    vjp=lambda g, y, key, counter, shape, layer, bits: (None, None),
)
