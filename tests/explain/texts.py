"""What `explain` and `derive` print of a convolution and a pool: golden files that people read in reviews.

After a change that is meant, `scripts/update-texts` writes them anew; read the difference.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import chainrule as cr

GOLDEN = Path(__file__).parent / "golden"
KERNEL = np.reshape([1.0, 2.0, 0.0, -1.0], (2, 2, 1, 1))
PICTURE = np.reshape([0, 1, 0, 2, 0, 3, 0, 1, 0, 1, 0, 2, 0, 3, 0, 1, 0, 2, 0, 1, 0, 1, 0, 2, 0], (1, 5, 5, 1))


def pictures() -> cr.Network:
    """A network for pictures of 5 × 5 pixels, with weights that can be followed by hand."""
    return cr.Network(
        cr.Conv2D(1, 2, activation="relu", weight_init=KERNEL),
        cr.MaxPool2D(2),
        cr.Flatten(),
        cr.Dense(1, weight_init=np.reshape([0.5, -0.5, 1.0, -1.0], (4, 1))),
    ).build((5, 5, 1))


def golden_texts() -> dict[str, str]:
    """What stands in each file. How well the gradients agree with differences is left out: it is rounding."""
    options = {"loss": "squared_error", "optimizer": cr.SGD(0.1)}
    explained, _, _ = str(pictures().explain(PICTURE, [[1.0]], **options)).rstrip().rpartition("\n\n")
    return {"explained.txt": explained + "\n", "derived.txt": str(pictures().derive(**options)).rstrip() + "\n"}


def update() -> list[Path]:
    """Write all texts anew; the files that have changed."""
    changed = []
    GOLDEN.mkdir(exist_ok=True)
    for name, text in golden_texts().items():
        path = GOLDEN / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed
