"""Texts as ids and as hashed n-grams, against calculations that stand alone."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import chainrule as cr
from chainrule.data.text import characters_of, words_of

# ------------------------------------------------------------------------------------------------------- tokens

WORDS = {
    "Don't stop": ["don't", "stop"],
    "don\u2019t": ["don't"],
    "ÜBER straße ΣΟΦΌΣ": ["über", "straße", "σοφός"],
    "e\u0301te\u0301 \u00e9t\u00e9": ["été", "été"],
    "हिन्दी में": ["हिन्दी", "में"],
    "#TagOne @Ana_B: hi": ["#tagone", "@ana_b", "hi"],
    "mail a@b.example": ["mail", "a", "@b", "example"],
    "see https://t.example/a?b=1 or www.x.example!": ["see", "<url>", "or", "<url>"],
    "good :-) bad :( <3 </3 ;P =D :'(": ["good", ":-)", "bad", ":(", "<3", "</3", ";p", "=d", ":'("],
    "10:30 a:b (see: p. 3) x=3": ["10", "30", "a", "b", "see", "p", "3", "x", "3"],
    "no! why?! ¿qué?": ["no", "!", "why", "?", "!", "¿", "qué", "?"],
    "🎉🎉 so 👍🏽": ["🎉", "🎉", "so", "👍", "🏽"],
    "“quoted” – and… 'this'": ["quoted", "and", "this"],
    "3.5 kg, 1_000": ["3", "5", "kg", "1_000"],
    "tab\tnew\nline": ["tab", "new", "line"],
    "\ud800 half": ["half"],
    " ,.;": [],
    "": [],
}


@pytest.mark.parametrize("text", WORDS)
def test_words(text: str) -> None:
    assert words_of(text) == WORDS[text]


def test_characters() -> None:
    assert characters_of("  Ab\n\tc\u0301 ") == ["a", "b", " ", "\u0107"]
    assert characters_of("") == []


# --------------------------------------------------------------------------------------------------- vocabulary

TEXTS = ["the cat sat", "the cat", "the dog sat on", "a dog the"]  # the 4, cat dog sat 2, a on 1


def test_tokens_are_ordered_by_frequency_and_then_by_the_alphabet() -> None:
    assert cr.Vocabulary.learn(TEXTS).tokens == ("the", "cat", "dog", "sat", "a", "on")
    assert cr.Vocabulary.learn(TEXTS, min_count=2).tokens == ("the", "cat", "dog", "sat")
    assert cr.Vocabulary.learn(TEXTS, max_tokens=2).tokens == ("the", "cat")
    assert len(cr.Vocabulary.learn(TEXTS, max_tokens=2)) == 4


def test_texts_are_padded_cut_and_filled_with_the_unknown() -> None:
    vocabulary = cr.Vocabulary(("the", "cat"), 3)
    found = vocabulary.encode(["The cat!", "cat dog the cat", "", "...", "the"])
    assert found.tolist() == [[2, 3, 1], [3, 1, 2], [1, 0, 0], [1, 0, 0], [2, 0, 0]]
    assert found.dtype == np.int32
    assert vocabulary.encode(["cat"], length=1).tolist() == [[3]]
    assert (vocabulary.encode(TEXTS, 50) != 0).any(axis=1).all()  # no row is all padding
    assert vocabulary.decode(found)[:2] == [["the", "cat", "<unknown>"], ["cat", "<unknown>", "the"]]


def test_the_default_length_holds_most_of_the_texts() -> None:
    lengths = [*range(1, 20), 1000]
    assert cr.Vocabulary.learn(["x " * n for n in lengths]).length == 19  # of 20 texts, 95 % are 19
    assert cr.Vocabulary.learn(["x " * 10_000]).length == 512
    assert cr.Vocabulary.learn(["x", "", ""]).length == 1
    assert cr.Vocabulary.learn(["x " * 9], length=4).length == 4


def test_characters_have_ids_too() -> None:
    vocabulary = cr.Vocabulary.learn(["aab"], unit="characters")
    assert vocabulary.tokens == ("a", "b")
    assert vocabulary.encode(["baz"]).tolist() == [[3, 2, 1]]


@pytest.mark.parametrize("make", [list, np.array, pd.Series, pl.Series, tuple], ids=lambda make: make.__module__)
def test_every_column_of_texts_is_read(make: type) -> None:
    assert cr.Vocabulary(("the",), 2).encode(make(["the", "a"])).tolist() == [[2, 0], [1, 0]]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
def test_a_missing_text_is_an_empty_one(missing: object) -> None:
    assert cr.Vocabulary(("the",), 2).encode(["the", missing]).tolist() == [[2, 0], [1, 0]]


BAD_TEXTS = {
    "a single text": ("the cat", "put a single text into a list"),
    "no texts": ([], "is empty"),
    "a number": (["a", 3], "holds 3 in row 1"),
    "nothing": (None, "must be a list or column"),
    "a dictionary": ({"a": 1}, "must be a list or column"),
    "columns": ({"label": ["a"], "review": ["b"]}, r"is a table \(dict\): give one column .*df\['review'\]"),
    "a frame": (pd.DataFrame({"label": ["a"], "review": ["b"]}), r"is a table \(DataFrame\): give one column"),
    "a frame of one column": (pd.DataFrame({"review": ["b"]}), r"is a table \(DataFrame\): give one column"),
    "a polars frame": (pl.DataFrame({"review": ["b"]}), r"is a table \(DataFrame\): give one column"),
    "an Arrow table": (pa.table({"review": ["b"]}), r"is a table \(Table\): give one column"),
}


@pytest.mark.parametrize("case", BAD_TEXTS)
def test_what_is_no_list_of_texts_is_one_sentence(case: str) -> None:
    texts, sentence = BAD_TEXTS[case]
    for read in (cr.Vocabulary.learn, cr.Vocabulary(("a",), 1).encode, cr.HashedNGrams().encode):
        with pytest.raises(cr.DataError, match=sentence):
            read(texts)


def test_what_cannot_be_learned_is_one_sentence() -> None:
    with pytest.raises(cr.DataError, match="no word occurs min_count=3 times"):
        cr.Vocabulary.learn(["a b a"], min_count=3)
    with pytest.raises(cr.DataError, match="there are no words in them"):
        cr.Vocabulary.learn(["", "..."])
    with pytest.raises(cr.ArgumentError, match="max_tokens must be"):
        cr.Vocabulary.learn(["a"], max_tokens=0)
    with pytest.raises(cr.ArgumentError, match="did you mean 'words'"):
        cr.Vocabulary.learn(["a"], unit="word")
    with pytest.raises(cr.ArgumentError, match="length must be"):
        cr.Vocabulary(("a",), 1).encode(["a"], length=0)
    with pytest.raises(cr.DataError, match="'a' twice"):
        cr.Vocabulary(("a", "a"), 1)
    with pytest.raises(cr.DataError, match="ids go from 0 to 9"):
        cr.Vocabulary(("a",), 1).decode([[0, 9]])


BAD_IDS = {
    "text": (["a"], "ids must be whole numbers, as encode gives them, but hold 'a'"),
    "ids beyond all": ([1e30], r"ids go from 1e\+30 to 1e\+30, but those of the vocabulary are 0 to 2"),
    "three dimensions": (np.zeros((1, 1, 1)), r"ids have shape \(1, 1, 1\)"),
    "a fraction": ([[2, 1.5]], "but hold 1.5"),
    "NaN": ([[2, float("nan")]], "but hold nan"),
    "unequal rows": ([[1, 2], [1]], "Row 1 of ids has 1 value"),
    "nothing": (None, "ids is missing"),
}


@pytest.mark.parametrize("case", BAD_IDS)
def test_what_is_no_row_of_ids_is_one_sentence(case: str) -> None:
    ids, sentence = BAD_IDS[case]
    with pytest.raises(cr.DataError, match=sentence):
        cr.Vocabulary(("a",), 1).decode(ids)


def test_whole_floats_are_ids() -> None:
    assert cr.Vocabulary(("a",), 1).decode(np.array([[2.0, 1.0, 0.0]])) == [["a", "<unknown>"]]


# ----------------------------------------------------------------------------------------------- hashed n-grams


def by_hand(text: str, n_features: int, sizes: range) -> list[float]:
    row, words = [0.0] * n_features, text.split()
    for size in sizes:
        for start in range(len(words) - size + 1):
            gram = "\x1f".join(words[start : start + size]).encode()
            value = int.from_bytes(hashlib.blake2b(gram, digest_size=8).digest(), "little")
            row[value % n_features] += 1 - 2 * (value >> 63)
    norm = sum(number**2 for number in row) ** 0.5
    return [number / norm if norm else 0.0 for number in row]


@pytest.mark.parametrize("n_features", [1, 7, 64, 4096])
def test_n_grams_are_counted_in_the_column_of_their_hash(n_features: int) -> None:
    found = cr.HashedNGrams(n_features, 1, 3).encode([*TEXTS, "the the the cat", ""])
    assert found.dtype == np.float32
    for row, text in zip(found, [*TEXTS, "the the the cat", ""], strict=True):
        np.testing.assert_allclose(row, by_hand(text, n_features, range(1, 4)), rtol=1e-6)


def test_the_hash_is_fixed_for_good_and_the_same_in_every_process() -> None:
    """A model that was saved depends on it."""
    (row,) = cr.HashedNGrams(1000, 1, 1).encode(["cat"])
    assert {int(i): row[i] for i in row.nonzero()[0]} == {939: 1.0}
    code = "import chainrule as cr; print(cr.HashedNGrams(64).encode(['the cat sat'])[0].nonzero()[0].tolist())"
    places = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(cr.__file__).parent.parent)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        places.add(done.stdout)
    assert places == {f"{cr.HashedNGrams(64).encode(['the cat sat'])[0].nonzero()[0].tolist()}\n"}


def test_signs_leave_inner_products_as_they_are_on_average() -> None:
    """Two texts without a common word: the mean of their product over many pairs is 0, not positive."""
    texts = [" ".join(f"w{i}x{j}" for j in range(20)) for i in range(400)]
    found = cr.HashedNGrams(16, 1, 1).encode(texts).astype(float)
    products = (found[::2] * found[1::2]).sum(axis=1)
    assert abs(products.mean()) < 4 * products.std() / len(products) ** 0.5
    assert products.std() > 0.1


def test_n_grams_of_characters() -> None:
    both = cr.HashedNGrams(512, 2, 3, unit="characters").encode(["abc", "cba"])
    assert (both != 0).sum(axis=1).tolist() == [3, 3]
    assert not np.array_equal(both[0], both[1])


@pytest.mark.parametrize("arguments", [{"n_features": 0}, {"low": 0}, {"low": 3, "high": 2}, {"unit": "letters"}])
def test_a_wrong_argument_is_one_sentence(arguments: dict[str, object]) -> None:
    with pytest.raises(cr.ArgumentError, match="must be|is not known"):
        cr.HashedNGrams(**arguments)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------- saving


@pytest.mark.parametrize("made", [cr.Vocabulary.learn(TEXTS, unit="words"), cr.HashedNGrams(32, 2, 4, "characters")])
def test_plain_data_makes_an_equal_object(made: cr.Vocabulary | cr.HashedNGrams) -> None:
    again = type(made).from_json(json.loads(json.dumps(made.to_json())))
    assert again == made
    np.testing.assert_array_equal(again.encode(TEXTS), made.encode(TEXTS))


@pytest.mark.parametrize(
    "data",
    [{}, {"unit": "words", "length": 0, "tokens": ["a"]}, {"unit": "x", "length": 1, "tokens": []}, {"n_features": 0}],
)
def test_other_data_is_one_sentence(data: dict[str, object]) -> None:
    for kind in (cr.Vocabulary, cr.HashedNGrams):
        with pytest.raises(cr.ModelFileError, match="is not one"):
            kind.from_json(data)


# ------------------------------------------------------------------------------------------------------ learning


def test_an_embedding_learns_from_ids_and_a_dense_layer_from_n_grams() -> None:
    rng = np.random.default_rng(0)
    other = ["the", "film", "was", "my", "day"]
    y = np.arange(80) % 2
    words = [("good", "nice") if label else ("bad", "sad") for label in y]
    texts = [" ".join([*rng.choice(other, 4), str(rng.choice(pair))]) for pair in words]
    vocabulary = cr.Vocabulary.learn(texts)
    net = cr.Network(cr.Embedding(len(vocabulary), 8, padding_id=0), cr.GlobalAveragePool(), cr.Dense(2))
    net.fit(vocabulary.encode(texts), y, loss="cross_entropy", optimizer=cr.Adam(0.02), epochs=30)
    assert net.predict(vocabulary.encode(["good film", "the sad day was my day", "unheard nice"])).tolist() == [1, 0, 1]
    grams = cr.HashedNGrams(256)
    flat = cr.Network(cr.Dense(2))
    flat.fit(grams.encode(texts), y, loss="cross_entropy", optimizer=cr.Adam(0.05), epochs=60)
    assert flat.predict(grams.encode(["good film", "sad day"])).tolist() == [1, 0]
