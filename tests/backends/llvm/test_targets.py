"""Code for lesser processors, which this one runs too, and for another family; and odd descriptions of processors."""

from __future__ import annotations

import platform
import re
from typing import Any

import numpy as np
import pytest

from backends.llvm.comparing import agrees, reported, reporting, run_once
from backends.llvm.layouts import layouts_of
from backends.llvm.small import run_small, small_step
from chainrule.backends.llvm import Cache, Layout, LlvmBackend, Target, host
from chainrule.backends.llvm import target as module
from chainrule.backends.llvm.jit import assembly, object_code
from chainrule.backends.llvm.program import emit
from chainrule.backends.llvm.target import BASELINES, described
from chainrule.errors import BackendError
from chainrule.graph import ROWS, Node, Step, gradients, input
from chainrule.graph import primitives as p

SSE2 = Target("x86-64", "+sse2,-avx", 16)
AVX2 = Target("x86-64", "+avx2,+fma,-avx512f", 32)
AVX512 = Target("x86-64", "+avx2,+fma,+avx512f,+avx512vl,+avx512dq,+avx512bw", 64)
NEON = Target("generic", "+neon", 16, "aarch64-linux-gnu")

RUNNABLE = [
    pytest.param(
        target,
        marks=pytest.mark.skipif(
            module.FAMILIES.get(platform.machine().lower()) != "x86" or host().vector_bytes < target.vector_bytes,
            reason="this processor cannot run it",
        ),
        id=name,
    )
    for name, target in (("sse2", SSE2), ("avx2", AVX2), ("avx512", AVX512))
]
ROW_COUNT = 23


def network(dtype: str) -> tuple[dict[str, Node], dict[str, Node], dict[str, Node], Step]:
    """A network of two layers with its gradients, and functions of one number: outputs, state, data and the step."""
    w, v, x = input("w", (9, 21), dtype), input("v", (21, 5), dtype), input("x", (ROWS, 9), dtype)
    hidden = p.tanh(p.contract(x, w, "bi,io->bo"))
    out = p.contract(hidden, v, "bi,io->bo")
    loss = p.reduce_sum(out * out)
    gw, gv = gradients(loss, [w, v])
    outputs = {"hidden": hidden, "out": out, "loss": loss, "gw": gw, "gv": gv}
    outputs |= {f.name: f(x) for f in (p.exp, p.logistic, p.softplus, p.erf, p.sin, p.cos, p.floor, p.abs)}
    outputs |= {f.name: f(p.abs(x)) for f in (p.log, p.sqrt)}
    state, data = {"w": w, "v": v}, {"x": x}
    return outputs, state, data, reporting(outputs, state, data)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("target", RUNNABLE)
def test_results_agree_with_numpy(target: Target, layout: Layout, dtype: str) -> None:
    """Every output, given the values that its own inputs came out with."""
    outputs, state, data, step = network(dtype)
    assert layout in layouts_of(step)
    n = 1 if layout is Layout.ONE_ROW else ROW_COUNT
    rng = np.random.default_rng(0)
    sizes = {"w": (9, 21), "v": (21, 5), "x": (n, 9)}
    values: dict[str, Any] = {name: rng.normal(size=shape).astype(dtype) for name, shape in sizes.items()}
    found = reported(run_once(LlvmBackend(target, cache=Cache(None), layout=layout), step, values, n), outputs)
    known = {node: values[name] for name, node in (state | data).items()}
    known |= {node: found[name] for name, node in outputs.items()}
    for name in ("out", "exp", "logistic", "softplus", "erf", "sin", "cos", "floor", "abs"):
        node = outputs[name]
        assert agrees(found[name], node, [known[x] for x in node.inputs], n), name
    for name in ("log", "sqrt"):
        assert agrees(found[name], outputs[name], [np.abs(values["x"])], n), name
    x, w, v = (values[name].astype(float) for name in ("x", "w", "v"))
    hidden = np.tanh(x @ w)
    delta = 2 * hidden @ v
    expected = {"gv": hidden.T @ delta, "gw": x.T @ (delta @ v.T * (1 - hidden**2)), "loss": (delta**2).sum() / 4}
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=0, atol=np.finfo(dtype).eps * 50 * np.abs(value).max())


def code_of(step: Step, target: Target, layout: Layout) -> str:
    return assembly(emit(step, target, layout, 1).text, target)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize(
    ("target", "absent", "present"), [(SSE2, "zmm|ymm|vfmadd", "mulp"), (AVX2, "zmm", "vfmadd.*ymm")]
)
def test_code_has_no_instruction_that_the_target_lacks(
    target: Target, absent: str, present: str, layout: Layout, dtype: str
) -> None:
    code = code_of(network(dtype)[-1], target, layout)
    assert not re.search(absent, code)
    assert re.search(present, code)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("spec", ["bi,io->bo", "bi,oi->bo", "bi,bo->io"])
