"""A CSV or Parquet file as a frame whose columns have types.

A CSV file is read by one parser, record by record, so that a row with too many or too few fields is found and named by its
line; what type a column has is decided afterwards, on the whole column. Lines are counted from 1, the header being line 1.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.data.containers import nearest, short
from chainrule.errors import ArgumentError, DataError, quoted

if TYPE_CHECKING:
    import polars

# How a missing value is written, in upper or lower case; the second list counts only in a column that is otherwise numeric.
MISSING = ("", "na", "n/a", "#n/a", "<na>", "nan", "null", "?")
MISSING_NUMBERS = ("none", "-", "--", ".", "missing")

DATE_TIMES = tuple(f"%Y-%m-%d{gap}{time}" for gap in " T" for time in ("%H:%M:%S%.f", "%H:%M:%S%.fZ", "%H:%M"))

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}

# How files begin that people take for a CSV file.
SIGNATURES = (
    (b"PK\x03\x04", "is a zip archive or an Excel workbook, not a CSV file: save it as CSV first"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook, not a CSV file: save it as CSV first"),
    (b"\x1f\x8b", "is compressed by gzip, not a CSV file: unpack it first"),
    (b"%PDF", "is a PDF document, not a CSV file: give the table itself"),
)
BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

# So much of a file is looked at to find its separator, and so many records are held as Python strings at a time.
_SAMPLE = 1 << 18
_CHUNK = 20_000

LEADING_ZERO = r"^[+-]?0[0-9]"
# Numbers as people write them for people: with a comma, an apostrophe, a currency or a percent sign.
DECORATION = r"[,'$€£%]"
WRITTEN_NUMBER = r"^[+-]?[$€£]?\s?[0-9][0-9.,' ]*\s?[%€]?$"


def read_table(
    path: str | os.PathLike[str], *, text: Collection[str] = (), notes: list[str] | None = None
) -> polars.DataFrame:
    """The table in a CSV or Parquet file.

    A CSV file has a header line and values separated by commas, semicolons or tabs, whichever fits; it is UTF-8, UTF-16
    with a byte order mark, or else taken for Latin-1. Spaces around a value are dropped. A column becomes integers, floats,
    truth values (true, false), dates (2024-01-31) or date-times if every value that is not missing reads as one, and text
    otherwise; numbers with leading zeros (postcodes) or thousands separators stay text. Missing is what `MISSING` lists.
    Columns named in `text` stay text: at prediction, those that were text in training. A Parquet file keeps its types.

    `notes` is a list to which a sentence is added for each thing that the reader of the result should know.
    Raises `DataError` if there is no such file, or if it is not a table.
    """
    if not isinstance(path, str | os.PathLike):
        raise ArgumentError(f"path must be the name of a CSV or Parquet file, but is {short(path)}.")
    file = Path(path)
    remarks = notes if notes is not None else []
    data = _contents(file)
    if data.startswith(b"PAR1"):
        return _parquet(data, file)
    if file.suffix.lower() in (".parquet", ".pq"):
        raise DataError(f"{str(file)!r} is not a Parquet file, though its name says so: it does not begin with PAR1.")
    frame = _csv(_decoded(data, file, remarks), file, remarks)
    return frame.with_columns([_typed(frame[name], remarks) for name in frame.columns if name not in text])


def _contents(file: Path) -> bytes:
    """The bytes of a file; raises `DataError` in words if they cannot be had."""
    name = repr(str(file))
    try:
        if file.is_dir():
            raise DataError(f"{name} is a folder, not a CSV or Parquet file: name a file in it.")
        if not file.exists():
            near = nearest(file.name, (other.name for other in file.parent.iterdir())) if file.parent.is_dir() else None
            hint = f"did you mean {str(file.with_name(near))!r}?" if near else "check the name and the folder."
            raise DataError(f"There is no file {name}: {hint}")
        if not file.is_file():
            raise DataError(f"{name} is not a regular file: give a CSV or Parquet file on disk.")
        return file.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{name} cannot be read ({error}): check the name and who may read it.") from error


def _parquet(data: bytes, file: Path) -> polars.DataFrame:
    import polars

    try:
        frame = polars.read_parquet(io.BytesIO(data))
    except (polars.exceptions.PolarsError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{str(file)!r} is a damaged or unreadable Parquet file ({reason}): write it again.") from error
    if not frame.height or not frame.width:
        raise DataError(f"{str(file)!r} has {frame.height} rows and {frame.width} columns: give at least one of each.")
    return frame


# ----------------------------------------------------------------------------------------------- text of a CSV


def _decoded(data: bytes, file: Path, notes: list[str]) -> str:
    """The text of a file; raises `DataError` if it is none."""
    name = repr(str(file))
    for start, sentence in SIGNATURES:
        if data.startswith(start):
            raise DataError(f"{name} {sentence}.")
    encoding = next((encoding for mark, encoding in BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        decoded = data.decode(encoding)
    except UnicodeDecodeError as error:
        decoded = data.decode("latin-1")
        notes.append(
            f"{name} is not {encoding.upper()} (byte {error.start}): it was read as Latin-1, so check its accents."
        )
    # Tab, line feed, form feed and carriage return occur in text; the other control characters mean that it is none.
    if re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", decoded):
        raise DataError(f"{name} is not a CSV file: it holds binary data; give a table as text, or a Parquet file.")
    if not decoded.strip():
        raise DataError(f"{name} is empty: give a header line and at least one row.")
    return decoded


def _records(decoded: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record of a CSV text that is not blank, with the line that it ends on."""
    reader = csv.reader(io.StringIO(decoded, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    start = 1
    try:
        for record in reader:
            start = reader.line_num + 1
            if record:
                yield reader.line_num, record
    except csv.Error as error:
        raise csv.Error(f"in the record that begins on line {start}: {error}") from error


def _separator(decoded: str) -> str:
    """The separator that cuts the first lines into several fields and most nearly the same number everywhere."""
    sample = decoded[:_SAMPLE]

    def fit(separator: str) -> tuple[bool, float, int]:
        widths = []
        try:
            for _, record in itertools.islice(_records(sample, separator), 50):
                widths.append(len(record))
        except csv.Error:  # another separator's quotation marks, or the end of the sample inside a quoted field
            pass
        if len(sample) < len(decoded) and len(widths) > 1:
            widths.pop()  # may be cut off
        if not widths:
            return False, 0.0, 0
        return widths[0] > 1, widths.count(widths[0]) / len(widths), widths[0]

    return max(SEPARATORS, key=fit)


def _header(record: list[str], file: Path, notes: list[str]) -> list[str]:
    """The names of the columns; raises `DataError` if the first line cannot be names."""
    name = repr(str(file))
    names = [field.strip() for field in record]
    numeric = [field for field in names if re.fullmatch(r"[+-]?\d*\.?\d+([eE][+-]?\d+)?", field)]
    fractions = [field for field in numeric if "." in field]
    if len(numeric) == len([field for field in names if field]) or 2 * len(fractions) > len(names):
        values = quoted(names[:3])
        raise DataError(
            f"{name} has no header: its first line holds values ({values}); add a first line that names the columns."
        )
    first: dict[str, int] = {}
    for i, column in enumerate(names):
        if not column:
            names[i] = f"unnamed_{i + 1}"
            notes.append(f"Column {i + 1} of {name} has no name; it is called {names[i]!r} here.")
        if names[i] in first:
            places = f"columns {first[names[i]] + 1} and {i + 1}"
            raise DataError(f"{name} names two columns {names[i]!r} ({places}): give each its own name.")
        first[names[i]] = i
    return names


def _csv(decoded: str, file: Path, notes: list[str]) -> polars.DataFrame:
    """The records of a CSV text as a frame of text columns, in which what is missing is null."""
    import polars

    separator = _separator(decoded)
    name = repr(str(file))
    records = _records(decoded, separator)
    chunks = []
    try:
        names = _header(next(records)[1], file, notes)
        while rows := list(itertools.islice(records, _CHUNK)):
            for line, record in rows:
                if len(record) != len(names):
                    fields = "1 field" if len(record) == 1 else f"{len(record)} fields"
                    advice = f"fields are separated by {SEPARATORS[separator]}; put quotation marks around a field that holds one"
                    raise DataError(f"Line {line} of {name} has {fields}, but the header has {len(names)}: {advice}.")
            columns = zip(*(record for _, record in rows), strict=True)
            series = [
                polars.Series(column, values, dtype=polars.String)
                for column, values in zip(names, columns, strict=True)
            ]
            chunks.append(polars.DataFrame(series).with_columns(_without(polars.all().str.strip_chars(), MISSING)))
    except csv.Error as error:
        advice = "check that each quotation mark that opens a field is closed"
        raise DataError(f"{name} cannot be read {error}; {advice}.") from error
    if not chunks:
        raise DataError(f"{name} has a header but no rows: give at least one row.")
    return polars.concat(chunks)


# ----------------------------------------------------------------------------------------------- types of columns


def _without(column: polars.Expr, words: Collection[str]) -> polars.Expr:
    """A text column in which some words, in upper or lower case, are null."""
    import polars

    return polars.when(~column.str.to_lowercase().is_in(list(words))).then(column)


def numbers_of_text(column: polars.Series) -> polars.Series:
    """Text as numbers: Int64 if every value is a whole one, else Float64; null where it is missing or no number."""
    import polars

    words = (
        polars.DataFrame([column]).select(_without(polars.col(column.name), (*MISSING, *MISSING_NUMBERS))).to_series()
    )
    whole = words.cast(polars.Int64, strict=False)
    return whole if whole.null_count() == words.null_count() else words.cast(polars.Float64, strict=False)


def is_missing_number(column: polars.Series) -> polars.Series:
    """Whether each value of a text column is missing, seen as a number."""
    return column.is_null() | column.str.to_lowercase().is_in([*MISSING, *MISSING_NUMBERS])


def dates_of_text(column: polars.Series) -> polars.Series:
    """Text as dates, or as date-times if not every value is a date; null where it is neither."""
    import polars

    days = column.str.to_date("%Y-%m-%d", strict=False)
    if days.null_count() == column.null_count():
        return days
    times = days.cast(polars.Datetime("us"))
    for form in DATE_TIMES:
        times = times.fill_null(column.str.to_datetime(form, strict=False, time_unit="us"))
    return times


def _typed(column: polars.Series, notes: list[str]) -> polars.Series:
    """A text column as the type that every value of it reads as; itself if there is none."""
    present = column.drop_nulls()
    if present.is_empty():
        return column
    if present.str.to_lowercase().is_in(["true", "false"]).all():
        return column.str.to_lowercase() == "true"
    numeric = numbers_of_text(column)
    if (
        not present.str.contains(LEADING_ZERO).any()
        and numeric.null_count() < column.len()
        and numeric.is_null().eq(is_missing_number(column)).all()
    ):
        return numeric
    if present.str.contains(r"^\d{4}-\d{1,2}-\d{1,2}").all():
        dates = dates_of_text(column)
        if dates.null_count() == column.null_count():
            return dates
    _explain_text(present, notes)
    return column


def _explain_text(present: polars.Series, notes: list[str]) -> None:
    """Add a note if a text column holds what a person may take for numbers."""
    if not present.str.contains(WRITTEN_NUMBER).all():
        return
    for mark, advice in (
        (DECORATION, "write them as 1234.5 if they are numbers"),
        (LEADING_ZERO, "leading zeros mean a code, such as a postcode"),
    ):
        odd = present.filter(present.str.contains(mark))
        if not odd.is_empty():
            notes.append(f"Column {present.name!r} is text, not numbers, because of values like {odd[0]!r}: {advice}.")
            return
