"""Image files as arrays of bytes: decoded, put upright, made gray or coloured, and resized, in threads.

Whatever a file holds becomes one or three channels of 8 bits:

* a photograph is turned upright by the orientation that its camera wrote down (EXIF);
* palettes are looked up, CMYK and other colour spaces become RGB, 16-bit gray is divided by 257;
* what is transparent is laid on white;
* of an animation the first picture counts.

Resizing stretches the image to the size by bilinear interpolation; where it shrinks, each pixel is the weighted mean of all
that it covers (a triangle filter as wide as two output pixels), so that fine patterns do not alias.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
import os
import struct
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.format import write_array_header_1_0
from numpy.typing import NDArray

from chainrule.data.folders import (
    ERRORS,
    AnyPath,
    Progress,
    as_path,
    check_any,
    check_classes,
    check_files,
    check_threads,
    class_files,
    keep,
    missing_package,
    read_in_threads,
)
from chainrule.errors import ArgumentError, DataError, check_name, check_number

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

Bytes = NDArray[np.uint8]

COLORS = ("auto", "rgb", "gray")
# How the names of image files end, by which a folder of images is recognised.
IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
GRAY_MODES = ("1", "L", "LA", "La", "F", "I", "I;16", "I;16B", "I;16L", "I;16N")
LARGEST_SIDE = 1 << 14
# What decoders raise about a file that is damaged, besides the many kinds of ValueError and OSError.
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, struct.error, LookupError, TypeError, ArithmeticError)


@dataclass(frozen=True, eq=False)
class Images:
    """The images of a folder.

    `X` holds bytes of shape (n, height, width, channels), `labels` the name of each image's folder, `paths` its file.
    `classes` are the different labels in rising order. `skipped` are sentences about files that could not be read.
    """

    X: Bytes
    labels: NDArray[np.str_]
    paths: tuple[Path, ...]
    classes: tuple[str, ...]
    skipped: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.X)


def read_images(
    folder: AnyPath,
    size: tuple[int, int] = (64, 64),
    color: str = "auto",
    *,
    threads: int | None = None,
    memory_map: AnyPath | None = None,
    errors: str = "raise",
    progress: Progress | None = None,
) -> Images:
    """The images of a folder that has one sub-folder for each class.

    `size` is (height, width). `color` is "rgb" for three channels, "gray" for one (L = 0.299 R + 0.587 G + 0.114 B), and
    "auto" for one only if every file is gray. `threads` decode while others read, as many as there are processors unless
    given. With `memory_map`, the name of a file to write, X lies in that file (NumPy's npy format, which `np.load` reads
    with mmap_mode="r") rather than in memory. `progress` is called with how many images are done, and of how many.

    Raises `DataError` in a sentence that names the file for one that is broken, cut off, no image, or so large that it may
    be made to fill the memory; with errors="skip" such files are left out, and `skipped` tells of them.

    >>> images = read_images("shapes", size=(32, 32))  # doctest: +SKIP
    >>> images.X.shape, images.classes  # doctest: +SKIP
    ((200, 32, 32, 1), ('circle', 'square'))
    """
    found = class_files(folder)
    label_of = {path: label for label, path in found}
    files = [path for _, path in found]
    X, paths, skipped = images_of(
        files, size, color, threads=threads, memory_map=memory_map, errors=errors, progress=progress
    )
    labels = [label_of[path] for path in paths]
    return Images(X, np.array(labels), paths, check_classes(labels, folder, skipped), skipped)


def images_of(
    paths: Sequence[Path],
    size: tuple[int, int] = (64, 64),
    color: str = "auto",
    *,
    threads: int | None = None,
    memory_map: AnyPath | None = None,
    errors: str = "raise",
    progress: Progress | None = None,
) -> tuple[Bytes, tuple[Path, ...], tuple[str, ...]]:
    """The images of the files that can be read, these files, and sentences about the others. See `read_images`."""
    skipped: list[str] = []
    X, read = _Form.of(size, color, threads, errors).array(paths, memory_map, progress, skipped)
    return X, read, tuple(skipped)


def decode_images(
    paths: Iterable[AnyPath],
    size: tuple[int, int] = (64, 64),
    color: str = "auto",
    *,
    threads: int | None = None,
    memory_map: AnyPath | None = None,
    progress: Progress | None = None,
) -> Bytes:
    """Image files as an array of bytes of shape (n, height, width, channels), as `read_images` reads them.

    For a prediction give the size and the color of training: one channel came of "gray", three of "rgb".
    """
    files = check_files(paths, "image files")
    return images_of(files, size, color, threads=threads, memory_map=memory_map, progress=progress)[0]


def image_blocks(
    paths: Iterable[AnyPath],
    size: tuple[int, int] = (64, 64),
    color: str = "auto",
    *,
    block: int = 256,
    threads: int | None = None,
) -> Iterator[Bytes]:
    """Image files as arrays of at most `block` images each, in order: the next are decoded while one is worked on.

    No more than a block and a few images for each thread are in memory. For the rest see `read_images`.
    """
    form, files = _Form.of(size, color, threads), check_files(paths, "image files")
    most = int(check_number("block", block, low=1, integer=True))
    channels, _ = form.channels(files, [])
    images = (image for _, image in form.images(files, channels, []))
    while some := list(itertools.islice(images, most)):
        yield np.stack(some)


def usual_size(paths: Iterable[AnyPath], most: int = 64, *, errors: str = "raise") -> tuple[int, int]:
    """The median height and width of image files, each at most `most` pixels."""
    check_pillow()
    files, skipped = check_files(paths, "image files"), list[str]()
    headers = [header for _, header in keep(((path, _header(path)) for path in files), errors, skipped)]
    check_any(headers, skipped)
    height, width = (
        sorted(sides)[len(headers) // 2] for sides in zip(*((h.height, h.width) for h in headers), strict=True)
    )
    return min(height, most), min(width, most)


@dataclass(frozen=True)
class _Form:
    """What files are made into, and by how many threads."""

    height: int
    width: int
    color: str
    threads: int
    errors: str

    @classmethod
    def of(cls, size: object, color: str, threads: int | None, errors: str = "raise") -> _Form:
        """The form that the arguments ask for, checked."""
        if not isinstance(size, Sequence) or isinstance(size, str) or len(size) != 2:
            raise ArgumentError(f"size must be (height, width) in pixels, such as (64, 64), but is {size!r}.")
        height, width = (check_number("a side of size", n, low=1, high=LARGEST_SIDE, integer=True) for n in size)
        check_name("color", color, COLORS)
        check_name("errors", errors, ERRORS)
        return cls(int(height), int(width), color, check_threads(threads), errors)

    def array(
        self, paths: Sequence[Path], memory_map: AnyPath | None, progress: Progress | None, skipped: list[str]
    ) -> tuple[Bytes, tuple[Path, ...]]:
        """The files as an array, and those that are in it."""
        channels, files = self.channels(paths, skipped)
        done: list[Path] = []
        with _Rows.of(memory_map, len(files), (self.height, self.width, channels)) as rows:
            for path, image in self.images(files, channels, skipped):
                rows.array[len(done)] = image
                done.append(path)
                if progress is not None:
                    progress(len(done) + len(skipped), len(paths))
            check_any(done, skipped)
            return rows.finished(len(done)), tuple(done)

    def channels(self, paths: Sequence[Path], skipped: list[str]) -> tuple[int, list[Path]]:
        """How many channels the images are to have, and which files begin as images do and may be decoded."""
        check_pillow()
        found = list(keep(((path, _header(path)) for path in paths), self.errors, skipped))
        check_any(found, skipped)
        gray = self.color == "gray" or (self.color == "auto" and all(header.gray for _, header in found))
        return 1 if gray else 3, [path for path, _ in found]

    def images(self, paths: Sequence[Path], channels: int, skipped: list[str]) -> Iterator[tuple[Path, Bytes]]:
        """Each file's image, of shape (height, width, channels)."""

        def decode(path: Path) -> Bytes:
            return _decode(path, self.height, self.width, channels)

        with closing(read_in_threads(decode, paths, self.threads)) as found:
            yield from keep(found, self.errors, skipped)


