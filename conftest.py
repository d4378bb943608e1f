"""What holds for every test, those in docstrings included.

They have a cache of their own and the same examples in every run, and those that must be alone have the processors to themselves.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Examples are drawn from the text of the test, so that a run fails here if and only if it fails elsewhere. None has a time
# limit: the first one of a test compiles.
settings.register_profile("chainrule", derandomize=True, deadline=None)
settings.load_profile("chainrule")


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Machine code is kept in a temporary folder, also that of the processes that a test starts; the user's is left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


# ------------------------------------------------------------------------------------------ several tests at once

_ROOT = Path(__file__).resolve().parent
_WORKERS = 8  # at most: each holds PyTorch


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """As many processes as there are processors for us (`pytest -n auto`)."""
    from chainrule.backends.llvm.team import cores

    return min(cores(), _WORKERS)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Where several processes run tests, none runs another while one that is `alone` runs.

    A file of ours is locked, by one process for tests that are alone, and by any number for the others. All queue up at another
    file first, so that who must be alone is not passed over for ever.
    """
    if os.name != "posix" or "PYTEST_XDIST_WORKER" not in os.environ:
        return (yield)
    import fcntl

    alone = item.get_closest_marker("alone") is not None
    with open(_ROOT / "conftest.py") as queue, open(_ROOT / "pyproject.toml") as room:
        fcntl.flock(queue, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(queue, fcntl.LOCK_UN)
        try:
            return (yield)
        finally:
            fcntl.flock(room, fcntl.LOCK_UN)  # a child that a test has left behind may have the file open
