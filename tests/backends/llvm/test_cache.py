"""The cache of compiled steps: what is found again, what is told apart, and that no state of the disk stops a compilation."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.llvm.small import OFFSETS, compile_and_run, run_small, small_step
from chainrule.backends.llvm import Cache, Layout, LlvmBackend, Target, host, program
from chainrule.backends.llvm import cache as module
from chainrule.backends.llvm.cache import Compiled, describe, key, usual_folder
from chainrule.backends.llvm.memory import Slot
from chainrule.errors import CacheWarning
from chainrule.graph import ROWS, Body, DType, Node, Step, TensorType, const, input, scope
from chainrule.graph import primitives as p
from graph.cases import ALL, Case

ENTRY = Compiled(
    b"object code",
    16,
    (
        Slot("state", "w", (3, 4)),
        Slot("data", "x", (ROWS, 2), DType.UINT8),
        Slot("const", "", (2,), DType.FLOAT64, np.array([0.1, np.nan])),
        Slot("const", "", (1, 3), DType.INT32, np.array([[1, -2, 3]], np.int32)),
    ),
)
KEY = "5" * 64
PLAIN = (str, int, float, bool, np.ndarray, np.generic, DType, TensorType, type(ROWS), type(None))


def entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def fill(folder: Path) -> Path:
    """The one entry of a folder, into which the small step was compiled."""
    compile_and_run(LlvmBackend(cache=Cache(folder)))
    (entry,) = entries(folder)
    return entry


def run_twice(backend: LlvmBackend) -> None:
    for _ in range(2):
        compile_and_run(backend)


# --------------------------------------------------------------------------------------------------- found again


def test_the_second_time_nothing_is_emitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path)

    def refuse(*_: Any) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(program, "emit", refuse)
    monkeypatch.setattr(program, "object_code", refuse)
    compile_and_run(LlvmBackend(cache=Cache(tmp_path)))
    with pytest.raises(AssertionError, match="compiled again"):
        compile_and_run(LlvmBackend(cache=Cache(None)))


def test_a_program_from_the_cache_shows_its_text(tmp_path: Path) -> None:
    cold, warm = (LlvmBackend(cache=Cache(tmp_path)).compile(small_step()) for _ in range(2))
    assert "define void @run" in warm.text
    assert warm.text == cold.text


def test_another_process_finds_it(tmp_path: Path) -> None:
    """Whatever order its sets have."""
    entry = fill(tmp_path)
    made = entry.stat().st_ino
    for seed in ("1", "2"):
        assert start_process(tmp_path, seed).communicate()[1] == ""
    assert entries(tmp_path) == [entry]
    assert entry.stat().st_ino == made  # one that is compiled again is a new file


def test_an_entry_holds_all_that_was_put(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put(KEY, ENTRY)
    found = cache.get(KEY)
    assert found is not None
    assert (found.image, found.lanes) == (ENTRY.image, ENTRY.lanes)
    for slot, expected in zip(found.slots, ENTRY.slots, strict=True):
        assert (slot.kind, slot.name, slot.shape, slot.dtype) == (
            expected.kind,
            expected.name,
            expected.shape,
            expected.dtype,
        )
        np.testing.assert_array_equal(slot.value, expected.value)
        assert slot.value is None or slot.value.dtype == expected.value.dtype
    assert cache.get("6" * 64) is None


def test_an_entry_that_json_cannot_hold_is_an_error() -> None:
    with pytest.raises(TypeError, match="cannot hold"):
        module._packed(KEY, Compiled(b"", 1, (Slot("state", 1j),)))  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------------- told apart


def changed(**parts: Any) -> Step:
    """The small step with something else in it."""
    given = {"dtype": "float32", "offsets": OFFSETS, "w": "w", "out": "out", "spec": "bi,i->b", "scope": "", **parts}
    w, x = input(given["w"], (3,), given["dtype"]), input("x", (ROWS, 3), given["dtype"])
    with scope(given["scope"]):
        out = p.contract(x + const(given["offsets"], given["dtype"]), w, given["spec"]) * 1.0
    more = {given["out"]: out, **given.get("more", lambda out: {})(out)}
    return Step(state={given["w"]: w}, update={given["w"]: w + w}, data={"x": x}, rows=more)


CHANGES: dict[str, dict[str, Any]] = {
    "dtype": {"dtype": "float64"},
    "a constant's last bit": {"offsets": np.nextafter(OFFSETS.astype(np.float32), np.float32(9))},
    "the sign of a zero": {"offsets": OFFSETS * [0.0, 1.0, 1.0]},
    "the sign of a zero, negative": {"offsets": OFFSETS * [-0.0, 1.0, 1.0]},
    "an attribute": {"spec": "bj,j->b"},
    "a name": {"w": "v"},
    "what is reported": {"out": "y"},
    "more is reported": {"more": lambda out: {"more": out}},
    "a scope": {"scope": "dense1"},
}


def test_steps_that_differ_are_told_apart() -> None:
    assert describe(changed()) == describe(small_step())
    texts = [describe(changed()), *(describe(changed(**parts)) for parts in CHANGES.values())]
    assert len(set(texts)) == len(texts)


def test_targets_layouts_threads_and_sources_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    step, here, plain = small_step(), host(), Layout.FEATURES.value
    keys = [
        *(key(step, here, layout.value, threads) for layout in Layout for threads in (1, 2)),
        key(step, Target(here.cpu, here.features, 16 if here.vector_bytes > 16 else 32), plain, 1),
        key(step, Target(here.cpu, f"{here.features},-sse3", here.vector_bytes), plain, 1),
        key(step, Target("generic", here.features, here.vector_bytes), plain, 1),
        key(step, Target(here.cpu, here.features, here.vector_bytes, "aarch64-linux-gnu"), plain, 1),
    ]
    assert key(small_step(), here, plain, 1) == keys[0]
    for what in ("sources_digest", "_llvmlite_version"):
        with monkeypatch.context() as patch:
            patch.setattr(module, what, lambda: "other")
            keys.append(key(step, here, plain, 1))
    assert len(set(keys)) == len(keys)


def test_each_layout_has_an_entry_of_its_own(tmp_path: Path) -> None:
    """What is loaded for a layout, from a folder that has all of them, is for that layout."""
    for _ in range(2):
        for layout in Layout:
            compile_and_run(LlvmBackend(cache=Cache(tmp_path), layout=layout))
    assert len(entries(tmp_path)) == len(Layout)


def test_without_sources_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "__file__", str(tmp_path / "archive.zip/chainrule/backends/llvm/cache.py"))
    module.sources_digest.cache_clear()
    try:
        assert key(small_step(), host(), Layout.FEATURES.value, 1) == ""
        compile_and_run(LlvmBackend(cache=Cache(tmp_path)))
        assert not entries(tmp_path)
    finally:
        module.sources_digest.cache_clear()


@pytest.mark.parametrize("case", ALL, ids=str)
def test_every_attribute_is_described_to_the_last_number(case: Case) -> None:
    """What is neither an array nor plain might be described by an address, or by dots."""

    def check(value: object) -> None:
        if isinstance(value, tuple):
            for part in value:
                check(part)
        elif isinstance(value, Body):  # described node by node
            check_nodes(value.graph.nodes)
        else:
            assert isinstance(value, PLAIN), value

    def check_nodes(nodes: Iterable[Node]) -> None:
        for each in nodes:
            for value in each.attributes.values():
                check(value)

    node, inputs = case.build()
    check_nodes((node, *inputs))


# --------------------------------------------------------------------------------------------------- damage


def test_every_changed_byte_and_every_missing_end_is_found_out() -> None:
    content = module._packed(KEY, ENTRY)
    assert module._unpacked(KEY, content).image == ENTRY.image
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(ValueError, match="changed"):
            module._unpacked(KEY, bytes(damaged))
        with pytest.raises(ValueError, match="changed"):
            module._unpacked(KEY, content[:place])
    with pytest.raises(ValueError, match="changed"):
        module._unpacked("6" * 64, content)  # the entry of another key


def put_bytes(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def put_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def put_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": put_bytes(b""),
    "short": put_bytes(b"x"),
    "torn": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "a folder": put_folder,
}
if sys.platform != "win32":
    DAMAGE |= {"a pipe": put_pipe, "written by others": lambda path: path.chmod(0o666)}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_costs_a_compilation_and_one_warning(damage: str, tmp_path: Path) -> None:
    DAMAGE[damage](fill(tmp_path))
    backend = LlvmBackend(cache=Cache(tmp_path))
    with pytest.warns(CacheWarning, match="compiled anew") as caught:
        run_twice(backend)
    assert len(caught) == 1
    if damage != "a folder":
        compile_and_run(LlvmBackend(cache=Cache(tmp_path)))  # it has been replaced


def full_disk(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", refuse)


def read_only(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    opened = os.open

    def refuse(name: Any, flags: int, *mode: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), name)
        return opened(name, flags, *mode)

    monkeypatch.setattr(os, "open", refuse)


def a_file(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    folder.rmdir()
    folder.write_bytes(b"")


def below_a_file(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: os.listdir(__file__))


@pytest.mark.parametrize("trouble", [full_disk, read_only, a_file, below_a_file])
def test_a_folder_that_keeps_nothing_costs_compilations_and_one_warning(
    trouble: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    trouble(monkeypatch, folder)
    backend = LlvmBackend(cache=Cache(folder))
    with pytest.warns(CacheWarning) as caught:
        run_twice(backend)
    assert len(caught) == 1
    assert not folder.is_dir() or not entries(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
def test_a_disk_that_fills_up_while_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, limits[1]))
    try:
        with pytest.warns(CacheWarning, match="kept"):
            compile_and_run(LlvmBackend(cache=Cache(tmp_path)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not entries(tmp_path)


def test_an_entry_that_may_only_be_read_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path)

    def refuse(*_: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr(program, "emit", refuse)
    compile_and_run(LlvmBackend(cache=Cache(tmp_path)))


# --------------------------------------------------------------------------------------------------- the folder


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for platform, folder in (("linux", ".cache/chainrule"), ("darwin", "Library/Caches/chainrule")):
        monkeypatch.setattr(sys, "platform", platform)
        assert usual_folder() == tmp_path / folder
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert usual_folder() == tmp_path / ".cache/chainrule"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert usual_folder() == tmp_path / "own/chainrule"


def test_a_user_without_a_home_keeps_nothing_and_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert usual_folder() is None
    compile_and_run(LlvmBackend(cache=Cache(usual_folder())))


@pytest.mark.skipif(sys.platform == "win32", reason="has other permissions")
def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    entry = fill(tmp_path / "deep/cache")
    assert entry.stat().st_mode & 0o777 == 0o600
    assert entry.parent.stat().st_mode & 0o777 == 0o700


def test_what_was_not_used_for_the_longest_time_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=10_000)
    keys = [str(i) * 64 for i in range(9)]
    for i, name in enumerate(keys[:8]):
        cache.put(name, Compiled(bytes(1000), 1, ()))
        os.utime(tmp_path / f"{name}.chainrule", (1e9 + i, 1e9 + i))
    stranger, left, fresh = tmp_path / "mine.txt", tmp_path / "1.chainrule-new", tmp_path / "2.chainrule-new"
    for file in (stranger, left, fresh):
        file.write_bytes(bytes(500))
    for file in (stranger, left):
        os.utime(file, (1, 1))
    assert cache.get(keys[0]) is not None  # which makes it the latest
    cache.put(keys[8], Compiled(bytes(2500), 1, ()))
    assert cache.get(keys[0]) is not None
    assert cache.get(keys[8]) is not None
    assert [name for name in keys if cache.get(name) is None] == keys[1:4]
    assert (stranger.exists(), left.exists(), fresh.exists()) == (True, False, True)


def test_an_entry_above_the_limit_is_not_kept(tmp_path: Path) -> None:
    Cache(tmp_path, limit=1000).put(KEY, Compiled(bytes(1001), 1, ()))
    assert not entries(tmp_path)


# --------------------------------------------------------------------------------------------------- at once

WORK = """
import sys
from pathlib import Path
from backends.llvm.small import compile_and_run
from chainrule.backends.llvm import Cache, LlvmBackend
for scale in (1.0, 2.0, 3.0)[: int(sys.argv[2])]:
    compile_and_run(LlvmBackend(cache=Cache(sys.argv[1])), scale)
"""


def start_process(folder: Path, seed: str, steps: int = 1) -> subprocess.Popen[str]:
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-W", "error", "-c", WORK, str(folder), str(steps)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def test_many_processes_at_once(tmp_path: Path) -> None:
    processes = [start_process(tmp_path, str(seed), 3) for seed in range(6)]
    assert [process.communicate()[1] for process in processes] == [""] * 6
    assert len(entries(tmp_path)) == 3
    for scale in (1.0, 2.0, 3.0):
        run_small(LlvmBackend(cache=Cache(tmp_path)).compile(small_step(scale)), scale)


@pytest.mark.alone
def test_a_warm_start_is_quick(tmp_path: Path) -> None:
    """Its share of half a second from the import to the first trained epoch."""
    backend = LlvmBackend(cache=Cache(tmp_path))
    backend.compile(small_step())
    times = []
    for _ in range(5):
        start = time.perf_counter()
        backend.compile(small_step())
        times.append(time.perf_counter() - start)
    assert min(times) < 0.02
