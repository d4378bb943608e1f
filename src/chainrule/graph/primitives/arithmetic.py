"""Arithmetic, element by element: both operands have the same type.

In the derivatives g is the gradient of the output y, and x (or x1, x2) the inputs.
"""

from __future__ import annotations

import math

from chainrule.graph.node import Primitive, primitive
from chainrule.graph.primitives.choice import select
from chainrule.graph.primitives.rules import floats, numbers

add = primitive(
    "add",
    "Sum x1 + x2.",
    arity=2,
    elementwise=True,
    type_rule=numbers,
    vjp=lambda g, y, x1, x2: (g, g),
)

sub = primitive(
    "sub",
    "Difference x1 - x2.",
    arity=2,
    elementwise=True,
    type_rule=numbers,
    vjp=lambda g, y, x1, x2: (g, -g),
)

mul = primitive(
    "mul",
    "Product x1 · x2.",
    arity=2,
    elementwise=True,
    type_rule=numbers,
    vjp=lambda g, y, x1, x2: (g * x2, g * x1),
)

div = primitive(
    "div",
    "Quotient x1 / x2.",
    arity=2,
    elementwise=True,
    type_rule=floats,
    vjp=lambda g, y, x1, x2: (g / x2, -g * (y / x2)),
)

neg = primitive(
    "neg",
    "Negative -x.",
    elementwise=True,
    type_rule=numbers,
    vjp=lambda g, y, x: (-g,),
)

maximum = primitive(
    "maximum",
    "The larger of x1 and x2; NaN if either is. A tie is x2's, so relu(x) = maximum(x, 0) has the derivative 0 at 0.",
    arity=2,
    elementwise=True,
    type_rule=numbers,
    vjp=lambda g, y, x1, x2: (select(x2 < x1, g, 0.0), select(x2 < x1, 0.0, g)),
)

abs_ = primitive(
    "abs",
    "Absolute value |x|; its derivative is the sign of x, 0 at 0.",
    elementwise=True,
    type_rule=numbers,
    vjp=lambda g, y, x: (select(x < 0.0, -g, select(0.0 < x, g, 0.0)),),
)

exp = primitive(
    "exp",
    "Exponential eˣ.",
    elementwise=True,
    type_rule=floats,
    vjp=lambda g, y, x: (g * y,),
)

log = primitive(
    "log",
    "Natural logarithm ln x.",
    elementwise=True,
    type_rule=floats,
    vjp=lambda g, y, x: (g / x,),
)

sqrt = primitive(
    "sqrt",
    "Square root √x.",
    elementwise=True,
    type_rule=floats,
    vjp=lambda g, y, x: (g / (2.0 * y),),
)

tanh = primitive(
    "tanh",
    "Hyperbolic tangent.",
    elementwise=True,
    type_rule=floats,
    vjp=lambda g, y, x: (g * (1.0 - y * y),),  # d tanh(x)/dx = 1 - tanh(x)²
)

logistic = primitive(
    "logistic",
    "Logistic function 1 / (1 + e⁻ˣ). Composed of exp and div, its derivative would be inf · 0 for large negative x.",
    elementwise=True,
    type_rule=floats,
    vjp=lambda g, y, x: (g * (y * (1.0 - y)),),
)

softplus = primitive(
    "softplus",
    "ln(1 + eˣ). Composed of maximum, its derivative at 0 would be that of the kink.",
    elementwise=True,
    type_rule=floats,
    vjp=lambda g, y, x: (g * logistic(x),),
)

erf = primitive(
    "erf",
    "Error function 2/√π ∫₀ˣ e^(-t²) dt.",
    elementwise=True,
    type_rule=floats,
    vjp=lambda g, y, x: (g * (2.0 / math.sqrt(math.pi) * exp(-(x * x))),),
)

sin = primitive(
    "sin",
    "Sine; x in radians.",
    elementwise=True,
    type_rule=floats,
    vjp=lambda g, y, x: (g * cos(x),),
)

cos: Primitive = primitive(
    "cos",
    "Cosine; x in radians.",
    elementwise=True,
    type_rule=floats,
    vjp=lambda g, y, x: (-g * sin(x),),
)

floor = primitive(
    "floor",
    "The largest whole number not above x; its derivative is 0 wherever it has one.",
    elementwise=True,
    type_rule=floats,
    vjp=lambda g, y, x: (None,),
)
