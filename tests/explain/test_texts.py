"""What `explain` and `derive` print of a network for pictures: a change of it is seen in review.

Where a test fails after a change that is meant, run `scripts/update-texts` and read the difference.
"""

from __future__ import annotations

import numpy as np

from explain.texts import GOLDEN, KERNEL, PICTURE, golden_texts


def test_golden() -> None:
    """File by file, and there are no others."""
    assert golden_texts() == {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.iterdir()}


def test_the_numbers_of_a_convolution_can_be_followed_by_hand() -> None:
    x, k = PICTURE[0, :, :, 0], KERNEL[:, :, 0, 0]
    z = [[int(np.sum(x[i : i + 2, j : j + 2] * k)) for j in range(4)] for i in range(4)]
    printed = (GOLDEN / "explained.txt").read_text(encoding="utf-8").partition("z[conv2d1] = ")[2].partition("]]")[0]
    found = [[float(n) for n in row.strip(" []").split()] for row in printed.splitlines()[2:]]
    assert found == z
