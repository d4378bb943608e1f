"""check_gradients: the derivatives of a network against finite differences."""

from __future__ import annotations

from typing import Any

from chainrule.errors import ArgumentError
from chainrule.explain import GradientCheck, check_model
from chainrule.functional import Loss, LossFunction
from chainrule.network import Network
from chainrule.training import Penalties


def check_gradients(
    network: Network,
    X: Any,
    y: Any,
    *,
    loss: str | Loss | LossFunction | None = None,
    sample_weight: Any = None,
    l1: float = 0.0,
    l2: float = 0.0,
    most: int | None = None,
    tolerance: float = 1e-6,
) -> GradientCheck:
    """Compare every gradient of the training loss on X and y with fourth-order central differences, in float64.

    It finds a wrong derivative in a layer or loss of your own, and names the worst by layer and index. Where a number lies at a
    kink, such as relu at 0, there is no derivative to compare with: these are told apart. Dropout keeps one mask. The largest
    relative error, |g − difference| / max(|g|, 10⁻³ max|g|), must not exceed `tolerance`. `most` limits how many numbers of each
    parameter are compared, evenly spread; all of them unless given. The network does not change.

    >>> import chainrule as cr
    >>> net = cr.Network(cr.Dense(3, activation="tanh"), cr.Dense(2)).build(2)
    >>> cr.check_gradients(net, [[0.1, 0.2], [0.3, -0.4]], [0, 1], loss="cross_entropy").ok
    True
    """
    if not isinstance(network, Network):
        raise ArgumentError(f"network must be a Network, but is of type {type(network).__name__}.")
    penalties = Penalties.of(l1, l2, None, None)
    model, chosen, examples = network.examples(X, y, loss=loss, sample_weight=sample_weight)
    return check_model(model, chosen, examples, penalties, most=most, tolerance=tolerance)
