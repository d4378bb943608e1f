"""What textbooks write for what layers compute, and for the derivative of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule.functional import ACTIVATIONS
from chainrule.nn import (
    GRU,
    LSTM,
    Activation,
    Augment,
    AvgPool1D,
    AvgPool2D,
    BatchNorm,
    Bidirectional,
    Concatenate,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    LayerNorm,
    Masking,
    MaxPool1D,
    MaxPool2D,
    Noise,
    Rescale,
    Reshape,
    Residual,
    SimpleRNN,
    Standardize,
)
from chainrule.nn.layer import own_factor, pace

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


@dataclass(frozen=True)
class Affine:
    """A layer with z = something times W, plus b: its formulae in terms of its input {x}, its path {path}, and δ = ∂L/∂z.

    `meaning` says what is not in every textbook; `back` is the gradient at the input.
    """

    z: str
    weight: str
    bias: str
    back: str
    meaning: str = ""


_CONVOLUTION = Affine(
    z="windows({x}) W",
    weight="windows({x})ᵀ δ",
    bias="δ, summed over rows and places",
    back="fold(δ[{path}] W[{path}]ᵀ), which adds the windows up where they overlap",
    meaning=", with a window for each place of the kernel",
)
AFFINE: dict[type[Layer], Affine] = {
    Conv1D: _CONVOLUTION,
    Conv2D: _CONVOLUTION,
    Dense: Affine("{x} W", "{x}ᵀ δ", "δ, summed over the rows", "δ[{path}] W[{path}]ᵀ"),
}


def affine_of(layer: Layer) -> Affine | None:
    """The formulae of a layer with z; None if it has none."""
    return next((formulae for kind, formulae in AFFINE.items() if isinstance(layer, kind)), None)


MAXIMA = (GlobalMaxPool, MaxPool1D, MaxPool2D)
_ROOT = "√(σ² + ε)"


def _normalised(of: str) -> Callable[[Layer, str], str]:
    return lambda layer, x: f"scale ({x} − μ) / {_ROOT} + shift, with mean μ and variance σ² of {of}"


def _from_normalised(of: str) -> Callable[[Layer, str], str]:
    means = f"means of {of}, h = {{g}} ⊙ scale, x̂ = (x − μ) / {_ROOT}"
    return lambda layer, g: f"(h − the mean of h − x̂ ⊙ the mean of h ⊙ x̂) / {_ROOT}, {means.format(g=g)}"


def _batch_norm(layer: Layer, x: str) -> str:
    running = f"scale ({x} − mean) / √(variance + ε) + shift"
    return _normalised("the batch")(layer, x) if own_factor(layer, "") else running


def _from_batch_norm(layer: Layer, g: str) -> str:
    return _from_normalised("the batch")(layer, g) if own_factor(layer, "") else f"{g} ⊙ scale / √(variance + ε)"


def _rescaled(layer: Layer, x: str, *, back: bool = False) -> str:
    """The scale of a layer times what is given, plus its offset on the way forward."""
    assert isinstance(layer, Rescale)
    return f"{layer.scale:.6g} {x}" + (f" + {layer.offset:.6g}" if layer.offset and not back else "")


def _gates(x: str) -> str:
    """What the gates of a recurrent layer are made of at a step."""
    return f"{x}ₜ W + hₜ₋₁ R + b"


def _through_time(g: str) -> str:
    return f"δₜ Wᵀ, where δₜ is what {g} and the steps after t pass back to xₜ W, from the last step to the first"


# How the output a of a layer is made from its input.
OUTPUTS: dict[type[Layer], Callable[[Layer, str], str]] = {
    Activation: lambda layer, x: f"{function_name(layer)}({x})",
    Augment: lambda layer, x: f"{x}, each picture changed in its own way",
    AvgPool1D: lambda layer, x: f"the mean of each window of {x}",
    AvgPool2D: lambda layer, x: f"the mean of each window of {x}",
    BatchNorm: _batch_norm,
    Bidirectional: lambda layer, x: "the outputs of both directions, side by side",
    Concatenate: lambda layer, x: "the outputs of its branches, side by side",
    Dropout: lambda layer, x: f"{x} ⊙ mask",
    Embedding: lambda layer, x: f"the rows of W that {x} names",
    Flatten: lambda layer, x: f"{x}, each row as one vector",
    GRU: lambda layer, x: (
        f"(1 − u) ⊙ g + u ⊙ hₜ₋₁, r and u = σ({_gates(x)} + b_R), g = tanh({x}ₜ W + b + r ⊙ (hₜ₋₁ R + b_R))"
    ),
    GlobalAveragePool: lambda layer, x: f"the mean of {x} over its places",
    GlobalMaxPool: lambda layer, x: f"the largest of {x} over its places",
    LSTM: lambda layer, x: f"o ⊙ tanh(cₜ), cₜ = f ⊙ cₜ₋₁ + i ⊙ g, with i, f, o = σ and g = tanh of {_gates(x)}",
    LayerNorm: _normalised("the last axis"),
    Masking: lambda layer, x: x,
    MaxPool1D: lambda layer, x: f"the largest of each window of {x}",
    MaxPool2D: lambda layer, x: f"the largest of each window of {x}",
    Noise: lambda layer, x: f"{x} + std · normal random numbers",
    Rescale: lambda layer, x: _rescaled(layer, x),
    Reshape: lambda layer, x: f"{x}, in another shape",
    Residual: lambda layer, x: f"its input + {x.split(', ')[-1]}",
    SimpleRNN: lambda layer, x: f"{function_name(layer)}({_gates(x)}), step by step",
    Standardize: lambda layer, x: f"({x} − mean) / scale",
}

# What the gradient at the output of a layer, which is given, becomes at its input.
BACKWARD: dict[type[Layer], Callable[[Layer, str], str]] = {
    Activation: lambda layer, g: f"{g} times the derivative of {function_name(layer)}",
    Augment: lambda layer, g: f"{g}, back at the pixels that were read",
    AvgPool1D: lambda layer, g: f"{g}, a share for each element of its window",
    AvgPool2D: lambda layer, g: f"{g}, a share for each element of its window",
    BatchNorm: _from_batch_norm,
    Bidirectional: lambda layer, g: f"its columns of {g}, for each direction",
    Concatenate: lambda layer, g: f"its columns of {g}",
    Dropout: lambda layer, g: f"{g} ⊙ mask",
    Embedding: lambda layer, g: "nothing, as token ids have no derivative",
    Flatten: lambda layer, g: f"{g}, in the shape that it was flattened from",
    GRU: lambda layer, g: _through_time(g),
    GlobalAveragePool: lambda layer, g: f"{g}, a share for each place",
    GlobalMaxPool: lambda layer, g: f"{g}, where the largest is",
    LSTM: lambda layer, g: _through_time(g),
    LayerNorm: _from_normalised("the last axis"),
    Masking: lambda layer, g: g,
    MaxPool1D: lambda layer, g: f"{g}, where the largest of its window is",
    MaxPool2D: lambda layer, g: f"{g}, where the largest of its window is",
    Noise: lambda layer, g: g,
    Rescale: lambda layer, g: _rescaled(layer, g, back=True),
    Reshape: lambda layer, g: f"{g}, in the shape that it had before",
    Residual: lambda layer, g: g,
    SimpleRNN: lambda layer, g: _through_time(g),
    Standardize: lambda layer, g: f"{g} / scale",
}


_SCALE_AND_SHIFT: dict[str, Callable[[str], str]] = {
    "scale": lambda g: f"{g} ⊙ x̂, summed over all axes but the last, x̂ being what scale multiplies",
    "shift": lambda g: f"{g}, summed over all axes but the last",
}
_OVER_STEPS: dict[str, Callable[[str], str]] = {
    "weight": lambda g: "Σₜ xₜᵀ δₜ",
    "recurrent_weight": lambda g: "Σₜ hₜ₋₁ᵀ δₜ, δₜ being what reaches hₜ₋₁ R",
    "bias": lambda g: "δₜ, summed over rows and steps",
    "recurrent_bias": lambda g: "δₜ, summed over rows and steps",
}
# The gradients of the parameters of layers without z, from the gradient g at the output.
PARAMETERS: dict[type[Layer], dict[str, Callable[[str], str]]] = {
    BatchNorm: _SCALE_AND_SHIFT,
    Embedding: {"weight": lambda g: f"{g}, summed over the places of each token"},
    GRU: _OVER_STEPS,
    LSTM: _OVER_STEPS,
    LayerNorm: _SCALE_AND_SHIFT,
    SimpleRNN: _OVER_STEPS,
}


def describe(layer: Layer) -> str:
    """The class of a layer, with its activation, and how fast it learns if that is not as usual."""
    own = f", {function_name(layer)}" if affine_of(layer) or isinstance(layer, Activation) else ""
    return f"{type(layer).__name__}{own}{pace(layer)}"
