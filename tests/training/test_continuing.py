"""What changes from one fit to the next: the optimiser, the loss, frozen layers, rates; and schedules inside a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataError, TrainingWarning
from chainrule.training import loop
from training.descent import bits, classes, data, network

X, Y = data(40)
KEEP: dict[str, Any] = {"loss": "squared_error", "batch_size": "full", "dtype": "float64"}


def optimizer_state(net: cr.Network) -> dict[str, np.ndarray]:
    return {name: a.copy() for name, a in net.model.arrays.items() if name.startswith("optimizer/")}


# -------------------------------------------------------------------------------------------------- the optimiser


def test_an_equal_optimiser_goes_on_and_another_begins() -> None:
    """By hand: v = g, then v = μ v + g if it goes on; with another rate it is another optimiser, and v = g again."""
    net = cr.Network(cr.Dense(1, bias=False, weight_init=0.0)).build(1, dtype="float64")
    fit: dict[str, Any] = {"loss": "squared_error", "epochs": 1}
    net.fit([[1.0]], [1.0], optimizer=cr.Momentum(0.1, momentum=0.5), **fit)  # g = −1, w = 0.1
    assert net.params["dense1/weight"].item() == pytest.approx(0.1)
    net.fit([[1.0]], [1.0], optimizer=cr.Momentum(0.1, momentum=0.5), **fit)  # g = −0.9, v = −1.4, w = 0.24
    assert net.params["dense1/weight"].item() == pytest.approx(0.24)
    net.fit([[1.0]], [1.0], **fit)  # g = −0.76, v = −1.46: it is remembered
    assert net.params["dense1/weight"].item() == pytest.approx(0.386)
    net.fit([[1.0]], [1.0], optimizer=cr.Momentum(0.2, momentum=0.5), **fit)  # g = −0.614, v = g
    assert net.params["dense1/weight"].item() == pytest.approx(0.386 + 0.2 * 0.614)


@pytest.mark.parametrize("options", [{"l2": 0.1}, {"clip_norm": 1.0}, {"clip_value": 1.0, "clip_norm": 2.0}])
def test_penalties_and_clipping_do_not_restart_the_optimiser(options: dict[str, float]) -> None:
    net = network()
    net.fit(X, Y, optimizer=cr.Adam(0.01), epochs=3, **KEEP)
    net.fit(X, Y, optimizer=cr.Adam(0.01), epochs=2, **options, **KEEP)
    ones = net.model.arrays["optimizer/adam/ones1"]
    assert ones == pytest.approx(1 - 0.9**5)


def test_the_names_of_the_optimiser() -> None:
    """The default is Adam; a name stands for its defaults; the last one is remembered."""
    default, named = network(), network()
    default.fit(X, Y, epochs=2, **KEEP)
    named.fit(X, Y, optimizer="adam", epochs=2, **KEEP)
    assert bits(default) == bits(named)
    named.fit(X, Y, optimizer="momentum", epochs=1, **KEEP)
    assert named.memory.optimizer == cr.Momentum()
    assert all(name.startswith("optimizer/momentum/velocity/") for name in optimizer_state(named))


class Sign(cr.Transform):
    """Only the sign of the gradient."""

    name = "sign"

    def update(self, updates: Any, state: Any, params: Any, given: Any) -> Any:
        return {name: g / (abs(g) + 1e-12) for name, g in updates.items()}, state


def test_a_transform_of_ones_own_drops_into_a_chain() -> None:
    net = cr.Network(cr.Dense(1, bias=False, weight_init=0.0)).build(1, dtype="float64")
    chain = cr.chain(Sign(), cr.SGD(0.25))
    net.fit([[1.0]], [100.0], loss="squared_error", optimizer=chain, epochs=3)
    assert net.params["dense1/weight"].item() == pytest.approx(0.75)


# ------------------------------------------------------------------------------------------------------ the loss


def test_the_loss_may_change_between_fits() -> None:
    """The optimiser goes on; the second fit minimises the other loss."""
    net = cr.Network(cr.Dense(1, bias=False, weight_init=0.0)).build(1, dtype="float64")
    fit: dict[str, Any] = {"optimizer": cr.SGD(0.1), "epochs": 1}
    net.fit([[1.0]], [3.0], loss="squared_error", **fit)
    net.fit([[1.0]], [3.0], loss="absolute_error", **fit)  # g = −1
    assert net.params["dense1/weight"].item() == pytest.approx(0.3 + 0.1)
    assert net.memory.loss is not None
    assert net.memory.loss.name == "absolute_error"


def test_labels_belong_to_their_kind_of_loss() -> None:
    X, y = classes(40, 2)
    names = np.array(["a", "b"])[y]
    net = cr.Network(cr.Dense(2))
    net.fit(X, names, loss="cross_entropy", epochs=1)
    net.fit(X, names, loss=cr.CrossEntropy(label_smoothing=0.1), epochs=1)  # the same kind
    with pytest.raises(DataError, match="does not know"):
        net.fit(X, np.array(["a", "c"])[y], epochs=1)
    assert net.classes.tolist() == ["a", "b"]
    net.fit(X, np.eye(2)[y], loss="squared_error", epochs=1)
    assert net.predict(X).dtype.kind == "f"
    net.fit(X, np.array(["a", "c"])[y], loss="cross_entropy", epochs=1)
    assert net.classes.tolist() == ["a", "c"]


# ----------------------------------------------------------------------------------------------- frozen layers


@pytest.mark.parametrize(
    "optimizer", [cr.SGD(0.1), cr.Adam(0.1), cr.AdamW(0.1, weight_decay=0.5)], ids=lambda o: o.name
)
def test_a_frozen_layer_stays_and_the_rest_learns(optimizer: cr.Transform) -> None:
    net = cr.Network(cr.Dense(5, activation="tanh", trainable=False), cr.Dense(2)).build(3, dtype="float64")
    before = {name: value.copy() for name, value in net.params.items()}
    history = net.fit(X, Y, optimizer=optimizer, epochs=20, l2=0.1, l1=0.1, **KEEP)
    assert (net.params["dense1/weight"] == before["dense1/weight"]).all()
    assert (net.params["dense1/bias"] == before["dense1/bias"]).all()
    assert (net.params["dense2/weight"] != before["dense2/weight"]).all()
    w = net.params["dense2/weight"]
    last = net.fit(X, Y, optimizer=cr.SGD(0.0), epochs=1, l2=0.1, **KEEP)
    assert last.penalty[0] == pytest.approx(0.05 * (w * w).sum())  # the penalty is of what is trained
    assert set(history.gradient_norms) == {"dense2/weight", "dense2/bias"}


def test_freezing_between_fits() -> None:
    net = network()
    net.fit(X, Y, optimizer=cr.Adam(0.1), epochs=3, **KEEP)
    net.layers["dense1"].trainable = False
    frozen = net.params["dense1/weight"].copy()
    net.fit(X, Y, epochs=3, **KEEP)
    assert (net.params["dense1/weight"] == frozen).all()
    assert not any("dense1" in name for name in optimizer_state(net))
    net.layers["dense1"].trainable = True
    net.fit(X, Y, epochs=3, **KEEP)
    assert (net.params["dense1/weight"] != frozen).all()


def test_nothing_to_train_is_a_warning() -> None:
    net = cr.Network(cr.Dense(2, trainable=False))
    with pytest.warns(TrainingWarning, match="Nothing was trained: every layer"):
        history = net.fit(X, Y, epochs=2, **KEEP)
    assert history.loss[0] == history.loss[1]


# -------------------------------------------------------------------------------------------------------- rates


@pytest.mark.parametrize("rates", [(0.5, 0.1), (0.1, 0.5), (0.0, 0.5)])
def test_the_dropout_rate_may_change_between_fits(rates: tuple[float, float]) -> None:
    """At x = w = 1, y = 0 and a learning rate of 0, twice the loss is the mean of the squared mask: 1 / keep."""
    net = cr.Network(cr.Dropout(rates[0]), cr.Dense(1, bias=False, weight_init=1.0)).build(1, dtype="float64")
    for rate in rates:
        net.layers["dropout1"].rate = rate  # type: ignore[attr-defined]
        history = net.fit(np.ones((8192, 1)), np.zeros(8192), optimizer=cr.SGD(0.0), epochs=1, **KEEP)
        assert 2 * history.loss[0] == pytest.approx(1 / (1 - rate), rel=0.05)
    assert net.predict([[1.0]]).item() == 1.0


def test_dropout_is_new_in_every_step_and_off_in_validation() -> None:
    """Two steps an epoch, two epochs: four masks."""
    net = cr.Network(cr.Dropout(0.5), cr.Dense(1, bias=False, weight_init=1.0)).build(64, dtype="float64")

    def watch(outputs: cr.Node, targets: cr.Node) -> cr.Node:
        return outputs * outputs

    options: dict[str, Any] = {"loss": watch, "optimizer": cr.SGD(0.0), "batch_size": 1, "shuffle": False}
    history = net.fit(np.ones((2, 64)), [0.0, 0.0], epochs=2, validation=(np.ones((2, 64)), [0.0, 0.0]), **options)
    assert (history.val_loss == 64.0**2).all()
    each = [net.fit(np.ones((2, 64)), [0.0, 0.0], epochs=1, **options).loss[0] for _ in range(4)]
    assert len({*history.loss, *each}) == 6


# one rate an epoch for 6 epochs of one step, from the formulas
SCHEDULES = {
    "constant": (cr.Constant(0.1), [0.1] * 6),
    "step": (cr.StepDecay(0.1, every=2, factor=0.5), [0.1, 0.1, 0.05, 0.05, 0.025, 0.025]),
    "exponential": (cr.ExponentialDecay(0.1, factor=0.5), [0.1 * 0.5**t for t in range(6)]),
    "inverse": (cr.InverseScaling(0.1, power=1.0), [0.1 / (1 + k) for k in range(6)]),
    "cosine": (cr.Cosine(0.1), [0.05 * (1 + np.cos(np.pi * t / 6)) for t in range(6)]),
    "warm-up": (cr.Warmup(0.1, epochs=4), [0.025, 0.05, 0.075, 0.1, 0.1, 0.1]),
    "one cycle": (
        cr.OneCycle(0.1, rise=0.5, start_divisor=10, final_divisor=10),
        [0.055 - 0.045 * np.cos(np.pi * t / 3) for t in range(6)],
    ),
}


@pytest.mark.parametrize("case", SCHEDULES)
def test_schedules_inside_a_fit(case: str) -> None:
    """With a gradient of −1 at all times, w is the sum of the rates so far; the history tells each of them."""
    schedule, expected = SCHEDULES[case]
    net = cr.Network(cr.Dense(1, bias=False, weight_init=0.0)).build(1, dtype="float64")
    seen: list[float] = []
    history = net.fit(
        [[1.0]],
        [1e6],
        loss="absolute_error",
        optimizer=cr.SGD(schedule),
        epochs=6,
        callbacks=[lambda epoch: seen.append(net.params["dense1/weight"].item())],
    )
    np.testing.assert_allclose(seen, np.cumsum(expected), rtol=1e-12)
    np.testing.assert_allclose(history.learning_rate, expected, rtol=1e-12)


@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("call_seconds", [1e-9, 1e9])
@pytest.mark.parametrize("warm", [False, True])
def test_reduce_on_plateau_inside_a_fit(
    warm: bool, validated: bool, call_seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weight hops over the target and back: neither loss ever gets better than in the first epoch."""
    monkeypatch.setattr(loop, "CALL_SECONDS", call_seconds)
    plateau = cr.ReduceOnPlateau(0.2, factor=0.5, patience=2)
    net = cr.Network(cr.Dense(1, bias=False, weight_init=0.9)).build(1, dtype="float64")
    history = net.fit(
        [[1.0]],
        [1.0],
        loss="absolute_error",
        optimizer=cr.SGD(cr.Warmup(plateau, epochs=1) if warm else plateau),
        epochs=6,
        validation=([[1.0]], [1.0]) if validated else None,
    )
    np.testing.assert_allclose(history.loss[:4], 0.1, rtol=1e-9)
    assert history.learning_rate.tolist()[:4] == [0.2, 0.2, 0.2, 0.1]


