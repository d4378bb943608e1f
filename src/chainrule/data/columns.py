"""One column of a table as numbers: what is learned about it on the training rows, and how it is encoded from then on.

A number x becomes (x − mean) / scale, with the mean and the standard deviation of the training rows; a missing or infinite
one becomes the median and, where that happened in training, 1 in a column of its own. A category (text or a truth value)
becomes one column for each value, 1 where it is that value. A date becomes numbers: days since the first, month, day of
the week and hour. Everything learned is plain data.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chainrule.data.containers import plural, short
from chainrule.data.reading import dates_of_text, is_missing_number, numbers_of_text
from chainrule.errors import DataError, quoted

if TYPE_CHECKING:
    import polars

Numbers = NDArray[np.float64]

MOST_CATEGORIES = 50
# Text is free text rather than a category from this share of different values and this mean number of words.
TEXT_SHARE, TEXT_WORDS = 0.5, 3.0
# So many rows must all differ (or nearly all, if there are many) before text is taken for an identifier.
IDENTIFIER_ROWS, IDENTIFIER_SHARE = 10, 0.95
# Names of whole-number columns that only count or identify the rows: id, user_id, customerId, row number, unnamed_1.
_IDENTIFIER = re.compile(
    r"(^|[\s_.\-])(id|idx|index|key|uuid|guid|row|row[\s_]?(no|nr|number))$|^unnamed", re.IGNORECASE
)
_IDENTIFIER_CAMEL = re.compile(r"[a-z](Id|ID|Idx|Index)$")
# A number this far out in units of the training rows' standard deviation cannot be computed with in float32.
_FARTHEST = 1e30
_SMALLEST_SCALE = 1e-290


def _kind(column: polars.Series) -> str:
    """'number', 'category' or 'date', or in words what the column holds if it cannot be used."""
    kind = column.dtype
    if kind.is_numeric():
        return "number"
    name = kind.base_type().__name__
    if name in ("Boolean", "String", "Categorical", "Enum"):
        return "category"
    if name in ("Date", "Datetime"):
        return "date"
    unusable = {"Null": "only missing values", "Duration": "durations", "Time": "times of day", "Binary": "bytes"}
    return unusable.get(name, f"values of type {name}")


# ----------------------------------------------------------------------------------------------------- numbers


def _mean_and_scale(present: Numbers) -> tuple[float, float]:
    """Mean and standard deviation; the scale is 1 where the numbers do not differ, or by too little to divide by."""
    if present.min() == present.max():
        return float(present[0]), 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        mean, scale = float(present.mean()), float(present.std())
    if not 1e-150 < scale < 1e150:  # the squares or their sum overflow or underflow, the results need not
        size = float(np.abs(present).max())
        mean, scale = size * float((present / size).mean()), size * float((present / size).std())
    return mean, scale if scale >= _SMALLEST_SCALE else 1.0


def _standardised(x: Numbers, mean: float, scale: float) -> Numbers:
    """(x − mean) / scale; halves keep the difference of two huge numbers finite."""
    with np.errstate(over="ignore"):
        return np.asarray((x * 0.5 - mean * 0.5) / (scale * 0.5))


@dataclass(frozen=True)
class Scale:
    """How one kind of number is filled and standardised."""

    median: float
    mean: float
    scale: float

    @classmethod
    def learn(cls, present: Numbers) -> Scale:
        """The scale of numbers of which none is missing."""
        low, high = np.quantile(present, 0.5, method="lower"), np.quantile(present, 0.5, method="higher")
        return cls(float(low * 0.5 + high * 0.5), *_mean_and_scale(present))

    @classmethod
    def from_json(cls, data: dict[str, float]) -> Scale:
        """The scale with the three numbers named in plain data."""
        return cls(float(data["median"]), float(data["mean"]), float(data["scale"]))

    def encode(self, x: Numbers, missing: NDArray[np.bool_]) -> Numbers:
        """Filled and standardised numbers."""
        return _standardised(np.where(missing, self.median, x), self.mean, self.scale)


def _remark_missing(name: str, count: int, flagged: bool, notes: list[str]) -> None:
    if count and not flagged:
        values = plural(count, "missing value")
        notes.append(f"Column {name!r} has {values}, though there were none in training: the training median is used.")


def _row(row: int) -> str:
    return f"row {row} (counted from 0)"


def _filled(count: int, infinite: int, by: str) -> str:
    """The end of a report's sentence about missing values, which are filled `by` something."""
    if not count:
        return ""
    inside = f" ({infinite:,} of them infinite)" if infinite else ""
    verb, whose = ("is", "its") if count == 1 else ("are", "their")
    return f"; {plural(count, 'missing value')}{inside} {verb} filled with {by} and flagged in a column of {whose} own"