@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("target", [SSE2, AVX2, AVX512, NEON], ids=["sse2", "avx2", "avx512", "neon"])
def test_the_sums_of_a_contraction_call_nothing(target: Target, layout: Layout, spec: str, dtype: str) -> None:
    """Without an instruction for it, a fused multiply-add would be a call of the C library for each number."""
    shapes = {"bi": (ROWS, 9), "io": (9, 21), "oi": (21, 9), "bo": (ROWS, 21)}
    first, second = (input(term, shapes[term], dtype) for term in spec.partition("->")[0].split(","))
    out = p.contract(first, second, spec)
    given = {x.attributes["name"]: x for x in (first, second)}
    data = {name: x for name, x in given.items() if ROWS in x.shape}
    state = {name: x for name, x in given.items() if name not in data}
    code = code_of(reporting({"out": out}, state, data), target, layout)
    assert not re.search(r"\bfmaf?\b", code)
    assert re.search(r"\bfmla\b" if target is NEON else "mulp" if target is SSE2 else "vfmadd", code)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("layout", "threads"), [(Layout.FEATURES, 2), (Layout.ONE_ROW, 1), (Layout.ROWS, 2)])
def test_an_object_for_arm_is_made(dtype: str, layout: Layout, threads: int) -> None:
    text = emit(network(dtype)[-1], NEON, layout, threads).text
    image = object_code(text, NEON)
    assert image[:6] == b"\x7fELF\x02\x01"  # 64 bits, little-endian
    assert int.from_bytes(image[18:20], "little") == 183  # AArch64
    assert re.search(r"fmla\s+v\d+\.(4s|2d)", assembly(text, NEON))


@pytest.mark.parametrize("layout", [Layout.FEATURES, Layout.ROWS])
@pytest.mark.parametrize("target", RUNNABLE)
def test_functions_are_as_exact_on_every_target(target: Target, layout: Layout) -> None:
    """Far from 0 their reduction to a small interval needs a multiply-add that rounds once."""
    x = np.random.default_rng(0).uniform(-80, 80, size=(400, 8)).astype(np.float32)
    given = input("x", (ROWS, 8))
    outputs = {f.name: f(given) for f in (p.exp, p.logistic, p.softplus, p.tanh, p.sin, p.cos)}
    step = reporting(outputs, {}, {"x": given})
    backend = LlvmBackend(target, cache=Cache(None), layout=layout)
    found = reported(run_once(backend, step, {"x": x}, len(x)), outputs)
    for name, node in outputs.items():
        assert agrees(found[name], node, [x], len(x)), name


# --------------------------------------------------------------------------------------------------- descriptions


@pytest.mark.parametrize(
    "features",
    ["", ",", "+", "avx2", "++avx2", "+avx2,,+fma", " +fma , +avx2 ", "\0", "+é", "-sse2,-64bit", "+fma\n+avx2"],
)
def test_odd_features_do_no_harm(features: str) -> None:
    """LLVM ends the process over some of these, so they must not reach it."""
    run_small(LlvmBackend(Target("x86-64", features, 16), cache=Cache(None)).compile(small_step()))


@pytest.mark.parametrize("cpu", ["", "generic", "a processor of tomorrow"])
def test_an_odd_name_does_no_harm(cpu: str, capfd: pytest.CaptureFixture[str]) -> None:
    run_small(LlvmBackend(Target(cpu, "", 16), cache=Cache(None)).compile(small_step()))
    capfd.readouterr()  # LLVM says what it thinks of the name


def test_what_cannot_be_read_is_left_out() -> None:
    assert Target("x86-64", " +avx2 ,,fma,+ok\0, -avx512f", 32).features == "+avx2,-avx512f"


@pytest.mark.parametrize("family", BASELINES)
@pytest.mark.parametrize(("cpu", "features"), [("", {}), ("znver4", {}), ("", {"avx2": True}), ("znver4", {"": True})])
def test_a_processor_that_does_not_say_what_it_is(family: str, cpu: str, features: dict[str, bool]) -> None:
    assert described(family, cpu, features) == Target(*BASELINES[family], 16)


@pytest.mark.parametrize(
    ("features", "width"),
    [
        (("avx512f", "avx2", "fma"), 64),
        (("avx2", "fma"), 32),
        (("avx2",), 16),
        (("fma",), 16),
        (("sse2",), 16),
    ],
)
def test_the_width_follows_the_features(features: tuple[str, ...], width: int) -> None:
    every = dict.fromkeys(("avx512f", "avx2", "fma", "sse2"), False) | dict.fromkeys(features, True)
    target = described("x86", "znver4", every)
    assert target.vector_bytes == width
    assert set(target.features.split(",")) == {f"{'+' if there else '-'}{name}" for name, there in every.items()}


def test_a_query_that_fails_gives_the_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    import llvmlite.binding as llvm

    def fail() -> None:
        raise RuntimeError("no host features")

    monkeypatch.setattr(llvm, "get_host_cpu_features", fail)
    expected = Target(*BASELINES[module.FAMILIES[platform.machine().lower()]], 16)
    assert host.__wrapped__() == expected
    run_small(LlvmBackend(expected, cache=Cache(None)).compile(small_step()))


def test_a_family_that_is_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackendError, match=r"64-bit x86 or ARM, but is 'riscv64-linux-gnu'"):
        Target("generic", "", 16, "riscv64-linux-gnu")
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(BackendError, match=r"this is 'riscv64'; choose backend='numpy'"):
        host.__wrapped__()


@pytest.mark.parametrize("vector_bytes", [0, 8, 48, 128])
def test_a_width_that_no_vector_has_is_refused(vector_bytes: int) -> None:
    with pytest.raises(BackendError, match="vector_bytes of a target must be 16, 32 or 64"):
        Target("x86-64", "", vector_bytes)
