"""A training step as a graph: forward → loss → backward → penalty → clip → optimiser update.

Everything a fit does to the numbers is in the step that `build_step` makes. Batch gradient descent, mini-batch and SGD are this
step at different numbers of rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chainrule.errors import ArgumentError, ShapeError, check_number
from chainrule.functional import Loss, l1_penalty, l2_penalty, row_count
from chainrule.graph import ROWS, DType, Node, Shape, Step, gradients, input, scope, show_shape
from chainrule.graph.node import provenance
from chainrule.graph.primitives import cast, equal, reduce_sum, reshape, select, sqrt
from chainrule.nn import Mode
from chainrule.optim import (
    Chain,
    ClipByNorm,
    ClipByValue,
    Given,
    Optimizer,
    Rate,
    ScaleByFactor,
    Transform,
    chain,
    global_norm,
)
from chainrule.training.model import OPTIMIZER, PARAMS, STATE, Model


@dataclass(frozen=True)
class Targets:
    """The shape of a row of y and its dtype: class numbers are int32 and have no axis beside the rows."""

    row_shape: tuple[int, ...]
    dtype: DType


@dataclass(frozen=True)
class Penalties:
    """The strengths of L1 and L2 and the thresholds of clipping; 0 or None leaves a part out of the graph."""

    l1: float = 0.0
    l2: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None

    @staticmethod
    def of(l1: float, l2: float, clip_norm: float | None, clip_value: float | None) -> Penalties:
        """Checked penalties."""
        check_number("l1", l1, low=0)
        check_number("l2", l2, low=0)
        for name, value in (("clip_norm", clip_norm), ("clip_value", clip_value)):
            if value is not None:
                check_number(name, value, above=0)
        return Penalties(l1, l2, clip_norm, clip_value)

    def scalars(self) -> dict[str, Rate]:
        """The run-time numbers of the parts that are in the graph."""
        named = {"l1": self.l1, "l2": self.l2, "clip_norm": self.clip_norm, "clip_value": self.clip_value}
        return {name: value for name, value in named.items() if value}

    def parts(self) -> tuple[bool, bool, bool, bool]:
        """Which parts are in the graph: steps with the same parts differ only in run-time numbers."""
        return bool(self.l1), bool(self.l2), self.clip_norm is not None, self.clip_value is not None

    def clipped(self, optimizer: Transform) -> Chain:
        """The optimiser behind the clipping that is asked for."""
        value = (ClipByValue(self.clip_value),) if self.clip_value is not None else ()
        norm = (ClipByNorm(self.clip_norm),) if self.clip_norm is not None else ()
        own = optimizer.chain().transforms if isinstance(optimizer, Optimizer) else (optimizer,)
        return chain(*value, *norm, *own)  # flat, so that the state has the same names with clipping and without


def descent(model: Model, optimizer: Transform, penalties: Penalties) -> Chain:
    """Clipping, the optimiser, and the factors that layers give their learning rate, as one chain."""
    clipped, factors = penalties.clipped(optimizer), model.rate_factors()
    return chain(*clipped.transforms, ScaleByFactor(tuple(factors.items()))) if factors else clipped


@dataclass(frozen=True, eq=False)
class BuiltStep:
    """A step, and the run-time numbers it takes with the values or schedules that its parts were made with.

    `least_rows` has the layers that need more than one row in a batch.
    """

    step: Step
    scalars: dict[str, Rate] = field(default_factory=dict)
    least_rows: dict[str, int] = field(default_factory=dict)

    def check_rows(self, rows: int, came: str, advice: str) -> None:
        """Raise `ArgumentError` if a batch of so many rows is too small; `came` says where it comes from."""
        for path, least in self.least_rows.items():
            if rows < least:
                raise ArgumentError(
                    f"layer {path!r} needs at least {least} rows in a batch, for their mean and variance, but {came}: "
                    f"{advice}."
                )


def build_step(
    model: Model,
    loss: Loss,
    targets: Targets,
    *,
    optimizer: Transform | None,
    penalties: Penalties | None = None,
    weighted: bool = False,
    train: bool = True,
    x_dtype: DType | None = None,
) -> BuiltStep:
    """The training step; without an optimiser, a step that reports the loss and all gradients and changes nothing.

    Its state is named ``params/…``, ``state/…`` and ``optimizer/…``, its data "x", "y" and, if `weighted`, "sample_weight".
    `x_dtype` is what x holds, the floats of the model unless given; bytes become such floats at the beginning of the step.
    It reports "loss" (what is minimised: the mean over the batch, weighted or not, plus the penalties), "penalty" and "weight"
    (the weight of the batch in an average over batches: its number of examples, or the sum of their weights).
    """
    penalties = penalties or Penalties()
    forward = _Forward.of(model, Mode(train=train), x_dtype)
    y = input("y", (ROWS, *targets.row_shape), targets.dtype)
    data = {"x": forward.x, "y": y}
    if weighted:
        data["sample_weight"] = input("sample_weight", (ROWS,), DType.of(model.dtype))
    with scope("loss"):
        data_loss, weight = _mean_loss(loss, forward.outputs, y, data.get("sample_weight"))
    scalars: dict[str, Rate] = {name: value for name, (_, value) in forward.mode.scalars.items()}
    nodes: dict[str, Node] = {name: node for name, (node, _) in forward.mode.scalars.items()}
    penalty = _penalty(model, forward.params, penalties, scalars, nodes)
    total = data_loss if penalty is None else data_loss + penalty

    trained = {name: forward.params[name] for name in model.trainable()}
    grads = dict(zip(trained, gradients(total, list(trained.values())), strict=True))
    metrics = {"loss": total, "weight": weight, "penalty": penalty if penalty is not None else 0.0 * total}
    checks = {"loss": total, **{f"gradient of {name}": g for name, g in grads.items()}}
    update: dict[str, Node] = {}
    optimizer_state: dict[str, Node] = {}
    if optimizer is None:
        metrics |= {f"gradient/{name}": g for name, g in grads.items()}
    elif grads:
        full = descent(model, optimizer, penalties)
        if penalties.clip_norm is not None:  # its square can overflow where no gradient does
            with scope("clip_by_norm"):
                checks["norm of the gradient"] = global_norm(grads)
        scalars |= full.scalars()
        optimizer_state, update = _descend(full, trained, grads, model, nodes)
        checks |= {_in_words(name): node for name, node in update.items()}
        changed = {name: node for name, node in forward.new_state.items() if node is not forward.state[name]}
        checks |= {f"state {name}": node for name, node in changed.items() if node.dtype.is_float}
        update |= {f"{STATE}/{name}": node for name, node in changed.items()}
    with scope("health"):
        health = {f"gradient_norm/{name}": sqrt(reduce_sum(g * g)) for name, g in grads.items()}
    key = {"key": forward.mode.key} if forward.mode.key is not None else {}
    counter = {"counter": forward.mode.counter} if forward.mode.counter is not None else {}
    step = Step(
        state={**forward.state_inputs(), **{f"{OPTIMIZER}/{name}": node for name, node in optimizer_state.items()}},
        update=update,
        data=data,
        scalars={**nodes, **key, **counter},
        metrics=metrics,
        health=health,
        checks=checks,
    )
    return BuiltStep(step, scalars, forward.mode.least_rows)


def build_forward(
    model: Model,
    loss: Loss | None,
    targets: Targets | None = None,
    *,
    weighted: bool = False,
    x_dtype: DType | None = None,
) -> BuiltStep:
    """The step that predicts: it reports "outputs" (what `loss.link` makes of them) for every row.

    With `targets` it reports the data loss as well, as "loss" and "weight" of the batch. `x_dtype` is as in `build_step`.
    """
    forward = _Forward.of(model, Mode(train=False), x_dtype)
    with scope("prediction"):
        predicted = loss.link(forward.outputs) if loss else forward.outputs
    data, metrics = {"x": forward.x}, {}
    if loss and targets:
        data["y"] = input("y", (ROWS, *targets.row_shape), targets.dtype)
        if weighted:
            data["sample_weight"] = input("sample_weight", (ROWS,), DType.of(model.dtype))
        with scope("loss"):
            value, weight = _mean_loss(loss, forward.outputs, data["y"], data.get("sample_weight"))
        metrics = {"loss": value, "weight": weight}
    rows = {"outputs": predicted}
    return BuiltStep(Step(state=forward.state_inputs(), data=data, rows=rows, metrics=metrics))


def build_layers(model: Model, x_dtype: DType | None = None) -> Step:
    """The step that reports what the layers give, "outputs", and where they know of padding which steps are real, "mask"."""
    forward = _Forward.of(model, Mode(train=False), x_dtype)
    rows = {"outputs": forward.outputs}
    if forward.mode.mask is not None:
        rows["mask"] = cast(forward.mode.mask, DType.of(model.dtype))
    return Step(state=forward.state_inputs(), data={"x": forward.x}, rows=rows)


@dataclass(frozen=True, eq=False)
class _Forward:
    """The forward pass: inputs, outputs, and the next state of the layers."""

    params: dict[str, Node]
    state: dict[str, Node]
    x: Node
    outputs: Node
    new_state: Mapping[str, Node]
    mode: Mode

    @staticmethod
    def of(model: Model, mode: Mode, x_dtype: DType | None) -> _Forward:
        params, state = model.nodes(PARAMS), model.nodes(STATE)
        own = DType.of(model.dtype)
        x = input("x", (ROWS, *model.input_shape), x_dtype or own)
        outputs, new_state = model.layer.apply(params, state, x if x.dtype is own else cast(x, own), mode)
        return _Forward(params, state, x, outputs, new_state, mode)

    def state_inputs(self) -> dict[str, Node]:
        return {
            **{f"{PARAMS}/{name}": node for name, node in self.params.items()},
            **{f"{STATE}/{name}": node for name, node in self.state.items()},
        }


def _mean_loss(loss: Loss, outputs: Node, y: Node, sample_weight: Node | None) -> tuple[Node, Node]:
    """The mean loss of the batch and its weight; a batch without weight has a loss, and gradients, of 0."""
    each = loss.per_example(outputs, _as_outputs(y, outputs))
    if each.shape != (ROWS,):
        raise ShapeError(f"The loss {loss.name!r} must give one number an example, but gives {show_shape(each.shape)}.")
    if sample_weight is None:
        weight = row_count(each.dtype)
        return reduce_sum(each) / weight, weight
    weight = reduce_sum(sample_weight)
    return reduce_sum(each * sample_weight) / select(equal(weight, 0.0), 1.0, weight), weight


def _as_outputs(y: Node, outputs: Node) -> Node:
    """Targets in the shape of the outputs: a column of one output may be given as (n,) or (n, 1)."""
    if y.dtype.is_float and y.shape != outputs.shape and _columns(y.shape) == _columns(outputs.shape):
        return reshape(y, outputs.shape)
    if y.dtype.is_float and y.shape != outputs.shape:
        raise ShapeError(
            f"The network gives {show_shape(outputs.shape[1:])} numbers a row, but a row of y has {show_shape(y.shape[1:])}."
        )
    return y


def _in_words(name: str) -> str:
    """What a failed check of the next value of an array is called: "parameter dense1/weight"."""
    kind, _, own = name.partition("/")
    return {PARAMS: "parameter", OPTIMIZER: "optimiser's state"}[kind] + f" {own}"


def _columns(shape: Shape) -> Shape:
    return tuple(dim for dim in shape[1:] if dim != 1)


def _penalty(
    model: Model, params: Mapping[str, Node], penalties: Penalties, scalars: dict[str, Rate], nodes: dict[str, Node]
) -> Node | None:
    """λ‖W‖₁ + ½ λ‖W‖² over the trained weights, or None."""
    weights = [params[name] for name in params if name in model.weights()]
    total: Node | None = None
    with scope("penalty"):
        for name, strength, function in (("l1", penalties.l1, l1_penalty), ("l2", penalties.l2, l2_penalty)):
            if strength and weights:
                scalars[name] = strength
                nodes[name] = input(name, (), DType.of(model.dtype))
                part = function(weights, nodes[name])
                total = part if total is None else total + part
    return total


def _descend(
    optimizer: Transform, params: dict[str, Node], grads: dict[str, Node], model: Model, nodes: dict[str, Node]
) -> tuple[dict[str, Node], dict[str, Node]]:
    """The optimiser's state as inputs, and the next value of parameters and state; `nodes` gains its run-time numbers."""
    nodes |= {name: input(name, (), DType.of(model.dtype)) for name in optimizer.scalars() if name not in nodes}
    arrays = optimizer.init({name: model.params[name] for name in params})
    state = {name: model.node(f"{OPTIMIZER}/{name}", array) for name, array in arrays.items()}
    with scope("optimizer"):
        updates, new_state = optimizer.update(grads, state, params, Given(nodes, model.weights()))
        update: dict[str, Node] = {}
        for name, p in params.items():
            with provenance(f"optimizer/{p.attributes['name'].split('/', 1)[1]}", None):
                update[f"{PARAMS}/{name}"] = p + updates[name]
    return state, {**update, **{f"{OPTIMIZER}/{name}": node for name, node in new_state.items()}}
