"""The networks that are trained, each written for every library that takes part, and all from the same initial weights.

The weights are named and shaped as in Chainrule. Images have their channels last, except for PyTorch, which is given what it
likes best. All learn by cross-entropy, in float32.
"""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = dict[str, Array]


@dataclass(frozen=True)
class Workload(ABC):
    """A network and the data that it is trained on.

    `rows` are those of the whole data set: enough that an epoch is long, and few enough to stay in memory. `batches` and
    `optimizers` are what it is measured with.
    """

    rows: int
    batches: tuple[int, ...]
    optimizers: tuple[str, ...] = ("sgd",)
    dense: ClassVar[bool] = False

    @property
    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each weight, in the order of the layers."""

    @property
    @abstractmethod
    def products(self) -> tuple[int, ...]:
        """How often each layer multiplies and adds for a row. The gradient of what the first is given is not needed."""

    @property
    def n_out(self) -> int:
        """The number of classes."""
        return list(self.shapes.values())[-1][-1]

    @abstractmethod
    def features(self, n: int) -> Array:
        """Random rows."""

    def data(self, n: int) -> tuple[Array, NDArray[np.int64]]:
        """Random rows, and their classes, which take turns."""
        return self.features(n), np.arange(n, dtype=np.int64) % self.n_out

    def weights(self) -> Arrays:
        """Initial weights: normal, of variance 2 / n_in; biases are 0."""
        random = np.random.default_rng(1)
        return {
            name: np.zeros(shape, np.float32)
            if len(shape) == 1
            else random.normal(0, (2 / math.prod(shape[:-1])) ** 0.5, shape).astype(np.float32)
            for name, shape in self.shapes.items()
        }

    @abstractmethod
    def chainrule(self) -> list[Any]:
        """The layers."""

    @abstractmethod
    def pytorch(self, *, sparse: bool = False) -> Any:
        """The module, with its initial weights; `sparse` is about the gradients of embeddings."""

    def for_pytorch(self, X: Array) -> Array:
        """The rows as PyTorch has them."""
        return X

    @abstractmethod
    def jax(self, weights: Any, x: Any) -> Any:
        """The logits of the rows x."""


def normal(*shape: int) -> NDArray[np.float32]:
    """Random numbers, the same in every process."""
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def filled(module: Any, arrays: list[Array]) -> Any:
    """A module of PyTorch with its trained parameters replaced."""
    import torch

    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    with torch.no_grad():
        for parameter, array in zip(trained, arrays, strict=True):
            parameter.copy_(torch.tensor(array))
    return module


@dataclass(frozen=True)
class Dense(Workload):
    """Dense layers with relu, of the sizes given, the features first."""

    sizes: tuple[int, ...] = ()
    dense: ClassVar[bool] = True

    @classmethod
    def of(cls, name: str, rows: int) -> Dense:
        """The network that is called by its sizes: "784-128-10"."""
        sizes = tuple(int(size) for size in name.split("-"))
        return cls(rows, (1, 32, 128, 1024), ("sgd", "adam"), sizes)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for i, pair in enumerate(itertools.pairwise(self.sizes), start=1):
            found |= {f"dense{i}/weight": pair, f"dense{i}/bias": pair[1:]}
        return found

    @property
    def products(self) -> tuple[int, ...]:
        return tuple(n_in * n_out for n_in, n_out in itertools.pairwise(self.sizes))

    def features(self, n: int) -> Array:
        return normal(n, self.sizes[0])

    def chainrule(self) -> list[Any]:
        import chainrule as cr

        *hidden, n_out = self.sizes[1:]
        return [*(cr.Dense(size, activation="relu") for size in hidden), cr.Dense(n_out)]

    def pytorch(self, *, sparse: bool = False) -> Any:
        from torch import nn

        layers: list[nn.Module] = []
        for n_in, n_out in itertools.pairwise(self.sizes):
            layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        return filled(nn.Sequential(*layers[:-1]), [array.T for array in self.weights().values()])

    def jax(self, weights: Any, x: Any) -> Any:
        import jax

        *hidden, last = range(1, len(self.sizes))
        for i in hidden:
            x = jax.nn.relu(x @ weights[f"dense{i}/weight"] + weights[f"dense{i}/bias"])
        return x @ weights[f"dense{last}/weight"] + weights[f"dense{last}/bias"]


@dataclass(frozen=True)
class LeNet(Workload):
    """LeNet-5 with relu and the largest of each window: images of 28 × 28, two convolutions, three dense layers.

    Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998.
    """

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        weights = {
            "conv2d1": (5, 5, 1, 6),
            "conv2d2": (5, 5, 6, 16),
            "dense1": (4 * 4 * 16, 120),
            "dense2": (120, 84),
            "dense3": (84, 10),
        }
        return {f"{k}/{own}": s for k, shape in weights.items() for own, s in (("weight", shape), ("bias", shape[-1:]))}

    @property
    def products(self) -> tuple[int, ...]:
        return 24 * 24 * 25 * 6, 8 * 8 * 25 * 6 * 16, 256 * 120, 120 * 84, 84 * 10

    @property
    def outputs(self) -> int:
        """The numbers that all layers together give for a row; Flatten, which computes nothing, aside."""
        return 24 * 24 * 6 + 12 * 12 * 6 + 8 * 8 * 16 + 4 * 4 * 16 + 120 + 84 + 10

    def features(self, n: int) -> Array:
        return normal(n, 28, 28, 1)

    def chainrule(self) -> list[Any]:
        import chainrule as cr

        images = [
            cr.Conv2D(6, 5, activation="relu"),
            cr.MaxPool2D(2),
            cr.Conv2D(16, 5, activation="relu"),
            cr.MaxPool2D(2),
        ]
        return [*images, cr.Flatten(), cr.Dense(120, activation="relu"), cr.Dense(84, activation="relu"), cr.Dense(10)]

    def pytorch(self, *, sparse: bool = False) -> Any:
        from torch import nn

        images = [nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)]
        rows = [nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
        weights = self.weights()
        joint = weights["dense1/weight"].reshape(4, 4, 16, 120)  # to pixels, whose channels come first in PyTorch
        weights["dense1/weight"] = joint.transpose(2, 0, 1, 3).reshape(256, 120)
        arrays = [w.transpose(3, 2, 0, 1) if w.ndim == 4 else w.T for w in weights.values()]
        return filled(nn.Sequential(*images, nn.Flatten(), *rows), arrays)

    def for_pytorch(self, X: Array) -> Array:
        return np.ascontiguousarray(X.transpose(0, 3, 1, 2))

    def jax(self, weights: Any, x: Any) -> Any:
        import jax
        from jax import lax

        for name in ("conv2d1", "conv2d2"):
            kernel, bias = weights[f"{name}/weight"], weights[f"{name}/bias"]
            z = lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + bias
            x = lax.reduce_window(jax.nn.relu(z), -np.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        x = x.reshape(len(x), -1)
        for name in ("dense1", "dense2"):
            x = jax.nn.relu(x @ weights[f"{name}/weight"] + weights[f"{name}/bias"])
        return x @ weights["dense3/weight"] + weights["dense3/bias"]


@dataclass(frozen=True)
class Lstm(Workload):
    """Sequences of 40 steps of 13 features, an LSTM of 64 units, and a dense layer on its last state: spoken digits, say."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        lstm = {"lstm1/weight": (13, 256), "lstm1/recurrent_weight": (64, 256), "lstm1/bias": (256,)}
        return {**lstm, "dense1/weight": (64, 10), "dense1/bias": (10,)}

    @property
    def products(self) -> tuple[int, ...]:
        return 40 * 13 * 256, 40 * 64 * 256, 64 * 10

    def features(self, n: int) -> Array:
        return normal(n, 40, 13)

    def chainrule(self) -> list[Any]:
        import chainrule as cr

        return [cr.LSTM(64), cr.Dense(10)]

    def pytorch(self, *, sparse: bool = False) -> Any:
        from torch import nn

        class Last(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.lstm, self.dense = nn.LSTM(13, 64, batch_first=True), nn.Linear(64, 10)
                # A second bias, which is added to the first: trained too, it would double the steps of both.
                nn.init.zeros_(self.lstm.bias_hh_l0).requires_grad_(False)

            def forward(self, x: Any) -> Any:
                return self.dense(self.lstm(x)[0][:, -1])

        return filled(Last(), [array.T for array in self.weights().values()])

    def jax(self, weights: Any, x: Any) -> Any:
        import jax
        import jax.numpy as jnp

        def step(carry: Any, z: Any) -> tuple[Any, None]:
            h, c = carry
            i, f, g, o = jnp.split(z + h @ weights["lstm1/recurrent_weight"], 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        z = x @ weights["lstm1/weight"] + weights["lstm1/bias"]
        zeros = jnp.zeros((len(x), 64))
        (h, _), _ = jax.lax.scan(step, (zeros, zeros), z.swapaxes(0, 1))
        return h @ weights["dense1/weight"] + weights["dense1/bias"]


@dataclass(frozen=True)
class Text(Workload):
    """Texts of 10 to 40 of 20,000 words, padded by zeros: the mean of their words' vectors of 64, and a dense layer."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"embedding1/weight": (20_000, 64), "dense1/weight": (64, 3), "dense1/bias": (3,)}

    @property
    def products(self) -> tuple[int, ...]:
        return 0, 64 * 3

    def weights(self) -> Arrays:
        """Vectors of variance 1, that of the padding 0."""
        vectors = normal(*self.shapes["embedding1/weight"])
        vectors[0] = 0
        return {**super().weights(), "embedding1/weight": vectors}

    def features(self, n: int) -> Array:
        random = np.random.default_rng(0)
        words, lengths = random.integers(1, 20_000, (n, 40)), random.integers(10, 41, (n, 1))
        return np.where(np.arange(40) < lengths, words, 0)

    def chainrule(self) -> list[Any]:
        import chainrule as cr

        return [cr.Embedding(20_000, 64, padding_id=0), cr.GlobalAveragePool(), cr.Dense(3)]

    def pytorch(self, *, sparse: bool = False) -> Any:
        from torch import nn

        class Mean(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.words, self.dense = nn.Embedding(20_000, 64, padding_idx=0, sparse=sparse), nn.Linear(64, 3)

            def forward(self, x: Any) -> Any:
                real = (x != 0).unsqueeze(-1)
                return self.dense((self.words(x) * real).sum(1) / real.sum(1).clamp(min=1))

        vectors, weight, bias = self.weights().values()
        return filled(Mean(), [vectors, weight.T, bias])

    def jax(self, weights: Any, x: Any) -> Any:
        import jax.numpy as jnp

        real = (x != 0)[:, :, None]
        mean = (weights["embedding1/weight"][x] * real).sum(1) / jnp.maximum(real.sum(1), 1)
        return mean @ weights["dense1/weight"] + weights["dense1/bias"]


LENET = LeNet(8192, (1, 32, 128))

NETWORKS: dict[str, Workload] = {
    **{
        name: Dense.of(name, rows)
        for name, rows in {
            "4-16-16-3": 16384,
            "784-128-10": 8192,
            "54-256-256-7": 16384,
            "784-1024-1024-10": 8192,
        }.items()
    },
    "LeNet-5": LENET,
    "LSTM": Lstm(8192, (64,)),
    "text": Text(16384, (64,)),
}
