"""Teams run as such in these tests, also where there are fewer processors than threads."""

from __future__ import annotations

import pytest

from chainrule.backends.llvm.threads import Crowd


@pytest.fixture(autouse=True)
def undisturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gives way to other processes."""
    monkeypatch.setattr(Crowd, "here", lambda _: False)
