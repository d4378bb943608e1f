"""Augmentation against NumPy and SciPy: where pictures are read, in which ranges the random numbers lie, who sees what."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

import chainrule as cr
from chainrule.backends import Backend, get_backend
from chainrule.backends.llvm import Layout, LlvmBackend
from chainrule.functional.augmentation import Affine, affine, cut_out, relight, resample
from chainrule.graph import ROWS, Node, Step, input
from chainrule.nn import Layer, Mode
from chainrule.nn.augmentation import Augment
from nn.networks import model_of

Array = NDArray[Any]
rng = np.random.default_rng(0)

LLVM = [LlvmBackend(threads=n, layout=layout) for layout in (Layout.FEATURES, Layout.ROWS) for n in (1, 2, 3)]
BACKENDS: list[Backend] = [get_backend("numpy"), *LLVM]


def given(make: Callable[..., Node], x: Array, *numbers: Any, backend: Backend = BACKENDS[0]) -> Array:
    """What a function of pictures and of numbers for each of them gives, in the dtype of x."""
    data = {"x": x, **{f"n{i}": np.broadcast_to(v, len(x)).astype(x.dtype) for i, v in enumerate(numbers)}}
    nodes = [input(name, (ROWS, *array.shape[1:]), array.dtype.name) for name, array in data.items()]
    step = Step(state={}, data=dict(zip(data, nodes, strict=True)), rows={"y": make(*nodes)})
    n = len(x)
    return backend.compile(step, rows=n).run({}, data, np.arange(n), np.array([0, n // 2, n]), {}).rows["y"]


def read_at(*numbers: Any, **how: Any) -> Callable[..., Array]:
    def read(x: Array, backend: Backend = BACKENDS[0]) -> Array:
        return given(
            lambda x, *c: resample(x, Affine((c[0], c[1], c[2]), (c[3], c[4], c[5])), **how),
            x,
            *numbers,
            backend=backend,
        )

    return read


def moved(x: Array, angle: Any = 0, zoom: Any = 1, shift: Any = (0, 0), flip: Any = (1, 1), **how: Any) -> Array:
    size = (x.shape[1], x.shape[2])
    return given(
        lambda x, a, z, *n: resample(x, affine(size, a, z, (n[0], n[1]), (n[2], n[3])), **how),
        x,
        angle,
        zoom,
        *shift,
        *flip,
    )


def by_scipy(x: Array, numbers: Array) -> Array:
    """The same places read by SciPy, channel by channel."""
    r, c = np.mgrid[: x.shape[1], : x.shape[2]]
    found = np.empty_like(x)
    for k, (picture, n) in enumerate(zip(x, numbers, strict=True)):
        places = [n[0] * r + n[1] * c + n[2], n[3] * r + n[4] * c + n[5]]
        for channel in range(x.shape[3]):
            found[k, :, :, channel] = map_coordinates(picture[:, :, channel], places, order=1, mode="nearest")
    return found


# ------------------------------------------------------------------------------------------------- resampling


@pytest.mark.parametrize("shape", [(5, 7, 9, 3), (19, 4, 4, 1), (6, 1, 5, 2), (4, 6, 1, 17), (2, 1, 1, 1)], ids=str)
def test_bilinear_interpolation_is_that_of_scipy(shape: tuple[int, ...]) -> None:
    x, numbers = rng.normal(size=shape), rng.normal(size=(shape[0], 6))
    numbers += np.array([0, 0, 3, 0, 0, 4])
    wanted = by_scipy(x, numbers)
    for backend in BACKENDS:
        np.testing.assert_allclose(read_at(*numbers.T)(x, backend), wanted, atol=1e-13)
        single = read_at(*numbers.astype(np.float32).T)(x.astype(np.float32), backend)
        np.testing.assert_allclose(single, by_scipy(x, numbers.astype(np.float32)), atol=2e-4)


def test_where_nothing_is_asked_for_not_a_bit_changes() -> None:
    x = rng.normal(size=(5, 6, 4, 3)).astype(np.float32)
    for backend in BACKENDS:
        for smooth in (True, False):
            for fill in ("edge", 0.25):
                assert (read_at(1, 0, 0, 0, 1, 0, smooth=smooth, fill=fill)(x, backend) == x).all()
    assert (moved(x) == x).all()


def test_quarter_turns_are_those_of_numpy() -> None:
    x = rng.normal(size=(3, 5, 5, 2))
    for k in range(4):
        np.testing.assert_allclose(moved(x, k * np.pi / 2), np.rot90(x, k, axes=(1, 2)), atol=1e-13)
    assert (read_at(0, 1, 0, -1, 0, 4)(x) == np.rot90(x, 1, axes=(1, 2))).all()  # without a sine's rounding


@pytest.mark.parametrize("smooth", [True, False])
def test_flips_and_whole_shifts_move_pixels(smooth: bool) -> None:
    x = rng.normal(size=(3, 5, 4, 2))
    assert (moved(x, flip=(1, -1), smooth=smooth) == x[:, :, ::-1]).all()
    assert (moved(x, flip=(-1, 1), smooth=smooth) == x[:, ::-1]).all()
    for down, right in ((2, -1), (-1, 3), (0, 1), (9, -9)):
        rows, columns = np.clip(np.arange(5) - down, 0, 4), np.clip(np.arange(4) - right, 0, 3)
        assert (moved(x, shift=(down, right), smooth=smooth) == x[:, rows][:, :, columns]).all()
        filled = moved(x, shift=(down, right), smooth=smooth, fill=7.0)
        outside = (np.arange(5) - down != rows)[:, None] | (np.arange(4) - right != columns)
        assert (filled == np.where(outside[:, :, None], 7.0, x[:, rows][:, :, columns])).all()


def test_flips_come_first_then_the_turn_the_zoom_and_the_shift() -> None:
    x = rng.normal(size=(2, 5, 5, 1))
    wanted = np.rot90(x[:, :, ::-1], 1, axes=(1, 2))[:, np.clip(np.arange(5) - 2, 0, 4)]
    np.testing.assert_allclose(moved(x, np.pi / 2, shift=(2, 0), flip=(1, -1)), wanted, atol=1e-13)


def test_a_zoom_above_1_enlarges_about_the_middle() -> None:
    x = np.arange(25.0).reshape(1, 5, 5, 1)
    enlarged = moved(x, zoom=2)[0, :, :, 0]
    np.testing.assert_allclose(enlarged, 12 + 5 * np.arange(-1, 1.5, 0.5)[:, None] + np.arange(-1, 1.5, 0.5))


def test_each_picture_has_its_own_numbers() -> None:
    x = rng.normal(size=(3, 4, 4, 2))
    assert (moved(x, shift=([0, 1, 2], 0))[2] == x[2, [0, 0, 0, 1]]).all()
    np.testing.assert_allclose(moved(x, [0, np.pi / 2, np.pi])[1], np.rot90(x[1]), atol=1e-13)


def test_light() -> None:
    x = rng.normal(size=(3, 4, 5, 2))
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    for backend in BACKENDS:
        found = given(relight, x, [0.5, 1.0, 2.0], [0.1, 0.0, -0.1], backend=backend)
        wanted = (
            mean + np.reshape([0.5, 1.0, 2.0], (3, 1, 1, 1)) * (x - mean) + np.reshape([0.1, 0, -0.1], (3, 1, 1, 1))
        )
        np.testing.assert_allclose(found, wanted, atol=1e-13)


@pytest.mark.parametrize("side", [1, 2, 3, 4, 9])
def test_a_square_is_cut_out(side: int) -> None:
    x = rng.normal(size=(4, 5, 6, 2))
    rows, columns = [0, 2, 4, 1], [0, 3, 5, 5]
    wanted = x.copy()
    for picture, row, column in zip(wanted, rows, columns, strict=True):
        top, left = row - side // 2, column - side // 2
        picture[max(top, 0) : top + side, max(left, 0) : left + side] = 0.5
    for backend in BACKENDS:
        assert (given(lambda *n: cut_out(*n, side, 0.5), x, rows, columns, backend=backend) == wanted).all()


# ------------------------------------------------------------------------------------------------- the layer

MANY = Augment(20, "both", 0.2, 0.2, 0.1, 0.3, 3, 0.5)


def augmented(
    layer: Layer, x: Array, step: int = 0, backend: Backend = BACKENDS[0], seed: int = 0, train: bool = True
) -> Array:
    """What a layer makes of a batch."""
    node, mode = input("x", (ROWS, *x.shape[1:]), x.dtype.name), Mode(train=train)
    model = model_of(layer, input_shape=x.shape[1:])
    y, _ = model.layer.apply({}, {}, node, mode)
    scalars = {"key": mode.key, "counter": mode.counter} if mode.key is not None and mode.counter is not None else {}
    values = {"key": np.array([seed, 0], np.uint32), "counter": np.array([step, 0], np.uint32)}
    built, n = Step(state={}, data={"x": node}, scalars=scalars, rows={"y": y}), len(x)
    given = {name: values[name] for name in scalars}
    return backend.compile(built, rows=n).run({}, {"x": x}, np.arange(n), np.array([0, n]), given).rows["y"]


def test_nothing_asked_for_and_prediction_change_nothing() -> None:
    x = rng.normal(size=(5, 6, 4, 3))
    assert (augmented(Augment(), x) == x).all()
    assert (augmented(MANY, x, train=False) == x).all()
    assert (augmented(MANY, x) != x).any()


def test_the_bits_are_those_of_any_team_and_the_numbers_those_of_any_backend() -> None:
    for dtype, most in (("float32", 2e-4), ("float64", 1e-12)):
        x = rng.normal(size=(33, 8, 8, 3)).astype(dtype)
        found = [augmented(MANY, x, 3, backend) for backend in BACKENDS]
        for one, other in pairwise(found[1:4]):
            assert (one == other).all()
        for one, other in pairwise(found[4:]):
            assert (one == other).all()
        for own in found[1:]:  # sines differ by a rounding, and so do places between pixels
            np.testing.assert_allclose(own, found[0], atol=most)
        assert (augmented(MANY, x, 3) == found[0]).all()
        assert (augmented(MANY, x, 4) != found[0]).any()
        assert (augmented(MANY, x, 3, seed=1) != found[0]).any()


def test_a_picture_depends_on_its_place_in_the_batch_and_on_nothing_else_there() -> None:
    x = rng.normal(size=(9, 6, 6, 1))
    assert (augmented(MANY, x)[:4] == augmented(MANY, x[:4])).all()
    assert (augmented(MANY, x[[5, 1, 2]])[1:] == augmented(MANY, x[[4, 1, 2]])[1:]).all()


def test_what_one_option_draws_does_not_depend_on_the_others() -> None:
    x = rng.normal(size=(50, 6, 6, 1))
    assert (augmented(Augment(flip="both", shift=0.01), x) != augmented(Augment(flip="both"), x)).any()
    flips = augmented(Augment(flip="both"), x)
    np.testing.assert_allclose(augmented(Augment(flip="both", rotation=1e-9), x), flips, atol=1e-9)


def test_flips_come_up_in_half_of_the_pictures() -> None:
    x = np.broadcast_to(np.arange(6.0).reshape(2, 3, 1), (4000, 2, 3, 1))
    both = augmented(Augment(flip="both"), x)[:, :, :, 0]
    found = [
        np.mean((both == original).all(axis=(1, 2)))
        for original in (x[0, ::r, ::c, 0] for r in (1, -1) for c in (1, -1))
    ]
    np.testing.assert_allclose(found, 0.25, atol=0.03)
    sideways = augmented(Augment(flip="horizontal"), x)[:, :, :, 0]
    assert (sideways[:, 0] < 3).all()
    assert abs(np.mean(sideways[:, 0, 0] == 0) - 0.5) < 0.03
    assert (augmented(Augment(flip="vertical"), x)[:, 0, 0] % 3 == 0).all()


def test_shifts_are_whole_pixels_spread_evenly() -> None:
    """Two pixels at most in 20: each of the numbers from −2 to 2 as often, in both directions."""
    x = np.broadcast_to(100.0 * np.arange(20)[:, None, None] + np.arange(21)[:, None], (5000, 20, 21, 1))
    middle = augmented(Augment(shift=0.1), x)[:, 10, 10, 0]
    down, right = 10 - middle // 100, 10 - middle % 100
    for shift in (down, right):
        values, counts = np.unique(shift, return_counts=True)
        assert values.tolist() == [-2, -1, 0, 1, 2]
        np.testing.assert_allclose(counts / 5000, 0.2, atol=0.03)
    assert abs(np.corrcoef(down, right)[0, 1]) < 0.05
    assert np.unique(augmented(Augment(shift=0.001), x)[:, 10, 10, 0]).size == 9  # a pixel is the least


def evenly(values: Array, low: float, high: float) -> None:
    """A sample of 4000 is spread evenly over a range."""
    assert values.min() >= low - 1e-6
    assert values.max() <= high + 1e-6
    share = np.sort((values - low) / (high - low))
    assert np.abs(share - np.linspace(0, 1, len(share))).max() < 1.95 / np.sqrt(len(share))  # Kolmogorov, 1 in 1000


def test_the_numbers_of_a_picture_are_spread_evenly_over_their_ranges() -> None:
    n, (r, c) = 4000, np.mgrid[:5, :5] - 2.0
    ramp = np.broadcast_to(np.stack([r, c], axis=-1) + 9.0, (n, 5, 5, 2))  # tells where a pixel comes from
    turned = augmented(Augment(rotation=15), ramp)[:, 2, 3] - 9.0
    evenly(np.degrees(np.arctan2(turned[:, 0], turned[:, 1])), -15, 15)
    evenly(1 / (augmented(Augment(zoom=0.25), ramp)[:, 2, 3, 1] - 9.0), 0.75, 1.25)
    evenly(augmented(Augment(brightness=0.5), ramp)[:, 0, 0, 0] - 7.0, -0.5, 0.5)
    evenly((augmented(Augment(contrast=0.5), ramp)[:, 0, 0, 0] - 9.0) / -2.0, 0.5, 1.5)


def test_squares_are_cut_out_about_every_pixel() -> None:
    x = np.ones((6000, 4, 5, 1))
    cut = augmented(Augment(cutout=1, fill=0.0), x)[:, :, :, 0]
    assert (cut.sum(axis=(1, 2)) == 19).all()
    np.testing.assert_allclose((1 - cut).mean(axis=0), 1 / 20, atol=0.015)
    assert (augmented(Augment(cutout=0.5), x)[:, :, :, 0].sum(axis=(1, 2)) >= 16).all()  # a side of 2
    assert set(np.unique(augmented(Augment(cutout=2, fill=-3.0), x))) == {-3.0, 1.0}


# ------------------------------------------------------------------------------------------------- in a network


def network() -> cr.Network:
    return cr.Network(cr.Rescale(), Augment(10, "horizontal", 0.1), cr.Flatten(), cr.Dense(2))


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
def test_a_network_trains_on_changed_pictures_and_predicts_from_the_given_ones(backend: str) -> None:
    X, y = rng.integers(0, 256, (30, 6, 6, 2), dtype=np.uint8), rng.integers(0, 2, 30)
    net, plain = network(), cr.Network(cr.Rescale(), cr.Flatten(), cr.Dense(2))
    losses = net.fit(X, y, loss="cross_entropy", epochs=3, batch_size=7, backend=backend, shuffle=False).loss
    other = plain.fit(X, y, loss="cross_entropy", epochs=3, batch_size=7, backend=backend, shuffle=False).loss
    assert (losses != other).all()
    z = X.reshape(30, -1) / 255 @ net.params["dense1/weight"] + net.params["dense1/bias"]
    assert (net.predict(X, backend=backend) == z.argmax(axis=1)).all()
    again = network()
    assert (
        again.fit(X, y, loss="cross_entropy", epochs=3, batch_size=7, backend=backend, shuffle=False).loss == losses
    ).all()


def test_the_first_batch_has_the_loss_of_its_changed_pictures() -> None:
    X, y = rng.integers(0, 256, (6, 5, 5, 1), dtype=np.uint8), np.arange(6) % 2
    net = network().build((5, 5, 1), seed=4, dtype="float64")
    weight, bias = (net.params[name].copy() for name in ("dense1/weight", "dense1/bias"))
    loss = net.fit(X, y, loss="cross_entropy", epochs=1, batch_size=6, shuffle=False, backend="numpy").loss[0]
    x = augmented(Augment(10, "horizontal", 0.1), X / 255, seed=4).reshape(6, -1)
    z = x @ weight + bias
    wanted = np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(6), y])
    np.testing.assert_allclose(loss, wanted, rtol=1e-12)


def test_a_step_is_explained_with_its_pictures() -> None:
    X, y = rng.integers(0, 256, (4, 3, 3, 1), dtype=np.uint8), [0, 1, 1, 0]
    net = network().build((3, 3, 1), seed=2)
    explanation = net.explain(X, y, loss="cross_entropy", optimizer=cr.SGD(0.1))
    wanted = augmented(Augment(10, "horizontal", 0.1), X / 255, seed=2)
    np.testing.assert_allclose(explanation["augment1/a"], wanted, atol=1e-12)
    assert "each picture changed in its own way" in str(explanation)
    assert cr.check_gradients(net, X, y, loss="cross_entropy").ok


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Augment(rotation=-1), "rotation must be a finite number at least 0 and at most 180, but is -1."),
        (lambda: Augment(flip="sideways"), "flip='sideways' is not known"),
        (lambda: Augment(flip=True), "flip=True is not known"),
        (lambda: Augment(zoom=1), "zoom must be a finite number at least 0 and below 1, but is 1."),
        (
            lambda: Augment(cutout=2.5),
            "cutout must be a whole number of pixels, or a share of the side below 1, but is 2.5.",
        ),
        (lambda: Augment(fill="black"), "fill='black' is not known"),
        (lambda: Augment(fill=np.nan), "fill must be a finite number, but is nan."),
        (
            lambda: cr.Network(Augment(5), cr.Flatten(), cr.Dense(1)).build((28, 28)),
            r"layer 'augment1': Augment needs pictures of shape \(height, width, channels\), but the rows are \(28, 28\)",
        ),
    ],
)
def test_wrong_arguments_are_sentences(make: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(cr.ChainruleError, match=sentence):
        make()


# ------------------------------------------------------------------------------------------------- the sheet


def shown(figure: Any) -> list[list[Array]]:
    """The pictures of a sheet, line by line."""
    pictures = [axis.images[0].get_array() for axis in figure.axes]
    columns = figure.axes[0].get_gridspec().ncols
    return [pictures[i : i + columns] for i in range(0, len(pictures), columns)]


def test_the_sheet_shows_the_pictures_that_training_sees(tmp_path: Path) -> None:
    X = rng.integers(0, 256, (9, 6, 5, 3), dtype=np.uint8)
    net = cr.Network(cr.Rescale(), Augment(20, "both", 0.1, 0.2), cr.Noise(0.1), cr.Flatten(), cr.Dense(2))
    lines = shown(net.show_augmented(X, rows=[4, 0, 7], versions=3, seed=5, path=tmp_path / "sheet.png"))
    assert (tmp_path / "sheet.png").read_bytes()[:4] == b"\x89PNG"
    x = X[[4, 0, 7]].astype(np.float32) / 255
    low, high = x.min(), x.max()
    columns = [x, *(augmented(Augment(20, "both", 0.1, 0.2), x, step, seed=5) for step in range(3))]
    for line, pictures in zip(lines, zip(*columns, strict=True), strict=True):
        for found, wanted in zip(line, pictures, strict=True):
            np.testing.assert_allclose(found, np.clip((wanted - low) / (high - low), 0, 1), atol=1e-4)


def test_a_sheet_of_grey_pictures_of_a_fitted_network_changes_nothing() -> None:
    X = rng.normal(size=(7, 4, 4, 1))
    net = cr.Network(cr.Standardize(), Augment(flip="vertical"), cr.Flatten(), cr.Dense(2))
    with pytest.raises(cr.NotFittedError):
        net.model.check_finite()
    net.build((4, 4, 1))
    with pytest.raises(cr.ArgumentError, match="standardize1"):
        net.show_augmented(X)
    net.fit(X, np.arange(7) % 2, loss="cross_entropy", epochs=1)
    before = {name: array.copy() for name, array in net.model.arrays.items()}
    lines = shown(net.show_augmented(X, rows=20, versions=2))
    assert [len(line) for line in lines] == [3] * 7
    assert lines[0][0].shape == (4, 4)
    assert all((net.model.arrays[name] == array).all() for name, array in before.items())


@pytest.mark.parametrize(
    ("layers", "how", "sentence"),
    [
        ([cr.Noise(0.1)], {}, "The network has no layer Augment, which changes pictures in training: put one first."),
        ([Augment()], {"rows": 0}, "rows must be a whole number at least 1 and at most 100, but is 0."),
        ([Augment()], {"rows": [9]}, "rows must be a whole number at least 0 and at most 6, but is 9."),
        ([Augment()], {"rows": []}, "rows must name 1 to 100 rows of X, but names 0."),
        ([Augment()], {"rows": None}, "rows must be a number of rows, or a list of the rows to show, but is None."),
        ([Augment()], {"versions": 0}, "versions must be a whole number at least 1 and at most 100, but is 0."),
        (
            [Augment()],
            {"path": "sheet.xls"},
            "path must name a file that ends in .png, .pdf, .svg, but is 'sheet.xls'.",
        ),
    ],
)
def test_sheets_that_cannot_be_are_refused(layers: list[Layer], how: dict[str, Any], sentence: str) -> None:
    with pytest.raises(cr.ArgumentError, match=sentence):
        cr.Network(*layers, cr.Flatten(), cr.Dense(1)).show_augmented(np.zeros((7, 3, 3, 1)), **how)
