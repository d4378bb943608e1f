"""Which backend runs: the one that is named, or the best that can be used, and one sentence where that is not the usual one."""

from __future__ import annotations

import platform
import sys
import warnings
from collections.abc import Callable, Iterator

import pytest

import chainrule.backends as module
from chainrule.backends import get_backend
from chainrule.backends.llvm import host, jit, library
from chainrule.errors import BackendError, BackendWarning


@pytest.fixture(autouse=True)
def _unknown() -> Iterator[None]:
    """What was found out about this machine is forgotten before each test, and after it."""
    known = (module._default, host, library._initialised)
    for function in known:
        function.cache_clear()
    yield
    for function in known:
        function.cache_clear()


def no_package(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(sys.modules, "llvmlite", None)
    patch.setitem(sys.modules, "llvmlite.binding", None)


def other_processor(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(platform, "machine", lambda: "riscv64")


def forbidden(patch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("Permission denied")

    patch.setattr(jit, "Loaded", refuse)


TROUBLE = {no_package: "pip install llvmlite", other_processor: "riscv64", forbidden: "Permission denied"}


@pytest.mark.parametrize("name", module.BACKENDS)
def test_a_name_gives_its_backend(name: str) -> None:
    assert get_backend(name).name == name


def test_the_best_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PREFERRED", ("llvm", "numpy"))
    assert get_backend().name == "llvm"


@pytest.mark.parametrize("trouble", TROUBLE)
def test_where_the_best_cannot_be_used_the_next_is_and_it_is_said_once(
    trouble: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PREFERRED", ("llvm", "numpy"))
    trouble(monkeypatch)
    with pytest.warns(BackendWarning, match=f"numpy backend, which is slower, because .*{TROUBLE[trouble]}"):
        assert get_backend().name == "numpy"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert get_backend().name == "numpy"


@pytest.mark.parametrize("trouble", [no_package, other_processor])
def test_a_backend_that_is_named_must_be_usable(
    trouble: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble(monkeypatch)
    with pytest.raises(BackendError, match=f"backend='llvm'.*{TROUBLE[trouble]}"):
        get_backend("llvm")