def _as_numbers(column: polars.Series) -> Numbers:
    """A numeric, text or boolean column as float64, NaN where missing; raises `DataError` for anything else in it."""
    import polars

    numeric = column
    if column.dtype == polars.String:
        numeric = numbers_of_text(column)
        wrong = numeric.is_null() & ~is_missing_number(column)
        if wrong.any():
            row = int(wrong.arg_max() or 0)
            example = short(column[row])
            raise DataError(
                f"Column {column.name!r} held numbers in training, but has {example} in {_row(row)}: correct it."
            )
    elif _kind(column) not in ("number", "only missing values") and column.dtype != polars.Boolean:
        raise DataError(f"Column {column.name!r} held numbers in training, but is of type {column.dtype}: convert it.")
    values = numeric.cast(polars.Float64).fill_null(float("nan")).to_numpy().astype(np.float64, copy=True)
    values[np.isinf(values)] = np.nan
    return values


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers: standardised, missing ones filled with the median and flagged."""

    kind: ClassVar[str] = "number"
    name: str
    scale: Scale
    flagged: bool

    @classmethod
    def learn(cls, column: polars.Series) -> tuple[NumberColumn, str]:
        """The column's encoding and what was done to it, in words."""
        values = _as_numbers(column)
        missing = np.isnan(values)
        count = int(missing.sum())
        infinite = int(column.is_infinite().sum() or 0) if column.dtype.is_float() else 0
        scale = Scale.learn(values[~missing])
        how = f"a number, standardised (mean {scale.mean:.6g}, standard deviation {scale.scale:.6g})"
        return cls(
            column.name, scale, count > 0
        ), f"{column.name!r}: {how}{_filled(count, infinite, f'the median {scale.median:.6g}')}."

    @property
    def feature_names(self) -> list[str]:
        """What each encoded column is called."""
        return [self.name, f"{self.name} is missing"] if self.flagged else [self.name]

    def encode(self, column: polars.Series, notes: list[str]) -> Numbers:
        """The encoded columns, shape (n, number of feature names)."""
        values = _as_numbers(column)
        missing = np.isnan(values)
        _remark_missing(self.name, int(missing.sum()), self.flagged, notes)
        encoded = self.scale.encode(values, missing)
        far = ~(np.abs(encoded) <= _FARTHEST)
        if far.any():
            row = int(np.argmax(far))
            what = f"{short(values[row])} in {_row(row)}, where training had {self.scale.mean:.6g} on average"
            raise DataError(f"Column {self.name!r} has {what}: that is too far out to compute with, correct it.")
        return np.stack([encoded, missing], axis=1) if self.flagged else encoded[:, None]


# -------------------------------------------------------------------------------------------------- categories


def _as_text(column: polars.Series) -> polars.Series:
    """Categories as text: true, 5 and 'red' become 'true', '5' and 'red', whole floats lose their '.0'."""
    import polars

    if column.dtype.is_float():
        column = column.fill_nan(None)
        whole = column.cast(polars.Int64, strict=False)
        if (whole.cast(polars.Float64) == column).all() and whole.null_count() == column.null_count():
            column = whole
    return column.cast(polars.String)


