"""A column of texts: trained on, predicted, explained and told about by the command."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

import chainrule as cr
from chainrule.cli.app import app
from chainrule.cli.encoders import TextColumn
from chainrule.cli.preparation import Preparation
from chainrule.data.table import TargetScaler

GOOD, BAD_WORDS, OTHER = (
    ("great", "nice", "lovely"),
    ("awful", "bad", "dull"),
    ("the", "film", "was", "my", "a", "day", "so"),
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def good(*arguments: str) -> Result:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result


def reviews(path: Path, n: int = 160) -> Path:
    rng = np.random.default_rng(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "review", "stars", "label"])
        for i in range(n):
            liked = bool(rng.random() < 0.5)
            words = [*rng.choice(OTHER, rng.integers(3, 8)), *rng.choice(GOOD if liked else BAD_WORDS, 2)]
            rng.shuffle(words)
            stars = 4.0 + rng.normal() / 4 if liked else 2.0 + rng.normal() / 4
            writer.writerow([i, " ".join(map(str, words)), f"{stars:.2f}", "liked" if liked else "disliked"])
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("texts")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        reviews(here / "reviews.csv")
        output = good("train", "reviews.csv", "--text", "review", "--target", "label").output
        (here / "output.txt").write_text(output, encoding="utf-8")
    return here


@pytest.fixture
def here(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


def test_a_column_of_texts_is_learned_and_told_about(here: Path) -> None:
    output = " ".join((here / "output.txt").read_text(encoding="utf-8").split())
    told = " ".join(good("info", "reviews.chainrule").output.split())
    for text in (output, told):
        assert "Text 'review': text, of which 13 words are known" in text
        assert "32 a token → mean" in text
    preparation = Preparation.from_json(cr.load("reviews.chainrule").memory.preprocessing or {})
    assert isinstance(preparation.encoder, TextColumn)
    assert set(preparation.encoder.vocabulary.tokens) == {*GOOD, *BAD_WORDS, *OTHER}
    assert preparation.columns == ("review",)
    assert preparation.facts["scores"]["accuracy"] >= 0.95


def test_new_texts_are_predicted_whatever_other_columns_there_are(here: Path) -> None:
    rows = [("1", "a lovely day"), ("2", "the film was dull"), ("3", ""), ("4", "12")]
    Path("new.csv").write_text("n,review\n" + "".join(f"{n},{text}\n" for n, text in rows), encoding="utf-8")
    result = good("predict", "reviews.chainrule", "new.csv", "-p")
    found = list(csv.DictReader(result.stdout.splitlines()))
    assert [row["prediction"] for row in found[:2]] == ["liked", "disliked"]
    assert len(found) == 4
    assert "1 row of 'review' without a text" in result.stderr
    Path("numbers.csv").write_text("review\n1\n2\n", encoding="utf-8")  # texts all of which look like numbers
    assert len(good("predict", "reviews.chainrule", "numbers.csv").stdout.splitlines()) == 3
    pl.DataFrame({"review": ["a nice film"]}).write_parquet("new.parquet")
    assert good("predict", "reviews.chainrule", "new.parquet").stdout == "prediction\nliked\n"


def test_missing_texts_are_told_about_in_training(here: Path) -> None:
    lines = [
        "the good film,a",
        "a bad day,b",
        ",a",
        "the good day,a",
        "a bad film,b",
        ",b",
        ",a",
        "the film,a",
        "a day,b",
    ]
    Path("gaps.csv").write_text("review,y\n" + "\n".join(lines * 2), encoding="utf-8")
    arguments = ["train", "gaps.csv", "--text", "review", "--target", "y", "--epochs", "1"]
    output = " ".join(good(*arguments).output.split())
    assert "Note 6 rows of 'review' without a text: read as an unknown word." in output
    assert "at most 1 epoch," in output
    assert "without a text" not in (here / "output.txt").read_text(encoding="utf-8")


def test_a_model_of_texts_takes_in_python_what_its_vocabulary_gives(here: Path) -> None:
    net = cr.load("reviews.chainrule")
    assert net.memory.preprocessing is not None
    vocabulary = cr.Vocabulary.from_json(net.memory.preprocessing["encoder"]["vocabulary"])
    texts = pl.read_csv("reviews.csv")["review"]
    said = list(csv.DictReader(good("predict", "reviews.chainrule", "reviews.csv", "-p").stdout.splitlines()))
    assert net.predict(vocabulary.encode(texts)).tolist() == [row["prediction"] for row in said]
    chances = [float(row["probability of liked"]) for row in said]
    np.testing.assert_allclose(net.predict_proba(vocabulary.encode(texts))[:, 1], chances, rtol=1e-6)


def test_values_are_learned_from_texts_too(here: Path) -> None:
    good("train", "reviews.csv", "--text", "review", "--target", "stars", "-o", "stars.chainrule", "-q")
    found = [float(line) for line in good("predict", "stars.chainrule", "reviews.csv").stdout.splitlines()[1:]]
    net = cr.load("stars.chainrule")  # and in Python
    assert net.memory.preprocessing is not None
    vocabulary = cr.Vocabulary.from_json(net.memory.preprocessing["encoder"]["vocabulary"])
    scaler = TargetScaler.from_json(net.memory.preprocessing["scaler"])
    outputs = net.predict(vocabulary.encode(pl.read_csv("reviews.csv")["review"]))
    np.testing.assert_allclose(scaler.decode(outputs), found, rtol=1e-5)
    with open("reviews.csv", encoding="utf-8") as file:
        truth = [float(row["stars"]) for row in csv.DictReader(file)]
    assert np.corrcoef(found, truth)[0, 1] > 0.9
    assert np.mean(found) == pytest.approx(np.mean(truth), abs=0.2)


def test_a_step_on_a_text_is_explained(here: Path) -> None:
    output = good("explain", "reviews.chainrule", "reviews.csv", "--row", "3").output
    assert "embedding1" in output
    assert "globalaveragepool1" in output


def test_hidden_layers_and_dropout_can_be_chosen(here: Path) -> None:
    chosen = ["--hidden", "8", "--dropout", "0", "--epochs", "2", "-q", "-o", "deep.chainrule"]
    good("train", "reviews.csv", "--text", "review", "--target", "label", *chosen)
    assert list(cr.load("deep.chainrule").layers) == ["embedding1", "globalaveragepool1", "dense1", "dense2"]


def test_few_texts_teach_all_their_words(here: Path) -> None:
    Path("few.csv").write_text("text,y\n" + "".join(f"w{i} v{i},{'ab'[i % 2]}\n" for i in range(12)), encoding="utf-8")
    good("train", "few.csv", "--text", "text", "--target", "y", "--epochs", "1", "--test-size", "0", "-q")
    preparation = Preparation.from_json(cr.load("few.chainrule").memory.preprocessing or {})
    assert isinstance(preparation.encoder, TextColumn)
    assert len(preparation.encoder.vocabulary.tokens) == 24


CASES = {
    "an unknown column": (["train", "reviews.csv", "--text", "reviev", "--target", "label"], "did you mean 'review'"),
    "an unknown target": (
        ["train", "reviews.csv", "--text", "review", "--target", "lable"],
        "no column 'lable' for the target; did you mean 'label'",
    ),
    "no target": (["train", "reviews.csv", "--text", "review"], "--target is missing"),
    "the target itself": (
        ["train", "reviews.csv", "--text", "label", "--target", "label"],
        "--text and --target both name",
    ),
    "an ignored column": (
        ["train", "reviews.csv", "--text", "review", "--target", "label", "--ignore", "review"],
        "--text and --ignore both name 'review'",
    ),
    "an unknown column to ignore": (
        ["train", "reviews.csv", "--text", "review", "--target", "label", "--ignore", "idd"],
        "did you mean 'id'",
    ),
    "a column of numbers": (
        ["train", "reviews.csv", "--text", "stars", "--target", "label"],
        "must name a column of texts",
    ),
    "a bundled data set": (["train", "iris", "--text", "review"], "--text is for a column of a file"),
    "texts without words": (["train", "dots.csv", "--text", "text", "--target", "y"], "there are no words in them"),
    "a table without texts": (["predict", "reviews.chainrule", "dots.csv"], "no column 'review', whose texts"),
    "explaining without the target": (
        ["explain", "reviews.chainrule", "new.csv"],
        "The table has no column 'label', the target of the model, and a step needs it; its only column is 'review'.",
    ),
    "two tables": (["predict", "reviews.chainrule", "reviews.csv", "dots.csv"], "FILE names 2 files"),
    "free text that is left out": (
        ["train", "free.csv", "--target", "y"],
        "--text COLUMN learns from a column of texts",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_sentence_is_told(case: str, here: Path) -> None:
    Path("dots.csv").write_text(
        "text,y\n" + "".join(f'"{"." * (i + 1)}",{"ab"[i % 2]}\n' for i in range(20)), encoding="utf-8"
    )
    free = "".join(f"word{i} and word{i + 1} of the many,{'ab'[i % 2]}\n" for i in range(60))
    Path("free.csv").write_text("text,y\n" + free, encoding="utf-8")
    Path("new.csv").write_text("review\na good day\n", encoding="utf-8")
    arguments, sentence = CASES[case]
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert sentence in result.stderr
