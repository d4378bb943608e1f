"""What holds for every test, those in docstrings included: a cache of their own, and the same examples in every run."""

from __future__ import annotations

from collections.abc import Iterator

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
