"""Image files as arrays: every kind of pixel against a calculation by hand, and every kind of bad file."""

from __future__ import annotations

import io
import os
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import chainrule as cr
from chainrule.data import folders
from chainrule.data.images import image_blocks, usual_size

Bytes = NDArray[np.uint8]


def noise(*shape: int, seed: int = 0) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def png(path: Path, pixels: NDArray[np.generic], **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of three coloured images each, and what file managers leave behind."""
    for k, label in enumerate(("dog", "cat")):
        for i in range(3):
            png(tmp_path / "pets" / label / f"{i}.png", noise(8, 6, 3, seed=3 * k + i))
    for name in (".DS_Store", "dog/.hidden.png", "dog/Thumbs.db", "cat/desktop.ini"):
        (tmp_path / "pets" / name).write_bytes(b"no image")
    (tmp_path / "pets" / "__MACOSX").mkdir()
    return tmp_path / "pets"


# ------------------------------------------------------------------------------------------------- what is read


def test_a_folder_is_read_class_by_class(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    images = cr.read_images(folder, size=(8, 6), progress=lambda done, total: seen.append((done, total)))
    assert images.classes == ("cat", "dog")
    assert images.labels.tolist() == ["cat"] * 3 + ["dog"] * 3
    assert [path.relative_to(folder).as_posix() for path in images.paths] == [
        f"{label}/{i}.png" for label in ("cat", "dog") for i in range(3)
    ]
    assert (images.X.dtype, images.X.shape, len(images), images.skipped) == (np.uint8, (6, 8, 6, 3), 6, ())
    for i, seed in enumerate((3, 4, 5, 0, 1, 2)):
        np.testing.assert_array_equal(images.X[i], noise(8, 6, 3, seed=seed))
    assert seen == [(i, 6) for i in range(1, 7)]


def test_the_number_of_threads_changes_nothing(folder: Path) -> None:
    one, many = (cr.read_images(folder, size=(5, 7), threads=n) for n in (1, 8))
    np.testing.assert_array_equal(one.X, many.X)
    assert one.paths == many.paths


def test_more_files_than_the_threads_read_ahead(tmp_path: Path) -> None:
    paths = [png(tmp_path / f"{i}.png", np.full((1, 1), i, np.uint8)) for i in range(50)]
    assert cr.decode_images(paths, (1, 1), threads=2)[:, 0, 0, 0].tolist() == list(range(50))
    again = [*paths[:3], *paths[1:4]]  # some are named twice
    assert cr.decode_images(again, (1, 1), threads=2)[:, 0, 0, 0].tolist() == [0, 1, 2, 1, 2, 3]
    blocks = list(image_blocks(paths, (1, 1), block=20, threads=2))
    assert [len(block) for block in blocks] == [20, 20, 10]
    assert np.concatenate(blocks)[:, 0, 0, 0].tolist() == list(range(50))


def test_blocks_end_when_nobody_wants_more(tmp_path: Path) -> None:
    paths = [png(tmp_path / f"{i}.png", noise(2, 2)) for i in range(30)]
    blocks = image_blocks(paths, (2, 2), block=2, threads=2)
    next(blocks)
    blocks.close()
    assert next(image_blocks(paths, (2, 2), block=100)).shape == (30, 2, 2, 1)


def test_nobody_waits_for_a_thread_when_reading_ends_early() -> None:
    """The garbage collector may end it, in a thread that must not wait for another."""
    go_on = threading.Event()

    def read(path: Path) -> Path:
        if path.name != "0":
            go_on.wait(30)
        return path

    found = folders.read_in_threads(read, [Path(str(i)) for i in range(9)], 2)
    assert next(found) == (Path("0"), Path("0"))
    found.close()
    assert not go_on.is_set()
    mine = [thread for thread in threading.enumerate() if thread.name.startswith("chainrule-read")]
    go_on.set()
    for thread in mine:
        thread.join(30)
    assert mine
    assert not any(thread.is_alive() for thread in mine)


def test_in_a_file_instead_of_memory(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "pets.npy"
    images = cr.read_images(folder, size=(4, 4), memory_map=place)
    assert isinstance(images.X, np.memmap)
    np.testing.assert_array_equal(images.X, cr.read_images(folder, size=(4, 4)).X)
    np.testing.assert_array_equal(np.load(place), images.X)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pets", "pets.npy"]


@pytest.mark.parametrize("n_files", [12, 1200])
def test_a_file_has_no_rows_for_what_was_left_out(tmp_path: Path, n_files: int) -> None:
    """The number of rows may lose a digit, of 12 or of 1200: what follows must not move."""
    whole = png(tmp_path / "f" / "a" / "0.png", noise(2, 2)).read_bytes()
    for i in range(n_files):
        path = tmp_path / "f" / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(whole if i < 9 else whole[:44])
    place = tmp_path / "x.npy"
    images = cr.read_images(tmp_path / "f", size=(2, 2), memory_map=place, errors="skip")
    assert (len(images), len(images.skipped)) == (9, n_files - 9)
    assert all((image[..., 0] == noise(2, 2)).all() for image in images.X)
    assert place.stat().st_size == np.load(place, mmap_mode="r").offset + 9 * 4  # type: ignore[attr-defined]


def test_a_file_that_was_begun_is_taken_away(folder: Path, tmp_path: Path) -> None:
    (folder / "cat" / "1.png").write_bytes((folder / "cat" / "1.png").read_bytes()[:80])
    with pytest.raises(cr.DataError, match="1.png"):
        cr.read_images(folder, memory_map=tmp_path / "x.npy")
    assert [path.name for path in tmp_path.iterdir()] == ["pets"]


# ------------------------------------------------------------------------------------------------- kinds of pixels


def decoded(path: Path, color: str = "auto", size: tuple[int, int] = (3, 5)) -> Bytes:
    return cr.decode_images([path], size, color)[0]


def test_gray_stays_gray_and_one_coloured_file_colours_all(tmp_path: Path) -> None:
    gray, coloured = noise(3, 5), noise(3, 5, 3)
    first, second = png(tmp_path / "g.png", gray), png(tmp_path / "c.png", coloured)
    np.testing.assert_array_equal(decoded(first)[..., 0], gray)
    both = cr.decode_images([first, second], (3, 5))
    np.testing.assert_array_equal(both[0], np.repeat(gray[..., None], 3, axis=2))
    np.testing.assert_array_equal(both[1], coloured)


def test_gray_of_colours(tmp_path: Path) -> None:
    pixels = noise(3, 5, 3)
    found = decoded(png(tmp_path / "c.png", pixels), "gray")[..., 0]
    expected = pixels @ np.array([0.299, 0.587, 0.114])
    assert np.abs(found - expected).max() <= 1.0


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    values = np.array([[0, 128, 129, 257, 40_000, 65_535]], np.uint16)
    found = decoded(png(tmp_path / "deep.png", values), size=(1, 6))
    assert found.ravel().tolist() == [0, 0, 1, 1, 156, 255]
    assert np.abs(found.ravel() - values.ravel() / 257).max() <= 0.5
    assert decoded(tmp_path / "deep.png", "rgb", (1, 6))[0, 4].tolist() == [156, 156, 156]


def test_black_and_white_and_palettes(tmp_path: Path) -> None:
    bits = np.array([[True, False, True]])
    assert decoded(png(tmp_path / "bits.png", bits), size=(1, 3)).ravel().tolist() == [255, 0, 255]
    palette = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    palette.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    palette.putdata([0, 1, 2])
    palette.save(tmp_path / "palette.png")
    assert decoded(tmp_path / "palette.png", size=(1, 3)).tolist() == [[[10, 20, 30], [40, 50, 60], [70, 80, 90]]]


def test_transparent_pixels_are_laid_on_white(tmp_path: Path) -> None:
    pixels = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 51]]], np.uint8)
    found = decoded(png(tmp_path / "alpha.png", pixels), size=(1, 3))
    assert found.tolist() == [[[10, 20, 30], [255, 255, 255], [204, 204, 204]]]  # 0 · 51/255 + 255 · 204/255
    gray = np.array([[[100, 255], [100, 0]]], np.uint8)
    found = decoded(png(tmp_path / "gray.png", gray), size=(1, 2))
    assert found.tolist() == [[[100], [255]]]


def test_one_transparent_colour(tmp_path: Path) -> None:
    pixels = np.array([[[1, 2, 3], [9, 9, 9]]], np.uint8)
    found = decoded(png(tmp_path / "key.png", pixels, transparency=(1, 2, 3)), size=(1, 2))
    assert found.tolist() == [[[255, 255, 255], [9, 9, 9]]]


def test_other_colour_spaces_and_formats(tmp_path: Path) -> None:
    red = Image.new("CMYK", (4, 4), (0, 255, 255, 0))
    red.save(tmp_path / "cmyk.jpg", quality=100)
    assert np.abs(decoded(tmp_path / "cmyk.jpg", size=(4, 4)).astype(int) - [255, 0, 0]).max() <= 3
    pixels = noise(3, 5, 3)
    for ending in ("bmp", "tiff", "gif", "webp"):
        options = {"lossless": True} if ending == "webp" else {}
        png(tmp_path / f"x.{ending}", pixels, **options)
    for ending in ("bmp", "tiff", "webp"):
        np.testing.assert_array_equal(decoded(tmp_path / f"x.{ending}"), pixels)
    assert decoded(tmp_path / "x.gif").shape == (3, 5, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_turned_upright(tmp_path: Path, orientation: int) -> None:
    """EXIF's table: where the 0th row and the 0th column of what is stored belong."""
    upright = noise(3, 5)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = png(tmp_path / "photo.png", np.ascontiguousarray(stored), exif=exif)
    np.testing.assert_array_equal(decoded(path)[..., 0], upright)


def test_a_size_is_reached_by_bilinear_interpolation_and_by_weighted_means(tmp_path: Path) -> None:
    """Halved: each pixel is the mean of the four pixels about it on each axis, with weights 1, 3, 3, 1."""
    row = np.array([[0, 0, 80, 160, 240, 240, 0, 0]], np.uint8)
    path = png(tmp_path / "row.png", np.repeat(row, 2, axis=0))
    line = row[0].astype(float)
    inner = [line[2 * i - 1 : 2 * i + 3] @ [1, 3, 3, 1] / 8 for i in (1, 2)]
    ends = [line[:3] @ [3, 3, 1] / 7, line[-3:] @ [1, 3, 3] / 7]
    found = decoded(path, size=(2, 4))[0, :, 0]
    np.testing.assert_allclose(found, [ends[0], *inner, ends[1]], atol=0.51)
    doubled = decoded(png(tmp_path / "two.png", np.array([[0, 100]], np.uint8)), size=(1, 4))[0, :, 0]
    assert doubled.tolist() == [0, 25, 75, 100]


def test_a_large_jpeg_is_decoded_in_part_and_looks_the_same(tmp_path: Path) -> None:
    y, x = np.mgrid[:600, :900] / 900
    pixels = np.stack([255 * x, 255 * y, 127 + 100 * np.sin(9 * x)], axis=2).astype(np.uint8)
    path = png(tmp_path / "large.jpg", pixels, quality=95)
    whole = Image.open(path).resize((30, 20), Image.Resampling.BILINEAR)
    assert np.abs(decoded(path, size=(20, 30)).astype(int) - np.asarray(whole)).max() <= 4


def test_the_usual_size_is_the_median_and_not_too_large(tmp_path: Path) -> None:
    sizes = [(4, 9), (5, 9), (6, 200), (70, 200), (71, 200)]
    paths = [png(tmp_path / f"{i}.png", noise(*size)) for i, size in enumerate(sizes)]
    assert usual_size(paths) == (6, 64)
    assert usual_size(paths[:3], most=100) == (5, 9)


# ------------------------------------------------------------------------------------------------- what is wrong

WHOLE = {"png": {"format": "PNG"}, "jpg": {"format": "JPEG"}, "gif": {"format": "GIF"}, "tif": {"format": "TIFF"}}


def encoded(ending: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(noise(24, 24, 3)).save(buffer, **WHOLE[ending])
    return buffer.getvalue()


BROKEN = {
    "cut off": encoded("png")[:200],
    "cut off, JPEG": encoded("jpg")[:300],
    "text": b"this is no image",
    "empty": b"",
    "half a header": encoded("png")[:20],
    "wrong inside": encoded("png")[:60] + bytes(100) + encoded("png")[160:],
    "a vector drawing": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "PostScript, which would run a program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_one_sentence_that_names_it_or_is_skipped(case: str, folder: Path) -> None:
    bad = folder / "cat" / "1.png"
    bad.write_bytes(BROKEN[case])
    with pytest.raises(cr.DataError) as raised:
        cr.read_images(folder)
    assert repr(str(bad)) in str(raised.value)
    assert "\n" not in str(raised.value)
    images = cr.read_images(folder, errors="skip")
    assert len(images.skipped) == 1
    assert repr(str(bad)) in images.skipped[0]
    assert images.labels.tolist() == ["cat", "cat", "dog", "dog", "dog"]
    assert bad not in images.paths
    with pytest.raises(cr.DataError, match="1.png"):
        list(image_blocks([bad], (2, 2)))


@pytest.mark.parametrize("ending", WHOLE)
def test_whatever_bytes_are_changed_it_is_an_image_or_one_sentence(ending: str, tmp_path: Path) -> None:
    whole, rng = encoded(ending), np.random.default_rng(0)
    refused = 0
    for i in range(150):
        data = bytearray(whole)
        for place in rng.integers(0, min(len(data), 400) if i % 2 else len(data), 3):
            data[place] = rng.integers(0, 256)
        path = tmp_path / f"{i}.{ending}"
        path.write_bytes(bytes(data[: rng.integers(1, len(data))] if i % 5 == 0 else data))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what the decoder says of a file that it can read
                assert cr.decode_images([path], (4, 4), threads=1).shape[:3] == (1, 4, 4)
        except cr.DataError as error:
            refused += 1
            assert str(path) in str(error)  # noqa: PT017
    assert refused


def test_a_huge_image_is_refused_before_it_is_decoded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    png(folder / "cat" / "1.png", noise(11, 11, 3))  # a warning of Pillow's
    png(folder / "cat" / "2.png", noise(30, 30, 3))  # an error of Pillow's
    with pytest.raises(cr.DataError, match="1.png' has more than 100 pixels"):
        cr.read_images(folder)
    images = cr.read_images(folder, errors="skip")
    assert [("1.png" in text, "2.png" in text) for text in images.skipped] == [(True, False), (False, True)]


def test_numbers_that_are_no_shades(tmp_path: Path) -> None:
    for i, values in enumerate((np.array([[0.5]], np.float32), np.array([[-1]], np.int32))):
        path = png(tmp_path / f"{i}.tiff", values)
        with pytest.raises(cr.DataError, match=rf"{i}.tiff' holds numbers rather than shades"):
            decoded(path)


FOLDERS = {
    "no such folder": ([], "There is no folder"),
    "an empty one": (["pets/"], "is empty"),
    "files beside no folders": (["pets/a.png"], "1 file, such as 'a.png'"),
    "a single class": (["pets/cat/a.png"], "a single class"),
    "an empty class": (["pets/cat/a.png", "pets/dog/"], "is empty"),
    "a class of hidden files": (["pets/cat/a.png", "pets/dog/.x.png"], "is empty"),
    "one folder too high": (["pets/train/cat/a.png", "pets/test/cat/a.png"], "holds a folder, 'cat'"),
    "a file": (["pets"], "is a file"),
}


@pytest.mark.parametrize("case", FOLDERS)
def test_a_folder_that_is_none_of_classes_is_one_sentence(case: str, tmp_path: Path) -> None:
    made, sentence = FOLDERS[case]
    for name in made:
        path = tmp_path / name
        if name.endswith("/"):
            path.mkdir(parents=True)
        else:
            png(path.with_suffix(".png"), noise(2, 2)).rename(path)
    with pytest.raises(cr.DataError, match=sentence):
        cr.read_images(tmp_path / "pets")


def test_a_misspelt_folder_is_guessed(folder: Path) -> None:
    with pytest.raises(cr.DataError, match=r"did you mean '.*pets'\?"):
        cr.read_images(folder.with_name("pest"))


def test_a_class_of_which_nothing_is_left(folder: Path) -> None:
    for path in (folder / "cat").iterdir():
        path.write_bytes(b"no image")
    with pytest.raises(cr.DataError, match="3 files of .* so that only the class 'dog' is left"):
        cr.read_images(folder, errors="skip")
    for path in (folder / "dog").iterdir():
        path.write_bytes(b"no image")
    with pytest.raises(cr.DataError, match="None of 6 files could be read"):
        cr.read_images(folder, errors="skip")


ARGUMENTS = {
    "a size of one number": ({"size": 32}, "size must be"),
    "a size of no pixels": ({"size": (0, 4)}, "size must be"),
    "a size beyond all memory": ({"size": (10, 10**6)}, "size must be"),
    "an unknown colour": ({"color": "grey"}, "did you mean 'gray'"),
    "no threads": ({"threads": 0}, "threads must be"),
    "errors that are ignored": ({"errors": "ignore"}, "errors='ignore' is not known"),
    "a file in no folder": ({"memory_map": "nowhere/x.npy"}, "cannot be written"),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_a_wrong_argument_is_one_sentence(case: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    arguments, sentence = ARGUMENTS[case]
    with pytest.raises(cr.ArgumentError, match=sentence):
        cr.read_images(folder, **arguments)  # type: ignore[arg-type]


def test_paths_are_a_list_of_names(tmp_path: Path) -> None:
    for paths, sentence in (
        ("a.png", "must be a list"),
        ([], "is empty"),
        ([3], "must be the name"),
        (7, "must be a list"),
    ):
        with pytest.raises(cr.ArgumentError, match=sentence):
            cr.decode_images(paths)  # type: ignore[arg-type]
    with pytest.raises(cr.DataError, match="There is no file"):
        cr.decode_images([tmp_path / "a.png"])
    with pytest.raises(cr.DataError, match="damaged|folder|read"):
        cr.decode_images([tmp_path])


def test_without_pillow_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(cr.DataError, match=r'pip install "chainrule\[images\]"'):
        cr.read_images(folder)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="a superuser may read anything")
def test_a_folder_that_must_not_be_read(folder: Path) -> None:
    (folder / "cat").chmod(0)
    with pytest.raises(cr.DataError, match="cannot be read"):
        cr.read_images(folder)
    (folder / "cat").chmod(0o700)


def test_an_unreadable_folder_is_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folders.Path, "iterdir", refused)
    with pytest.raises(cr.DataError, match="cannot be read \\(Permission denied\\)"):
        cr.read_images(folder)