@dataclass(frozen=True)
class CategoryColumn:
    """A column of categories: one column for each of the most frequent values, one for the others, one for missing."""

    kind: ClassVar[str] = "category"
    name: str
    values: tuple[str, ...]
    others: bool
    flagged: bool

    @classmethod
    def learn(cls, column: polars.Series) -> tuple[CategoryColumn, str]:
        """The column's encoding and what was done to it, in words."""
        text = _as_text(column)
        unique, counts = np.unique(text.drop_nulls().to_numpy().astype(object), return_counts=True)
        frequent = np.argsort(-counts, kind="stable")[:MOST_CATEGORIES]
        values = tuple(str(value) for value in unique[np.sort(frequent)])
        rest = int(counts.sum() - counts[frequent].sum())
        missing = text.null_count()
        what = f"{plural(len(unique), 'category', 'categories')}, one column each"
        if rest:
            most = f"the {MOST_CATEGORIES} most frequent have one column each"
            what = f"{len(unique):,} categories; {most}, the rest ({rest:,} rows) share one"
        flag = ""
        if missing:
            own = "has a column of its own" if missing == 1 else "have a column of their own"
            flag = f"; {plural(missing, 'missing value')} {own}"
        return cls(column.name, values, rest > 0, missing > 0), f"{column.name!r}: {what}{flag}."

    @property
    def feature_names(self) -> list[str]:
        """What each encoded column is called."""
        extra = [f"{self.name} is other"] * self.others + [f"{self.name} is missing"] * self.flagged
        return [f"{self.name}={value}" for value in self.values] + extra

    def encode(self, column: polars.Series, notes: list[str]) -> Numbers:
        """The encoded columns, shape (n, number of feature names).

        A value that training did not have counts as one of the others; where training had no others, all columns are 0.
        """
        import polars

        if _kind(column) not in (*KINDS, "only missing values"):
            raise DataError(
                f"Column {self.name!r} held categories in training, but is of type {column.dtype}: convert it."
            )
        text = _as_text(column)
        ids = text.replace_strict(
            list(self.values), list(range(len(self.values))), default=-1, return_dtype=polars.Int64
        ).to_numpy()
        missing = text.is_null().to_numpy()
        unseen = (ids == -1) & ~missing
        if unseen.any():
            examples = quoted(text.filter(polars.Series(unseen)).unique().sort().head(3))
            what = f"{plural(int(unseen.sum()), 'value')} for which training had no column, such as {examples}"
            notes.append(
                f"Column {self.name!r} has {what}: {'other' if self.others else 'all 0'} is what they count as."
            )
        array = np.zeros((len(ids), len(self.feature_names)))
        known = np.flatnonzero(ids >= 0)
        array[known, ids[known]] = 1
        if self.others:
            array[unseen, len(self.values)] = 1
        if self.flagged:
            array[missing, -1] = 1
        elif missing.any():
            values = plural(int(missing.sum()), "missing value")
            notes.append(
                f"Column {self.name!r} has {values}, though there were none in training: each counts as none of its values."
            )
        return array


# ------------------------------------------------------------------------------------------------------- dates

# What a date becomes, by name; the first is counted from the first date of the training rows.
DATE_PARTS = ("days", "month", "weekday", "hour")
_MICROSECONDS_A_DAY = 86_400_000_000


def _date_parts(column: polars.Series, first: int) -> dict[str, Numbers]:
    """The parts of a column of date-times: days since `first` (microseconds since 1970), month 1–12, weekday 1–7, hour."""
    import polars

    def numbers(part: polars.Series) -> Numbers:
        return np.asarray(part.cast(polars.Float64).fill_null(float("nan")).to_numpy())

    hour = numbers(column.dt.hour()) + numbers(column.dt.minute()) / 60
    days = numbers(column.to_physical() - first) / _MICROSECONDS_A_DAY
    return dict(zip(DATE_PARTS, (days, numbers(column.dt.month()), numbers(column.dt.weekday()), hour), strict=True))


def _as_times(column: polars.Series) -> polars.Series:
    """A column of dates, date-times or text as date-times in microseconds, without a time zone."""
    import polars

    times = dates_of_text(column) if column.dtype == polars.String else column
    if _kind(times) not in ("date", "only missing values"):
        raise DataError(f"Column {column.name!r} held dates in training, but is of type {column.dtype}: convert it.")
    wrong = times.is_null() & column.is_not_null()
    if wrong.any():
        row = int(wrong.arg_max() or 0)
        example = short(column[row])
        raise DataError(
            f"Column {column.name!r} held dates in training, but has {example} in {_row(row)}: write it as 2024-01-31."
        )
    if isinstance(times.dtype, polars.Datetime) and times.dtype.time_zone is not None:
        times = times.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return times.cast(polars.Datetime("us"))


