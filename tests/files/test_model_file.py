"""What a model file holds comes back equal to the bit, and what it cannot hold is refused in one sentence."""

from __future__ import annotations

import hashlib
import json
import stat
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from chainrule.errors import ArgumentError
from chainrule.files import model_file, read_model, write_model

DTYPES = sorted(model_file._DTYPES)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
descriptions = st.dictionaries(st.text(), json_values, max_size=5)
dtypes = st.tuples(st.sampled_from(DTYPES), st.sampled_from("<>")).map(lambda d: np.dtype(d[0]).newbyteorder(d[1]))
shapes = numpy_strategies.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
arrays = dtypes.flatmap(lambda dtype: numpy_strategies.arrays(dtype, shapes))
names = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda name: name != "__metadata__")


def bits(array: np.ndarray[Any, Any]) -> tuple[str, tuple[int, ...], bytes]:
    """What two arrays share when they are equal to the bit, whatever their byte order."""
    return array.dtype.name, array.shape, np.array(array, array.dtype.newbyteorder(">"), order="C").tobytes()


def check_round_trip(path: Path, description: dict[str, Any], stored: dict[str, np.ndarray[Any, Any]]) -> None:
    write_model(path, description, stored)
    read_description, read_arrays = read_model(path)
    assert read_description == description
    assert list(read_description) == list(description)
    assert list(read_arrays) == list(stored)
    for name, array in stored.items():
        assert bits(read_arrays[name]) == bits(array)
        assert read_arrays[name].dtype.isnative
        assert read_arrays[name].flags.owndata
        assert read_arrays[name].flags.writeable
        assert read_arrays[name].flags.c_contiguous


@given(description=descriptions, stored=st.dictionaries(names, arrays, max_size=5))
def test_what_is_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, description: dict[str, Any], stored: dict[str, Any]
) -> None:
    check_round_trip(tmp_path_factory.mktemp("round") / "model.chainrule", description, stored)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_dtype_byte_order_and_layout(dtype: str, order: str, tmp_path: Path) -> None:
    whole = np.arange(60).reshape(3, 4, 5).astype(np.dtype(dtype).newbyteorder(order))
    read_only = whole.copy()
    read_only.flags.writeable = False
    stored = {
        "whole": whole,
        "Fortran order": np.asfortranarray(whole),
        "transposed": whole.transpose(2, 0, 1),
        "strided": whole[::2, 1:, ::-3],
        "every second": whole.ravel()[::2],
        "backwards": whole.ravel()[::-1],
        "broadcast": np.broadcast_to(whole[0, 0], (7, 5)),
        "no dimensions": whole[2, 3, 4, ...],
        "one element": whole[:1, :1, :1],
        "empty": whole[:, :0],
        "read-only": read_only,
        "unaligned": np.frombuffer(b"x" + whole.tobytes(), whole.dtype, offset=1),
    }
    check_round_trip(tmp_path / "m", {}, stored)


