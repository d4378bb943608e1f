"""Saving over a file: whatever fails, the path holds a whole model and the folder holds nothing else."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.errors import ModelFileError
from chainrule.files import read_model, write_model

OLD, NEW = {"which": "old"}, {"which": "new"}


def save_new(path: Path) -> None:
    write_model(path, NEW, {"w": np.arange(100_000.0)})


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A model file that is there already."""
    write_model(tmp_path / "m", OLD, {"w": np.arange(3)})
    return tmp_path / "m"


def check(path: Path, which: dict[str, str], *, alone: bool = True) -> None:
    """The model that a file holds, and that there is no litter beside it."""
    assert read_model(path)[0] == which
    if alone:
        assert [file.name for file in path.parent.iterdir()] == [path.name]


@contextlib.contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Writes beyond `size` bytes of a file fail half-way, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 1, 100, 4_096, 500_000])
def test_a_write_that_stops_half_way(size: int, target: Path) -> None:
    with (
        file_size_limit(size),
        pytest.raises(ModelFileError, match="cannot be saved, because File too large") as caught,
    ):
        save_new(target)
    assert isinstance(caught.value.__cause__, OSError)
    check(target, OLD)


def fail(error: BaseException) -> Callable[..., Any]:
    def failing(*_: object, **__: object) -> Any:
        raise error

    return failing


BEFORE_THE_RENAME = ["open", "fstat", "fsync", "replace", "chmod", "stat"]


@pytest.mark.parametrize("function", BEFORE_THE_RENAME)
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EDQUOT, errno.ENOENT])
def test_a_call_that_fails_leaves_the_old_file(
    function: str, code: int, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.chmod(0o666)  # more than the umask gives, so that chmod is needed
    error = OSError(code, os.strerror(code))
    with monkeypatch.context() as patch:
        if function == "stat":  # `exists` asks as well, but is answered
            patch.setattr(os.path, "exists", lambda _: True)
        patch.setattr(os, function, fail(error))
        with pytest.raises(
            ModelFileError, match="cannot be saved, because .*what was there before is unchanged"
        ) as caught:
            save_new(target)
    assert caught.value.__cause__ is error
    check(target, OLD)


def test_the_reason_is_told(target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelFileError, match="its folder does not exist, so make that first"):
        save_new(tmp_path / "none" / "m")
    monkeypatch.setattr(os, "fsync", fail(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(ModelFileError, match="the disk is full, so free some space"):
        save_new(target)
    monkeypatch.setattr(os, "fsync", fail(OSError("only words")))
    with pytest.raises(ModelFileError, match="because only words;"):
        save_new(target)
    check(target, OLD)


@pytest.mark.parametrize("function", ["fsync", "replace", "fstat"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), SystemExit(1)], ids=repr)
def test_an_interruption_leaves_the_old_file(
    function: str, error: BaseException, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, function, fail(error))
        with pytest.raises(type(error)) as caught:
            save_new(target)
    assert caught.value is error
    check(target, OLD)


def test_the_first_error_is_told_when_the_clean_up_fails_too(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail(OSError(errno.EIO, "Input/output error")))
        patch.setattr(os, "unlink", fail(OSError(errno.EROFS, "Read-only file system")))
        with pytest.raises(ModelFileError, match="because Input/output error"):
            save_new(target)
    check(target, OLD, alone=False)


def test_a_failure_where_no_file_was_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail(OSError(errno.EIO, "Input/output error")))
        with pytest.raises(ModelFileError):
            save_new(tmp_path / "m")
    assert not list(tmp_path.iterdir())


# --------------------------------------------------------------------------------------------------- the folder's sync


def failing_for_folders(code: int) -> Callable[[int], None]:
    real = os.fsync

    def fsync(number: int) -> None:
        if stat.S_ISDIR(os.fstat(number).st_mode):
            raise OSError(code, os.strerror(code))
        real(number)

    return fsync


def test_a_folder_that_cannot_be_synced_is_told(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing_for_folders(errno.EIO))
        with pytest.raises(
            ModelFileError, match="is saved, but the disk has not confirmed its name .*Input/output error"
        ):
            save_new(target)
    check(target, NEW)


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_without_folder_sync_is_accepted(
    code: int, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", failing_for_folders(code))
    save_new(target)
    check(target, NEW)


@pytest.mark.parametrize("elements", [0, 1, 100_000])
def test_the_order_of_the_calls(elements: int, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is synced with all its bytes before the rename, the folder after it."""
    calls: list[tuple[str, int]] = []
    fsync, replace = os.fsync, os.replace

    def spied_fsync(number: int) -> None:
        status = os.fstat(number)
        calls.append(("folder", 0) if stat.S_ISDIR(status.st_mode) else ("file", status.st_size))
        fsync(number)

    def spied_replace(source: str, goal: str) -> None:
        assert Path(source).parent == Path(goal).parent
        calls.append(("rename", os.stat(source).st_size))
        replace(source, goal)

    monkeypatch.setattr(os, "fsync", spied_fsync)
    monkeypatch.setattr(os, "replace", spied_replace)
    write_model(target, NEW, {"w": np.zeros(elements)})
    size = target.stat().st_size
    assert calls == [("file", size), ("rename", size), ("folder", 0)]


# --------------------------------------------------------------------------------------------------- killed, at once

SAVE_FOR_EVER = """
import sys, numpy as np
from chainrule.files import write_model
print("ready", flush=True)
while True:
    for which in range(2):
        write_model(sys.argv[1], {"which": which}, {"w": np.full(300_000, which, np.float32)})
"""


def test_a_killed_process_leaves_a_whole_file(tmp_path: Path) -> None:
    draw = random.Random(0)
    path = tmp_path / "m"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    for _ in range(6):
        command = [sys.executable, "-c", SAVE_FOR_EVER, str(path)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            while not path.exists():
                time.sleep(0.001)
            time.sleep(draw.uniform(0, 0.05))
            child.send_signal(signal.SIGKILL)
        description, arrays = read_model(path)
        assert arrays["w"].tolist() == [description["which"]] * 300_000
    litter = {file.name for file in tmp_path.iterdir()} - {"m"}
    assert all(name.startswith(".chainrule-") and name.endswith(".tmp") for name in litter)


def test_threads_that_save_to_one_path(target: Path) -> None:
    failures: list[BaseException] = []

    def save(which: int) -> None:
        try:
            for _ in range(10):
                write_model(target, {"which": which}, {"w": np.full(1_000, which)})
                description, arrays = read_model(target)
                assert arrays["w"].tolist() == [description["which"]] * 1_000
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=save, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert [file.name for file in target.parent.iterdir()] == ["m"]


# --------------------------------------------------------------------------------------------------- what is replaced


@pytest.fixture
def umask() -> Iterator[int]:
    """A umask of 0o027, put back afterwards."""
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


def test_a_new_file_has_the_permissions_of_the_umask(umask: int, tmp_path: Path) -> None:
    save_new(tmp_path / "m")
    assert stat.S_IMODE((tmp_path / "m").stat().st_mode) == 0o666 & ~umask


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666, 0o755])
def test_an_old_file_keeps_its_permissions(mode: int, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target.chmod(mode)
    modes: list[int] = []
    real = os.replace

    def replace(source: str, goal: str) -> None:
        modes.append(stat.S_IMODE(os.stat(source).st_mode))
        real(source, goal)

    monkeypatch.setattr(os, "replace", replace)
    save_new(target)
    assert modes == [mode]  # at no time was the new file more open than the old one
    assert stat.S_IMODE(target.stat().st_mode) == mode
    check(target, NEW)


def test_a_symbolic_link_stays(target: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    link = tmp_path / "a" / "link"
    link.symlink_to(Path("..", "m"))
    save_new(link)
    assert link.is_symlink()
    assert not target.is_symlink()
    check(target, NEW, alone=False)
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["link"]


def test_a_link_to_nothing_makes_the_file_it_names(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("m")
    save_new(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    check(tmp_path / "m", NEW, alone=False)


def test_a_link_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(ModelFileError, match="cannot be read: Too many levels of symbolic links"):
        read_model(tmp_path / "link")


def test_a_hard_link_keeps_the_old_content(target: Path, tmp_path: Path) -> None:
    os.link(target, tmp_path / "backup")
    save_new(target)
    check(target, NEW, alone=False)
    check(tmp_path / "backup", OLD, alone=False)


def test_only_a_regular_file_is_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "pipe", tmp_path / "folder", Path("/dev/null")):
        with pytest.raises(ModelFileError, match="is a folder, pipe or device and cannot be saved to"):
            save_new(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["folder", "pipe"]


def test_a_write_protected_file_is_not_replaced(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target.chmod(0o444)
    if os.access(target, os.W_OK):  # the superuser may write everywhere, and must be told otherwise
        monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ModelFileError, match="writing there is not permitted"):
        save_new(target)
    check(target, OLD)


def test_a_folder_that_may_not_be_written_to(target: Path) -> None:
    target.parent.chmod(0o555)
    try:
        if os.access(target.parent, os.W_OK):
            pytest.skip("the superuser may write to every folder")
        with pytest.raises(ModelFileError, match="writing there is not permitted"):
            save_new(target)
        check(target, OLD)
    finally:
        target.parent.chmod(0o755)