@dataclass
class _Rows:
    """Where images are collected: an array in memory, or one in a file of NumPy's npy format, which appears when it is whole."""

    array: Bytes
    place: Path | None = None

    @classmethod
    def of(cls, memory_map: AnyPath | None, n: int, shape: tuple[int, ...]) -> _Rows:
        """Room for n images."""
        if memory_map is None:
            return cls(np.empty((n, *shape), np.uint8))
        place = as_path(memory_map, "memory_map")
        try:
            return cls(np.lib.format.open_memmap(_part(place), "w+", np.uint8, (n, *shape)), place)
        except OSError as error:
            reason = error.strerror or str(error)
            raise ArgumentError(
                f"memory_map {str(place)!r} cannot be written ({reason}): choose another place."
            ) from error

    def __enter__(self) -> _Rows:
        return self

    def __exit__(self, *raised: object) -> None:
        if self.place is not None:
            _part(self.place).unlink(missing_ok=True)

    def finished(self, n: int) -> Bytes:
        """The first n images."""
        if self.place is None or not isinstance(self.array, np.memmap):
            return self.array[:n]
        part, start, shape = _part(self.place), self.array.offset, self.array.shape[1:]
        self.array.flush()
        self.array = np.empty(0, np.uint8)  # closes the file
        with part.open("r+b") as file:
            # The header has room for any number of rows, so that writing it again does not move what follows.
            write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (n, *shape)})
            file.truncate(start + n * math.prod(shape))
        os.replace(part, self.place)
        whole: Bytes = np.load(self.place, mmap_mode="r")
        return whole


