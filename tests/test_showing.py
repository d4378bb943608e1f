"""show: each stage of any network's step, printed; and what is wrong with the arguments, in a sentence."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.backends.llvm import Target
from chainrule.backends.llvm.stages import STAGES
from chainrule.errors import ArgumentError, ChainruleError, NotFittedError, UnknownNameError
from nn.test_own_layers import Bilinear

AVX512 = Target("skylake-avx512", "+avx512f,+avx2,+fma", 64, "x86_64-unknown-linux-gnu")
MARKS = {"graph": "return ", "fused": "group 1: ", "loops": "for step in range(0, steps):", "llvm": "define void @run("}


def small() -> cr.Network:
    return cr.Network(cr.Dense(5, activation="relu"), cr.Dense(3)).build(4)


def shown(capsys: pytest.CaptureFixture[str], *arguments: Any, **options: Any) -> str:
    cr.show(*arguments, **options)
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_every_stage(capsys: pytest.CaptureFixture[str]) -> None:
    texts = {stage: shown(capsys, small(), stage, loss="cross_entropy") for stage in STAGES}
    assert all(mark in texts[stage] for stage, mark in MARKS.items())
    assert re.search(r"^_?run:", texts["asm"], re.MULTILINE)
    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in texts.values())


def test_nothing_is_given_back() -> None:
    assert cr.show(small(), step="predict") is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("stage", STAGES)
def test_the_text_is_the_same_each_time(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    texts = {shown(capsys, small(), stage, loss="squared_error", target=AVX512) for _ in range(2)}
    assert len(texts) == 1


@pytest.mark.parametrize("stage", ["graph", "fused", "loops"])
@pytest.mark.parametrize("batch_size", [1, 4, 32])
@pytest.mark.parametrize("step", ["train", "gradients", "evaluate", "predict"])
def test_every_step(stage: str, batch_size: int, step: str, capsys: pytest.CaptureFixture[str]) -> None:
    net = cr.Network(
        cr.Standardize(),
        cr.Residual(cr.Dense(6, activation="gelu"), cr.Dropout(0.5)),
        Bilinear(2),
        cr.Dense(1),
    ).build(6, dtype="float64")
    text = shown(capsys, net, stage, step=step, batch_size=batch_size, loss="huber", threads=2, target=AVX512)
    assert "bilinear1/a" in text
    assert ("learning_rate" in text) == (step == "train")


def test_a_layer_and_a_loss_of_your_own(capsys: pytest.CaptureFixture[str]) -> None:
    net = cr.Network(Bilinear(2), cr.Dense(1)).build(2)
    text = shown(capsys, net, loss=lambda outputs, targets: abs(outputs - targets), optimizer=cr.Momentum(0.1))
    assert "# bilinear1\n" in text
    assert "optimizer/momentum/" in text


def test_loss_and_optimiser_are_those_of_the_last_fit(capsys: pytest.CaptureFixture[str]) -> None:
    net = cr.Network(cr.Dense(1))
    net.fit(np.ones((4, 2)), np.ones(4), loss="poisson", optimizer=cr.RMSprop(0.1), epochs=1)
    remembered = shown(capsys, net)
    assert remembered == shown(capsys, net, loss="poisson", optimizer=cr.RMSprop(0.1))
    assert remembered != shown(capsys, net, loss="squared_error")


@pytest.mark.parametrize(
    ("option", "mark"), [("l1", "l1 = input"), ("l2", "l2 = input"), ("clip_norm", "clip_norm = ")]
)
def test_penalties_and_clipping_are_part_of_the_step(
    option: str, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mark in shown(capsys, small(), loss="cross_entropy", **{option: 0.5})
    assert mark not in shown(capsys, small(), loss="cross_entropy")


def test_threads_meet(capsys: pytest.CaptureFixture[str]) -> None:
    options = {"loss": "cross_entropy", "target": AVX512}
    assert "meet the other threads" in shown(capsys, small(), "loops", threads=2, **options)
    assert "meet the other threads" not in shown(capsys, small(), "loops", threads=1, **options)


def test_the_target_decides_how_wide_vectors_are(capsys: pytest.CaptureFixture[str]) -> None:
    sse2 = Target("x86-64", "+sse2", 16, "x86_64-unknown-linux-gnu")
    assert "16xf32" in shown(capsys, small(), "loops", step="predict", target=AVX512)
    assert "16xf32" not in (narrow := shown(capsys, small(), "loops", step="predict", target=sse2))
    assert "4xf32" in narrow


WRONG: dict[str, tuple[dict[str, Any], type[ChainruleError], str]] = {
    "stage": ({"stage": "assembler"}, UnknownNameError, "stage='assembler' is not known"),
    "step": ({"step": "fit"}, UnknownNameError, "step='fit' is not known"),
    "no loss": ({}, ArgumentError, "loss is not known yet: give loss="),
    "loss": ({"loss": "hubber"}, UnknownNameError, "did you mean 'huber'?"),
    "optimizer": ({"loss": "huber", "optimizer": "adan"}, UnknownNameError, "did you mean 'adam'?"),
    "batch_size": ({"loss": "huber", "batch_size": "full"}, ArgumentError, "batch_size must be a whole number"),
    "threads": ({"loss": "huber", "threads": 0}, ArgumentError, "threads must be a whole number at least 1"),
    "l2": ({"loss": "huber", "l2": -1}, ArgumentError, "l2 must be a finite number at least 0"),
    "target": ({"loss": "huber", "target": "avx2"}, ArgumentError, "target must be a Target"),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input_is_one_sentence(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    options, error, sentence = WRONG[case]
    with pytest.raises(error, match=re.escape(sentence)):
        cr.show(small(), **options)
    assert capsys.readouterr().out == ""


def test_a_network_that_is_not_built() -> None:
    with pytest.raises(NotFittedError, match="no parameters yet"):
        cr.show(cr.Network(cr.Dense(1)), loss="squared_error")


def test_what_is_no_network() -> None:
    with pytest.raises(ArgumentError, match="network must be a Network, but is of type Dense"):
        cr.show(cr.Dense(1), loss="squared_error")  # type: ignore[arg-type]
