"""Files of arrays that others have written: what is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import chainrule as cr
from chainrule.errors import ArgumentError, ModelFileError
from chainrule.files import read_arrays

KINDS = [torch.float16, torch.float32, torch.float64, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_safetensors_of_every_kind_of_number(kind: torch.dtype, tmp_path: Path) -> None:
    tensor = torch.arange(6).reshape(2, 3).to(kind)
    save_file({"fc.weight": tensor, "none": tensor[:0], "one": tensor[1, 1].clone()}, tmp_path / "x")
    found = read_arrays(tmp_path / "x")
    for name, expected in (("fc.weight", tensor), ("none", tensor[:0]), ("one", tensor[1, 1])):
        assert found[name].dtype == expected.numpy().dtype
        assert found[name].flags.writeable
        np.testing.assert_array_equal(found[name], expected.numpy())


def test_bfloat16_becomes_float32(tmp_path: Path) -> None:
    tensor = torch.randn(50, dtype=torch.bfloat16)
    save_file({"x": tensor}, tmp_path / "x")
    found = read_arrays(tmp_path / "x")["x"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, tensor.float().numpy())


def test_a_model_file_gives_what_its_network_has(tmp_path: Path) -> None:
    net = cr.Network(cr.Standardize(), cr.Dense(2))
    net.fit(np.eye(3), np.ones((3, 2)), loss="squared_error", optimizer=cr.Momentum(0.1), epochs=1, backend="numpy")
    net.save(tmp_path / "net")
    found, expected = read_arrays(tmp_path / "net"), {**net.params, **net.state}
    assert set(found) == set(expected)
    assert all(np.array_equal(found[name], array) for name, array in expected.items())


def damaged(folder: Path) -> Path:
    net = cr.Network(cr.Dense(2)).build(3)
    net.save(folder / "net")
    content = bytearray((folder / "net").read_bytes())
    content[-1] ^= 1
    return written(folder, bytes(content))


def written(folder: Path, content: bytes) -> Path:
    (folder / "file").write_bytes(content)
    return folder / "file"


def pickled(folder: Path, *, archive: bool) -> Path:
    torch.save({"x": torch.ones(2)}, folder / "x.pt", _use_new_zipfile_serialization=archive)
    return folder / "x.pt"


def objects(folder: Path) -> Path:
    np.savez(folder / "x.npz", x=np.array([{}], dtype=object))
    return folder / "x.npz"


def truth(folder: Path) -> Path:
    save_file({"x": torch.tensor([True])}, folder / "x")
    return folder / "x"


BAD = {
    "missing": (lambda folder: folder / "none", "cannot be read: No such file"),
    "a folder": (lambda folder: folder, "cannot be read: Is a directory"),
    "empty": (lambda folder: written(folder, b""), "is neither a safetensors file nor an .npz file"),
    "a pickle": (lambda folder: pickled(folder, archive=False), "it may be a pickle, which is never opened"),
    "a PyTorch file": (
        lambda folder: pickled(folder, archive=True),
        "as .pt files are: save the state_dict with safetensors",
    ),
    "a damaged zip": (lambda folder: written(folder, b"PK\x03\x04" + bytes(50)), "cannot be read as an .npz file"),
    "an npz of objects": (objects, "cannot be read as an .npz file: Object arrays cannot be loaded"),
    "a damaged safetensors file": (
        lambda folder: written(folder, (2).to_bytes(8, "little") + b"{x"),
        "cannot be read as a safetensors file",
    ),
    "a damaged model file": (damaged, "is damaged: its bytes do not agree with its SHA-256"),
    "truth values": (truth, "holds 'x' as BOOL, which is no kind of number"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_file_of_arrays_is_a_sentence(case: str, tmp_path: Path) -> None:
    make, sentence = BAD[case]
    with pytest.raises(ModelFileError, match=sentence):
        read_arrays(make(tmp_path))


def test_a_path_is_a_text() -> None:
    with pytest.raises(ArgumentError, match="path must name a file"):
        read_arrays(3)  # type: ignore[arg-type]