def _part(place: Path) -> Path:
    """The name of a file while it is being written."""
    return place.with_name(f"{place.name}.part")


# ----------------------------------------------------------------------------------------------------- one file


def check_pillow() -> None:
    """Raise `DataError` in a sentence if the package that decodes images is not installed."""
    if importlib.util.find_spec("PIL") is None:
        raise missing_package("pillow", "images", "Reading images")


@dataclass(frozen=True)
class _Header:
    """What the first bytes of an image file say."""

    gray: bool
    height: int
    width: int


def _header(path: Path) -> _Header | DataError:
    """The header of an image file, or an error if the image cannot be decoded, or should not be."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                return _Header(image.mode in GRAY_MODES, image.height, image.width)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return DataError(
            f"{str(path)!r} has more than {Image.MAX_IMAGE_PIXELS:,} pixels, which may be meant to fill the memory: make it "
            "smaller first."
        )
    except UnidentifiedImageError:
        return DataError(_not_an_image(path))
    except FileNotFoundError:
        return DataError(f"There is no file {str(path)!r}: check the name and the folder.")
    except DAMAGED as error:
        return DataError(_damaged(path, error))


def _not_an_image(path: Path) -> str:
    empty = path.stat().st_size == 0
    what = "is empty" if empty else "is no image of a known kind (PNG, JPEG, BMP, GIF, TIFF or WebP)"
    return f"{str(path)!r} {what}: put another file in its place, or take it away."


def _damaged(path: Path, error: BaseException) -> str:
    reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
    return f"{str(path)!r} is damaged or cut off ({reason}): put another file in its place, or take it away."


def _decode(path: Path, height: int, width: int, channels: int) -> Bytes:
    """The image of a file, of shape (height, width, channels); raises `DataError` if it cannot be decoded."""
    from PIL import Image

    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.format == "JPEG":  # decode no more detail than twice the size takes
                image.draft(None, (2 * max(height, width),) * 2)
            plain = _plain(image, path)
            if channels == 3:
                plain = plain.convert("RGB")
            elif plain.mode != "L":
                plain = plain.convert("L")
            resized = plain.resize((width, height), Image.Resampling.BILINEAR)
            return np.asarray(resized, dtype=np.uint8).reshape(height, width, channels)
    except DataError:
        raise
    except DAMAGED as error:
        raise DataError(_damaged(path, error)) from error


def _plain(image: Picture, path: Path) -> Picture:
    """An image turned upright, with 8 bits a channel, in gray or RGB, and nothing transparent in it."""
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(image)
    if upright.mode == "F" or upright.mode.startswith("I"):
        return _eight_bits(upright, path)
    if upright.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in upright.info:
        gray = upright.mode in ("L", "LA", "La", "1")
        coloured = upright.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        white.alpha_composite(coloured)
        return white.convert("L" if gray else "RGB")
    return upright.convert("L" if upright.mode in ("1", "L") else "RGB")


def _eight_bits(image: Picture, path: Path) -> Picture:
    """Gray of 16 bits as gray of 8: 65,535 is white, 255 · 257."""
    from PIL import Image

    values = np.asarray(image)
    if values.dtype.kind == "f" or values.min() < 0 or values.max() > 65_535:
        raise DataError(
            f"{str(path)!r} holds numbers rather than shades of 8 or 16 bits: it is unknown which of them is white, so save it "
            "as an 8-bit image."
        )
    return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))
