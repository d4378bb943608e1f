"""A team gives way while others want its processors."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.backends.llvm import LlvmBackend
from chainrule.backends.llvm import threads as module
from chainrule.backends.llvm.threads import Crowd, Spent
from chainrule.graph import ROWS, Step, input
from chainrule.graph.primitives import contract


class Time:
    """A clock that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)


def spent(seconds: float, share: float) -> list[Spent]:
    """By a team of two, one of which ran all the time."""
    return [Spent(seconds, seconds), Spent(seconds, (2.0 * share - 1.0) * seconds)]


def test_a_team_that_was_not_given_its_time_pauses_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    time, crowd = Time(monkeypatch), Crowd()
    assert not crowd.here()
    pauses = []
    for _ in range(7):
        crowd.note(spent(0.1, share=0.6))
        began = time.now
        while crowd.here():
            time.now += 0.125
        pauses.append(time.now - began)
    assert pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    crowd.note(spent(0.1, share=0.99))
    crowd.note(spent(0.1, share=0.6))
    time.now += 0.25
    assert not crowd.here()


@pytest.mark.parametrize(("seconds", "share"), [(0.1, 0.9), (0.1, 1.0), (0.001, 0.6)])
def test_a_team_goes_on_that_ran_all_the_time_or_too_shortly_to_tell(seconds: float, share: float) -> None:
    crowd = Crowd()
    crowd.note(spent(seconds, share))
    assert not crowd.here()


def test_one_thread_gives_the_same_bits_in_place_of_a_team() -> None:
    x, w = input("x", (ROWS, 70)), input("w", (70, 90))
    step = Step(
        state={"w": w}, update={"w": w - contract(x, contract(x, w, "bi,io->bo"), "bi,bo->io") * 1e-3}, data={"x": x}
    )
    program = LlvmBackend(threads=2).compile(step)
    rng = np.random.default_rng(0)
    start, data = rng.standard_normal((70, 90), dtype=np.float32), rng.standard_normal((40, 70), dtype=np.float32)
    found = []
    for crowded in (False, True):
        if crowded:
            program._crowd.note(spent(1.0, share=0.6))
        assert program._crowd.here() is crowded
        state = {"w": start.copy()}
        program.run(state, {"x": data}, np.arange(40), np.array([0, 20, 40]), {})
        found.append(state["w"])
    assert (found[0] == found[1]).all()
    assert not (found[0] == start).any()
