"""The programs whose text is kept, so that a reader of a change sees what it does to them; `scripts/update-texts` writes them."""

from __future__ import annotations

from pathlib import Path

import chainrule as cr

FOLDER = Path(__file__).parent / "golden"


def xor() -> str:
    """The smallest network that learns to tell whether one of two inputs is on, but not both."""
    hidden = cr.Dense(2, activation="tanh", weight_init=[[1.0, -1.0], [1.0, -1.0]], bias_init=[-0.5, 1.5])
    net = cr.Network(hidden, cr.Dense(1, weight_init=[[1.0], [1.0]])).build(2)
    return net.to_python(loss="binary_cross_entropy", optimizer=cr.SGD(0.5))


def classifier() -> str:
    """A softmax classifier with Adam."""
    net = cr.Network(cr.Dense(8, activation="relu"), cr.Dense(3)).build(4)
    return net.to_python(loss="cross_entropy", optimizer=cr.Adam(0.01))


def residual() -> str:
    """Much of what else there is: dropout, a sum of two paths, weights, a penalty, clipping, decay, a schedule."""
    inner = cr.Residual(cr.Dense(6, activation="tanh"))
    net = cr.Network(cr.Dense(6, activation="gelu"), cr.Dropout(0.2), inner, cr.Dense(1)).build(3)
    descent = cr.AdamW(cr.Cosine(0.01))
    return net.to_python(loss="huber", optimizer=descent, weighted=True, l2=0.01, clip_norm=1.0)


GOLDEN = {f"{make.__name__}.txt": make for make in (xor, classifier, residual)}


def text_of(name: str) -> str:
    """The program of a golden file, as it is made now."""
    return GOLDEN[name]()


def update() -> list[Path]:
    """Write every golden file anew; those that have changed."""
    changed = []
    for name in GOLDEN:
        path = FOLDER / name
        text = text_of(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed
