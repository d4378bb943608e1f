"""Network: layers, their numbers, and everything a user does with them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from chainrule import random, saving
from chainrule.data.arrays import as_features, check_feature_names, feature_names
from chainrule.data.labels import array_of_labels
from chainrule.data.targets import BinaryClasses
from chainrule.errors import ArgumentError, TrainingWarning
from chainrule.functional import Loss, LossFunction
from chainrule.inspection import Inspectable
from chainrule.nn import Layer, Sequential, Standardize
from chainrule.nn.order import check_order
from chainrule.optim import Transform
from chainrule.training import Convergence, EarlyStopping, Epoch, History, Job, Model, Penalties, get_metrics, train
from chainrule.training.batches import Batches
from chainrule.training.coding import decide
from chainrule.training.fitting import Examples, Reading, announce, as_rows, check_scores, divide
from chainrule.training.memory import Memory
from chainrule.training.model import as_float_dtype, as_input_shape, put_back
from chainrule.training.online import Call, Online, Stream, check_adapted, online_step
from chainrule.training.programs import Engine, Programs, adapted_state
from chainrule.training.stopping import Limits

Array = NDArray[Any]
Arrays = dict[str, Array]


class Network(Inspectable):
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
        self._programs, self._stream = Programs(), Stream()
        check_order(self._layer)

    @staticmethod
    def of(model: Model, memory: Memory) -> Network:
        """The network of a model that there is already, and of what it remembers."""
        net = Network(*(layer for _, layer in model.layer.children()))
        net._model, net.memory = replace(model, layer=net._layer), memory
        return net

    # -------------------------------------------------------------------------------------- structure and numbers

    def __repr__(self) -> str:
        layers = ", ".join(name for name, _ in self._layer.children())
        return f"<Network: {layers}{'' if self._model else '; no parameters yet'}>"

    @property
    def layers(self) -> dict[str, Layer]:
        """The layers by name: dense1, dropout1, dense2."""
        return dict(self._layer.children())

    @property
    def params(self) -> Arrays:
        """The parameters by name, ``dense1/weight``: the arrays that are trained, which may be written to.

        Setting `params` writes all of them at once, from arrays of the same names and shapes; nothing is written if one is wrong.
        """
        return self.model.params

    @params.setter
    def params(self, new: Mapping[str, Any]) -> None:
        self.model.set_params(new)

    def load_params(
        self,
        source: Network | str | os.PathLike[str] | Mapping[str, Any],
        *,
        framework: str | None = None,
        names: Mapping[str, str] | None = None,
        layers: Iterable[str] | None = None,
    ) -> dict[str, str]:
        """Take over what another network has learned: parameters, and the running statistics of normalisation.

        `source` is a network, its file, a safetensors or .npz file, or a mapping of arrays by name: a PyTorch state_dict, or
        Keras's ``{v.path: v.numpy() for v in model.variables}``. `framework` says whose names and shapes they are: "pytorch",
        "keras", or Chainrule's unless given. The arrays are turned as it needs: units last, channels last, gates and biases
        joined; a Dense layer behind the Flatten of images has its inputs put in order, because PyTorch flattens the channels
        first. A `Standardize` layer, which the others do not have, learns from the data of the next fit.

        A layer is given the one of `source` that `names` says (``{"dense1": "fc.1"}``), or that has the same name; the others are
        given theirs in order. `layers` names those to be loaded, where it is only a part, such as all but the last; the rest
        of `source` may then be left over. The result says what each layer was given. Anything that is missing, left over or of
        another shape is an `ArgumentError`, and nothing is loaded. The network must have parameters (`build`); the state of its
        optimiser is forgotten.

        >>> import chainrule as cr
        >>> net = cr.Network(cr.Dense(2)).build(3)
        >>> net.load_params({"fc.weight": np.ones((2, 3)), "fc.bias": np.zeros(2)}, framework="pytorch")
        {'dense1': 'fc'}
        """
        from chainrule.transfer.loading import load_params

        adapted = True
        if isinstance(source, Network):
            adapted, source = source.memory.adapted, {**source.params, **source.state}
        found = load_params(self.model, source, framework=framework, names=names, layers=layers)
        adapting = {name for name, layer in self._layer.children() if isinstance(layer, Standardize)}
        if adapting and adapting <= set(found):
            self.memory.adapted = adapted
        self._stream.keep(None)
        return found

    @property
    def state(self) -> Arrays:
        """What the layers have learned besides parameters, by name, such as ``standardize1/mean``."""
        return self.model.state

    def build(self, input_shape: int | Sequence[int], *, seed: int = 0, dtype: DTypeLike = "float32") -> Network:
        """Make the parameters for rows of shape `input_shape` (a number of features, or a tuple), drawn by `seed`.

        Whatever the network had learned before is forgotten.

        >>> import chainrule as cr
        >>> cr.Network(cr.Dense(3)).build(4).params["dense1/weight"].shape
        (4, 3)
        """
        shape, kind = as_input_shape(input_shape), as_float_dtype(dtype)
        self._start(Model.initial(self._layer, shape, random.check_seed(seed), kind))
        return self

    def reset(self, seed: int = 0) -> Network:
        """Start again with new parameters, drawn by `seed`; what was learned, the optimiser's state included, is forgotten.

        Loss and optimiser are still the default of the next fit.
        """
        self._start(Model.initial(self._layer, self.model.input_shape, random.check_seed(seed), self.model.dtype))
        return self

    def _start(self, model: Model) -> None:
        self._model = model
        self.memory = replace(self.memory, coder=None, feature_names=None, adapted=False, epochs=0, learned=0)

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
        threads: int | None = None,
        dtype: DTypeLike | None = None,
    ) -> History:
        """Train on the rows of X and y; on a network that has been trained, go on.

        `loss` is a name, a loss, or a function of nodes (outputs, targets); what is minimised is its mean over the examples of
        a batch (weighted by `sample_weight`) plus l1 · Σ|w| + ½ · l2 · Σw². `batch_size` is 1 for stochastic gradient
        descent, "full" for batch gradient descent, 32 unless given. The gradient is clipped number by number to
        ±`clip_value`, and to the global norm `clip_norm`. `optimizer` is Adam(1e-3) unless given; its state goes on from the
        last fit if it is equal to the optimiser of that.

        `validation` is a fraction of the rows, held out by classes in proportion, or a pair (X, y); its loss (without
        penalties) and `metrics` are computed after every epoch. `early_stopping`, `convergence`, `max_seconds` (seconds) and
        Ctrl-C end training before `epochs` are done; a second Ctrl-C interrupts at once. A callback is called with each
        `Epoch`, and stops training by returning True. `verbose` prints every epoch, or every k-th. The same seed, data and
        machine give the same bits; `seed` is that of `build` unless given.

        If a loss, gradient or parameter becomes NaN or infinite, training stops within one batch, the network keeps its last
        finite parameters (those of its best epoch, if early stopping restores them), and a `TrainingWarning` says where it
        happened. The history tells what happened and why training stopped. Wrong arguments raise `ArgumentError`, data that
        cannot be learned from `DataError`; the network is then as it was before.
        """
        descent, engine = self.memory.choose_optimizer(optimizer), Engine.of(backend, threads)
        penalties = Penalties.of(l1, l2, clip_norm, clip_value)
        limits = Limits.of(epochs, early_stopping, convergence, max_seconds, callbacks)
        model, reading = self._read(X, y, loss, seed=seed, dtype=dtype)
        model.check_finite()
        used_seed = model.seed if seed is None else random.check_seed(seed)
        examples = reading.examples(X, y, sample_weight)
        rows, held_out = divide(examples, validation, reading, used_seed)
        batches = Batches.of(examples, rows, batch_size, used_seed, shuffle)
        classification = reading.coder is not None
        scores, higher = check_scores(metrics, early_stopping, classification=classification, held_out=held_out)
        printing = announce(self.memory.epochs + limits.epochs, verbose)
        built, program = self._programs.training(
            model, reading.loss, examples, descent, penalties, engine, batches.batch_size
        )
        batches.check_rows(built)
        adapted = {} if self.memory.adapted else adapted_state(model, examples.x, rows, engine)

        self._commit(model, reading, descent, penalties, adapted)  # everything has been checked
        job = Job(
            program=program,
            state=model.arrays,
            batches=batches,
            scalars={**built.scalars, **penalties.scalars(), **penalties.clipped(descent).scalars()},
            limits=replace(limits, callbacks=(*printing, *limits.callbacks)),
            first_epoch=self.memory.epochs,
            validate=self._validator(reading, held_out, scores, engine) if held_out else None,
            higher_is_better=higher,
        )
        return self._train(job)

    def _train(self, job: Job) -> History:
        """Run the job, and warn of what nobody wants."""
        history = History()
        try:
            train(job, history)
        finally:  # an exception of a callback, or a second Ctrl-C, does not undo the epochs that are done
            self.memory.epochs += len(history)
        if history.stop_reason and history.stop_reason.name == "non_finite":
            warnings.warn(history.stop_reason.sentence, TrainingWarning, stacklevel=3)
        elif not self.model.trainable():
            warnings.warn("Nothing was trained: every layer with parameters is frozen.", TrainingWarning, stacklevel=3)
        return history

    def learn(
        self,
        x: Any,
        y: Any,
        *,
        loss: str | Loss | LossFunction | None = None,
        optimizer: str | Transform | None = None,
        classes: Any = None,
        backend: str | None = None,
        threads: int | None = None,
    ) -> float:
        """Online learning: one step on one example, or on a chunk of them; the loss before the step.

        `x` is one row or an array of rows; `y` is one target or one for each row. On a network without parameters, x is one
        row if it has one dimension or y is a single value. Loss and optimiser are those of the last call unless given;
        schedules count calls as epochs. The labels must be known: from an earlier call, or as whole numbers from 0, or by
        `classes`, which names all that can come. A step in which a number becomes NaN or infinite changes nothing: it gives NaN
        and a `TrainingWarning`.

        >>> import chainrule as cr
        >>> net = cr.Network(cr.Dense(1))
        >>> losses = [net.learn([0.5], 1.0, loss="squared_error", optimizer=cr.SGD(0.5)) for _ in range(50)]
        >>> losses[-1] < 1e-6
        True
        """
        if classes is None:
            known = self._stream.learn(self.memory, self._model, x, y, loss, optimizer, backend, threads)
            if known is not None:
                return known
        descent, penalties, engine = self.memory.choose_optimizer(optimizer), Penalties(), Engine.of(backend, threads)
        rows, targets = as_rows(x, y, self._model.input_shape if self._model else None)
        model, reading = self._read(rows, targets, loss, online=True, classes=classes)
        examples = reading.examples(rows, targets, names=("x", "y", "sample_weight"))
        check_adapted(self._layer, self.memory)
        built, program = self._programs.training(
            model, reading.loss, examples, descent, penalties, engine, len(examples)
        )
        built.check_rows(len(examples), "learn was given 1", "give it several rows at a time, or freeze the layer")
        self._commit(model, reading, descent, penalties, {})  # everything has been checked
        rates = {**built.scalars, **descent.scalars()}
        result = online_step(program, model, examples, rates, self.memory.learned)
        if result.failure:
            what = f"the {result.failure.check} became NaN or infinite"
            sentence = f"Nothing was learned: {what}; a smaller learning rate or standardised inputs may help."
            warnings.warn(sentence, TrainingWarning, stacklevel=2)
            return float("nan")
        self.memory.learned += 1
        call = Call(loss, optimizer, backend, threads)
        self._stream.keep(Online.of(call, self.memory, model, built, program, examples, x, y))
        return float(result.metrics["loss"][0])

    # -------------------------------------------------------------------------------------------------- prediction

    def predict(self, X: Any, *, backend: str | None = None, threads: int | None = None) -> Array:
        """The prediction for each row: a label, or 0 or 1 for each of several outputs, or values.

        Values have shape (n,) for a network with one output, else (n, k).
        """
        outputs = self._outputs(X, Engine.of(backend, threads))
        if self.memory.coder is not None:
            return self.memory.coder.decode(decide(self.memory.coder, outputs))
        return outputs[:, 0] if outputs.ndim == 2 and outputs.shape[1] == 1 else outputs

    def predict_proba(self, X: Any, *, backend: str | None = None, threads: int | None = None) -> Array:
        """The probability of each class, in the order of `classes`: shape (n, k); of "yes" for several yes-or-no outputs."""
        outputs = self._outputs(X, Engine.of(backend, threads))
        if self.memory.coder is None:
            raise ArgumentError(
                'predict_proba needs a network that has learned classes, by loss="cross_entropy" or "binary_cross_entropy"; '
                "this one predicts values: use predict."
            )
        if isinstance(self.memory.coder, BinaryClasses) and outputs.shape[1] == 1:
            return np.hstack([1.0 - outputs, outputs])
        return outputs

    @property
    def classes(self) -> Array:
        """The labels of the classes, in the order of the columns of `predict_proba`."""
        coder = self.memory.coder if self.model else None
        if coder is None:
            raise ArgumentError(
                'The network has no classes: train it with loss="cross_entropy" or "binary_cross_entropy" first.'
            )
        return array_of_labels(coder.labels)

    def evaluate(
        self,
        X: Any,
        y: Any,
        *,
        metrics: Sequence[str] = (),
        loss: str | Loss | LossFunction | None = None,
        sample_weight: Any = None,
        backend: str | None = None,
        threads: int | None = None,
    ) -> dict[str, Any]:
        """The loss on X and y, without penalties, and the scores of the given names.

        Metrics of classes are accuracy, f1, roc_auc and confusion_matrix; of values r2, mae and rmse (see scikit-learn's
        documentation). F1 is that of the second class where there are two, else the mean over the classes. ROC AUC is the mean
        over the classes, each against the rest, that some but not all rows have. A score that is not defined is NaN.
        """
        model = self.model
        _, reading = self._read(X, y, loss)
        get_metrics(metrics, classification=reading.coder is not None)
        examples = reading.examples(X, y, sample_weight)
        return self._scores(model, reading, examples, metrics, Engine.of(backend, threads))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a file: layers, parameters, loss, optimiser and its state, labels, and how far training has come.

        A loss or a transform of your own is not stored, and must be given again for further training; a layer of your own is
        stored by the fields of its dataclass.
        """
        saving.save(self.model, self.memory, path)

    # --------------------------------------------------------------------------------------------------- machinery

    def _commit(
        self, model: Model, reading: Reading, optimizer: Transform, penalties: Penalties, adapted: Arrays
    ) -> None:
        """Remember how training goes from now on, and start the optimiser's state unless it goes on."""
        self.memory = replace(
            self.memory,
            loss=reading.loss,
            coder=reading.coder,
            optimizer=optimizer,
            feature_names=reading.feature_names,
            adapted=True,
            lost=None,
        )
        self._model = model
        put_back(model.arrays, adapted)
        model.start_descent(optimizer, penalties.clipped(optimizer))

    def _validator(
        self, reading: Reading, held_out: Examples, metrics: Sequence[str], engine: Engine
    ) -> Callable[[], dict[str, float]]:
        def validate() -> dict[str, float]:
            found = self._scores(self.model, reading, held_out, metrics, engine)
            return {f"val_{name}": value for name, value in found.items()}

        return validate

    def _outputs(self, X: Any, engine: Engine) -> Array:
        """What the network predicts for each row: probabilities, rates or values."""
        model, memory = self.model, self.memory
        if memory.lost:
            raise ArgumentError(
                f"The network was trained with a loss of your own, {memory.lost!r}, which its file does not hold, so that its "
                "predictions are not known: give it back with load(path, loss=...)."
            )
        check_feature_names(feature_names(X), memory.feature_names)
        x = as_features(X, dtype=model.dtype, feature_shape=model.input_shape)
        self._layer.check_data(x, "X")
        return self._programs.outputs(model, memory.loss, x, engine)

    def _scores(
        self, model: Model, reading: Reading, examples: Examples, metrics: Sequence[str], engine: Engine
    ) -> dict[str, Any]:
        """The loss and the metrics on encoded examples."""
        loss, outputs = self._programs.losses(model, reading.loss, examples, engine)
        return {"loss": loss, **reading.scores(examples, outputs, metrics)}
