"""A student who works a training step out in plain NumPy, and can be told to make a slip. Nothing here is the library's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import chainrule as cr

Array = np.ndarray[Any, Any]


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


# An activation, its derivative by z.
FUNCTIONS: dict[str, tuple[Any, Any]] = {
    "identity": (lambda z: z, np.ones_like),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1.0, 0.01)),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(z)), lambda z: np.where(z > 0, 1.0, np.exp(z))),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z)))),
    "softplus": (lambda z: np.log1p(np.exp(z)), sigmoid),
}
OPTIMIZERS = {
    "SGD": cr.SGD(0.5),
    "Momentum": cr.Momentum(0.3),
    "Nesterov": cr.Nesterov(0.2),
    "RMSprop": cr.RMSprop(0.05),
    "Adam": cr.Adam(0.1, eps=0.01),
}
LOSSES = ("squared_error", "cross_entropy", "binary_cross_entropy", "huber", "poisson", "absolute_error")


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@dataclass
class Exercise:
    """A random network of dense layers with a batch, a loss, perhaps weights of rows, penalties, dropout and clipping."""

    seed: int

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self.loss = LOSSES[self.seed % len(LOSSES)] if self.seed % 4 else "squared_error"
        depth, width = int(rng.integers(2, 5)), int(rng.integers(2, 6))
        self.sizes = [width if rng.random() < 0.6 else int(rng.integers(1, 7)) for _ in range(depth + 1)]
        self.sizes[-1] = max(self.sizes[-1], 2)
        self.n = int(rng.integers(1, 7))
        names = [name for name in FUNCTIONS if name != "identity"]
        self.functions = [str(rng.choice(names)) for _ in range(depth)]
        if self.loss != "squared_error" or rng.random() < 0.6:
            self.functions[-1] = "identity"
        self.l2 = 0.1 if self.seed % 3 == 0 else 0.0
        self.l1 = 0.05 if self.seed % 5 == 0 else 0.0
        self.clip_norm = 0.1 if self.seed % 4 == 1 else None
        self.optimizer = list(OPTIMIZERS)[int(rng.integers(len(OPTIMIZERS)))]
        self.weight = rng.uniform(0.5, 2, self.n) if self.seed % 7 == 0 else None
        self.dropped = self.seed % 5 == 2
        self.x = rng.normal(size=(self.n, self.sizes[0]))
        self.y = self._targets(rng)
        layers: list[Any] = [cr.Dense(n, activation=f) for n, f in zip(self.sizes[1:], self.functions, strict=True)]
        layers[1:1] = [cr.Dropout(0.4)] * self.dropped
        self.net = cr.Network(*layers).build(self.sizes[0], seed=self.seed, dtype="float64")
        for array in self.net.params.values():
            array[...] = rng.normal(size=array.shape) * 0.8

        given = self.net.explain(self.x, self.y, **self.settings())
        self.names = given.names()  # of all quantities, in the order of computation
        self.mask = given["dropout1/mask"] if self.dropped else None  # what dropout drew is no riddle

    def _targets(self, rng: np.random.Generator) -> Array:
        shape = (self.n, self.sizes[-1])
        if self.loss == "cross_entropy":
            return np.array([0, 1, *rng.integers(0, shape[1], 6)])[: self.n]
        if self.loss == "binary_cross_entropy":
            return rng.integers(0, 2, shape)
        return rng.poisson(2, shape) + 0.0 if self.loss == "poisson" else rng.normal(size=shape) * 2

    def settings(self) -> dict[str, Any]:
        """The arguments of `explain` and `grade`."""
        names = ("loss", "l1", "l2", "clip_norm")
        return {name: getattr(self, name) for name in names} | {
            "optimizer": OPTIMIZERS[self.optimizer],
            "sample_weight": self.weight,
        }


@dataclass
class Student:
    """Works an exercise out, with the slip of a name in the layer `at`; layers are counted from 1."""

    exercise: Exercise
    slip: str = ""
    at: int = 0
    other: str = ""  # the activation that is taken by mistake
    rounded: int = 0  # to so many significant digits, after each quantity

    def slips(self, name: str, layer: int | None = None) -> bool:
        return self.slip == name and (layer is None or layer == self.at)

    def keep(self, name: str, value: Any) -> Any:
        """Write a quantity down, and go on with what was written."""
        value = np.asarray(value, float)
        if self.rounded:
            value = rounded(value, self.rounded)
        self.answers[name] = value
        return value

    def work(self) -> dict[str, Array]:
        """All answers, in the order of computation."""
        self.answers: dict[str, Array] = {}
        self.W = {i + 1: w for i, w in enumerate(v for k, v in self.exercise.net.params.items() if "weight" in k)}
        self.b = {i + 1: b for i, b in enumerate(v for k, v in self.exercise.net.params.items() if "bias" in k)}
        self.depth = len(self.W)
        self.mask = self.exercise.mask
        self.forward()
        gradient = self.loss()
        gradients = self.backward(gradient)
        self.update(gradients)
        return self.answers

    # ------------------------------------------------------------------------------------------------- forward

    def forward(self) -> None:
        x = self.exercise.x
        self.x: dict[int, Array] = {}
        self.z: dict[int, Array] = {}
        self.a: dict[int, Array] = {0: x}
        for i in range(1, self.depth + 1):
            f = self.other if self.slips("another activation", i) else self.exercise.functions[i - 1]
            if self.slips("another layer's activation in z", i):
                x = self.alike(x, i)
            W = self.W[i].T if self.slips("transposed W in z", i) else self.W[i]
            z = x @ W if self.slips("forgotten bias", i) else x @ W + self.b[i]
            self.x[i], self.z[i] = x, self.keep(f"dense{i}/z", z)
            x = self.z[i]
            if self.exercise.functions[i - 1] != "identity":
                x = self.keep(f"dense{i}/a", x if self.slips("forgotten activation", i) else FUNCTIONS[f][0](x))
            self.a[i] = x
            if i == 1 and self.mask is not None:
                x = self.keep("dropout1/a", x if self.slips("forgotten mask forward") else x * self.mask)

    def alike(self, x: Array, i: int) -> Array:
        """What another layer gives, of the same shape."""
        found = [a for j, a in self.a.items() if a.shape == x.shape and not np.allclose(a, x) and j < i - 1]
        return found[0] if found else x

    def loss(self) -> Array:
        """The loss; what comes back is its gradient at the outputs."""
        e, o = self.exercise, self.a[self.depth]
        link = {"cross_entropy": softmax, "binary_cross_entropy": sigmoid, "poisson": np.exp}.get(e.loss)
        y = np.eye(e.sizes[-1])[e.y] if e.loss == "cross_entropy" else e.y
        p = o
        if link:
            p = self.keep("prediction", o if self.slips("forgotten link") else link(o))
        share = np.ones(e.n) / e.n if e.weight is None else e.weight / e.weight.sum()
        total = e.n if e.weight is None else e.weight.sum()
        each = self.losses(e.loss, p, y, o)
        data = (each.sum(1) * share).sum() * (total if self.slips("sum in the loss") else 1)
        data = self.keep("loss/data", 2 * data if self.slips("missing ½ in the loss") else data)
        self.keep("loss", data + self.penalty())
        share = share * (total if self.slips("sum instead of mean") else 1 / e.n if self.slips("divided twice") else 1)
        share = np.ones(e.n) / e.n if self.slips("forgotten sample weights") else share
        sign = -1 if self.slips("sign") else 2 if self.slips("missing ½") else 1
        slope = {
            "huber": np.clip(p - y, -1, 1),
            "absolute_error": np.sign(p - y),
        }.get(e.loss, p - y)
        if self.slips("f′ again"):
            slope = slope * p * (1 - p)
        if self.slips("∂L/∂p instead of ∂L/∂z"):
            slope = -y / p if e.loss == "cross_entropy" else (p - y) / (p * (1 - p))
        return sign * slope * share[:, None]

    @staticmethod
    def losses(name: str, p: Array, y: Array, o: Array) -> Array:
        with np.errstate(all="ignore"):
            return {
                "squared_error": (p - y) ** 2 / 2,
                "absolute_error": abs(p - y),
                "huber": np.where(abs(p - y) <= 1, (p - y) ** 2 / 2, abs(p - y) - 0.5),
                "poisson": p - y * o,
                "cross_entropy": np.where(y > 0, -np.log(p), 0),
                "binary_cross_entropy": np.where(y > 0, -np.log(p), -np.log(1 - p)),
            }[name]

    def penalty(self) -> float:
        half = 1.0 if self.slips("penalty without ½") else 0.5
        l2 = sum((w**2).sum() for w in self.W.values()) * half * self.exercise.l2
        l1 = sum(abs(w).sum() for w in self.W.values()) * self.exercise.l1
        return 0.0 if self.slips("forgotten penalty in the loss") else float(l1 + l2)

    # ------------------------------------------------------------------------------------------------ backward

    def backward(self, g: Array) -> dict[str, Array]:
        e, gradients, updated = self.exercise, {}, {}
        for i in range(self.depth, 0, -1):
            f = e.functions[i - 1]
            if f != "identity":
                g = self.keep(f"dense{i}/a/gradient", g)
                delta = g if self.slips("missing f′", i) else g * self.keep(f"dense{i}/slope", self.slope(i, f))
            else:
                delta = g
            delta = self.keep(f"dense{i}/delta", delta)
            W, b = self.of_params(i, delta, g)
            gradients[f"dense{i}/weight"] = self.keep(f"dense{i}/weight/gradient", W)
            gradients[f"dense{i}/bias"] = self.keep(f"dense{i}/bias/gradient", b)
            if self.slips("weights already updated", i):
                updated = self.changed(gradients)
            V = self.W[i] + updated[f"dense{i}/weight"] if self.slips("weights already updated", i) else self.W[i]
            g = delta @ (V if self.slips("transposed W", i) else V.T)
            if i == 2 and self.mask is not None:
                g = self.keep("dropout1/a/gradient", g)
                g = g if self.slips("forgotten mask") else g * self.mask
                if e.functions[0] == "identity":
                    continue
        return gradients

    def slope(self, i: int, f: str) -> Array:
        if self.slips("f′ at a", i):
            return FUNCTIONS[f][1](self.a[i])
        return FUNCTIONS[self.other if self.slips("f′ of another activation", i) else f][1](self.z[i])

    def of_params(self, i: int, delta: Array, g: Array) -> tuple[Array, Array]:
        e, x = self.exercise, self.x[i]
        if self.slips("another layer's activation", i):
            x = self.alike(x, i)
        if self.slips("z for a", i):
            x = self.z[i - 1]
        W = x.T @ delta
        W = W.T if self.slips("transposed result", i) else W / e.n if self.slips("divided twice in W", i) else W
        share = e.l2 * self.W[i] + e.l1 * np.sign(self.W[i])
        if share.any() and not self.slips("transposed result", i):
            W = W + share * (0 if self.slips("forgotten penalty", i) else 2 if self.slips("penalty twice", i) else 1)
        elif share.any():
            W = W + share.T
        b = delta if self.slips("not summed", i) else delta[-1] if self.slips("last row only", i) else delta.sum(0)
        return W, b / e.n if self.slips("divided twice in b", i) else b

    # -------------------------------------------------------------------------------------------------- update

    def changed(self, gradients: dict[str, Array]) -> dict[str, Array]:
        """What is added to the parameters in the first step."""
        e, o = self.exercise, OPTIMIZERS[self.exercise.optimizer]
        norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))
        scale = min(1, e.clip_norm / norm) if e.clip_norm and not self.slips("forgotten clipping") else 1
        rate = 1 if self.slips("forgotten learning rate") else o.learning_rate
        sign = 1 if self.slips("sign of the update") else -1
        plain = self.slips("another optimiser")
        return {
            name: sign * rate * (scale * g if plain else self.descent(scale * g, o)) for name, g in gradients.items()
        }

    def descent(self, g: Array, o: Any) -> Array:
        name = self.exercise.optimizer
        if name == "Nesterov":
            return g + o.momentum * g
        if name == "RMSprop":
            v = (1 - o.decay) * g**2
            return g / ((v if self.slips("forgotten root") else np.sqrt(v)) + o.eps)
        if name == "Adam":
            m, v = (1 - o.beta1) * g, (1 - o.beta2) * g**2
            if not self.slips("forgotten bias correction"):
                m, v = m / (1 - o.beta1), v / (1 - o.beta2)
            return m / (np.sqrt(v) + o.eps)
        return g

    def update(self, gradients: dict[str, Array]) -> None:
        turned = {
            name: g.T if self.slip == "transposed result" and g.shape != self.exercise.net.params[name].shape else g
            for name, g in gradients.items()
        }
        summed = {name: g.sum(0) if "bias" in name and g.ndim == 2 else g for name, g in turned.items()}
        for name, change in self.changed(summed).items():
            self.keep(f"{name}/next", self.exercise.net.params[name] + change)


def rounded(value: Array, digits: int) -> Array:
    """So many significant digits."""
    return np.array([float(f"{v:.{digits - 1}e}") for v in value.ravel()]).reshape(value.shape)


# Each slip that a student can make, and what it is called; in every layer where it can be made.
NAMES = {
    "another layer's activation in z": "another layer's activation",
    "transposed W in z": "transposed W",
    "forgotten mask forward": "forgotten mask",
    "sum in the loss": "sum instead of mean",
    "missing ½ in the loss": "missing ½",
    "forgotten penalty in the loss": "forgotten penalty",
    "z for a": "forgotten activation",
    "divided twice in W": "divided twice",
    "divided twice in b": "divided twice",
    "not summed": "not summed over the rows",
    "last row only": "not summed over the rows",
}
IN_LAYERS = (
    "forgotten bias",
    "transposed W in z",
    "another layer's activation in z",
    "forgotten activation",
    "another activation",
    "missing f′",
    "f′ at a",
    "f′ of another activation",
    "transposed W",
    "weights already updated",
    "another layer's activation",
    "z for a",
    "transposed result",
    "divided twice in W",
    "divided twice in b",
    "not summed",
    "last row only",
    "forgotten penalty",
    "penalty twice",
)
ONCE = (
    "forgotten mask forward",
    "forgotten link",
    "sum in the loss",
    "missing ½ in the loss",
    "forgotten penalty in the loss",
    "penalty without ½",
    "sum instead of mean",
    "missing ½",
    "sign",
    "divided twice",
    "forgotten sample weights",
    "f′ again",
    "∂L/∂p instead of ∂L/∂z",
    "forgotten mask",
    "forgotten clipping",
    "forgotten learning rate",
    "sign of the update",
    "another optimiser",
    "forgotten bias correction",
    "forgotten root",
)


def possible(e: Exercise, slip: str, layer: int) -> bool:
    """Whether a slip can be made in an exercise, and in which layer."""
    f = e.functions[layer - 1] if layer else ""
    before = e.functions[layer - 2] if layer > 1 else ""
    square = layer > 0 and e.sizes[layer - 1] == e.sizes[layer]
    smooth = f not in ("identity", "relu", "leaky_relu")
    entropy = e.loss in ("cross_entropy", "binary_cross_entropy")
    half = e.loss in ("squared_error", "huber")
    first_of_dropout = e.dropped and layer == 2
    conditions = {
        "transposed W in z": square,
        "forgotten activation": f != "identity",
        "another activation": f != "identity",
        "missing f′": f != "identity",
        "f′ at a": smooth,
        "f′ of another activation": f != "identity",
        "transposed W": square and layer > 1,
        "not summed": e.n > 1,  # the axis of a single row may be left out, or stay
        "weights already updated": layer > 1 and not e.clip_norm,  # the norm is not known yet
        "z for a": before not in ("", "identity") and not first_of_dropout,
        "another layer's activation": layer > 1,
        "another layer's activation in z": layer > 1,
        "forgotten penalty": bool(e.l1 or e.l2),
        "penalty twice": bool(e.l1 or e.l2),
        "forgotten penalty in the loss": bool(e.l1 or e.l2),
        "penalty without ½": bool(e.l2),
        "forgotten mask": e.dropped,
        "forgotten mask forward": e.dropped,
        "forgotten link": entropy,
        "f′ again": entropy,
        "∂L/∂p instead of ∂L/∂z": entropy,
        "missing ½": half,
        "missing ½ in the loss": half,
        "forgotten sample weights": e.weight is not None,
        "forgotten clipping": e.clip_norm is not None,
        "another optimiser": e.optimizer in ("Adam", "RMSprop", "Nesterov"),
        "forgotten bias correction": e.optimizer == "Adam",
        "forgotten root": e.optimizer == "RMSprop",
    }
    return conditions.get(slip, True)


def planted(e: Exercise, rng: np.random.Generator) -> Iterator[Student]:
    """A student for each slip that can be made, in a layer drawn by chance."""
    for slip in (*IN_LAYERS, *ONCE):
        layers = [i for i in range(1, len(e.sizes)) if possible(e, slip, i)] if slip in IN_LAYERS else [0]
        if layers and possible(e, slip, at := int(rng.choice(layers))):
            others = [f for f in FUNCTIONS if f not in ("identity", e.functions[at - 1])]
            yield Student(e, slip, at, str(rng.choice(others)))
