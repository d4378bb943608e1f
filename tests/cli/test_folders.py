"""Folders of images and of recordings: trained on, predicted and told about by the command."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageDraw
from rich.console import Console
from typer.testing import CliRunner, Result

import chainrule as cr
from chainrule.cli.app import app
from chainrule.cli.encoders import ImageFiles, SoundFiles
from chainrule.cli.learn import prepare
from chainrule.cli.preparation import Preparation
from chainrule.cli.progress import Reading
from chainrule.cli.screen import Screen
from chainrule.cli.source import read_source
from chainrule.data.split import split


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def good(*arguments: str) -> Result:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result


def sentence_of(*arguments: str) -> str:
    """What is told on standard error, which is one line."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def draw(path: Path, shape: str, rng: np.random.Generator, size: int = 16) -> None:
    image = Image.fromarray(rng.integers(0, 60, (size, size), dtype=np.uint8))
    x, y = (int(n) for n in rng.integers(5, size - 5, 2))
    box = [x - 4, y - 4, x + 4, y + 4]
    pen = ImageDraw.Draw(image)
    if shape == "bar":
        pen.rectangle([x - 5, y - 1, x + 5, y + 1], fill=230)
    else:
        pen.ellipse(box, fill=230)
    image.save(path)


def sing(path: Path, pitch: str, rng: np.random.Generator) -> None:
    frequency = rng.uniform(1500, 2500) if pitch == "high" else rng.uniform(300, 600)
    t = np.arange(int(rng.integers(800, 1600))) / 8000
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * frequency * t) + 0.01 * rng.normal(size=t.size), 8000)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of each kind, and the models that were trained on them by the defaults."""
    here, rng = tmp_path_factory.mktemp("folders"), np.random.default_rng(0)
    for shape in ("bar", "disc"):
        (here / "shapes" / shape).mkdir(parents=True)
        for i in range(60):
            draw(here / "shapes" / shape / f"{i:02}.png", shape, rng)
    for pitch in ("high", "low"):
        (here / "tones" / pitch).mkdir(parents=True)
        for i in range(30):
            sing(here / "tones" / pitch / f"{i:02}.{'ogg' if i % 7 == 0 else 'wav'}", pitch, rng)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        for name in ("shapes", "tones"):
            (here / f"{name}.txt").write_text(good("train", name, "--epochs", "40").output, encoding="utf-8")
    return here


@pytest.fixture
def here(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(models)
    return models


# ------------------------------------------------------------------------------------------------ what it does


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        (
            "shapes",
            ImageFiles,
            ["120 images in the folders of 2 classes", "Images", "16 × 16 pixels, gray", "filters relu", "bar"],
        ),
        (
            "tones",
            SoundFiles,
            ["60 recordings in the folders of 2 classes", "Recordings", "40 log-mel", "filters relu", "high"],
        ),
    ],
)
def test_a_folder_is_recognised_learned_and_told_about(name: str, kind: type, words: list[str], here: Path) -> None:
    output = (here / f"{name}.txt").read_text(encoding="utf-8")
    for text in [" ".join(output.split()), " ".join(good("info", f"{name}.chainrule").output.split())]:
        assert [word for word in words[1:] if word not in text] == []
    assert words[0] in output
    saved = cr.load(f"{name}.chainrule")
    preparation = Preparation.from_json(saved.memory.preprocessing or {})
    assert isinstance(preparation.encoder, kind)
    assert preparation.facts["scores"]["accuracy"] >= 0.9


@pytest.mark.parametrize(("name", "broken"), [("shapes", "bar/zz.png"), ("tones", "low/zz.wav")])
def test_broken_files_are_left_out_and_told_about(name: str, broken: str, models: Path, tmp_path: Path) -> None:
    shutil.copytree(models / name, tmp_path / name)
    (tmp_path / name / broken).write_bytes(b"no such thing")
    given, whole = str(tmp_path / name), read_source(str(models / name))
    source = read_source(given, skip_broken=True)
    assert all(np.array_equal(a, b) for a, b in zip(source.rows, whole.rows, strict=True))
    assert (source.y == whole.y).all()
    output = good("train", given, "--skip-broken", "--epochs", "1", "-o", str(tmp_path / "m.chainrule")).output
    assert "1 file left out; the first: " in " ".join(output.split())


@pytest.mark.parametrize("name", ["shapes", "tones"])
def test_files_and_folders_are_predicted(name: str, here: Path) -> None:
    classes = sorted(path.name for path in (here / name).iterdir())
    rows = list(csv.DictReader(good("predict", f"{name}.chainrule", name, "-p").stdout.splitlines()))
    assert [row["file"] for row in rows] == [str(path) for path in sorted(Path(name).glob("*/*"))]
    right = [row["prediction"] == Path(row["file"]).parent.name for row in rows]
    assert np.mean(right) >= 0.9
    for row in rows:
        chances = {label: float(row[f"probability of {label}"]) for label in classes}
        assert sum(chances.values()) == pytest.approx(1, abs=1e-5)
        assert max(chances, key=lambda label: chances[label]) == row["prediction"]
    some = [row["file"] for row in rows[:3]]
    again = list(
        csv.DictReader(good("predict", f"{name}.chainrule", *some, str(Path(name) / classes[1])).stdout.splitlines())
    )
    assert [row["file"] for row in again[:3]] == some
    assert len(again) == 3 + len(rows) // 2
    assert [row["prediction"] for row in again[:3]] == [row["prediction"] for row in rows[:3]]
    twice = good("predict", f"{name}.chainrule", some[0], some[1], some[0]).stdout.splitlines()
    assert (len(twice), twice[1]) == (4, twice[3])


def test_a_model_of_the_command_takes_in_python_what_the_sentence_says(here: Path) -> None:
    """The code that `explain` and the reference name gives the predictions and chances of the command."""
    for name in ("shapes", "tones"):
        net = cr.load(f"{name}.chainrule")
        paths = sorted(Path(name).glob("*/*"))
        preparation = Preparation.from_json(net.memory.preprocessing or {})
        assert isinstance(preparation.encoder, ImageFiles | SoundFiles)
        x = eval(preparation.encoder.in_python, {"cr": cr, "paths": paths, "folder": name})
        rows = list(csv.DictReader(good("predict", f"{name}.chainrule", name, "-p").stdout.splitlines()))
        assert net.predict(x).tolist() == [row["prediction"] for row in rows]
        said = [[float(row[f"probability of {label}"]) for label in net.classes] for row in rows]
        np.testing.assert_allclose(net.predict_proba(x), said, rtol=1e-6, atol=1e-9)
        assert len(x[0]) == net.model.input_shape[0]
        assert "The batch" in str(net.explain(x[:1], [paths[0].parent.name]))


def test_images_of_another_size_and_kind_are_predicted(here: Path, tmp_path: Path) -> None:
    image = Image.open(here / "shapes" / "bar" / "00.png")
    image.resize((64, 48)).convert("RGBA").save(tmp_path / "large.png")
    image.convert("RGB").save(tmp_path / "photo.jpg")
    assert len(good("predict", "shapes.chainrule", str(tmp_path)).stdout.splitlines()) == 3


def test_the_encoder_of_sound_learns_from_training_rows_alone(here: Path) -> None:
    source = read_source("tones")
    rows, held_out = split(len(source), 0.25, seed=0, labels=np.unique(source.y, return_inverse=True)[1])
    setup = prepare(source, rows, {"epochs": 1, "validation": 0.0})
    encoder = setup.preparation.encoder
    assert isinstance(encoder, SoundFiles)
    state = setup.train().network.state
    for t in (0, 4, encoder.length - 1):
        frames = np.array([row[t] for row in source.rows[rows] if len(row) > t])
        np.testing.assert_allclose(state["standardize1/mean"][t], frames.mean(axis=0), rtol=1e-4)
        np.testing.assert_allclose(state["standardize1/scale"][t], frames.std(axis=0), rtol=1e-4)
    lengths = sorted(len(row) for row in source.rows[rows])
    assert encoder.length == lengths[int(np.ceil(0.95 * len(lengths))) - 1]
    saved = Preparation.from_json(cr.load("tones.chainrule").memory.preprocessing or {})
    assert saved.encoder == encoder
    found = encoder.encode(source.rows[held_out])
    first = source.rows[held_out[0]]
    np.testing.assert_allclose(found[0, : len(first)], first[: encoder.length], rtol=1e-5, atol=1e-5)
    assert not found[0, len(first) :].any()


def test_the_size_of_images_can_be_chosen(here: Path) -> None:
    good("train", "shapes", "--image-size", "12x10", "--epochs", "1", "--hidden", "8", "-o", "small.chainrule", "-q")
    assert cr.load("small.chainrule").model.input_shape == (12, 10, 1)
    good("predict", "small.chainrule", "shapes")
    (here / "small.chainrule").unlink()


def test_images_too_small_for_a_convolution_are_learned_all_the_same(here: Path) -> None:
    good("train", "shapes", "--image-size", "1", "--epochs", "1", "-o", "dot.chainrule", "-q")
    (here / "dot.chainrule").unlink()


def test_the_same_seed_gives_the_same_file(here: Path) -> None:
    for name in ("a", "b"):
        good("train", "shapes", "--epochs", "2", "--hidden", "8", "-o", name, "-q")
    assert (here / "a").read_bytes() == (here / "b").read_bytes()
    for name in ("a", "b"):
        (here / name).unlink()


def test_batch_sizes_are_compared_on_a_folder(here: Path) -> None:
    output = good("compare", "tones", "--batch-size", "8,full", "--epochs", "1").output
    assert "Recordings" in output
    assert "batch size" in output


def test_a_folder_may_be_named_by_a_dot(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here / "shapes")
    good("train", ".", "--epochs", "1", "--hidden", "8", "-q")
    (here / "shapes" / "shapes.chainrule").unlink()


def test_in_a_terminal_a_bar_shows_how_many_files_are_read() -> None:
    screen, written = Screen(), io.StringIO()
    screen.console = Console(file=written, force_terminal=True, width=80)
    with Reading(screen) as progress:
        assert written.getvalue() == ""  # a table has no files to count
        for done in (1, 2):
            progress(done, 2)
    assert "2 of 2 files" in written.getvalue()


def test_elsewhere_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with Reading(Screen()) as progress:
        progress(1, 2)
    assert capsys.readouterr().out == ""


# ------------------------------------------------------------------------------------------------ bad input

BAD = {
    "a target": (["train", "shapes", "--target", "x"], "--target is for a table"),
    "a text": (["train", "shapes", "--text", "x"], "--text is for a table"),
    "columns to ignore": (["train", "shapes", "--ignore", "x"], "--ignore is for a table"),
    "a regression": (["train", "shapes", "--task", "regression"], "--task regression"),
    "a size of a table": (["train", "data.csv", "--target", "y", "--image-size", "8"], "--image-size is for a folder"),
    "a size of recordings": (["train", "tones", "--image-size", "8"], "holds recordings"),
    "a size of no pixels": (["train", "shapes", "--image-size", "0"], "--image-size must be"),
    "a size of three": (["train", "shapes", "--image-size", "8x8x8"], "--image-size must be"),
    "a size beyond all memory": (["train", "shapes", "--image-size", "99999"], "--image-size must be at most"),
    "files of another kind": (["train", "papers"], "neither images nor recordings"),
    "a broken image": (["train", "broken"], "b.png' is no image"),
    "a way around it": (["train", "broken"], "; --skip-broken leaves such files out."),
    "a class of broken images": (["train", "broken", "--skip-broken"], "only the class 'a' is left"),
    "broken files of a table": (
        ["train", "data.csv", "--target", "y", "--skip-broken"],
        "--skip-broken is for a folder",
    ),
    "a class without files": (["train", "empty"], "is empty"),
    "files without classes": (["train", "shapes/bar"], "put each file into the sub-folder of its class"),
    "a folder that is not there": (["train", "shapez"], "There is no file or folder 'shapez': did you mean 'shapes'?"),
    "nothing of that name": (["train", "zzz"], "There is no file, folder or bundled data set 'zzz'; bundled are"),
    "nothing in a folder": (["train", "shapes/zzz/y"], "There is no file or folder 'shapes/zzz/y': check the name"),
    "a single image": (["train", "shapes/bar/00.png"], "is a single image: name a folder"),
    "a single recording": (["train", "tones/low/01.wav"], "is a single recording: name a folder"),
    "a folder around the classes": (["train", "deep"], "name 'deep/shapes' if the classes are in it"),
    "too few of each class": (["train", "few"], "leaves only the class"),
    "a name too long to be one": (["train", "x" * 5000, "-o", "m.chainrule"], "There is no file, folder or"),
    "an output too long to be a name": (["train", "shapes", "-o", "x" * 5000], "cannot be written"),
    "predicting a table": (["predict", "shapes.chainrule", "data.csv"], "data.csv' is no image"),
    "predicting a table as recordings": (["predict", "tones.chainrule", "data.csv"], "data.csv' is no recording: the"),
    "predicting no file": (["predict", "shapes.chainrule", "none.png"], "There is no file or folder 'none.png'"),
    "predicting an empty folder": (["predict", "shapes.chainrule", "papers"], "holds no file that ends in"),
    "predicting recordings as images": (["predict", "shapes.chainrule", "tones"], "holds no file that ends in"),
    "predicting images as recordings": (["predict", "tones.chainrule", "shapes/bar/00.png"], "is no recording"),
    "predictions over the image": (
        ["predict", "shapes.chainrule", "shapes/bar/00.png", "-o", "shapes/bar/00.png"],
        "also the",
    ),
    "explaining an image": (
        ["explain", "shapes.chainrule", "shapes"],
        'net.explain(X, y) with one row of X = cr.decode_images(paths, (16, 16), "gray") and its label.',
    ),
    "explaining a recording": (
        ["explain", "tones.chainrule", "tones"],
        "with one row of X = cr.read_sounds(folder, length=17).X and its label.",
    ),
    "two tables": (["predict", "iris.chainrule", "data.csv", "data.csv"], "FILE names 2 files"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_sentence_is_told(case: str, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("shapes", "tones"):
        for path in sorted((models / name).glob("*/0[0-9].*")):
            (tmp_path / path.relative_to(models)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tmp_path / path.relative_to(models))
        shutil.copy(models / f"{name}.chainrule", tmp_path)
    cr.Network(cr.Dense(1)).build(1).save("iris.chainrule")
    Path("data.csv").write_text("x,y\n" + "".join(f"{i},{i / 3}\n" for i in range(9)), encoding="utf-8")
    for name in ("papers/a/a.pdf", "papers/b/b.pdf", "broken/a/a.png", "broken/b/b.png", "empty/a/a.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(
            b"%PDF" if "pap" in name else b"" if "b.png" in name else Path("shapes/bar/00.png").read_bytes()
        )
    Path("broken/b/b.png").write_bytes(b"no image")
    Path("empty/b").mkdir()
    shutil.copytree("shapes", "deep/shapes")
    for name in ("few/a/a.png", "few/b/b.png"):
        Path(name).parent.mkdir(parents=True)
        shutil.copy("shapes/bar/00.png", name)
    before = sorted(path for path in tmp_path.rglob("*"))
    arguments, sentence = BAD[case]
    assert sentence in sentence_of(*arguments)
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_a_model_file_of_an_unknown_encoder_is_one_sentence(here: Path, tmp_path: Path) -> None:
    net = cr.load("shapes.chainrule")
    assert net.memory.preprocessing is not None
    for wrong in ({"kind": "videos"}, {"encoder": {"height": 4, "width": 4, "color": "blue"}}):
        net.memory.preprocessing = {**cr.load("shapes.chainrule").memory.preprocessing, **wrong}  # type: ignore[dict-item]
        net.save(tmp_path / "x.chainrule")
        assert "train and save it again" in sentence_of("info", str(tmp_path / "x.chainrule"))
