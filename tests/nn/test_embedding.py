"""Embedding and masking: against PyTorch, what is padding, and ids that are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import chainrule as cr
from chainrule.functional import embed, is_step, is_token
from chainrule.graph import ROWS, input
from nn.networks import Setup, model_of
from nn.torch_twin import ROWS as N
from nn.torch_twin import Tensors, agrees
from oracles import run

rng = np.random.default_rng(3)
BACKENDS = ["numpy", "llvm"]
TOKENS = 11


def ids(steps: int = 7, low: int = 0) -> np.ndarray[Any, Any]:
    """Ids of sequences of different lengths, with 0 behind the last; every id is there."""
    x = rng.integers(low or 1, TOKENS, (N, steps))
    x[:2].flat[: TOKENS - 1] = np.arange(1, TOKENS)
    if not low:
        x[np.arange(steps) >= np.r_[steps, steps, 0, rng.integers(1, steps + 1, N - 3)][:, None]] = 0
    return x.astype(float)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_embedding_is_that_of_pytorch(backend: str) -> None:
    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        z = functional.embedding(x.long(), p["embedding1/weight"])
        return torch.tanh(z).flatten(1) @ p["dense1/weight"] + p["dense1/bias"]

    agrees(lambda: [cr.Embedding(TOKENS, 3), cr.Activation("tanh"), cr.Flatten(), cr.Dense(2)], twin, ids(), backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_padding_is_that_of_pytorch_and_left_out_of_a_mean(backend: str) -> None:
    """The row of padding is 0 in the twin; nothing is learned for it on either side. A sequence of padding alone has mean 0."""
    x = ids()

    def twin(p: Tensors, x: torch.Tensor, train: bool) -> torch.Tensor:
        z = functional.embedding(x.long(), p["embedding1/weight"], padding_idx=0) * (x != 0)[..., None]
        total = torch.tanh(z @ p["dense1/weight"] + p["dense1/bias"]) * (x != 0)[..., None]
        mean = total.sum(1) / (x != 0).sum(1).clamp(min=1)[:, None]
        return mean @ p["dense2/weight"] + p["dense2/bias"]

    agrees(
        lambda: [
            cr.Embedding(TOKENS, 3, padding_id=0),
            cr.Dense(4, activation="tanh"),
            cr.GlobalAveragePool(),
            cr.Dense(2),
        ],
        twin,
        x,
        backend,
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam", cr.AdamW(0.1, weight_decay=0.5)], ids=str)
def test_the_row_of_padding_stays_0(backend: str, optimizer: Any) -> None:
    x, y = ids(), rng.normal(size=N)
    net = cr.Network(cr.Embedding(TOKENS, 3, padding_id=0), cr.Flatten(), cr.Dense(1)).build(7, dtype="float64")
    before = net.params["embedding1/weight"].copy()
    net.fit(x, y, loss="squared_error", optimizer=optimizer, epochs=3, l2=0.1, backend=backend)
    after = net.params["embedding1/weight"]
    assert not after[0].any()
    assert (after[1:] != before[1:]).all()


def test_initial_rows_are_small_and_nothing_is_penalised() -> None:
    net = cr.Network(cr.Embedding(5000, 16, padding_id=2), cr.Flatten(), cr.Dense(1)).build(4)
    weight = net.params["embedding1/weight"]
    assert weight.std() == pytest.approx(0.05, rel=0.02)
    assert np.flatnonzero(~weight.any(1)).tolist() == [2]
    assert net.model.weights() == {"dense1/weight"}


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.float32, bool])
@pytest.mark.parametrize("backend", BACKENDS)
def test_ids_may_be_of_any_dtype(dtype: Any, backend: str) -> None:
    x = (ids() > 4).astype(dtype) if dtype is bool else ids().astype(dtype)
    net = cr.Network(cr.Embedding(TOKENS, 3, padding_id=0), cr.Flatten()).build(7)
    wanted = net.params["embedding1/weight"][x.astype(int)].reshape(N, -1)
    np.testing.assert_array_equal(net.predict(x, backend=backend), wanted)


@pytest.mark.parametrize("kind", ["float32", "float64", "int32", "uint8"])
def test_what_is_no_id_gives_nan_and_reads_nothing_beside_the_table(kind: str) -> None:
    table, x = input("table", (3, 2), "float64"), input("x", (ROWS, 1), kind)
    tokens = {"uint8": [2, 3, 255], "int32": [-1, 2, 3, 2**31 - 1, -(2**31)]}.get(
        kind, [-1, 2, 3, 0.5, np.nan, np.inf, -np.inf, 1e30, -0.0]
    )
    values = rng.normal(size=(3, 2))
    for padding in (None, 1):
        found = run(embed(table, x, padding), {"table": values, "x": np.array(tokens)[:, None]})
        for token, row in zip(tokens, found[:, 0], strict=True):
            np.testing.assert_array_equal(row, values[int(token)] if token in (0, 2) else [np.nan, np.nan])


def test_the_gradient_of_a_table_is_the_sum_over_the_places_of_an_id() -> None:
    model = model_of(cr.Embedding(4, 2, padding_id=3), cr.Flatten(), input_shape=(3,))
    x, y = np.array([[1.0, 1.0, 3.0], [2.0, 1.0, 3.0]]), rng.normal(size=(2, 6))
    setup = Setup.of(model, {"x": x, "y": y})
    weight = model.params["embedding1/weight"]
    error = (weight[x.astype(int)] - y.reshape(2, 3, 2)) / 2
    wanted = np.zeros((4, 2))
    for row, step in ((0, 0), (0, 1), (1, 0), (1, 1)):
        wanted[int(x[row, step])] += error[row, step]
    found = setup.reported()["gradient/embedding1/weight"]
    np.testing.assert_allclose(found, wanted, rtol=1e-13)
    assert not found[[0, 3]].any()


def test_masks_by_hand() -> None:
    x = np.array([[[0.0, 0.0], [0.0, 1.0], [-0.0, 0.0]]])
    node = input("x", (ROWS, 3, 2), "float64")
    assert run(is_step(node), {"x": x}).tolist() == [[False, True, False]]
    assert run(is_step(node, 1.0), {"x": x}).tolist() == [[True, True, True]]
    tokens = input("x", (ROWS, 3), "float64")
    assert run(is_token(tokens, 2), {"x": [[2.0, 0.0, 2.0]]}).tolist() == [[False, True, False]]


def test_branches_see_the_mask_of_what_comes_before_them() -> None:
    """A pool beside a branch with its own embedding, whose padding is another id."""
    x = np.array([[1.0, 2.0, 0.0, 0.0]])
    branches = [cr.Embedding(3, 2, padding_id=pad, weight_init=np.eye(3)[:, 1:] + 1.0) for pad in (0, 2)]
    net = cr.Network(cr.Concatenate(*([branch, cr.GlobalAveragePool()] for branch in branches))).build(4)
    first, second = np.array([2.0, 1.0]), np.array([1.0, 2.0])  # the rows of ids 1 and 2
    zeros = np.ones(2)
    wanted = np.r_[(first + second) / 2, (first + 2 * zeros) / 3]
    np.testing.assert_allclose(net.predict(x, backend="numpy")[0], wanted, rtol=1e-6)


# -------------------------------------------------------------------------------------------------- ids that are none


def network() -> cr.Network:
    return cr.Network(cr.Embedding(TOKENS, 3, name="words"), cr.Flatten(), cr.Dense(1))


USES: dict[str, Callable[[cr.Network, Any, Any], object]] = {
    "fit": lambda net, x, y: net.fit(x, y, loss="squared_error", epochs=1),
    "validation": lambda net, x, y: net.fit(ids(), y, loss="squared_error", epochs=1, validation=(x, y)),
    "predict": lambda net, x, y: net.build(7).predict(x),
    "evaluate": lambda net, x, y: net.build(7).evaluate(x, y, loss="squared_error"),
    "learn": lambda net, x, y: net.learn(x, y, loss="squared_error"),
    "explain": lambda net, x, y: net.explain(x, y, loss="squared_error"),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(("wrong", "shown"), [(TOKENS, "11"), (-1, "-1"), (2.5, "2.5"), (1e9, r"1e\+09")])
def test_what_is_no_id_is_found_in_the_data(use: str, wrong: float, shown: str) -> None:
    x = ids()
    x[3, 2] = wrong
    sentence = rf" holds {shown} at row 3, column 2, but layer 'words' takes token ids, whole numbers from 0 to 10: "
    with pytest.raises(cr.DataError, match=sentence):
        USES[use](network(), x, rng.normal(size=N))


def test_an_example_that_is_learned_like_the_one_before_it_is_looked_at_too() -> None:
    """`learn` has a short way for an example like the last one."""
    net = network()
    for _ in range(3):
        net.learn([1.0] * 7, 0.5, loss="squared_error")
    before = net.params["words/weight"].copy()
    with pytest.raises(cr.DataError, match="x holds 12 at row 0, column 1"):
        net.learn([1.0, 12.0, 1.0, 1.0, 1.0, 1.0, 1.0], 0.5)
    assert (net.params["words/weight"] == before).all()


@pytest.mark.parametrize(
    "around",
    [
        lambda layer: cr.Sequential(layer, cr.Flatten()),
        lambda layer: cr.Concatenate([layer, cr.Flatten()], cr.Flatten()),
    ],
)
def test_layers_inside_of_others_look_at_the_data_too(around: Callable[[cr.Layer], cr.Layer]) -> None:
    net = cr.Network(around(cr.Embedding(4, 2, name="words"))).build(3)
    with pytest.raises(cr.DataError, match="at row 0, column 1, but layer '.*/words' takes token ids"):
        net.predict([[0, 4, 1]])


@pytest.mark.parametrize("before", [cr.Dense(3), cr.Standardize(), cr.Rescale(), cr.BatchNorm(), cr.Activation("tanh")])
def test_ids_must_come_as_they_are(before: cr.Layer) -> None:
    before.name = "first"
    net = cr.Network(before, cr.Embedding(4, 2), cr.Flatten())
    with pytest.raises(
        cr.ArgumentError, match="layer 'embedding1': Embedding takes token ids, .* what layer 'first' makes"
    ):
        net.build(3)


@pytest.mark.parametrize("before", [cr.Reshape(6), cr.Flatten(), cr.Activation("relu"), cr.Rescale(2, 1)])
def test_layers_that_leave_whole_numbers_whole_may_stand_before_it(before: cr.Layer) -> None:
    net = cr.Network(before, cr.Embedding(9, 2), cr.Flatten()).build((6,))
    assert np.isfinite(net.predict([[0, 1, 2, 3, 0, 1]])).all()


def test_masking_stands_before_standardize() -> None:
    with pytest.raises(
        cr.ArgumentError, match="'sequential1/masking1' comes after 'standardize1', .*: put Masking first"
    ):
        cr.Network(cr.Standardize(), cr.Sequential(cr.Masking()), cr.GlobalAveragePool())
    cr.Network(cr.Masking(), cr.Standardize(), cr.Masking(), cr.GlobalAveragePool()).build((3, 2))


def test_behind_another_layer_it_gives_nan() -> None:
    net = cr.Network(cr.Activation("identity"), cr.Embedding(4, 2), cr.Flatten()).build(2)
    found = net.predict([[0, 4]])
    assert np.isnan(found).tolist() == [[False, False, True, True]]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: cr.Embedding(0, 3), "n_tokens must be a whole number at least 1 and at most 16,777,216, but is 0."),
        (lambda: cr.Embedding(2**24 + 1, 3), "n_tokens must be .* at most 16,777,216, but is 16777217."),
        (lambda: cr.Embedding(5, 0), "units must be a whole number at least 1, but is 0."),
        (
            lambda: cr.Embedding(5, 3, padding_id=5),
            "padding_id must be a whole number at least 0 and at most 4, but is 5.",
        ),
        (lambda: cr.Embedding(5, 3, weight_init="norml"), "did you mean 'normal'?"),
        (lambda: cr.Masking("0"), "value must be a finite number, but is '0'."),
        (lambda: cr.Masking(np.nan), "value must be a finite number, but is nan."),
    ],
)
def test_wrong_arguments_are_sentences(make: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(cr.ArgumentError, match=sentence):
        cr.Network(make(), cr.Flatten()).build(7)


def test_masking_needs_sequences() -> None:
    with pytest.raises(cr.ShapeError, match=r"layer 'masking1': Masking needs sequences of shape \(steps, features\)"):
        cr.Network(cr.Masking()).build(7)
