"""Whatever is wrong gets one sentence that names it and says what to do, and the network is afterwards what it was before.

Every row of the table is tried on a network without parameters and on one that has been trained. What is wrong with the data
itself (a NaN, text, ragged rows) has its own table in tests/data; here are a few of each kind, as they reach a user.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, ChainruleError, DataError, ShapeError, UnknownNameError
from training.descent import bits, classes

X, y = classes(30, 3)
NAN = np.where(np.arange(60).reshape(30, 2) == 13, np.nan, X)
FRAME = pd.DataFrame(X, columns=["height", "age"])


def network() -> cr.Network:
    return cr.Network(cr.Standardize(), cr.Dense(4, activation="relu"), cr.Dropout(0.1), cr.Dense(3))


def fit(**options: Any) -> Callable[[cr.Network], object]:
    """A fit that is right but for the given arguments."""
    data = options.pop("X", X), options.pop("y", y)
    return lambda net: net.fit(*data, **{"loss": "cross_entropy", "epochs": 2, **options})


def explode(*arguments: Any) -> Any:
    raise ZeroDivisionError("mine")


# name: call, error, what the sentence holds
FIT: dict[str, tuple[Callable[[cr.Network], object], type[Exception], str]] = {
    "loss unknown name": (
        fit(loss="cross_entrpy"),
        UnknownNameError,
        "loss='cross_entrpy'.*did you mean 'cross_entropy'",
    ),
    "loss a number": (fit(loss=3), UnknownNameError, "loss=3 is not known"),
    "optimizer unknown": (fit(optimizer="adm"), UnknownNameError, "optimizer='adm'.*did you mean 'adam'"),
    "optimizer a class": (fit(optimizer=cr.Adam), ArgumentError, r"optimizer is the class Adam; write Adam\("),
    "optimizer a number": (fit(optimizer=0.1), UnknownNameError, "optimizer=0.1 is not known"),
    "batch_size 0": (fit(batch_size=0), ArgumentError, "batch_size must be a whole number at least 1, but is 0"),
    "batch_size too large": (fit(batch_size=31), ArgumentError, 'batch_size is 31, but there are only 30.*use "full"'),
    "batch_size too large for what is left": (fit(batch_size=30, validation=0.5), ArgumentError, "only 15 examples"),
    "batch_size a float": (fit(batch_size=2.0), ArgumentError, "batch_size must be a whole number"),
    "batch_size a word": (
        fit(batch_size="all"),
        ArgumentError,
        "batch_size must be a whole number or \"full\", but is 'all'",
    ),
    "batch_size a truth value": (fit(batch_size=True), ArgumentError, "batch_size must be a whole number"),
    "epochs 0": (fit(epochs=0), ArgumentError, "epochs must be a whole number at least 1, but is 0"),
    "epochs a float": (fit(epochs=1.5), ArgumentError, "epochs must be a whole number"),
    "l1 negative": (fit(l1=-0.1), ArgumentError, "l1 must be a finite number at least 0, but is -0.1"),
    "l2 infinite": (fit(l2=np.inf), ArgumentError, "l2 must be a finite number"),
    "l2 text": (fit(l2="small"), ArgumentError, "l2 must be a finite number"),
    "clip_norm 0": (fit(clip_norm=0.0), ArgumentError, "clip_norm must be a finite number above 0"),
    "clip_value negative": (fit(clip_value=-1), ArgumentError, "clip_value must be a finite number above 0"),
    "max_seconds 0": (fit(max_seconds=0), ArgumentError, "max_seconds must be a finite number above 0"),
    "seed negative": (fit(seed=-1), ArgumentError, "seed must be a whole number"),
    "seed text": (fit(seed=""), ArgumentError, "seed must be a whole number"),
    "seed too large": (fit(seed=2**32), ArgumentError, "seed must be a whole number"),
    "dtype half": (fit(dtype="float16"), ArgumentError, 'dtype must be "float32" or "float64", but is float16'),
    "dtype nonsense": (fit(dtype="real"), ArgumentError, "dtype must be"),
    "dtype integers": (fit(dtype=int), ArgumentError, "dtype must be"),
    "backend": (fit(backend="nunpy"), UnknownNameError, "backend='nunpy'.*did you mean 'numpy'"),
    "threads 0": (fit(threads=0), ArgumentError, "threads must be a whole number at least 1 and at most 64, but is 0"),
    "threads too many": (fit(threads=65), ArgumentError, "threads must be a whole number .* but is 65"),
    "threads a float": (fit(threads=2.0), ArgumentError, "threads must be a whole number .* but is 2.0"),
    "threads a truth value": (fit(threads=True), ArgumentError, "threads must be a whole number .* but is True"),
    "threads a word": (fit(threads="all"), ArgumentError, "threads must be a whole number .* but is 'all'"),
    "shuffle a word": (fit(shuffle="no"), ArgumentError, "shuffle must be True or False, but is 'no'"),
    "verbose negative": (fit(verbose=-1), ArgumentError, "verbose must be a whole number"),
    "verbose a word": (fit(verbose="yes"), ArgumentError, "verbose must be a whole number"),
    "callbacks a function": (fit(callbacks=print), ArgumentError, "callbacks must be a list of functions"),
    "callbacks of numbers": (fit(callbacks=[1]), ArgumentError, "callbacks must be a list of functions"),
    "early_stopping a number": (
        fit(early_stopping=5, validation=0.2),
        ArgumentError,
        r"early_stopping must be None or made like EarlyStopping\(patience=10\), but is 5",
    ),
    "early_stopping True": (fit(early_stopping=True, validation=0.2), ArgumentError, "early_stopping must be"),
    "early_stopping without validation": (
        fit(early_stopping=cr.EarlyStopping()),
        ArgumentError,
        "early_stopping needs validation data: give validation=0.1",
    ),
    "monitor not computed": (
        fit(early_stopping=cr.EarlyStopping(monitor="val_accuracy"), validation=0.2),
        ArgumentError,
        r"early_stopping monitors 'val_accuracy', which fit does not compute; give metrics=\['accuracy'\]",
    ),
    "monitor unknown": (
        fit(early_stopping=cr.EarlyStopping(monitor="val_acuracy"), validation=0.2),
        UnknownNameError,
        "the metric that early_stopping monitors='acuracy' is not known; did you mean 'accuracy'",
    ),
    "convergence a number": (fit(convergence=1e-3), ArgumentError, r"convergence must be .* made like Convergence\("),
    "metrics without validation": (fit(metrics=["accuracy"]), ArgumentError, "metrics needs validation data"),
    "metrics unknown": (fit(metrics=["acc"], validation=0.2), UnknownNameError, "metrics='acc' is not known"),
    "metrics of values": (fit(metrics=["r2"], validation=0.2), ArgumentError, "predicts classes; use 'accuracy'"),
    "metrics not one number": (
        fit(metrics=["confusion_matrix"], validation=0.2),
        ArgumentError,
        "'confusion_matrix' is not one number an epoch; ask evaluate for it",
    ),
    "metrics a number": (fit(metrics=1, validation=0.2), ArgumentError, "metrics must be a list of names"),
    "validation 1.0": (fit(validation=1.0), ArgumentError, "validation must be a finite number above 0 and below 1"),
    "validation negative": (fit(validation=-0.1), ArgumentError, "validation must be a finite number"),
    "validation tiny": (fit(validation=0.001), DataError, "validation=0.001 of 30 rows leaves none to hold out"),
    "validation NaN": (fit(validation=np.nan), ArgumentError, "validation must be a finite number"),
    "validation True": (fit(validation=True), ArgumentError, "validation must be a fraction, such as 0.1"),
    "validation an array": (fit(validation=X), ArgumentError, "validation must be a fraction.*of type ndarray"),
    "validation a word": (fit(validation="0.1"), ArgumentError, "validation must be a fraction"),
    "validation one part": (fit(validation=(X,)), ArgumentError, r"a pair \(X, y\), but has 1 parts"),
    "validation of another width": (
        fit(validation=(X[:, :1], y)),
        ShapeError,
        "the X of validation has 1 feature a row",
    ),
    "validation of other rows": (
        fit(validation=(X, y[:3])),
        ShapeError,
        "the X of validation has 30 rows, but the y of",
    ),
    "validation with other labels": (fit(validation=(X, y + 1)), DataError, "the y of validation has a label"),
    "validation with a NaN": (fit(validation=(NAN, y)), DataError, "the X of validation is NaN.*row 6, column 1"),
    "sample_weight of another length": (fit(sample_weight=[1.0]), ShapeError, "sample_weight has shape"),
    "sample_weight negative": (fit(sample_weight=-np.ones(30)), DataError, "sample_weight is negative at row 0"),
    "sample_weight all zero": (fit(sample_weight=np.zeros(30)), DataError, "sample_weight is 0 in every row"),
    "sample_weight NaN": (fit(sample_weight=np.full(30, np.nan)), DataError, "sample_weight is NaN.*row 0"),
    "X with a NaN": (fit(X=NAN), DataError, r"X is NaN \(a missing value\) at row 6, column 1"),
    "X infinite": (fit(X=np.where(np.isnan(NAN), np.inf, X)), DataError, "X is infinite.*at row 6, column 1"),
    "X too large": (fit(X=X * 1e300), DataError, "X is .* too large for float32"),
    "X of one dimension": (fit(X=X[:, 0]), ShapeError, "X has one dimension"),
    "X empty": (fit(X=X[:0], y=y[:0]), DataError, "X has no rows"),
    "X text": (fit(X=np.full((30, 2), "a")), DataError, "X holds text"),
    "X None": (fit(X=None), DataError, "X is missing"),
    "y None": (fit(y=None), DataError, "y is missing"),
    "y shorter": (fit(y=y[:5]), ShapeError, "X has 30 rows, but y has 5"),
    "y ragged": (fit(y=[[1], [1, 2]] * 15), DataError, "y"),
    "y with fractions": (fit(y=y + 0.5), DataError, 'y has 0.5 at row 0.*use loss="squared_error"'),
    "y for values": (
        fit(y=np.full(30, "a"), loss="squared_error"),
        DataError,
        'y holds text.*use loss="cross_entropy"',
    ),
    "y of another width": (
        fit(y=np.eye(4)[y]),
        ShapeError,
        r"y has 4 columns, but the network ends in 3 units.*Dense\(4\)",
    ),
    "y negative counts": (fit(y=-np.ones((30, 3)), loss="poisson"), DataError, "y is negative at row 0"),
    "a schedule that is no schedule": (
        lambda net: fit(optimizer=cr.SGD("fast"))(net),
        ArgumentError,
        "learning_rate must be",
    ),
}

# The same on a network without parameters only, because a trained one knows its labels.
UNTRAINED: dict[str, tuple[Callable[[cr.Network], object], type[Exception], str]] = {
    "no loss": (lambda net: net.fit(X, y), ArgumentError, 'loss is not known yet: give loss="cross_entropy"'),
    "no loss to learn": (lambda net: net.learn(X[0], 1), ArgumentError, "loss is not known yet"),
    "a single class": (fit(y=np.zeros(30, int)), DataError, "y has a single class, 0: there is nothing to tell apart"),
    "too many classes": (fit(y=np.arange(30)), DataError, r"y has 30 different labels.*Dense\(30\)"),
    "too few classes": (fit(y=np.array(["a", "b"])[y % 2]), DataError, r"y has 2 different labels.*Dense\(2\)"),
}

TRAINED: dict[str, tuple[Callable[[cr.Network], object], type[Exception], str]] = {
    "another dtype": (
        fit(dtype="float64"),
        ArgumentError,
        "dtype is float64, but the network holds float32.*build it anew",
    ),
    "another width": (fit(X=X[:, :1]), ShapeError, "X has 1 feature a row, but 2 are expected"),
    "new labels": (fit(y=y + 1), DataError, "y has a label that the network does not know, 3"),
    "columns in another order": (fit(X=FRAME[["age", "height"]]), DataError, "X has its columns in another order"),
    "predict: width": (lambda net: net.predict(X[:, :1]), ShapeError, "X has 1 feature a row"),
    "predict: NaN": (lambda net: net.predict(NAN), DataError, "X is NaN.*row 6, column 1"),
    "predict: backend": (lambda net: net.predict(X, backend="cuda"), UnknownNameError, "backend='cuda'"),
    "predict: threads": (lambda net: net.predict(X, threads=0), ArgumentError, "threads must be a whole number"),
    "predict_proba: threads": (lambda net: net.predict_proba(X, threads=1.5), ArgumentError, "threads must be"),
    "predict_proba: backend": (lambda net: net.predict_proba(X, backend="cuda"), UnknownNameError, "backend='cuda'"),
    "evaluate: threads": (lambda net: net.evaluate(X, y, threads=-1), ArgumentError, "threads must be a whole number"),
    "evaluate: backend": (lambda net: net.evaluate(X, y, backend=""), UnknownNameError, "backend=''"),
    "learn: threads": (lambda net: net.learn(X[0], 1, threads=100), ArgumentError, "threads must be a whole number"),
    "learn: backend": (lambda net: net.learn(X[0], 1, backend="cuda"), UnknownNameError, "backend='cuda'"),
    "predict: column": (lambda net: net.predict(FRAME.rename(columns={"age": "agee"})), DataError, "no column 'age'"),
    "predict_proba: one row": (lambda net: net.predict_proba(X[0]), ShapeError, "X has one dimension"),
    "evaluate: metric": (lambda net: net.evaluate(X, y, metrics=["r2"]), ArgumentError, "predicts classes"),
    "evaluate: label": (lambda net: net.evaluate(X, y + 1), DataError, "y has a label"),
    "evaluate: rows": (lambda net: net.evaluate(X, y[:2]), ShapeError, "X has 30 rows, but y has 2"),
    "evaluate: loss": (lambda net: net.evaluate(X, y, loss="l2"), UnknownNameError, "loss='l2'"),
    "evaluate: weights": (lambda net: net.evaluate(X, y, sample_weight=np.zeros(30)), DataError, "sample_weight is 0"),
    "learn: label": (lambda net: net.learn(X[0], 9), DataError, "y has a label that the network does not know, 9"),
    "learn: width": (lambda net: net.learn([1.0], 0), ShapeError, "x has 1 feature a row"),
    "learn: optimizer": (lambda net: net.learn(X[0], 0, optimizer="agd"), UnknownNameError, "optimizer='agd'"),
    "params: a missing one": (lambda net: setattr(net, "params", {}), ArgumentError, "params must .* hold"),
    "save: no folder": (lambda net: net.save("no/such/folder/net"), ChainruleError, "its folder does not exist"),
    "save: no path": (lambda net: net.save(5), ChainruleError, "path"),
    "build: 0 features": (lambda net: net.build(0), ArgumentError, "input_shape must be a whole number at least 1"),
    "build: a float": (lambda net: net.build(2.5), ArgumentError, "input_shape must be a whole number"),
    "build: None": (lambda net: net.build(None), ArgumentError, "input_shape must be a whole number"),
    "build: text": (lambda net: net.build("four"), ArgumentError, "input_shape must be a whole number"),
    "build: a deep shape": (lambda net: net.build((2, 2, 0)), ArgumentError, "input_shape must be a whole number"),
    "build: seed": (lambda net: net.build(2, seed=1.5), ArgumentError, "seed must be a whole number"),
    "build: dtype": (lambda net: net.build(2, dtype=None), ArgumentError, "dtype must be"),
    "reset: seed": (lambda net: net.reset(seed=-3), ArgumentError, "seed must be a whole number"),
}

NO_NETWORK: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "no layers": (lambda: cr.Network(), ArgumentError, "needs at least one layer"),
    "a layer's class": (lambda: cr.Network(cr.Dense), ArgumentError, r"write Dense\(\.\.\.\)"),
    "a list of layers": (lambda: cr.Network([cr.Dense(1)]), ArgumentError, "made of layers"),
    "two of one name": (lambda: cr.Network(cr.Dense(1, name="a"), cr.Dense(1, name="a")), ArgumentError, "named 'a'"),
    "units": (lambda: cr.Dense(0), ArgumentError, "units must be a whole number at least 1"),
    "activation": (lambda: cr.Dense(1, activation="rleu"), UnknownNameError, "did you mean 'relu'"),
    "dropout rate": (lambda: cr.Dropout(1.0), ArgumentError, "rate must be .* below 1"),
    "learning rate": (lambda: cr.Adam(-1.0), ArgumentError, "learning_rate must be"),
    "momentum": (lambda: cr.Momentum(0.1, momentum=1.0), ArgumentError, "momentum must be"),
    "a schedule's class": (lambda: cr.SGD(cr.Cosine), ArgumentError, r"write Cosine\(\.\.\.\)"),
    "patience": (lambda: cr.EarlyStopping(patience=0), ArgumentError, "patience must be a whole number at least 1"),
    "min_delta": (lambda: cr.EarlyStopping(min_delta=-1), ArgumentError, "min_delta must be"),
    "monitor": (lambda: cr.EarlyStopping(monitor="accuracy"), ArgumentError, 'monitor must be "val_loss" or "val_"'),
    "tolerance": (lambda: cr.Convergence(tolerance=-1), ArgumentError, "tolerance must be"),
    "load: no file": (lambda: cr.load("no/such/file"), ChainruleError, "there is no file"),
    "load: layers": (
        lambda: cr.load("x", layers=[cr.Dense(1)]),
        ArgumentError,
        "layers must be a list of layer classes",
    ),
    "load: a name of ours": (
        lambda: cr.load("x", layers=[cr.Dense]),
        ArgumentError,
        "'Dense' is the name of a class of",
    ),
    "softmax twice": (
        lambda: cr.Network(cr.Dense(3, activation="softmax")).fit(X, y, loss="cross_entropy"),
        ArgumentError,
        "layer 'dense1' ends in softmax, but .* takes logits",
    ),
    "sigmoid twice, as a function": (
        lambda: cr.Network(cr.Dense(3), cr.Activation(cr.sigmoid)).fit(X, y, loss="binary_cross_entropy"),
        ArgumentError,
        "layer 'activation1' ends in sigmoid",
    ),
    "softmax twice, in a branch": (
        lambda: cr.Network(cr.Sequential(cr.Dense(3), cr.Activation("softmax"))).fit(X, y, loss="cross_entropy"),
        ArgumentError,
        "layer 'sequential1/activation1' ends in softmax",
    ),
    "no vector at the end": (
        lambda: cr.Network(cr.Reshape(2, 1)).fit(X, y, loss="cross_entropy"),
        ShapeError,
        r"put Flatten\(\) before the last Dense",
    ),
    "one unit": (lambda: cr.Network(cr.Dense(1)).fit(X, y, loss="cross_entropy"), DataError, "one for each class"),
}


def trained() -> cr.Network:
    net = network()
    net.fit(FRAME, y, loss="cross_entropy", optimizer=cr.Momentum(0.01), epochs=2)
    return net


def unchanged(net: cr.Network, before: cr.Network) -> bool:
    built = not repr(before).endswith("no parameters yet>")
    return repr(net) == repr(before) and net.memory == before.memory and (not built or bits(net) == bits(before))


def check(net: cr.Network, call: Callable[[cr.Network], object], error: type[Exception], sentence: str) -> None:
    before = copy.deepcopy(net)
    with pytest.raises(error, match=sentence) as caught:
        call(net)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "?"))
    assert unchanged(net, before)
    fit()(net)  # and it can still be trained


@pytest.mark.parametrize("case", [*FIT, *UNTRAINED])
def test_on_a_network_without_parameters(case: str) -> None:
    check(network(), *{**FIT, **UNTRAINED}[case])


@pytest.mark.parametrize("case", [*FIT, *TRAINED])
def test_on_a_trained_network(case: str) -> None:
    check(trained(), *{**FIT, **TRAINED}[case])


@pytest.mark.parametrize("case", NO_NETWORK)
def test_without_a_network(case: str) -> None:
    call, error, sentence = NO_NETWORK[case]
    with pytest.raises(error, match=sentence):
        call()


def test_the_table_is_large() -> None:
    assert len(FIT) + len(UNTRAINED) + len(TRAINED) + len(NO_NETWORK) >= 100


@pytest.mark.parametrize("name", ["params/dense1/weight", "params/dense2/bias"])
def test_parameters_that_are_not_finite_are_refused(name: str) -> None:
    net = trained()
    net.params[name.removeprefix("params/")].flat[0] = np.nan
    with pytest.raises(ArgumentError, match=rf"params\['{name[7:]}'\] holds NaN or infinity: write numbers into it"):
        net.fit(X, y)


@pytest.mark.parametrize("where", ["loss", "layer", "transform"])
def test_an_exception_of_the_users_own_code_changes_nothing(where: str) -> None:
    """It comes through as it is."""

    class Layer(cr.Layer):
        apply = explode

    class Transform(cr.Transform):
        update = explode

    net = cr.Network(cr.Dense(3), Layer()) if where == "layer" else network()
    arguments = {
        "loss": {"loss": explode, "y": np.eye(3)[y]},
        "transform": {"optimizer": cr.chain(Transform(), cr.SGD(0.1))},
    }.get(where, {})
    before = copy.deepcopy(net)
    with pytest.raises(ZeroDivisionError, match="mine"):
        fit(**arguments)(net)
    assert unchanged(net, before)


def test_the_check_itself_can_fail() -> None:
    net = trained()
    before = copy.deepcopy(net)
    net.params["dense1/bias"][0] += 1e-6
    assert not unchanged(net, before)
    other = copy.deepcopy(before)
    other.memory.epochs += 1
    assert not unchanged(other, before)
    assert not unchanged(network(), before)
