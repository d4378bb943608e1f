"""CSV and Parquet files as people write them; the parser is compared with polars' own where both can read a file."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from chainrule.data.reading import read_table
from chainrule.errors import DataError


def written(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


EXPECTED = {"a": [1, 2], "b": ["x", "y, z"]}

SPELLINGS: dict[str, str | bytes] = {
    "plain": 'a,b\n1,x\n2,"y, z"\n',
    "no newline at the end": 'a,b\n1,x\n2,"y, z"',
    "CRLF": 'a,b\r\n1,x\r\n2,"y, z"\r\n',
    "old Mac": 'a,b\r1,x\r2,"y, z"\r',
    "semicolons": "a;b\n1;x\n2;y, z\n",
    "tabs": "a\tb\n1\tx\n2\ty, z\n",
    "BOM": b'\xef\xbb\xbfa,b\n1,x\n2,"y, z"\n',
    "UTF-16": 'a,b\n1,x\n2,"y, z"\n'.encode("utf-16"),
    "blank lines": '\na,b\n\n1,x\n2,"y, z"\n\n\n',
    "spaces": ' a , b\n 1 , x \n2, "y, z" \n'.replace('" \n', '"\n'),
    "all quoted": '"a","b"\n"1","x"\n"2","y, z"\n',
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings_of_one_table(spelling: str, tmp_path: Path) -> None:
    notes: list[str] = []
    frame = read_table(written(tmp_path, SPELLINGS[spelling]), notes=notes)
    assert frame.to_dict(as_series=False) == EXPECTED
    assert notes == []


def test_quoted_newlines_quotes_and_formulas(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, 'a,b\n"two\nlines","say ""hi"""\n=cmd(),\'\n'))
    assert frame.to_dict(as_series=False) == {"a": ["two\nlines", "=cmd()"], "b": ['say "hi"', "'"]}


def test_latin_1_is_read_with_a_note(tmp_path: Path) -> None:
    notes: list[str] = []
    frame = read_table(written(tmp_path, "név,x\nJosé,1\n".encode("latin-1")), notes=notes)
    assert frame.columns == ["név", "x"]
    assert frame["név"][0] == "José"
    assert len(notes) == 1
    assert "is not UTF-8 (byte 1): it was read as Latin-1" in notes[0]


DAY, TIME = datetime.date, datetime.datetime
TYPES = {
    "integers": (["1", "-2", "+3", ""], [1, -2, 3, None]),
    "floats": (["1", "2.5", "1e3", "NA"], [1.0, 2.5, 1000.0, None]),
    "infinities": (["1", "inf", "-inf"], [1.0, float("inf"), float("-inf")]),
    "beyond int64": (["1", "99999999999999999999"], [1.0, 1e20]),
    "truth values": (["true", "False", "TRUE", "?"], [True, False, True, None]),
    "dates": (["2024-01-31", "1999-12-01", "null"], [DAY(2024, 1, 31), DAY(1999, 12, 1), None]),
    "date-times": (
        ["2024-01-31 10:20:30", "2024-01-31T10:20", "2024-01-31", "2024-01-31T10:20:30.5Z"],
        [
            TIME(2024, 1, 31, 10, 20, 30),
            TIME(2024, 1, 31, 10, 20),
            TIME(2024, 1, 31),
            TIME(2024, 1, 31, 10, 20, 30, 500000),
        ],
    ),
    "numbers with none and dashes": (["1", "None", "-", "--", "missing", "."], [1, None, None, None, None, None]),
    "none as a word": (["brick", "None", "-"], ["brick", "None", "-"]),
    "postcodes": (["01234", "99999"], ["01234", "99999"]),
    "thousands": (["1,200", "900"], ["1,200", "900"]),
    "money": (["$5", "$1,000.50"], ["$5", "$1,000.50"]),
    "hexadecimal": (["0x1F", "7"], ["0x1F", "7"]),
    "underscores": (["1_000", "7"], ["1_000", "7"]),
    "impossible dates": (["2024-02-31", "2024-01-01"], ["2024-02-31", "2024-01-01"]),
    "other dates": (["31/01/2024", "01/02/2024"], ["31/01/2024", "01/02/2024"]),
    "mixed": (["1", "two", "true"], ["1", "two", "true"]),
    "missing only": (["", "NA", "n/a"], [None, None, None]),
    "missing dashes only": (["-", "-"], ["-", "-"]),
}