@dataclass(frozen=True)
class DateColumn:
    """A column of dates: days since the first, month, weekday (Monday is 1) and hour, those of them that vary."""

    kind: ClassVar[str] = "date"
    name: str
    first: int
    scales: dict[str, Scale]
    flagged: bool

    @classmethod
    def learn(cls, column: polars.Series) -> tuple[DateColumn, str]:
        """The column's encoding and what was done to it, in words."""
        times = _as_times(column)
        first = int(times.to_physical().min())  # type: ignore[arg-type]
        parts = {part: values[~np.isnan(values)] for part, values in _date_parts(times, first).items()}
        scales = {part: Scale.learn(values) for part, values in parts.items() if values.min() < values.max()}
        count = times.null_count()
        since = f"days since {str(times.min())[:10]}"
        how = f"a date as {', '.join([since, *(part for part in scales if part != 'days')])}, standardised"
        return cls(column.name, first, scales, count > 0), f"{column.name!r}: {how}{_filled(count, 0, 'medians')}."

    @property
    def feature_names(self) -> list[str]:
        """What each encoded column is called."""
        return [f"{self.name} {part}" for part in self.scales] + [f"{self.name} is missing"] * self.flagged

    def encode(self, column: polars.Series, notes: list[str]) -> Numbers:
        """The encoded columns, shape (n, number of feature names)."""
        times = _as_times(column)
        missing = times.is_null().to_numpy()
        _remark_missing(self.name, int(missing.sum()), self.flagged, notes)
        parts = _date_parts(times, self.first)
        encoded = [scale.encode(parts[part], missing) for part, scale in self.scales.items()]
        return np.stack([*encoded, missing] if self.flagged else encoded, axis=1)


# -------------------------------------------------------------------------------------------------- any column

Column = NumberColumn | CategoryColumn | DateColumn
KINDS: dict[str, type[Column]] = {kind.kind: kind for kind in (NumberColumn, CategoryColumn, DateColumn)}


def _present(column: polars.Series) -> polars.Series:
    """The values of a column that are neither missing nor infinite."""
    present = column.drop_nulls()
    return present.filter(present.is_finite()) if column.dtype.is_float() else present


def why_left_out(column: polars.Series) -> str | None:
    """The reason why nothing can be learned from a column, or None."""
    kind = _kind(column)
    if kind not in KINDS:
        return f"holds {kind}"
    present = _present(column)
    if present.is_empty():
        return "holds only missing values"
    different = present.n_unique()
    if different == 1 and len(present) == len(column):
        return f"is the same in every row ({short(present[0])})"
    if column.dtype.is_integer() and different == len(column):
        named = _IDENTIFIER.search(column.name) or _IDENTIFIER_CAMEL.search(column.name)
        return "only identifies the rows (all values differ)" if named else None
    # Text that is all different says nothing about another row, however few the rows; else it takes many values to judge.
    enough = len(present) >= IDENTIFIER_ROWS and (different == len(present) or different > MOST_CATEGORIES)
    if kind == "category" and enough:
        return _why_text_left_out(_as_text(present), different / len(present))
    return None


def _why_text_left_out(present: polars.Series, share: float) -> str | None:
    words = present.str.count_matches(r"\S+").mean()
    if share >= TEXT_SHARE and isinstance(words, float) and words >= TEXT_WORDS:
        return f"is free text ({words:.1f} words on average)"
    if share >= IDENTIFIER_SHARE:
        return f"only identifies the rows ({'all' if share == 1 else 'nearly all'} values differ)"
    return None


def learn_column(column: polars.Series) -> tuple[Column | None, str]:
    """The encoding of a column, or None if it is left out, and a sentence about it for the report."""
    reason = why_left_out(column)
    if reason is not None:
        return None, f"{column.name!r}: left out, because it {reason}."
    return KINDS[_kind(column)].learn(column)


def column_to_json(column: Column) -> dict[str, Any]:
    """Plain data from which `column_from_json` makes an equal column."""
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(column).items()}
    return {"kind": column.kind, **plain}


def column_from_json(data: dict[str, Any]) -> Column:
    """The column that `column_to_json` described; raises KeyError, TypeError or ValueError if it describes none."""
    name, flagged = str(data["name"]), bool(data["flagged"])
    if data["kind"] == "number":
        return NumberColumn(name, Scale.from_json(data["scale"]), flagged)
    if data["kind"] == "category":
        return CategoryColumn(name, tuple(map(str, data["values"])), bool(data["others"]), flagged)
    if data["kind"] == "date":
        scales = {part: Scale.from_json(data["scales"][part]) for part in DATE_PARTS if part in data["scales"]}
        return DateColumn(name, int(data["first"]), scales, flagged)
    raise ValueError(f"there is no kind of column {data['kind']!r}")