@pytest.mark.parametrize(
    ("dtype", "pattern"),
    [
        ("float16", [0x7C01, 0xFE12, 0x8000, 0x0001]),
        ("float32", [0x7F800001, 0xFFC12345, 0x80000000, 0x00000001]),
        ("float64", [0x7FF0000000000001, 0xFFF8123456789ABC, 0x8000000000000000, 0x0000000000000001]),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_nan_payloads_negative_zero_and_subnormals_keep_their_bits(
    dtype: str, pattern: list[int], order: str, tmp_path: Path
) -> None:
    word = np.dtype(f"u{np.dtype(dtype).itemsize}").newbyteorder(order)
    array = np.array(pattern, word).view(np.dtype(dtype).newbyteorder(order))
    write_model(tmp_path / "m", {}, {"w": array})
    assert read_model(tmp_path / "m")[1]["w"].view(word.newbyteorder("=")).tolist() == pattern


def test_the_arrays_share_no_memory(tmp_path: Path) -> None:
    write_model(tmp_path / "m", {}, {"a": np.zeros(4), "b": np.zeros(4)})
    _, arrays = read_model(tmp_path / "m")
    arrays["a"][:] = 1
    assert arrays["b"].tolist() == [0, 0, 0, 0]
    assert read_model(tmp_path / "m")[1]["a"].tolist() == [0, 0, 0, 0]


def test_writing_leaves_the_arguments_alone(tmp_path: Path) -> None:
    description, array = {"rates": [0.1, 0.2]}, np.arange(6, dtype=">f4").reshape(2, 3).T
    write_model(tmp_path / "m", description, {"w": array})
    assert description == {"rates": [0.1, 0.2]}
    assert array.dtype == ">f4"
    assert array.tolist() == [[0, 3], [1, 4], [2, 5]]


# --------------------------------------------------------------------------------------------------- the format


def test_the_safetensors_library_reads_a_model_file(tmp_path: Path) -> None:
    stored = {"flag": np.array(True), "weight": np.arange(6.0).reshape(2, 3), "count": np.arange(3, dtype=np.int16)}
    write_model(tmp_path / "m", {"layers": ["Dense"]}, stored)
    loaded = safetensors.numpy.load_file(tmp_path / "m")
    assert {name: bits(array) for name, array in loaded.items()} == {name: bits(a) for name, a in stored.items()}
    with safetensors.safe_open(tmp_path / "m", framework="numpy") as file:
        metadata = file.metadata()
    assert metadata.keys() == {"format", "format_version", "sha256", "description"}
    assert (metadata["format"], metadata["format_version"]) == ("chainrule", "1")
    assert json.loads(metadata["description"]) == {"layers": ["Dense"]}


def test_the_bytes_of_a_file_are_these(tmp_path: Path) -> None:
    """The whole of a small file written out: the format cannot change by accident."""
    write_model(tmp_path / "m", {"a": [1, "é"]}, {"b": np.array([True]), "w": np.array([1.5, -2], np.float32)})
    before = b'{"__metadata__":{"format":"chainrule","format_version":"1","sha256":"'
    after = (
        b'","description":"{\\"a\\":[1,\\"\\\\u00e9\\"]}"},'
        b'"b":{"dtype":"BOOL","shape":[1],"data_offsets":[8,9]},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    )
    after += b" " * (-(len(before) + 64 + len(after)) % 8)
    before = struct.pack("<Q", len(before) + 64 + len(after)) + before
    after += bytes.fromhex("0000c03f 000000c0 01")
    digest = hashlib.sha256(before + after).hexdigest().encode()
    assert (tmp_path / "m").read_bytes() == before + digest + after


def test_equal_content_gives_equal_bytes_and_aligned_arrays(tmp_path: Path) -> None:
    stored = {name: np.zeros(3, name) for name in DTYPES}
    for name in ("first", "second"):
        write_model(tmp_path / name, {"seed": 1}, stored)
    data = (tmp_path / "first").read_bytes()
    assert data == (tmp_path / "second").read_bytes()
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0
    header = json.loads(data[8 : 8 + length])
    for name in DTYPES:
        assert header[name]["data_offsets"][0] % np.dtype(name).itemsize == 0


# --------------------------------------------------------------------------------------------------- refused

endless: dict[str, Any] = {}
endless["itself"] = endless
deep: list[Any] = []
for _ in range(1_000):
    deep = [deep]

WRONG_DESCRIPTIONS: dict[str, tuple[Any, str]] = {
    "not a dict": ([1], "description must be a dict, but is of type list"),
    "None": (None, "description must be a dict, but is of type NoneType"),
    "NaN": ({"a": {"b": [0, float("nan")]}}, r"description\['a'\]\['b'\]\[1\] must be a finite number, but is nan"),
    "infinity": ({"a": -float("inf")}, r"description\['a'\] must be a finite number, but is -inf"),
    "infinity of NumPy": ({"a": np.float64("inf")}, r"description\['a'\] must be a finite number"),
    "an array": ({"a": np.zeros(2)}, r"description\['a'\] must be .* but is of type ndarray"),
    "a NumPy integer": ({"a": np.int64(2)}, r"description\['a'\] must be .* but is of type int64"),
    "a NumPy bool": ({"a": np.bool_(True)}, r"description\['a'\] must be .* but is of type bool"),
    "a tuple": ({"a": (1, 2)}, r"description\['a'\] must be .* but is of type tuple"),
    "bytes": ({"a": b"x"}, r"description\['a'\] must be .* but is of type bytes"),
    "a function": ({"a": print}, r"description\['a'\] must be .* but is of type builtin_function_or_method"),
    "a number as key": ({"a": {1: 2}}, r"description\['a'\] must have strings as keys, but has the key 1"),
    "None as key": ({None: 2}, "description must have strings as keys, but has the key None"),
    "itself": (endless, "description must have at most 200 levels"),
    "too deep": ({"a": deep}, "description must have at most 200 levels"),
    "too long a number": ({"a": 10**5_000}, "description cannot be written as JSON"),
}


@pytest.mark.parametrize("case", WRONG_DESCRIPTIONS)
def test_a_wrong_description_is_refused(case: str, tmp_path: Path) -> None:
    description, sentence = WRONG_DESCRIPTIONS[case]
    with pytest.raises(ArgumentError, match=sentence):
        write_model(tmp_path / "m", description, {})
    assert not list(tmp_path.iterdir())


def test_200_levels_are_not_too_deep(tmp_path: Path) -> None:
    description: dict[str, Any] = {}
    for _ in range(199):
        description = {"a": description}
    check_round_trip(tmp_path / "m", description, {})


WRONG_ARRAYS: dict[str, tuple[Any, Any, str]] = {
    "objects": ("w", np.array([None, 1]), r"arrays\['w'\] must have one of the dtypes .*, but has object"),
    "text": ("w", np.array(["a"]), r"arrays\['w'\] must have one of the dtypes .*, but has <U1"),
    "bytes": ("w", np.array([b"a"]), r"arrays\['w'\] must have one of the dtypes .*, but has \|S1"),
    "complex": ("w", np.array([1j]), r"arrays\['w'\] must have one of the dtypes .*, but has complex128"),
    "dates": ("w", np.array(["2020-01-01"], "M8[D]"), r"arrays\['w'\] must have one of the dtypes"),
    "records": ("w", np.zeros(2, [("a", "f4")]), r"arrays\['w'\] must have one of the dtypes"),
    "masked": ("w", np.ma.masked_invalid([1.0, np.nan]), r"arrays\['w'\] must be a NumPy array, .* type MaskedArray"),
    "a list": ("w", [1.0], r"arrays\['w'\] must be a NumPy array, but is of type list"),
    "a scalar": ("w", np.float32(1), r"arrays\['w'\] must be a NumPy array, but is of type float32"),
    "name not text": (1, np.zeros(1), "arrays must have Unicode strings .* as names, but has 1"),
    "reserved name": ("__metadata__", np.zeros(1), "arrays must have Unicode strings .* has '__metadata__'"),
    "half a character": ("\ud800", np.zeros(1), "arrays must have Unicode strings"),
}


@pytest.mark.parametrize("case", WRONG_ARRAYS)
def test_a_wrong_array_is_refused(case: str, tmp_path: Path) -> None:
    name, array, sentence = WRONG_ARRAYS[case]
    with pytest.raises(ArgumentError, match=sentence):
        write_model(tmp_path / "m", {}, {"good": np.zeros(1), name: array})
    assert not list(tmp_path.iterdir())


def test_extended_precision_is_refused_where_it_exists(tmp_path: Path) -> None:
    if np.dtype(np.longdouble).itemsize == 8:
        pytest.skip("long double is float64 on this machine")
    with pytest.raises(ArgumentError, match=r"arrays\['w'\] must have one of the dtypes"):
        write_model(tmp_path / "m", {}, {"w": np.zeros(1, np.longdouble)})


def test_a_header_that_no_reader_would_take_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_file, "_LONGEST_HEADER", 1_000)
    check_round_trip(tmp_path / "m", {"a": "x" * 700}, {})
    with pytest.raises(ArgumentError, match="need a header of .* bytes; 1000 is the most"):
        write_model(tmp_path / "m", {"a": "x" * 1_000}, {})


@pytest.mark.parametrize("path", [1, None, b"m", "", "a\0b", "a\ud800b", ["m"]])
def test_a_path_that_names_no_file_is_refused(path: Any) -> None:
    for use in (read_model, lambda name: write_model(name, {}, {})):
        with pytest.raises(ArgumentError, match="path must name a file"):
            use(path)


def test_paths_of_every_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("plain", Path("pathlib"), tmp_path / "absolute", "späce å 模型 \n.chainrule", "x" * 255):
        check_round_trip(path, {"path": str(path)}, {"w": np.arange(3)})
    assert all(stat.S_ISREG(file.stat().st_mode) for file in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 5
