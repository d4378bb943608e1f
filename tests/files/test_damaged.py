"""A model file that was damaged, cut, extended or forged, or never was one: each is refused with a sentence."""

from __future__ import annotations

import ast
import io
import json
import os
import pickle
import random
import re
import signal
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import chainrule.files.model_file as module
from chainrule.errors import ModelFileError
from chainrule.files import read_model, write_model


@pytest.fixture
def good(tmp_path: Path) -> bytes:
    """The bytes of a small model file that loads."""
    arrays = {"w": np.array([[1.5, -2.0]], np.float32), "b": np.array([True])}
    write_model(tmp_path / "good", {"layers": ["Dense", 3]}, arrays)
    assert read_model(tmp_path / "good")[0] == {"layers": ["Dense", 3]}
    return (tmp_path / "good").read_bytes()


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[bytes], str]:
    """A function that asks for a file with the given bytes to be read and returns the sentence that refuses it."""

    def refusal(data: bytes) -> str:
        path = tmp_path / "bad"
        path.write_bytes(data)
        with pytest.raises(ModelFileError) as caught:
            read_model(path)
        sentence = str(caught.value)
        assert repr(str(path)) in sentence
        assert sentence.endswith(".")
        assert "\n" not in sentence
        return sentence

    return refusal


def digits(data: bytes) -> slice:
    """Where the digest is, found by the key in front of it."""
    start = data.index(b'"sha256":"') + len(b'"sha256":"')
    return slice(start, start + 64)


def test_every_single_flipped_bit_is_found(good: bytes, refused: Callable[[bytes], str]) -> None:
    for place in range(len(good)):
        for bit in range(8):
            damaged = bytearray(good)
            damaged[place] ^= 1 << bit
            assert re.search("damaged", refused(bytes(damaged)))


def test_every_truncation_is_found(good: bytes, refused: Callable[[bytes], str]) -> None:
    for length in range(len(good)):
        assert re.search("damaged|is empty", refused(good[:length]))


@pytest.mark.parametrize("extra", [b"\0", b" ", b"\n", b"}", b"\0" * 4096, None], ids=repr)
def test_appended_and_inserted_bytes_are_found(
    extra: bytes | None, good: bytes, refused: Callable[[bytes], str]
) -> None:
    extra = good if extra is None else extra
    assert "is damaged" in refused(good + extra)
    for place in range(len(good)):
        refused(good[:place] + extra[:1] + good[place:])


def random_edit(data: bytes, draw: random.Random) -> bytes:
    """`data` after one to four deletions, insertions, overwritings, exchanges or repetitions of a stretch of bytes."""
    for _ in range(draw.randint(1, 4)):
        i, j = sorted(draw.choices(range(len(data) + 1), k=2))
        noise = draw.randbytes(draw.randint(1, 8))
        edits = [
            data[:i] + data[j:],
            data[:i] + noise + data[i:],
            data[:i] + noise + data[i + len(noise) :],
            data[i:j] + data[:i] + data[j:],
            data[:j] + data[i:j] + data[j:],
        ]
        data = draw.choice(edits)
    return data


def test_2000_random_edits_are_found(good: bytes, refused: Callable[[bytes], str]) -> None:
    draw = random.Random(0)
    edited = (random_edit(good, draw) for _ in range(2_000))
    assert sum(bool(refused(data)) for data in edited if data != good) > 1_900


def test_the_digits_are_accepted_in_one_spelling_only(good: bytes, refused: Callable[[bytes], str]) -> None:
    place = digits(good)
    right = good[place]
    assert right.upper() != right
    for other in (right.upper(), right[:-1] + b"\n", b" " + right[1:], b"0x" + right[2:], b"0" * 64, b"", right + b" "):
        refused(good[: place.start] + other + good[place.stop :])
    for index in range(64):
        for byte in range(256):
            if byte != right[index]:
                wrong = right[:index] + bytes([byte]) + right[index + 1 :]
                if index in (0, 31, 63) or byte in b"0123456789abcdefABCDEF":
                    refused(good[: place.start] + wrong + good[place.stop :])


def test_the_digits_have_one_place_only(good: bytes, refused: Callable[[bytes], str]) -> None:
    """Moving the digits elsewhere leaves all bytes around them in order; it must not leave the file valid."""
    place = digits(good)
    rest = good[: place.start] + good[place.stop :]
    for start in range(len(rest) + 1):
        if start != place.start:
            refused(rest[:start] + good[place] + rest[start:])


def test_a_description_cannot_imitate_the_digest(tmp_path: Path, refused: Callable[[bytes], str]) -> None:
    decoy = '"sha256":"' + "0" * 64 + '"'
    arrays = {decoy: np.arange(3), '"__metadata__":{' + decoy: np.arange(2)}
    write_model(tmp_path / "m", {decoy: decoy, "sha256": "0" * 64, "nested": {"sha256": "0" * 64}}, arrays)
    description, read = read_model(tmp_path / "m")
    assert description[decoy] == decoy
    assert list(read) == list(arrays)
    data = (tmp_path / "m").read_bytes()
    for match in re.finditer(b"0{64}", data):
        assert "is damaged" in refused(data[: match.start()] + b"1" + data[match.start() + 1 :])