def test_reduce_on_plateau_watches_the_validation_loss() -> None:
    """Training falls all the time, and validation rises: its best is the first, and every two epochs the rate is halved."""
    history = cr.Network(cr.Dense(1, bias=False, weight_init=0.0)).fit(
        [[1.0]],
        [1e6],
        loss="absolute_error",
        optimizer=cr.SGD(cr.ReduceOnPlateau(1.0, factor=0.5, patience=2)),
        epochs=6,
        validation=([[1.0]], [-1e6]),
        dtype="float64",
    )
    assert (np.diff(history.loss) < 0).all()
    assert history.learning_rate.tolist() == [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]


def test_a_rate_is_counted_in_epochs_of_the_present_fit() -> None:
    net = network()
    rates = [net.fit(X, Y, optimizer=cr.SGD(cr.StepDecay(0.1, every=1)), epochs=2, **KEEP) for _ in "ab"]
    assert rates[0].learning_rate.tolist() == rates[1].learning_rate.tolist() == pytest.approx([0.1, 0.01])


# ---------------------------------------------------------------------------------------------- class imbalance


def test_class_imbalance_is_met_by_weights_and_stratification() -> None:
    """50 to 1: without weights the rare class is never predicted; with balanced ones it is found. The split keeps some of it."""
    generator = np.random.default_rng(0)
    y = (np.arange(510) % 51 == 50).astype(int)
    X = generator.normal(size=(510, 2)) + 1.2 * y[:, None]
    weight = np.where(y == 1, 50.0, 1.0)
    options: dict[str, Any] = {"loss": "binary_cross_entropy", "optimizer": cr.Adam(0.05), "epochs": 30}
    plain, balanced = cr.Network(cr.Dense(1)), cr.Network(cr.Dense(1))
    plain.fit(X, y, **options)
    history = balanced.fit(X, y, sample_weight=weight, validation=0.2, metrics=["roc_auc"], **options)
    assert plain.predict(X).sum() <= 2
    assert balanced.predict(X)[y == 1].mean() > 0.6
    assert np.isfinite(history.score("val_roc_auc")).all()  # both classes are held out
