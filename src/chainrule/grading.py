"""grade: a student's own z, a, δ and gradients against the right ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.explain import Grade
from chainrule.functional import Loss, LossFunction
from chainrule.network import Network
from chainrule.optim import Transform
from chainrule.training import Penalties
from chainrule.training.online import check_adapted


def grade(
    network: Network,
    X: Any,
    y: Any,
    answers: Mapping[str, Any],
    *,
    loss: str | Loss | LossFunction | None = None,
    optimizer: str | Transform | None = None,
    sample_weight: Any = None,
    l1: float = 0.0,
    l2: float = 0.0,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    tolerance: float = 1e-3,
) -> Grade:
    """Judge a student's numbers for one training step, name the first mistake and the likely slip; the network does not change.

    `answers` are numbers by the names that `explain` gives them: "dense1/z", "dense1/a", "loss", "dense1/delta" (δ = ∂L/∂z),
    "dense1/slope" (f′), "dense1/weight/gradient", "dense1/weight/next"; any selection of them. A symbol such as "∂L/∂W[dense1]"
    is a name, too, and so is the end of a name that no other quantity has. The name of a parameter, "dense1/weight", means its
    gradient, unless that is answered as well or the numbers are those of the parameter. For a single row its axis may be left
    out. The other arguments are those of `explain`.

    Answers are judged in the order of computation. One is right within `tolerance` of the right number, or of a tenth of the
    largest in its array, or where the right numbers round to it; or where it is computed rightly from earlier answers that are
    right but rounded. One that is computed rightly from earlier mistakes follows from them and counts for the score. For any
    other, slips are tried: f′ missing or taken at a, W turned, a sum for a mean, a forgotten bias and many more. The slips named
    are those that lead to the student's own numbers, where the earlier ones are the student's; they may lie in a quantity that
    was not answered. If none does, none is named. In layers of your own, nothing but signs is guessed.

    Names that are not known and arrays of shapes that no slip leads to raise `ArgumentError`, what is not a number `DataError`.

    >>> import chainrule as cr
    >>> hidden = cr.Dense(2, activation="tanh", weight_init=[[0.1, -0.2], [0.3, -0.4]])
    >>> net = cr.Network(hidden, cr.Dense(1, weight_init=[[0.5], [0.6]])).build(2)
    >>> answers = {
    ...     "dense2/delta": -1.1548,
    ...     "dense1/delta": [-0.5774, -0.6929],
    ...     "dense1/bias/gradient": [-0.5774, -0.6929],
    ... }
    >>> grade = cr.grade(net, [1.0, 2.0], 1.0, answers, loss="squared_error")
    >>> grade
    ✓ dense2/delta          right
    ✗ dense1/delta          wrong: yours is −0.6929 at [0, 1], right is −0.290985; missing f′
    → dense1/bias/gradient  follows from the earlier mistake
    <BLANKLINE>
    2 of 3 answers are right, or follow rightly from an earlier mistake.
    <BLANKLINE>
    The first mistake is dense1/delta: yours is −0.6929 at [0, 1], right is −0.290985.
      Likely: missing f′ (∂L/∂a was not multiplied by f′(z)).
      Right is δ[dense1] = ∂L/∂z[dense1] = ∂L/∂a[dense1] ⊙ f′(z).
    >>> grade.slip.name, grade.first_wrong.name
    ('missing f′', 'dense1/delta')
    """
    from chainrule.explain.grading.judge import grade_step

    if not isinstance(network, Network):
        raise ArgumentError(f"network must be a Network, but is of type {type(network).__name__}.")
    penalties = Penalties.of(l1, l2, clip_norm, clip_value)
    memory = network.memory
    descent = memory.choose_optimizer(optimizer)
    model, chosen, examples = network.examples(X, y, loss=loss, sample_weight=sample_weight)
    check_adapted(model.layer, memory, "grade")
    return grade_step(model, chosen, examples, descent, penalties, answers, epochs=memory.epochs, tolerance=tolerance)
