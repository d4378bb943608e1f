"""Network: layers, their numbers, and everything a user does with them."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from chainrule import random, saving
from chainrule.backends import Program, Result, get_backend
from chainrule.data.arrays import as_features, check_feature_names, feature_names
from chainrule.data.targets import BinaryClasses
from chainrule.errors import ArgumentError, NotFittedError, ShapeError, TrainingWarning, check_number, quoted
from chainrule.functional import Loss, LossFunction, get_loss
from chainrule.nn import Layer, Sequential, Standardize
from chainrule.optim import Progress, Transform, get_optimizer, rates_of
from chainrule.training import (
    BuiltStep,
    Convergence,
    EarlyStopping,
    Epoch,
    History,
    Job,
    Model,
    Penalties,
    Predictions,
    build_forward,
    build_step,
    get_metrics,
    train,
)
from chainrule.training.coding import check_ending, decide, learn_coder, targets_of, truth
from chainrule.training.fitting import Examples, Reading, announce, check_batch_size, check_monitor, divide
from chainrule.training.memory import Memory

Array = NDArray[Any]
Arrays = dict[str, Array]

_BLOCK = 1024  # rows a step of prediction


class Network:
    """A neural network: layers, one after another.

    Its parameters are made by `build`, or by the first `fit`, which takes the number of features from the data. Loss,
    optimiser and class labels are remembered, saved with the network, and the default of later calls; `fit` on a fitted
    network continues, `reset` starts again.

    >>> import chainrule as cr
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> net = cr.Network(cr.Dense(8, activation="tanh"), cr.Dense(1))
    >>> history = net.fit(X, y, loss="binary_cross_entropy", optimizer=cr.Adam(0.05), batch_size="full", epochs=300)
    >>> net.predict(X)
    array([0, 1, 1, 0])
    """

    def __init__(self, *layers: Layer) -> None:
        self._layer = Sequential(*layers)
        self._model: Model | None = None
        self.memory = Memory()
        self._programs: list[tuple[object, BuiltStep, Program]] = []

    # -------------------------------------------------------------------------------------- structure and numbers

    def __repr__(self) -> str:
        layers = ", ".join(name for name, _ in self._layer.children())
        return f"<Network: {layers}{'' if self._model else '; no parameters yet'}>"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_programs": []}  # they are compiled again when they are needed

    @property
    def layers(self) -> dict[str, Layer]:
        """The layers by name: dense1, dropout1, dense2."""
        return dict(self._layer.children())

    @property
    def model(self) -> Model:
        """The layers together with their numbers; `NotFittedError` if there are none yet."""
        if self._model is None:
            raise NotFittedError("The network has no parameters yet; call fit(X, y) or build(n_features) first.")
        return self._model

    @property
    def params(self) -> Arrays:
        """The parameters by name, ``dense1/weight``: the arrays that are trained, which may be written to."""
        return self.model.params

    @params.setter
    def params(self, new: Mapping[str, Any]) -> None:
        own = self.params
        if set(new) != set(own):
            raise ArgumentError(f"params must hold exactly {quoted(own)}, but holds {quoted(new)}.")
        values = {name: np.asarray(value, dtype=own[name].dtype) for name, value in new.items()}
        for name, value in values.items():
            if value.shape != own[name].shape:
                raise ShapeError(f"params[{name!r}] must have shape {own[name].shape}, but has {value.shape}.")
            if not np.isfinite(value).all():
                raise ArgumentError(f"params[{name!r}] must be finite, but holds NaN or infinity.")
        for name, value in values.items():
            own[name][...] = value

    @property
    def state(self) -> Arrays:
        """What the layers have learned besides parameters, by name, such as ``standardize1/mean``."""
        return self.model.state

    def build(self, input_shape: int | Sequence[int], *, seed: int = 0, dtype: DTypeLike = "float32") -> Network:
        """Make the parameters for rows of shape `input_shape` (a number of features, or a tuple), drawn by `seed`.

        >>> import chainrule as cr
        >>> cr.Network(cr.Dense(3)).build(4).params["dense1/weight"].shape
        (4, 3)
        """
        given = (input_shape,) if isinstance(input_shape, (int, np.integer)) else tuple(input_shape)
        shape = tuple(int(check_number("input_shape", dim, low=1, integer=True)) for dim in given)
        self._start(Model.initial(self._layer, shape, random.check_seed(seed), _float_dtype(dtype)))
        return self

    def reset(self, seed: int = 0) -> Network:
        """Start again with new parameters, drawn by `seed`; what was learned, the optimiser's state included, is forgotten."""
        self._start(Model.initial(self._layer, self.model.input_shape, random.check_seed(seed), self.model.dtype))
        return self

    def _start(self, model: Model) -> None:
        self._model, self._programs = model, []
        self.memory = replace(self.memory, coder=None, adapted=False, epochs=0, learned=0)

    def summary(self) -> None:
        """Print the layers, with the shape of what they give and their numbers of parameters.

        >>> import chainrule as cr
        >>> cr.Network(cr.Dense(16, activation="relu"), cr.Dense(3)).build(4).summary()
        layer   class  output   parameters
        dense1  Dense  (n, 16)          80
        dense2  Dense  (n, 3)           51
        total                          131
        """
        sys.stdout.write(self.model.describe() + "\n")

    # ---------------------------------------------------------------------------------------------------- training

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        loss: str | Loss | LossFunction | None = None,
        optimizer: str | Transform | None = None,
        batch_size: int | str | None = None,
        epochs: int = 100,
        sample_weight: Any = None,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        validation: Any = None,
        metrics: Sequence[str] = (),
        early_stopping: EarlyStopping | None = None,
        convergence: Convergence | None = None,
        max_seconds: float | None = None,
        shuffle: bool = True,
        callbacks: Iterable[Callable[[Epoch], object]] = (),
        verbose: bool | int = False,
        seed: int | None = None,
        backend: str | None = None,
        dtype: DTypeLike | None = None,
    ) -> History:
        """Train on the rows of X and y; on a network that has been trained, go on.

        `loss` is a name, a loss, or a function of nodes (outputs, targets); what is minimised is its mean over the examples of
        a batch (weighted by `sample_weight`) plus l1 · Σ|w| + ½ · l2 · Σw². `batch_size` is 1 for stochastic gradient
        descent, "full" for batch gradient descent, 32 unless given. The gradient is clipped number by number to
        ±`clip_value`, and to the global norm `clip_norm`. `optimizer` is Adam(1e-3) unless given.

        `validation` is a fraction of the rows, held out by classes in proportion, or a pair (X, y); its loss (without
        penalties) and `metrics` are computed after every epoch. `early_stopping`, `convergence`, `max_seconds` (seconds) and
        Ctrl-C end training before `epochs` are done. A callback is called with each `Epoch`, and stops training by returning
        True. `verbose` prints every epoch, or every k-th. The same seed, data and machine give the same bits.

        If a loss, gradient or parameter becomes NaN or infinite, training stops within one batch, the network keeps its last
        finite parameters, and a `TrainingWarning` says where it happened. The history tells what happened and why training
        stopped. Wrong arguments raise `ArgumentError`, data that cannot be learned from `DataError`; nothing changes then.
        """
        descent = self._choose_optimizer(optimizer)
        penalties = Penalties.of(l1, l2, clip_norm, clip_value)
        epochs = int(check_number("epochs", epochs, low=1, integer=True))
        if max_seconds is not None:
            check_number("max_seconds", max_seconds, above=0)
        model, reading = self._read(X, y, loss, seed, dtype)
        used_seed = model.seed if seed is None else random.check_seed(seed)
        examples = reading.examples(X, y, sample_weight)
        rows, held_out = divide(examples, validation, reading, used_seed)
        scores = [metric.name for metric in get_metrics(metrics, classification=reading.coder is not None)]
        if scores and held_out is None:
            raise ArgumentError("metrics are computed on validation data: give validation=0.1, or a pair (X, y).")
        higher = check_monitor(early_stopping, scores, held_out is not None)
        size = check_batch_size(batch_size, len(rows))
        get_backend(backend)

        self._commit(model, reading, descent, penalties, feature_names(X))
        self._adapt(examples.x[rows], backend)
        built, program = self._training_program(examples, descent, penalties, backend)
        printing = [announce(self.memory.epochs + epochs, int(verbose))] if verbose else []
        job = Job(
            program=program,
            state=model.arrays,
            data=examples.arrays(),
            rows=rows,
            scalars={**built.scalars, **penalties.scalars(), **descent.scalars()},
            dtype=model.dtype,
            batch_size=size,
            epochs=epochs,
            seed=used_seed,
            first_epoch=self.memory.epochs,
            shuffle=shuffle,
            validate=None if held_out is None else self._validator(reading, held_out, scores, backend),
            higher_is_better=higher,
            early_stopping=early_stopping,
            convergence=convergence,
            max_seconds=max_seconds,
            callbacks=[*printing, *callbacks],
        )
        history = train(job)
        self.memory.epochs += len(history)
        if history.stop_reason and history.stop_reason.name == "non_finite":
            warnings.warn(history.stop_reason.sentence, TrainingWarning, stacklevel=2)
        return history

    def learn(
        self,
        x: Any,
        y: Any,
        *,
        loss: str | Loss | LossFunction | None = None,
        optimizer: str | Transform | None = None,
        backend: str | None = None,
    ) -> float:
        """Online learning: one step on one example, or on a chunk of them; the loss before the step.

        `x` is one row or an array of rows. Loss and optimiser are those of the last call unless given; schedules count calls
        as epochs. The labels must be known: from an earlier fit, or as whole numbers from 0.

        >>> import chainrule as cr
        >>> net = cr.Network(cr.Dense(1))
        >>> losses = [net.learn([0.5], 1.0, loss="squared_error", optimizer=cr.SGD(0.5)) for _ in range(50)]
        >>> losses[-1] < 1e-6
        True
        """
        rows, targets = self._as_rows(x, y)
        descent = self._choose_optimizer(optimizer)
        model, reading = self._read(rows, targets, loss, None, None, online=True)
        examples = reading.examples(rows, targets)
        penalties = Penalties()
        self._commit(model, reading, descent, penalties, None)
        built, program = self._training_program(examples, descent, penalties, backend)
        at, forever = np.array([self.memory.learned]), Progress(epochs=2**31, steps_per_epoch=1)
        rates = {**built.scalars, **descent.scalars()}
        scalars = {name: rates_of(rate, at, forever) for name, rate in rates.items()}
        scalars["key"] = np.array([model.seed, random.DROPOUT], np.uint32)
        scalars["counter"] = np.array([self.memory.learned, 2**32 - 1], np.uint32)  # an epoch that no fit reaches
        n = len(examples)
        result = program.run(model.arrays, examples.arrays(), np.arange(n), np.array([0, n]), scalars)
        if result.failure:
            warnings.warn(
                f"Nothing was learned: the {result.failure.check} became NaN or infinite.",
                TrainingWarning,
                stacklevel=2,
            )
            return float("nan")
        self.memory.learned += 1
        return float(result.metrics["loss"][0])

    # -------------------------------------------------------------------------------------------------- prediction

    def predict(self, X: Any, *, backend: str | None = None) -> Array:
        """The prediction for each row: a label, or 0 or 1 for each of several outputs, or values.

        Values have shape (n,) for a network with one output, else (n, k).
        """
        outputs = self._outputs(X, backend)
        if self.memory.coder is not None:
            return self.memory.coder.decode(decide(self.memory.coder, outputs))
        return outputs[:, 0] if outputs.ndim == 2 and outputs.shape[1] == 1 else outputs

    def predict_proba(self, X: Any, *, backend: str | None = None) -> Array:
        """The probability of each class, in the order of `classes`: shape (n, k); of "yes" for several yes-or-no outputs."""
        if self.memory.coder is None:
            raise ArgumentError("predict_proba needs a network that has learned classes; this one predicts values.")
        outputs = self._outputs(X, backend)
        if isinstance(self.memory.coder, BinaryClasses) and outputs.shape[1] == 1:
            return np.hstack([1.0 - outputs, outputs])
        return outputs

    @property
    def classes(self) -> Array:
        """The labels of the classes, in the order of the columns of `predict_proba`."""
        if self.memory.coder is None:
            raise ArgumentError("The network has no classes: it predicts values, or has not been trained yet.")
        return np.array(self.memory.coder.labels)

    def evaluate(
        self,
        X: Any,
        y: Any,
        *,
        metrics: Sequence[str] = (),
        loss: str | Loss | LossFunction | None = None,
        sample_weight: Any = None,
        backend: str | None = None,
    ) -> dict[str, Any]:
        """The loss on X and y, without penalties, and the scores of the given names.

        Metrics of classes are accuracy, f1, roc_auc and confusion_matrix; of values r2, mae and rmse (see scikit-learn's
        documentation). F1 is that of the second class where there are two, else the mean over the classes.
        """
        model, reading = self._read(X, y, loss, None, None)
        names = [metric.name for metric in get_metrics(metrics, classification=reading.coder is not None)]
        if self._model is None:
            raise NotFittedError("The network has no parameters yet; call fit(X, y) first.")
        return self._scores(model, reading, reading.examples(X, y, sample_weight), names, backend)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a file: layers, parameters, loss, optimiser and its state, labels, and how far training has come.

        A loss or a transform of your own is not stored, and must be given again for further training; a layer of your own is
        stored by the fields of its dataclass.
        """
        saving.save(self.model, self.memory, path)

    # --------------------------------------------------------------------------------------------------- machinery

    def _choose_optimizer(self, optimizer: str | Transform | None) -> Transform:
        return get_optimizer(self.memory.optimizer or "adam" if optimizer is None else optimizer)

    def _read(
        self, X: Any, y: Any, loss: Any, seed: int | None, dtype: DTypeLike | None, online: bool = False
    ) -> tuple[Model, Reading]:
        """The model, made if there is none, and how X and y are read; the network itself does not change yet."""
        if loss is None and self.memory.loss is None:
            raise ArgumentError(
                'loss is not known yet: give loss="cross_entropy" for classes, loss="squared_error" for values, or another.'
            )
        chosen = self.memory.loss if loss is None else get_loss(loss)
        assert chosen is not None
        model = self._model
        if model is None:
            x = as_features(X, dtype=_float_dtype(dtype or "float32"))
            model = Model.initial(self._layer, x.shape[1:], random.check_seed(seed or 0), x.dtype)
        elif dtype is not None and _float_dtype(dtype) != model.dtype:
            raise ArgumentError(
                f"dtype is {dtype}, but the network holds {model.dtype} parameters; build it anew with that dtype."
            )
        check_feature_names(feature_names(X), self.memory.feature_names)
        outputs = check_ending(self._layer, model.output_shape, chosen)
        known = (
            self.memory.coder if self.memory.loss is not None and chosen.targets == self.memory.loss.targets else None
        )
        coder = known or learn_coder(chosen, y, outputs, allow_single=online)
        return model, Reading(model.input_shape, outputs, model.dtype, chosen, coder)

    def _commit(
        self, model: Model, reading: Reading, optimizer: Transform, penalties: Penalties, names: list[str] | None
    ) -> None:
        """Everything has been checked: remember it, and start the optimiser's state unless it goes on."""
        goes_on = model is self._model and optimizer == self.memory.optimizer
        names = self.memory.feature_names or names
        self.memory = replace(
            self.memory, loss=reading.loss, coder=reading.coder, optimizer=optimizer, feature_names=names
        )
        self._model = model
        expected = penalties.clipped(optimizer).init({name: model.params[name] for name in model.trainable()})
        present = {name.split("/", 1)[1]: a.shape for name, a in model.arrays.items() if name.startswith("optimizer/")}
        if not goes_on or {name: array.shape for name, array in expected.items()} != present:
            model.start_descent(penalties.clipped(optimizer))

    def _adapt(self, x: Array, backend: str | None) -> None:
        """Let each Standardize layer learn from the training data as it comes out of the layers before it."""
        if self.memory.adapted:
            return
        children = self._layer.children()
        for i, (name, layer) in enumerate(children):
            if isinstance(layer, Standardize):
                before = self._layer.layers[:i]
                given = self._through(Sequential(*before), x, backend) if before else x
                for key, value in layer.adapt(given).items():
                    self.model.arrays[f"state/{name}/{key}"][...] = value
        self.memory.adapted = True

    def _through(self, layer: Layer, x: Array, backend: str | None) -> Array:
        """What the first layers give for x; alone, they have the same names as within the network."""
        first = replace(self.model, layer=layer)
        program = get_backend(backend).compile(build_forward(first, None).step)
        return _in_blocks(program, first.arrays, {"x": x}).rows["outputs"]

    def _program(
        self, key: tuple[object, ...], build: Callable[[], BuiltStep], backend: str | None
    ) -> tuple[BuiltStep, Program]:
        """A step and its program, compiled once for each key."""
        for known, built, program in self._programs:
            if known == key:
                return built, program
        built = build()
        program = get_backend(backend).compile(built.step)
        self._programs = [*self._programs[-7:], (key, built, program)]
        return built, program

    def _training_program(
        self, examples: Examples, optimizer: Transform, penalties: Penalties, backend: str | None
    ) -> tuple[BuiltStep, Program]:
        model, loss = self.model, self.memory.loss
        assert loss is not None
        targets, weighted = targets_of(examples.y), examples.sample_weight is not None
        key = (
            "train",
            backend,
            loss,
            targets,
            optimizer,
            penalties.parts(),
            weighted,
            model.trainable(),
            repr(self._layer),
        )
        return self._program(
            key,
            lambda: build_step(model, loss, targets, optimizer=optimizer, penalties=penalties, weighted=weighted),
            backend,
        )

    def _validator(
        self, reading: Reading, held_out: Examples, metrics: list[str], backend: str | None
    ) -> Callable[[], dict[str, float]]:
        def validate() -> dict[str, float]:
            found = self._scores(self.model, reading, held_out, metrics, backend)
            return {f"val_{name}": value for name, value in found.items()}

        return validate

    def _outputs(self, X: Any, backend: str | None) -> Array:
        """What the network predicts for each row: probabilities, rates or values."""
        model, loss = self.model, self.memory.loss
        check_feature_names(feature_names(X), self.memory.feature_names)
        x = as_features(X, dtype=model.dtype, feature_shape=model.input_shape)
        _, program = self._program(("predict", backend, loss), lambda: build_forward(model, loss), backend)
        return _in_blocks(program, model.arrays, {"x": x}).rows["outputs"]

    def _scores(
        self, model: Model, reading: Reading, examples: Examples, metrics: list[str], backend: str | None
    ) -> dict[str, Any]:
        """The loss and the metrics on encoded examples."""
        targets, weighted = targets_of(examples.y), examples.sample_weight is not None
        key = ("evaluate", backend, reading.loss, targets, weighted)
        _, program = self._program(key, lambda: build_forward(model, reading.loss, targets, weighted=weighted), backend)
        result = _in_blocks(program, model.arrays, examples.arrays())
        weight = result.metrics["weight"].astype(np.float64)
        scores: dict[str, Any] = {"loss": float(result.metrics["loss"].astype(np.float64) @ weight / weight.sum())}
        outputs = result.rows["outputs"]
        classes = reading.coder is not None
        found = Predictions(
            truth=_flat(truth(reading.coder, examples.y) if classes else examples.y),
            predicted=_flat(decide(reading.coder, outputs)) if classes else _flat(outputs),
            probabilities=outputs if classes else None,
            weight=examples.sample_weight,
        )
        for metric in get_metrics(metrics, classification=classes):
            value = metric.compute(found)
            scores[metric.name] = value if np.ndim(value) else float(value)
        return scores

    def _as_rows(self, x: Any, y: Any) -> tuple[Any, Any]:
        """One example as a chunk of one: x has one dimension less than the rows of the network have together."""
        array = np.asarray(x)
        rank = len(self._model.input_shape) + 1 if self._model else array.ndim if np.ndim(y) else array.ndim + 1
        return (array[None], np.asarray(y)[None]) if array.ndim == rank - 1 else (x, y)


def load(path: str | os.PathLike[str], *, layers: Iterable[type[Layer]] = ()) -> Network:
    """The network of a model file, ready to predict and to go on training.

    `layers` are layer classes of your own that the file may name. Raises `ModelFileError` if the file is damaged, foreign, too
    new, or names a class that is neither Chainrule's nor in `layers`.
    """
    model, memory = saving.read(path, layers)
    net = Network(*(layer for _, layer in model.layer.children()))
    net._start(model)
    net.memory = memory
    return net


def _in_blocks(program: Program, state: Arrays, data: Arrays) -> Result:
    """Run a step that changes nothing over all rows, in their order."""
    n = len(data["x"])
    bounds = np.append(np.arange(0, n, _BLOCK), n).astype(np.int64)
    return program.run(state, data, np.arange(n, dtype=np.int64), bounds, {})


def _flat(array: Array) -> Array:
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _float_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    try:
        chosen = np.dtype(dtype)
    except TypeError:
        raise ArgumentError(f'dtype must be "float32" or "float64", but is {dtype!r}.') from None
    if chosen not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ArgumentError(f'dtype must be "float32" or "float64", but is {chosen.name!r}.')
    return chosen
