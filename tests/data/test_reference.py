"""The examples of the page on images, text and sound: run as they are printed, on files that they name."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "data.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```\n", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def write_files() -> dict[str, list[str]]:
    """Files of two classes that are easily told apart, and new ones; the prediction that each example should end with."""
    rng = np.random.default_rng(0)
    t = np.arange(4000) / 16_000
    for i in range(8):
        label = ("dark", "light")[i % 2]
        for name in (Path("shapes") / label, Path("words") / label):
            name.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 60, (20, 24, 3)) + 190 * (i % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(f"shapes/{label}/{i}.png")
        sound = 0.3 * np.sin(2 * np.pi * (300 + 2000 * (i % 2) + 20 * i) * t) + 0.001 * rng.normal(size=t.size)
        soundfile.write(f"words/{label}/{i}.wav", sound[: 2500 + 100 * i], 16_000)
    Image.fromarray(np.full((20, 24, 3), 230, np.uint8)).save("new.png")
    soundfile.write("new.wav", 0.3 * np.sin(2 * np.pi * 2350 * t[:2000] * 2), 8000)
    rows = [f"a {('bad', 'lovely')[i % 2]} day,{('dark', 'light')[i % 2]}\n" for i in range(8)]
    Path("reviews.csv").write_text("review,label\n" + "".join(rows), encoding="utf-8")
    return {"read_images": ["light"], "Vocabulary": ["light"], "read_sounds": ["light"]}


def test_the_examples_of_the_page_run_and_predict_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    expected = write_files()
    found = {}
    for example in EXAMPLES:
        (name,) = [name for name in expected if f"cr.{name}" in example]
        *before, last = example.rstrip().split("\n")
        names: dict[str, object] = {}
        exec("\n".join(before), names)
        found[name] = eval(last, names).tolist()
    assert found == expected