@pytest.mark.parametrize("case", TYPES)
def test_types_of_columns(case: str, tmp_path: Path) -> None:
    fields, expected = TYPES[case]
    lines = "\n".join(f'"{field}",1' for field in fields)
    values = read_table(written(tmp_path, f"c,other\n{lines}\n"))["c"].to_list()
    assert values == expected
    assert [type(value) for value in values] == [type(value) for value in expected]


def test_notes_about_what_looks_like_numbers(tmp_path: Path) -> None:
    notes: list[str] = []
    read_table(written(tmp_path, 'n,zip,m,t\n"1,200",01234,1%,a\n7,99999,2%,b\n'), notes=notes)
    assert [note.split("'")[1] for note in notes] == ["n", "zip", "m"]
    assert "values like '1,200': write them as 1234.5" in notes[0]
    assert "leading zeros mean a code" in notes[1]


def test_a_column_stays_text_where_that_is_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1.50,1.50\n,2\n")
    frame = read_table(path, text=["a", "not there"])
    assert frame.to_dict(as_series=False) == {"a": ["1.50", None], "b": [1.5, 2.0]}


def test_columns_without_a_name_are_given_one(tmp_path: Path) -> None:
    notes: list[str] = []
    frame = read_table(written(tmp_path, ",a,\n0,5,x\n1,6,y\n"), notes=notes)
    assert frame.columns == ["unnamed_1", "a", "unnamed_3"]
    assert len(notes) == 2


def test_a_single_column(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "a\n1\n2\n")).to_dict(as_series=False) == {"a": [1, 2]}


def test_years_are_names(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "land,2001,2002\nx,1,2\n")).columns == ["land", "2001", "2002"]


def test_long_files_are_read_in_pieces(tmp_path: Path) -> None:
    n = 45_000
    lines = "".join(f"{i},{i / 7!r},w{i % 3}\n" for i in range(n))
    path = written(tmp_path, "a,b,c\n" + lines)
    assert_frame_equal(read_table(path), pl.read_csv(path))
    with pytest.raises(DataError, match=f"Line {n + 2} of .* has 2 fields, but the header has 3"):
        read_table(written(tmp_path, "a,b,c\n" + lines + "1,2\n"))


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(-(10**6), 10**6),
            st.floats(allow_nan=False, allow_infinity=False),
            st.text("ab ,;\"'\n\t", min_size=1),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_polars_writes_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, float, str]]
) -> None:
    # A word before and after: spaces around a value are dropped, and a lone quotation mark or dash is a number's gap.
    frame = pl.DataFrame([(i, x, f"t{s}t") for i, x, s in rows], schema=["i", "x", "s"], orient="row")
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    frame.write_csv(path)
    again = read_table(path)
    assert again["i"].to_list() == frame["i"].to_list()
    assert again["x"].cast(pl.Float64).to_list() == frame["x"].to_list()
    assert again["s"].to_list() == frame["s"].to_list()


def test_parquet_keeps_types(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1, None], "b": ["01", "x"], "c": [DAY(2024, 1, 1), None], "d": pl.Series([[1], []])})
    for name in ("table.parquet", "table.data"):
        frame.write_parquet(tmp_path / name)
        assert_frame_equal(read_table(tmp_path / name), frame)
        assert_frame_equal(read_table(str(tmp_path / name)), frame)


def test_a_line_that_the_sample_cuts_off_does_not_count(tmp_path: Path) -> None:
    """Semicolons separate; each line also has one comma."""
    line = "1,5;2;" + "x" * 100_000
    assert read_table(written(tmp_path, "a,b;c;d" + 4 * f"\n{line}")).width == 3


def test_many_columns(tmp_path: Path) -> None:
    names = ",".join(f"c{i}" for i in range(1000))
    frame = read_table(written(tmp_path, f"{names}\n{','.join('7' * 1000)}\n"))
    assert frame.shape == (1, 1000)


@pytest.mark.skipif(
    "CHAINRULE_DATA" not in os.environ, reason="CHAINRULE_DATA names no folder with california_housing.csv"
)
def test_california_housing() -> None:
    path = Path(os.environ["CHAINRULE_DATA"], "california_housing.csv")
    notes: list[str] = []
    frame = read_table(path, notes=notes)
    assert notes == []
    assert frame.shape == (20_640, 10)
    assert frame["total_bedrooms"].null_count() == 207
    assert_frame_equal(frame, pl.read_csv(path))
    assert np.isclose(frame["median_house_value"].max(), 500_001)
