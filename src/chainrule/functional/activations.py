"""Activation functions a = f(z). Each is composed of primitives, so its derivative is derived.

Every one, and its derivative, is right at 0, at large |z| and at ±∞: where a `select` does not take a branch, that branch is
given a clamped argument, because 0 · ∞ would otherwise leak from it. At a kink the derivative is that of the left side.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from chainrule.errors import check_name
from chainrule.functional.common import clamp, spread
from chainrule.graph import Node
from chainrule.graph.primitives import (
    equal,
    erf,
    exp,
    log,
    logistic,
    maximum,
    reduce_max,
    reduce_sum,
    select,
    stop_gradient,
)
from chainrule.graph.primitives import softplus as softplus_primitive
from chainrule.graph.primitives import tanh as tanh_primitive

Activation = Callable[[Node], Node]

# Beyond it, a gate σ(z) or Φ(z) is 0 or 1 in any precision.
_SATURATED = 1e4


def identity(z: Node) -> Node:
    """f(z) = z.

    >>> import chainrule as cr
    >>> cr.Network(cr.Activation("identity")).build(3).predict([[-1.0, 0.0, 2.0]]).round(4)
    array([[-1.,  0.,  2.]], dtype=float32)
    """
    return z


def sigmoid(z: Node) -> Node:
    """f(z) = 1 / (1 + e⁻ᶻ), between 0 and 1; f′ = f (1 − f).

    >>> import chainrule as cr
    >>> cr.Network(cr.Activation("sigmoid")).build(3).predict([[-1.0, 0.0, 2.0]]).round(4)
    array([[0.2689, 0.5   , 0.8808]], dtype=float32)
    """
    return logistic(z)


def tanh(z: Node) -> Node:
    """f(z) = tanh z, between −1 and 1; f′ = 1 − f².

    >>> import chainrule as cr
    >>> cr.Network(cr.Activation("tanh")).build(3).predict([[-1.0, 0.0, 2.0]]).round(4)
    array([[-0.7616,  0.    ,  0.964 ]], dtype=float32)
    """
    return tanh_primitive(z)


def relu(z: Node) -> Node:
    """f(z) = max(z, 0); f′ is 0 at 0.

    Source: Nair, Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.

    >>> import chainrule as cr
    >>> cr.Network(cr.Activation("relu")).build(3).predict([[-1.0, 0.0, 2.0]]).round(4)
    array([[0., 0., 2.]], dtype=float32)
    """
    return maximum(z, 0.0)


def leaky_relu(z: Node, slope: float = 0.01) -> Node:
    """f(z) = z where z > 0, slope · z elsewhere; f′ is the slope at 0.

    Source: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.

    >>> import chainrule as cr
    >>> cr.Network(cr.Activation("leaky_relu")).build(3).predict([[-1.0, 0.0, 2.0]]).round(4)
    array([[-0.01,  0.  ,  2.  ]], dtype=float32)
    """
    return select(0.0 < z, z, slope * z)


def elu(z: Node, alpha: float = 1.0) -> Node:
    """f(z) = z where z > 0, α (eᶻ − 1) elsewhere; f′ is α at 0, so with α = 1 it is continuous.

    Source: Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by exponential linear units", ICLR 2016.

    >>> import chainrule as cr
    >>> cr.Network(cr.Activation("elu")).build(3).predict([[-1.0, 0.0, 2.0]]).round(4)
    array([[-0.6321,  0.    ,  2.    ]], dtype=float32)
    """
    # e^z - 1 = 2t / (1 - t) with t = tanh(z/2): no digits cancel near 0, as they do in exp(z) - 1
    positive = 0.0 < z
    t = tanh_primitive(0.5 * select(positive, 0.0, z))  # minimum(z, 0) would give the derivative 0 at 0
    return select(positive, z, alpha * (2.0 * t / (1.0 - t)))


def selu(z: Node) -> Node:
    """f(z) = λ elu(z, α) with λ ≈ 1.0507 and α ≈ 1.6733, which keep mean 0 and variance 1 from layer to layer.

    Source: Klambauer, Unterthiner, Mayr, Hochreiter, "Self-normalizing neural networks", NeurIPS 2017.

    >>> import chainrule as cr
    >>> cr.Network(cr.Activation("selu")).build(3).predict([[-1.0, 0.0, 2.0]]).round(4)
    array([[-1.1113,  0.    ,  2.1014]], dtype=float32)
    """
    return 1.0507009873554804934193349852946 * elu(z, alpha=1.6732632423543772848170429916717)


def gelu(z: Node) -> Node:
    """f(z) = z Φ(z), with the normal distribution function Φ(z) = ½ (1 + erf(z/√2)).

    Source: Hendrycks, Gimpel, "Gaussian error linear units", 2016.

    >>> import chainrule as cr
    >>> cr.Network(cr.Activation("gelu")).build(3).predict([[-1.0, 0.0, 2.0]]).round(4)
    array([[-0.1587,  0.    ,  1.9545]], dtype=float32)
    """
    return _gated(z, lambda z: 0.5 * (1.0 + erf(z * math.sqrt(0.5))))


def silu(z: Node) -> Node:
    """f(z) = z σ(z), also called swish.

    Source: Elfwing, Uchibe, Doya, "Sigmoid-weighted linear units", Neural Networks 107, 2018.

    >>> import chainrule as cr
    >>> cr.Network(cr.Activation("silu")).build(3).predict([[-1.0, 0.0, 2.0]]).round(4)
    array([[-0.2689,  0.    ,  1.7616]], dtype=float32)
    """
    return _gated(z, logistic)


def _gated(z: Node, gate: Activation) -> Node:
    inside = clamp(z, -_SATURATED, _SATURATED)
    return select(inside < z, z, inside * gate(inside))


def softplus(z: Node) -> Node:
    """f(z) = ln(1 + eᶻ), a smooth relu; f′ = σ(z).

    >>> import chainrule as cr
    >>> cr.Network(cr.Activation("softplus")).build(3).predict([[-1.0, 0.0, 2.0]]).round(4)
    array([[0.3133, 0.6931, 2.1269]], dtype=float32)
    """
    return softplus_primitive(z)


def softmax(z: Node, axis: int = -1) -> Node:
    """f(z)ᵢ = e^zᵢ / Σⱼ e^zⱼ: positive numbers that add up to 1 along the axis.

    The largest z is subtracted first, which changes nothing but keeps e^z from overflowing. Where z is +∞ the result is its
    limit, 1, and not ∞ − ∞.

    >>> import chainrule as cr
    >>> cr.Network(cr.Activation("softmax")).build(3).predict([[-1.0, 0.0, 2.0]]).round(4)
    array([[0.042 , 0.1142, 0.8438]], dtype=float32)
    """
    shifted = z - spread(stop_gradient(reduce_max(z, axis)), z, axis)
    e = exp(select(equal(z, math.inf), 0.0, shifted))
    return e / spread(reduce_sum(e, axis), z, axis)


def logsumexp(z: Node, axis: int = -1) -> Node:
    """ln Σⱼ e^zⱼ along the axis, without overflow; its derivative is the softmax of z.

    Where the largest z is infinite the result is that z, and the derivative is shared by all that are as large.

    >>> from chainrule.graph import ROWS, input
    >>> logsumexp(input("z", (ROWS, 3)))
    <select: float32[n]>
    """
    largest = reduce_max(z, axis)
    finite = abs(largest) < math.inf  # elsewhere z − largest would be ∞ − ∞
    taken_out = select(finite, stop_gradient(largest), 0.0)
    rest = select(spread(finite, z, axis), z, 0.0) - spread(taken_out, z, axis)
    return select(finite, log(reduce_sum(exp(rest), axis)) + taken_out, largest)


ACTIVATIONS: dict[str, Activation] = {
    f.__name__: f for f in (identity, sigmoid, tanh, relu, leaky_relu, elu, selu, gelu, silu, softplus, softmax)
}


def get_activation(activation: str | Activation | None) -> Activation:
    """The activation of a name; a function of nodes is taken as it is, and None is the identity.

    >>> get_activation("relu") is relu, get_activation(None) is identity
    (True, True)
    """
    if activation is None:
        return identity
    return activation if callable(activation) else ACTIVATIONS[check_name("activation", activation, ACTIVATIONS)]
