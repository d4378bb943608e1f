"""Files that somebody wrote on purpose: the digest is right and the content is not.

Whatever they say, loading gives a `ModelFileError` in one sentence, or a network that works; never another exception.
"""

from __future__ import annotations

import copy
import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim, saving
from chainrule.errors import ChainruleError, ModelFileError, TrainingWarning
from chainrule.files import read_model, write_model
from chainrule.training.model import copies
from training.descent import classes

X, y = classes(30, 3)

WRONG: list[Any] = [
    None,
    True,
    False,
    -1,
    0,
    1,
    7,
    1.5,
    -0.5,
    1e308,
    10**9,
    10**400,
    "",
    "x",
    "Dense",
    "float16",
    "__class__",
    [],
    [1],
    [None],
    ["a", "a"],
    [[[1]]],
    {},
    {"class": "Dense"},
    {"class": "Dense", "units": 3, "colour": "red"},
    {"class": "SGD"},
    {"class": "Cosine", "rate": 0.1},
    {"class": "Classes", "labels": [0, 1, 2]},
    {"class": "BinaryClasses", "labels": ["a", "b"], "n_outputs": 3},
    {"class": "CrossEntropy"},
    {"class": "Unsaved"},
    {"class": "Chain", "transforms": [1]},
    {"class": "Chain"},
    {"class": "os.system", "command": "true"},
    {"class": ["Dense"]},
    {"class": None},
]


def network() -> cr.Network:
    net = cr.Network(
        cr.Standardize(),
        cr.Concatenate(cr.Dense(4, activation="relu", weight_init=cr.Normal(0.0, 0.1)), [cr.Dense(2), cr.Dropout(0.1)]),
        cr.Residual(cr.Dense(6, bias=False, bias_init=0.5, trainable=False)),
        cr.Reshape(2, 3),
        cr.Flatten(),
        cr.Activation("tanh"),
        cr.Dense(3, weight_init=cr.Uniform(-0.1, 0.1)),
    )
    chain = cr.chain(
        optim.ClipByNorm(1.0), optim.ClipByValue(1.0), optim.Accumulate(0.5), optim.AddDecayedWeights(0.1),
        cr.AdamW(cr.Warmup(cr.ReduceOnPlateau(0.01), 2)),
    )  # fmt: skip
    net.fit(X, np.array(["a", "b", "c"])[y], loss=cr.CrossEntropy(0.1), optimizer=chain, epochs=1)
    net.memory.preprocessing = {"columns": ["a"]}
    return net


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    path = tmp_path_factory.mktemp("genuine") / "net"
    network().save(path)
    return read_model(path)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a description, as the keys that lead there."""
    if path:
        yield path
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(value, (*path, key))


def changed(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value in one place, or without it if the value is `...`."""
    data = copy.deepcopy(data)
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return data


def load(path: Path) -> cr.Network | None:
    """The network, if the file gives one; None if it gives a proper error. Anything else fails the test."""
    try:
        return cr.load(path)
    except ModelFileError as error:
        message = str(error)
        assert message.startswith(repr(str(path)))
        assert message.endswith(".")
        assert "\n" not in message
        return None


