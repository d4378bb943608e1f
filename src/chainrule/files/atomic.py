"""Replace a file in one step: after a failure or a power cut the path holds the old file or the new one, never a part.

All depends on the order of the calls: write a temporary file in the same folder, force it to the disk, rename it over
the old one, force the folder to the disk. Without the first sync the new name may appear before the bytes it stands
for; without the second the rename itself may be lost.

Source: POSIX.1-2017, rename() and fsync(); Pillai et al., "All file systems are not created equal", OSDI 2014.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable

from chainrule.errors import ModelFileError

_REASONS = {
    errno.ENOENT: "its folder does not exist, so make that first",
    errno.EACCES: "writing there is not permitted, so choose another place",
    errno.ENOSPC: "the disk is full, so free some space or choose another place",
}


def replace_file(path: str, parts: Iterable[bytes | memoryview]) -> None:
    """Write `parts`, one after the other, as the file `path`, in one step.

    The old file's permissions are kept; a new file has those of the umask. A symbolic link stays, and the file it names
    is replaced. A process that is killed may leave a file ``.chainrule-<16 digits>.tmp`` behind, which can be deleted.

    Raises `ModelFileError`, caused by the `OSError`, when that fails. The old file is then untouched and the temporary
    file removed; only if the folder cannot be forced to the disk, the last step, is the new file in place already.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     replace_file(f"{folder}/greeting", [b"hello ", b"world"])
    ...     pathlib.Path(folder, "greeting").read_text()
    'hello world'
    """
    try:
        target = os.path.realpath(path)
        _write_and_rename(target, parts, _mode(target))
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        raise ModelFileError(
            f"{path!r} cannot be saved, because {reason}; what was there before is unchanged."
        ) from error
    _sync_folder(target)


def _mode(target: str) -> int | None:
    """The permissions of the file that is to be replaced, None if there is none; raise if it must not be replaced."""
    if not os.path.exists(target):
        return None
    mode = os.stat(target).st_mode
    if not stat.S_ISREG(mode):
        raise ModelFileError(
            f"{target!r} is a folder, pipe or device and cannot be saved to; choose the name of a file."
        )
    if not os.access(target, os.W_OK):  # a rename would not ask
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), target)
    return mode & 0o777


def _write_and_rename(target: str, parts: Iterable[bytes | memoryview], mode: int | None) -> None:
    """Put a new file in the place of `target`, or leave everything as it was."""
    temporary = os.path.join(os.path.dirname(target), f".chainrule-{os.urandom(8).hex()}.tmp")
    creation_mode = 0o666 if mode is None else mode  # the umask takes its bits away, so it is never too open
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, creation_mode)) as file:
            if mode is not None and os.fstat(file.fileno()).st_mode & 0o777 != mode:
                os.chmod(temporary, mode)
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:  # Ctrl-C included
        with contextlib.suppress(OSError):  # the first error is the one to tell of
            os.unlink(temporary)
        raise


def _sync_folder(target: str) -> None:
    """Force the name of a new file to the disk."""
    if os.name == "nt":
        return  # a folder cannot be opened there
    try:
        folder = os.open(os.path.dirname(target), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # file systems that have no such operation
            raise ModelFileError(
                f"{target!r} is saved, but the disk has not confirmed its name ({error.strerror or error}), so a power "
                "cut may bring back what was there before; save it once more."
            ) from error