# --------------------------------------------------------------------------------------------------- not a model file


def buffered(save: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    save(file)
    return file.getvalue()


FOREIGN = {
    "empty": (b"", "is empty"),
    "one byte": (b"{", "another kind of file"),
    "text": (b"sepal_length,species\n5.1,setosa\n" * 50, "another kind of file"),
    "JSON": (json.dumps({"format": "chainrule", "format_version": "1"}).encode(), "another kind of file"),
    "npy": (buffered(lambda file: np.save(file, np.zeros(3))), "a NumPy .npy file"),
    "npz": (buffered(lambda file: np.savez(file, w=np.zeros(3))), "a zip archive"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(500), "an HDF5 file"),
    "safetensors": (safetensors.numpy.save({"w": np.zeros(3)}), "a safetensors file that Chainrule did not write"),
    "safetensors, marked": (
        safetensors.numpy.save({"w": np.zeros(3)}, {"format": "pt"}),
        "a safetensors file that Chainrule did not write",
    ),
    "empty safetensors": (b"\x02" + bytes(7) + b"{}", "a safetensors file that Chainrule did not write"),
    "ones": (b"\xff" * 1_000, "another kind of file"),
    "zeros": (bytes(1_000), "another kind of file"),
} | {
    f"pickle {protocol}": (pickle.dumps({"w": np.zeros(3)}, protocol=protocol), "a pickle, which is never opened")
    for protocol in (2, 3, 4, 5)
}


@pytest.mark.parametrize("case", FOREIGN)
def test_a_foreign_file_is_named(case: str, refused: Callable[[bytes], str]) -> None:
    data, kind = FOREIGN[case]
    assert kind in refused(data)


def test_a_pickle_is_not_executed(tmp_path: Path, refused: Callable[[bytes], str]) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (os.mkdir, (str(tmp_path / "sprung"),))

    refused(pickle.dumps(Trap()))
    refused(pickle.dumps(Trap(), protocol=0))
    assert not (tmp_path / "sprung").exists()


def test_the_sources_name_nothing_that_executes_a_file() -> None:
    for source in Path(module.__file__).parent.glob("*.py"):
        names = {getattr(node, "id", getattr(node, "attr", None)) for node in ast.walk(ast.parse(source.read_text()))}
        assert not names & {"pickle", "eval", "exec", "marshal", "import_module", "__import__", "load", "getattr"}


def test_a_large_foreign_file_is_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "large", "wb") as file:
        file.truncate(1 << 30)  # zeros that take no room on the disk
    tracemalloc.start()
    with pytest.raises(ModelFileError, match="is not a Chainrule model file"):
        read_model(tmp_path / "large")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_length_is_not_believed(good: bytes, refused: Callable[[bytes], str]) -> None:
    tracemalloc.start()
    for length in (0, 1, 7, 8, 1 << 27, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1):
        assert "is damaged" in refused(length.to_bytes(8, "little") + good[8:])
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_missing_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path / "no folder" / "m"):
        with pytest.raises(ModelFileError, match=re.escape(f"there is no file {str(path)!r}")) as caught:
            read_model(path)
        assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_a_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ModelFileError, match="cannot be read: Not a directory"):
        read_model(tmp_path / "file" / "m")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="is a folder"):
        read_model(tmp_path)


@pytest.fixture
def _at_most_five_seconds() -> Iterator[None]:
    signal.alarm(5)
    yield
    signal.alarm(0)


@pytest.mark.usefixtures("_at_most_five_seconds")
def test_what_is_not_a_regular_file_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # a socket's address is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        for path in ("pipe", "socket", "/dev/null", "/dev/zero"):
            with pytest.raises(ModelFileError, match="is a pipe, socket or device"):
                read_model(path)


def test_a_file_that_may_not_be_read(good: bytes, tmp_path: Path) -> None:
    (tmp_path / "good").chmod(0)
    if os.access(tmp_path / "good", os.R_OK):
        pytest.skip("the superuser may read every file")
    with pytest.raises(ModelFileError, match="cannot be read: Permission denied"):
        read_model(tmp_path / "good")