def works(net: cr.Network, *, trains: bool = True) -> bool:
    """Whether what was loaded predicts and starts again, and learns or says why it cannot."""
    features = np.zeros((4, *net.model.input_shape))
    targets = np.array(["a", "b", "c", "a"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingWarning)
        try:
            outputs = net.predict_proba(features) if net.memory.coder else net.predict(features)
            assert np.isfinite(outputs).all()
            if trains:
                net.fit(features, targets, epochs=1)
                net.learn(features, targets)
            net.reset()
        except ChainruleError:
            return True
    return True


@pytest.mark.parametrize("every", [11, pytest.param(1, marks=pytest.mark.slow)])
def test_every_place_with_every_wrong_value(every: int, genuine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content is handed over as `read_model` gives it: thousands of real files would take minutes to write."""
    description, arrays = genuine
    refused = loaded = 0
    for place, value in list(itertools.product(places(description), [..., *WRONG]))[::every]:
        forged = changed(description, place, value)
        monkeypatch.setattr(saving, "read_model", lambda path, forged=forged: (forged, copies(arrays)))
        net = load(Path("net"))
        refused += net is None
        loaded += net is not None
        assert net is None or works(net, trains=loaded % 20 == 0), (place, value)
    assert refused > 2000 / every
    assert refused > 4 * loaded


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (("layers",), ..., "describes no network: it lacks 'layers'"),
        (("layers",), 5, "cannot be made"),
        (("layers", 0, "class"), "Bias", "the class 'Bias' is not Chainrule's"),
        (("layers", 0, "class"), "Adam", "unexpected keyword"),
        (("layers", 0), {"class": "Adam"}, "made of layers"),
        (
            ("layers", 6, "units"),
            4,
            r"its array '.*/dense1/bias' is float32 of shape \(3,\), but its layers need .* \(4,\)",
        ),
        (("layers", 6, "units"), "3", "units must be a whole number"),
        (("layers", 6, "bias"), "no", "Dense.bias is 'no', but must be true or false"),
        (("layers", 6, "trainable"), 0, "Dense.trainable is 0, but must be true or false"),
        (
            ("layers", 6, "learning_rate_factor"),
            "1",
            "learning_rate_factor of layer '.*' must be a finite number at least 0",
        ),
        (
            ("layers", 6, "learning_rate_factor"),
            -1,
            "learning_rate_factor of layer '.*' must be a finite number at least 0",
        ),
        (("layers", 6, "units"), 10**9, "no array as large as one of its layers needs"),
        (("input_shape",), [10**12], "no array as large|cannot be made"),
        (("input_shape",), [], "feature"),
        (("dtype",), "float16", 'dtype must be "float32" or "float64"'),
        (("dtype",), "float64", "is float32 of shape .* but its layers need float64"),
        (("seed",), -1, "seed must be a whole number"),
        (("loss",), {"class": "Dense", "units": 3}, "its loss cannot be"),
        (("loss",), {"class": "SquaredError"}, "its classes do not fit its outputs"),
        (("loss",), {"class": "BinaryCrossEntropy"}, "its classes do not fit its outputs"),
        (("optimizer",), {"class": "CrossEntropy"}, "its optimizer cannot be"),
        (("optimizer",), {"class": "SGD"}, "has no place for the array 'optimizer/"),
        (("coder", "labels"), ["a", "b"], "its classes do not fit its outputs"),
        (("coder", "class"), "Coder", "lacks 'Coder'"),
        (("feature_names",), ["a"], "its feature_names cannot be"),
        (("feature_names",), [1, 2], "its feature_names cannot be"),
        (("adapted",), 1, "its adapted cannot be 1"),
        (("epochs",), -1, "epochs must be a whole number"),
        (("epochs",), 2**32, "epochs must be a whole number"),
        (("learned",), 0.5, "learned must be a whole number"),
        (("preprocessing",), [1], "its preprocessing cannot be"),
    ],
)
def test_the_sentence_says_what_is_wrong(place: Any, value: Any, sentence: str, genuine: Any, tmp_path: Path) -> None:
    description, arrays = genuine
    write_model(tmp_path / "net", changed(description, place, value), arrays)
    with pytest.raises(ModelFileError, match=sentence):
        cr.load(tmp_path / "net")


def test_an_empty_description(tmp_path: Path) -> None:
    write_model(tmp_path / "net", {}, {})
    assert load(tmp_path / "net") is None


@pytest.mark.parametrize(
    "change", ["lacks", "other name", "one more", "dtype", "integers", "shape", "rank", "nan", "inf"]
)
def test_arrays_that_are_not_those_of_the_layers(change: str, genuine: Any, tmp_path: Path) -> None:
    description, arrays = genuine
    for name, array in arrays.items():
        wrong = dict(arrays)
        value = wrong.pop(name)
        if change == "other name":
            wrong[f"{name}x"] = value
        elif change == "one more":
            wrong |= {name: value, f"{name.split('/')[0]}/more/weight": value}
        elif change == "dtype":
            wrong[name] = value.astype(np.float64)
        elif change == "integers":
            wrong[name] = value.astype(np.int32)
        elif change == "shape":
            wrong[name] = np.concatenate([value, value]) if array.ndim else np.zeros(2, array.dtype)
        elif change == "rank":
            wrong[name] = value[None]
        elif change in ("nan", "inf"):
            wrong[name] = np.full_like(value, float(change))
        if change != "lacks" or not all(other.startswith(("params", "state")) for other in wrong):
            write_model(tmp_path / "net", description, wrong)
            with pytest.raises(ModelFileError, match="the array|its array|holds no array"):
                cr.load(tmp_path / "net")


def test_without_any_state_of_the_optimiser_it_begins_anew(genuine: Any, tmp_path: Path) -> None:
    description, arrays = genuine
    kept = {name: array for name, array in arrays.items() if not name.startswith("optimizer/")}
    write_model(tmp_path / "net", description, kept)
    net = load(tmp_path / "net")
    assert net is not None
    assert works(net)


def test_labels_are_never_a_loophole(genuine: Any, tmp_path: Path) -> None:
    """Labels of kinds that no network learns."""
    description, arrays = genuine
    for labels in ([1, 1, 2], [None, 1, 2], [[1], [2], [3]], [{"a": 1}, 2, 3], "abc", {"a": 1, "b": 2, "c": 3}):
        write_model(tmp_path / "net", changed(description, ("coder", "labels"), labels), arrays)
        net = load(tmp_path / "net")
        assert net is None or works(net)
