"""Texts as numbers: ids of the words or characters that were learned, or counts of hashed n-grams.

`Vocabulary` keeps the order of the words, for an `Embedding`; `HashedNGrams` forgets it, and knows nothing but a number of
features: it takes any text without having learned from one. Anything richer (TF-IDF, stop words, stemming) is
scikit-learn's: what `TfidfVectorizer(...).fit_transform(texts).toarray()` gives is learned from as it is.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.data.containers import is_frame, is_missing, reading_description, refuse, short, to_numpy
from chainrule.errors import DataError, check_name, check_number

UNITS = ("words", "characters")
PADDING, UNKNOWN, FIRST = 0, 1, 2  # the ids of no token, of a token that was not learned, and of the first that was
MOST_TOKENS = 20_000
# A default length holds all tokens of so many of the texts, and is never more than the longest default.
COVERED, LONGEST = 0.95, 512


# ------------------------------------------------------------------------------------------------------- tokens


@cache
def _word_pattern() -> re.Pattern[str]:
    """What `words_of` finds, in the order in which it is tried."""
    marks = _marks()
    word = rf"[\w{marks}]"
    return re.compile(
        "|".join(
            [
                r"(?:https?://|www\.)\S+",
                rf"[@#]{word}+",
                rf"(?<!\w)[:;=][-'^]?[()\[\]dpo3/\\|*](?!{word})",  # :) ;-) =d :'( :/
                r"</?3(?!\w)",  # a heart, whole or broken
                rf"{word}+(?:'{word}+)*",
                r"[!?¡¿！？]",
                # Emoji and other signs: all that is no word, without the punctuation of ASCII, Latin, CJK and full width.
                rf"[^\s\w{marks}\x00-\xbf\u2000-\u206f\u3000-\u303f\uff00-\uffef\ud800-\udfff]",
            ]
        )
    )


@cache
def _marks() -> str:
    """The characters that stand on or beside a letter and belong to it, such as vowel signs, as ranges of a pattern."""
    points = [n for n in range(0x300, sys.maxunicode + 1) if unicodedata.category(chr(n))[0] == "M"]
    starts = [n for n, before in zip(points, [-1, *points[:-1]], strict=True) if n != before + 1]
    ends = [n for n, after in zip(points, [*points[1:], -1], strict=True) if n != after - 1]
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))


def words_of(text: str) -> list[str]:
    """The words of a text in lower case: runs of letters, digits and the marks on them, with an apostrophe inside.

    Kept as tokens of their own are #tags, @mentions, the most common emoticons, emoji, ! and ?. An address of the web becomes
    ``<url>``, other punctuation is dropped. Letters that can be written in two ways (é as one character or as two) are made
    the same (Unicode NFC). A language that puts no spaces between words is better cut into characters.

    >>> words_of("Don't @ana: #Nice day :-) see https://a.example/b!")
    ["don't", '@ana', '#nice', 'day', ':-)', 'see', '<url>']
    """
    plain = unicodedata.normalize("NFC", text).lower().replace("\u2019", "'")
    found: list[str] = _word_pattern().findall(plain)
    return ["<url>" if token.startswith(("http://", "https://", "www.")) else token for token in found]


def characters_of(text: str) -> list[str]:
    """The characters of a text in lower case and Unicode NFC; each run of white space is one space.

    >>> characters_of("Ab  c")
    ['a', 'b', ' ', 'c']
    """
    return list(" ".join(unicodedata.normalize("NFC", text).lower().split()))


TOKENS = {"words": words_of, "characters": characters_of}


def as_texts(texts: Any, argument: str = "texts") -> list[str]:
    """A list, array or column of texts as a list of str; a missing one is an empty text.

    Raises `DataError` for a single text, for none, and for anything in it that is no text, with its row.
    """
    if is_frame(texts) or isinstance(texts, Mapping):
        raise DataError(
            f"{argument} must be a list or column of texts, but is a table ({type(texts).__name__}): give one column of it, "
            "such as df['review']."
        )
    if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
        raise DataError(
            f"{argument} must be a list or column of texts, but is {short(texts)}: put a single text into a list."
        )
    found = ["" if is_missing(text) else text for text in texts]
    for row, text in enumerate(found):
        if not isinstance(text, str):
            raise DataError(
                f"{argument} holds {short(text)} in row {row}, but a text is expected: turn it into one by str."
            )
    if not found:
        raise DataError(f"{argument} is empty: give at least one text.")
    return [str(text) for text in found]


# --------------------------------------------------------------------------------------------------- vocabulary


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of texts, and the number of each: the input of an `Embedding`.

    `tokens` have the ids 2, 3, ..., the most frequent first. Id 0 is padding, `Embedding(len(vocabulary), d, padding_id=0)`,
    and id 1 stands for every token that was not learned. `unit` is "words" (see `chainrule.data.text.words_of`) or
    "characters". `length` is how many tokens of a text are kept unless `encode` is told.

    >>> vocabulary = Vocabulary.learn(["a good day", "a bad day", "good!"], min_count=2)
    >>> vocabulary.tokens, len(vocabulary)
    (('a', 'day', 'good'), 5)
    >>> vocabulary.encode(["good day", "a very good day"], length=3)
    array([[4, 3, 0],
           [2, 1, 4]], dtype=int32)
    """

    tokens: tuple[str, ...]
    length: int
    unit: str = "words"

    def __post_init__(self) -> None:
        check_name("unit", self.unit, UNITS)
        check_number("length", self.length, low=1, integer=True)
        if len(set(self.tokens)) < len(self.tokens):
            twice = next(token for token, n in Counter(self.tokens).items() if n > 1)
            raise DataError(f"tokens has {twice!r} twice: each token has one id.")

    @classmethod
    def learn(
        cls,
        texts: Any,
        *,
        unit: str = "words",
        max_tokens: int = MOST_TOKENS,
        min_count: int = 1,
        length: int | None = None,
    ) -> Vocabulary:
        """Learn the `max_tokens` most frequent tokens that occur `min_count` times, equal ones in the order of the alphabet.

        Learn on the training texts only. `length` is, unless given, that of the longest of the shortest 95 % of the texts, at
        most 512 tokens. Raises `DataError` if no token is left.
        """
        most = int(check_number("max_tokens", max_tokens, low=1, integer=True))
        least = int(check_number("min_count", min_count, low=1, integer=True))
        cut = TOKENS[check_name("unit", unit, UNITS)]
        tokens = [cut(text) for text in as_texts(texts)]
        counts = Counter(token for text in tokens for token in text)
        frequent = sorted((-n, token) for token, n in counts.items() if n >= least)[:most]
        if not frequent:
            what = f"no {unit[:-1]} occurs min_count={least} times" if counts else f"there are no {unit} in them"
            raise DataError(f"The texts teach nothing: {what}.")
        lengths = sorted(len(text) for text in tokens)
        usual = max(1, min(LONGEST, lengths[int(np.ceil(COVERED * len(lengths))) - 1]))
        chosen = usual if length is None else int(check_number("length", length, low=1, integer=True))
        return cls(tuple(token for _, token in frequent), chosen, unit)

    def __len__(self) -> int:
        """How many ids there are, those of padding and of unknown tokens included."""
        return FIRST + len(self.tokens)

    def encode(self, texts: Any, length: int | None = None) -> NDArray[np.int32]:
        """The ids of each text's first `length` tokens, shape (n, length), 0 where there are no more.

        A text without a token is one unknown token, so that no row is all padding.
        """
        width = self.length if length is None else int(check_number("length", length, low=1, integer=True))
        cut, id_of = TOKENS[self.unit], {token: i for i, token in enumerate(self.tokens, FIRST)}
        rows = as_texts(texts)
        ids = np.full((len(rows), width), PADDING, np.int32)
        for row, text in zip(ids, rows, strict=True):
            found = [id_of.get(token, UNKNOWN) for token in cut(text)[:width]] or [UNKNOWN]
            row[: len(found)] = found
        return ids

    def decode(self, ids: Any) -> list[list[str]]:
        """The tokens of rows of ids, without padding; ``<unknown>`` for id 1.

        >>> Vocabulary(("day", "good"), 4).decode([[3, 1, 2, 0]])
        [['good', '<unknown>', 'day']]
        """
        refuse(ids, "ids")
        given = to_numpy(ids, "ids")
        numeric = given.dtype.kind in "biuf"
        wrong = given[given != np.floor(given)] if numeric else given.ravel()
        if wrong.size:
            raise DataError(f"ids must be whole numbers, as encode gives them, but hold {short(wrong[0])}.")
        if given.ndim > 2:
            raise DataError(f"ids have shape {given.shape}, but rows of ids have shape (n, length): reshape them.")
        if given.size and not (given.min() >= 0 and given.max() < len(self)):
            raise DataError(
                f"ids go from {short(given.min())} to {short(given.max())}, but those of the vocabulary are 0 to {len(self) - 1}."
            )
        rows = np.atleast_2d(given.astype(np.int64))
        names = ("", "<unknown>", *self.tokens)
        return [[names[i] for i in row if i != PADDING] for row in rows.tolist()]

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes an equal object."""
        return {"unit": self.unit, "length": self.length, "tokens": list(self.tokens)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Vocabulary:
        """The object that `to_json` described; raises `ModelFileError` if the data describes none."""
        with reading_description("its vocabulary"):
            return cls(tuple(map(str, data["tokens"])), int(data["length"]), str(data["unit"]))


# ----------------------------------------------------------------------------------------------- hashed n-grams


@dataclass(frozen=True)
class HashedNGrams:
    """Texts as bags of n-grams: each n-gram is counted in the column that its hash names.

    An n-gram is `low` to `high` tokens in a row, and tokens are those of `Vocabulary`. The hash h is 64 bits of BLAKE2b of the
    n-gram in UTF-8, its tokens joined by the character U+001F: it is the same in every process and on every machine, which
    Python's own hash() is not. An n-gram adds (−1)^⌊h / 2⁶³⌋ to column h mod n_features: where two n-grams share a column, they
    add nothing on average to the inner product of two texts. Each row is divided by its Euclidean norm; a text without a
    token is a row of zeros.

    Source: Weinberger, Dasgupta, Langford, Smola, Attenberg, "Feature hashing for large scale multitask learning", ICML 2009.

    >>> np.sign(HashedNGrams(n_features=6, high=1).encode(["good day", "bad day"])).astype(int).tolist()
    [[-1, 1, 0, 0, 0, 0], [-1, 0, 0, 1, 0, 0]]
    """

    n_features: int = 4096
    low: int = 1
    high: int = 2
    unit: str = "words"

    def __post_init__(self) -> None:
        check_number("n_features", self.n_features, low=1, integer=True)
        check_number("low", self.low, low=1, integer=True)
        check_number("high", self.high, low=self.low, integer=True)
        check_name("unit", self.unit, UNITS)

    def encode(self, texts: Any) -> NDArray[np.float32]:
        """The features of each text, shape (n, n_features)."""
        rows = as_texts(texts)
        found = np.zeros((len(rows), self.n_features), np.float32)
        place = cache(self._place)
        for row, text in zip(found, rows, strict=True):
            for gram, count in Counter(self._grams(TOKENS[self.unit](text))).items():
                column, sign = place(gram)
                row[column] += sign * count
        norm = np.sqrt(np.square(found, dtype=np.float64).sum(axis=1, keepdims=True))
        return np.asarray(found / np.where(norm > 0, norm, 1.0), dtype=np.float32)

    def _grams(self, tokens: Sequence[str]) -> Iterator[str]:
        for size in range(self.low, self.high + 1):
            for start in range(len(tokens) - size + 1):
                yield "\x1f".join(tokens[start : start + size])

    def _place(self, gram: str) -> tuple[int, int]:
        """The column of an n-gram and its sign."""
        import hashlib  # takes a while to import

        digest = hashlib.blake2b(gram.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        value = int.from_bytes(digest, "little")
        return value % self.n_features, -1 if value >> 63 else 1

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `from_json` makes an equal object."""
        return {"n_features": self.n_features, "low": self.low, "high": self.high, "unit": self.unit}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HashedNGrams:
        """The object that `to_json` described; raises `ModelFileError` if the data describes none."""
        with reading_description("its n-grams"):
            return cls(int(data["n_features"]), int(data["low"]), int(data["high"]), str(data["unit"]))