def test_a_file_larger_than_the_memory(good: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if size == -1:
                raise MemoryError
            return super().read(size)

    monkeypatch.setattr(module, "open", lambda *_: Endless(good), raising=False)
    with pytest.raises(ModelFileError, match="is larger than the memory"):
        read_model(tmp_path / "good")


# --------------------------------------------------------------------------------------------------- a right digest


def sign(data: bytes) -> bytes:
    """`data` with the digits that belong to it: what someone who forges a file can do."""
    place = digits(data)
    digest = module._sha256(data[: place.start], data[place.stop :])
    return data[: place.start] + digest + data[place.stop :]


def forge(description: str, tensors: str, data: bytes = b"", *, version: str = "1", digest: str = "0" * 64) -> bytes:
    """A file with a right digest and this text as its description, its other header entries and its data."""
    metadata = f'"format":"chainrule","format_version":"{version}","sha256":"{digest}"{description}'
    header = ('{"__metadata__":{' + metadata + "}" + tensors + "}").encode()
    return sign(len(header).to_bytes(8, "little") + header + data)


def test_the_forger_can_write_a_valid_file(tmp_path: Path) -> None:
    """Else the tests below would show nothing."""
    entry = ',"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    (tmp_path / "m").write_bytes(forge(r',"description":"{\"a\":1}"', entry, b"\0\0\x80\x3f"))
    description, arrays = read_model(tmp_path / "m")
    assert description == {"a": 1}
    assert arrays["w"].tolist() == [1.0]


@pytest.mark.parametrize("version", ["0", "2", "10", "999999999"])
def test_another_format_version_is_told_from_damage(version: str, good: bytes, refused: Callable[[bytes], str]) -> None:
    newer = forge(r',"something":"else"', "", b"new", version=version)
    assert f"has format version {version}" in refused(newer)
    assert "is damaged" in refused(newer[:-1])
    unsigned = good.replace(b'"format_version":"1"', b'"format_version":"%s"' % version.encode())
    assert "is damaged" in refused(unsigned)


EMPTY = r',"description":"{}"'
FORGED = {
    "no description": forge("", ""),
    "description not text": forge(',"description":{}', ""),
    "description not JSON": forge(',"description":"{"', ""),
    "description a list": forge(',"description":"[]"', ""),
    "description a number": forge(',"description":"1"', ""),
    "NaN": forge(r',"description":"{\"a\":NaN}"', ""),
    "infinity": forge(r',"description":"{\"a\":-Infinity}"', ""),
    "overflow": forge(r',"description":"{\"a\":1e999}"', ""),
    "a very long number": forge(r',"description":"{\"a\":' + "9" * 100_000 + '}"', ""),
    "deep description": forge(r',"description":"{\"a\":' + "[" * 1_000_000 + '"', ""),
    "deep description, closed": forge(r',"description":"{\"a\":' + "[" * 300 + "]" * 300 + '}"', ""),
    "deep header": forge(EMPTY, ',"w":' + "[" * 1_000_000),
    "twice the metadata": forge(EMPTY, ',"__metadata__":{"description":"{}"}'),
    "trailing bytes": forge(EMPTY, "", b"extra"),
    "not an entry": forge(EMPTY, ',"w":1'),
    "no dtype": forge(EMPTY, ',"w":{"shape":[],"data_offsets":[0,0]}'),
    "unknown dtype": forge(EMPTY, ',"w":{"dtype":"O","shape":[1],"data_offsets":[0,8]}', bytes(8)),
    "dtype not of NumPy": forge(EMPTY, ',"w":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}', bytes(2)),
    "complex": forge(EMPTY, ',"w":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}', bytes(8)),
    "data missing": forge(EMPTY, ',"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'),
    "data too short": forge(EMPTY, ',"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}', bytes(4)),
    "offsets reversed": forge(EMPTY, ',"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}', bytes(4)),
    "offsets negative": forge(EMPTY, ',"w":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}', bytes(4)),
    "offsets huge": forge(EMPTY, ',"w":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551615]}', b"1"),
    "a gap": forge(EMPTY, ',"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}', bytes(2)),
    "a gap below a long name": forge(
        EMPTY, f',"{"w" * 10_000}":{{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', bytes(2)
    ),
    "an overlap": forge(
        EMPTY,
        ',"v":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"w":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}',
        bytes(3),
    ),
    "negative shape": forge(EMPTY, ',"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}', bytes(4)),
    "shape product overflows": forge(
        EMPTY, ',"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}'
    ),
    "shape beyond NumPy": forge(EMPTY, ',"w":{"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]}'),
    "100 dimensions": forge(EMPTY, f',"w":{{"dtype":"U8","shape":{[1] * 100},"data_offsets":[0,1]}}', b"1"),
    "length too large": sign((1 << 40).to_bytes(8, "little") + forge(EMPTY, "")[8:]),
    "length too small": sign((20).to_bytes(8, "little") + forge(EMPTY, "")[8:]),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_right_digest_is_no_reason_to_trust(case: str, refused: Callable[[bytes], str]) -> None:
    sentence = refused(FORGED[case])
    assert "agrees with its SHA-256, but Chainrule did not write it" in sentence
    assert len(sentence) < 1_000


def test_2000_forged_edits_are_refused_or_harmless(good: bytes, tmp_path: Path) -> None:
    """Edits after which the digest is put right: nothing but the one error may come out."""
    draw, loaded = random.Random(1), 0
    place = digits(good)
    for _ in range(2_000):
        (tmp_path / "m").write_bytes(sign(good[: place.stop] + random_edit(good[place.stop :], draw)))
        try:
            _, arrays = read_model(tmp_path / "m")
        except ModelFileError:
            continue
        loaded += 1
        assert sum(array.nbytes for array in arrays.values()) <= len(good)
    assert loaded < 2_000
