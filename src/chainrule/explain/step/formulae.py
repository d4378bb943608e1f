"""What textbooks write for what layers compute, and for the derivative of it."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.functional import ACTIVATIONS
from chainrule.nn import Activation, Concatenate, Dense, Dropout, Flatten, Layer, Reshape, Residual, Standardize

# f′ in terms of z and of a = f(z), for each activation that works number by number.
SLOPES = {
    "identity": "1",
    "sigmoid": "a (1 − a)",
    "tanh": "1 − a²",
    "relu": "1 where z > 0, else 0",
    "leaky_relu": "1 where z > 0, else the slope",
    "elu": "1 where z > 0, else a + 1",
    "selu": "λ where z > 0, else a + λα",
    "gelu": "Φ(z) + z φ(z)",
    "silu": "σ(z) + a (1 − σ(z))",
    "softplus": "σ(z)",
}


def function_name(layer: Layer) -> str:
    """What the activation of a layer is called; "identity" if it has none."""
    given = getattr(layer, "activation", getattr(layer, "function", None))
    if given is None or isinstance(given, str):
        return given or "identity"
    known = {function: name for name, function in ACTIVATIONS.items()}
    own = getattr(given, "__name__", "f")
    return known.get(given, own if own.isidentifier() else "f")


# How the output a of a layer is made from its input.
OUTPUTS: dict[type[Layer], Callable[[Layer, str], str]] = {
    Activation: lambda layer, x: f"{function_name(layer)}({x})",
    Concatenate: lambda layer, x: "the outputs of its branches, side by side",
    Dropout: lambda layer, x: f"{x} ⊙ mask",
    Flatten: lambda layer, x: f"{x}, each row as one vector",
    Reshape: lambda layer, x: f"{x}, in another shape",
    Residual: lambda layer, x: f"its input + {x.split(', ')[-1]}",
    Standardize: lambda layer, x: f"({x} − mean) / scale",
}

# What the gradient at the output of a layer, which is given, becomes at its input.
BACKWARD: dict[type[Layer], Callable[[Layer, str], str]] = {
    Activation: lambda layer, g: f"{g} times the derivative of {function_name(layer)}",
    Concatenate: lambda layer, g: f"its columns of {g}",
    Dropout: lambda layer, g: f"{g} ⊙ mask",
    Flatten: lambda layer, g: f"{g}, in the shape that it was flattened from",
    Reshape: lambda layer, g: f"{g}, in the shape that it had before",
    Residual: lambda layer, g: g,
    Standardize: lambda layer, g: f"{g} / scale",
}


def describe(layer: Layer) -> str:
    """The class of a layer, with its activation."""
    own = f", {function_name(layer)}" if isinstance(layer, Dense | Activation) else ""
    return f"{type(layer).__name__}{own}{'' if layer.trainable else ', frozen'}"
