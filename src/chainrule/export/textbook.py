"""The forward pass as a textbook has it: what guards a graph against overflow and lost digits is put back into plain words.

Each rule recognises what a function of `chainrule.functional` makes and puts one operation in its place, with the derivative
that a book gives for it. For finite numbers the results are the same up to rounding. Whatever no rule recognises stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from chainrule.functional import spread
from chainrule.graph import DType, Graph, Node, Primitive, TensorType
from chainrule.graph.body import Body
from chainrule.graph.node import named, provenance
from chainrule.graph.primitives import cast, exp, mul, neg, reduce_sum, select

Rule = Callable[[Node], Node | None]

_SATURATED = 1e4  # chainrule.functional keeps the argument of a gate within ± this; no float64 can tell the difference


def _operation(name: str, summary: str, vjp: Callable[..., tuple[Node | None, ...]], arity: int = 1) -> Primitive:
    """An operation that only an exported program has: element by element, or along the axis that it is given."""
    return Primitive(name, summary, arity=arity, type_rule=lambda x, *others, **attributes: x, vjp=vjp)


sign = _operation("sign", "The sign of x, 0 at 0.", lambda g, y, x: (None,))
absolute = _operation("abs", "|x|, with its sign as derivative.", lambda g, y, x: (g * sign.apply((x,), {}),))
clip = _operation(
    "clip",
    "x kept within low and high.",
    lambda g, y, x, low, high: (select(low < x, select(high < x, 0.0, g), 0.0), None, None),
    arity=3,
)
expm1 = _operation("expm1", "eˣ − 1.", lambda g, y, x: (g * exp(x),))
huber = _operation(
    "huber",
    "½ e² where |e| ≤ δ, δ (|e| − ½ δ) beyond; its derivative is e kept within ±δ.",
    lambda g, y, e, limit: (g * clip.apply((e, -limit, limit), {}), None),
    arity=2,
)
normal_cdf = _operation(
    "normal_cdf",
    "The normal distribution function ½ (1 + erf(z / √2)); its derivative is the normal density.",
    lambda g, y, z: (g * (exp(-0.5 * (z * z)) * math.sqrt(0.5 / math.pi)),),
)
softmax = _operation(
    "softmax",
    "e^z / Σ e^z along an axis.",
    lambda g, y, z, axis: (y * (g - spread(reduce_sum(g * y, axis), y, axis)),),
)
log_softmax = _operation(
    "log_softmax",
    "z − ln Σ e^z along an axis.",
    lambda g, y, z, axis: (g - exp(y) * spread(reduce_sum(g, axis), y, axis),),
)
one_hot = Primitive(
    "one_hot",
    "A row of zeros with a 1 in the place of each class number.",
    type_rule=lambda ids, size, dtype: TensorType((*ids.shape, size), dtype),
    vjp=lambda g, y, ids, size, dtype: (None,),
)
mask = Primitive(
    "mask",
    "0 where random bits are below rate · 2¹⁶, else 1 / (1 − rate): what dropout multiplies by.",
    arity=2,
    type_rule=lambda bits, rate: TensorType(bits.shape, rate.dtype),
    vjp=lambda g, y, bits, rate: (None, None),
)


def textbook(outputs: Iterable[Node]) -> tuple[list[Node], dict[Node, Node]]:
    """The outputs with every rule applied, and what each node of their graph has become."""
    new: dict[Node, Node] = {}
    wanted = list(outputs)
    for node in Graph.of(wanted).nodes:
        inputs = tuple(new[x] for x in node.inputs)
        with provenance(node.scope, None):
            same = node if inputs == node.inputs else Node(node.primitive, inputs, node.attributes, node.type)
            found = next((found for rule in RULES.get(node.op, ()) if (found := rule(same)) is not None), same)
        new[node] = named(node.symbol, found) if node.symbol else found
    return [new[node] for node in wanted], new


def number(node: Node) -> float | None:
    """The number that a node holds in every element, if it is such a constant."""
    node = under(node)
    return float(node.attributes["value"]) if node.op == "const" and node.rank == 0 else None


def under(node: Node) -> Node:
    """What a node repeats, if it is a broadcast."""
    while node.op == "broadcast":
        (node,) = node.inputs
    return node


def _same(x: Node, y: Node) -> bool:
    """Whether two nodes repeat one and the same value."""
    return under(x) is under(y) or (number(x) is not None and number(x) == number(y))


def _clip(node: Node) -> Node | None:
    """select(high < x, high, x) where x = maximum(x, low); with the argument itself where the bounds are out of reach."""
    condition, high, above = node.inputs
    if condition.op != "less" or above.op != "maximum" or not _same(condition.inputs[0], high):
        return None
    x, low = above.inputs
    if condition.inputs[1] not in (x, above):
        return None
    if number(high) == _SATURATED and number(low) == -_SATURATED:
        return x
    return clip.apply((x, low, high), {})


def _never(node: Node) -> Node | None:
    """select(x < x, a, b) = b."""
    condition, _, otherwise = node.inputs
    return otherwise if condition.op == "less" and condition.inputs[0] is condition.inputs[1] else None


def _dropout(node: Node) -> Node | None:
    """select(bits < rate · 2¹⁶, 0, x / (1 − rate)) = x · mask."""
    condition, zero, kept = node.inputs
    if condition.op != "less" or number(zero) != 0.0 or kept.op != "div" or condition.inputs[0].op != "cast":
        return None
    bits, threshold = condition.inputs[0].inputs[0], under(condition.inputs[1])
    if bits.op != "random_bits" or bits.attributes["bits"] != 16 or threshold.op != "mul":
        return None
    rate, scale = (under(x) for x in threshold.inputs)
    keep = under(kept.inputs[1])
    if (
        number(scale) != 65536.0
        or keep.op != "sub"
        or under(keep.inputs[1]) is not rate
        or number(keep.inputs[0]) != 1.0
    ):
        return None
    return mul(kept.inputs[0], mask.apply((bits, rate), {}))


def _expm1(node: Node) -> Node | None:
    """2t / (1 − t) with t = tanh(x/2) is eˣ − 1."""
    twice, rest = node.inputs
    if twice.op != "mul" or rest.op != "sub" or number(twice.inputs[0]) != 2.0 or number(rest.inputs[0]) != 1.0:
        return None
    t = twice.inputs[1]
    if t is not rest.inputs[1] or t.op != "tanh" or t.inputs[0].op != "mul" or number(t.inputs[0].inputs[0]) != 0.5:
        return None
    return expm1.apply((t.inputs[0].inputs[1],), {})


def _softmax(node: Node) -> Node | None:
    """e / Σ e with e = exp(z − max z)."""
    e, total = node.inputs[0], under(node.inputs[1])
    if e.op != "exp" or e.inputs[0].op != "select" or total.op != "reduce_sum" or total.inputs[0] is not e:
        return None
    condition, _, shifted = e.inputs[0].inputs
    axes, z = total.attributes["axes"], _shifted(shifted)
    if condition.op != "equal" or number(condition.inputs[1]) != math.inf or z is None or len(axes) != 1:
        return None
    return softmax.apply((z,), {"axis": axes[0]})


def _shifted(node: Node) -> Node | None:
    """The z of z − max z."""
    if node.op != "sub" or under(node.inputs[1]).op != "stop_gradient":
        return None
    largest = under(node.inputs[1]).inputs[0]
    return node.inputs[0] if largest.op == "reduce_max" and largest.inputs[0] is node.inputs[0] else None


def _huber(node: Node) -> Node | None:
    """c (e − ½ c) where c is e kept within ±δ."""
    c, rest = node.inputs
    if c.op != "clip" or rest.op != "sub" or rest.inputs[0] is not c.inputs[0] or rest.inputs[1].op != "mul":
        return None
    half, again = rest.inputs[1].inputs
    limit = number(c.inputs[2])
    if number(half) != 0.5 or again is not c or limit is None or number(c.inputs[1]) != -limit:
        return None
    return huber.apply((c.inputs[0], c.inputs[2]), {})


def _normal_cdf(node: Node) -> Node | None:
    """½ (1 + erf(z √½))."""
    half, rest = node.inputs
    if number(half) != 0.5 or rest.op != "add" or number(rest.inputs[0]) != 1.0 or rest.inputs[1].op != "erf":
        return None
    (inside,) = rest.inputs[1].inputs
    scaled = inside.op == "mul" and number(inside.inputs[1]) == math.sqrt(0.5)
    return normal_cdf.apply(inside.inputs[:1], {}) if scaled else None


def _cross_entropy(node: Node) -> Node | None:
    """ln Σ e^z · Σ y − Σ y z, with the largest z taken out, is −Σ y · log_softmax(z)."""
    normaliser, chosen = node.inputs
    if normaliser.op == "mul":
        normaliser = normaliser.inputs[0]
    if normaliser.op != "log" or chosen.op != "reduce_sum" or chosen.inputs[0].op != "mul":
        return None
    total = normaliser.inputs[0]
    if total.op != "reduce_sum" or total.inputs[0].op != "exp" or total.attributes != chosen.attributes:
        return None
    y, shifted = chosen.inputs[0].inputs
    z, axes = _shifted(shifted), total.attributes["axes"]
    if total.inputs[0].inputs[0] is not shifted or z is None:
        return None
    return neg(reduce_sum(y * log_softmax.apply((z,), {"axis": axes[0]}), axes))


def _one_hot(node: Node) -> Node | None:
    """A row of truth values that says which of 0, 1, 2, … a class number is."""
    (x,) = node.inputs
    if x.op != "equal" or any(given.op != "broadcast" for given in x.inputs) or not node.dtype.is_float:
        return None
    ids, places = (under(given) for given in x.inputs)
    if places.op != "const" or ids.rank != x.rank - 1 or x.inputs[0].attributes["axes"] != (ids.rank,):
        return None
    numbers = places.attributes["value"]
    if places.dtype is not DType.INT32 or numbers.tolist() != list(range(len(numbers))):
        return None
    return one_hot.apply((ids,), {"size": len(numbers), "dtype": node.dtype})


def _plain_step(node: Node) -> Node | None:
    """A scan whose step is as a textbook has it."""
    body = node.attributes["body"]
    (output,), _ = textbook([body.output])
    plain = Body(body.state, body.sequences, body.constants, output)
    return None if plain == body else node.primitive.apply(node.inputs, {**node.attributes, "body": plain})


def _token(node: Node) -> Node | None:
    """int(select(x is an id, x, 0)) = int(x)."""
    (x,) = node.inputs
    if x.op != "select" or node.dtype is not DType.INT32 or number(x.inputs[2]) != 0.0 or not _is_token(x.inputs[0]):
        return None
    return cast(x.inputs[1], DType.INT32)


def _guarded_row(node: Node) -> Node | None:
    """select(x is an id, its row, NaN) = its row."""
    condition, row, nothing = node.inputs
    value = number(nothing)
    return row if value is not None and math.isnan(value) and _is_token(under(condition)) else None


def _is_token(node: Node) -> bool:
    """Whether a node asks if x is a whole number from 0 on: equal(floor(clip(x, 0, …)), x); ids need no floor."""
    if node.op != "equal":
        return False
    kept, x = node.inputs
    (kept,) = kept.inputs if kept.op == "floor" else (kept,)
    return kept.op == "clip" and kept.inputs[0] is x and number(kept.inputs[1]) == 0.0


def _idle(node: Node) -> Node | None:
    """What changes neither the shape nor the kind of numbers."""
    return node.inputs[0] if node.inputs[0].type == node.type else None


RULES: dict[str, tuple[Rule, ...]] = {
    "select": (_clip, _never, _dropout, _guarded_row),
    "div": (_expm1, _softmax),
    "mul": (_huber, _normal_cdf),
    "sub": (_cross_entropy,),
    "cast": (_idle, _one_hot, _token),
    "reshape": (_idle,),
    "scan": (_plain_step,),
    "abs": (lambda node: absolute.apply(node.inputs, {}) if node.dtype.is_float else None,),
}
