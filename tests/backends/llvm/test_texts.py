"""The golden files of the compiler and the blocks of docs/compiler.md are what the compiler makes.

Where a test fails after a change that is meant, run `scripts/update-texts` and read the difference.
"""

from __future__ import annotations

import pytest

from backends.llvm import texts
from backends.llvm.texts import AVX2, GOLDEN, KERNELS, NETWORKS, Block, excerpt, golden_texts
from chainrule.backends.llvm.jit import object_code
from chainrule.backends.llvm.stages import STAGES

BLOCKS = texts.blocks()


def test_golden() -> None:
    """File by file, and there are no others."""
    assert golden_texts() == {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.iterdir()}


@pytest.mark.parametrize("name", KERNELS)
def test_a_golden_text_is_legal(name: str) -> None:
    assert object_code((GOLDEN / f"{name}.ll").read_text(encoding="utf-8"), AVX2)


def test_the_page_shows_every_stage_and_network() -> None:
    assert {block.stage for block in BLOCKS} == set(STAGES)
    assert {block.options.get("network", "dense") for block in BLOCKS} == set(NETWORKS)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_page_shows_what_the_compiler_makes(number: int) -> None:
    block = BLOCKS[number]
    if block.foreign:
        pytest.skip(f"the page shows what LLVM {block.options['llvm']} makes")
    assert block.shown == block.text()


def test_assembly_names_its_llvm() -> None:
    assert all("llvm" in block.options for block in BLOCKS if block.stage == "asm")


def test_a_changed_block_is_found() -> None:
    (block, *_) = BLOCKS
    assert Block(block.stage, block.options, block.shown + "x = input: float32\n").text() != block.shown + "x"


LINES = ["a", "    b", "      c", "    d", "    e", "f"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "a\n    b\n      c\n    d\n    e\nf\n"),
        ({"from": "b", "to": "e"}, "b\n  c\nd\ne\n"),
        ({"from": "b", "to": "e", "lines": "2"}, "b\n...\ne\n"),
        ({"from": "e"}, "    e\nf\n"),
        ({"from": "[bc]", "to": "[bc]"}, "b\n"),
        ({"from": "d", "since": "[ab]", "to": "e"}, "b\n  c\nd\ne\n"),
    ],
)
def test_an_excerpt(options: dict[str, str], expected: str) -> None:
    assert excerpt(LINES, **options) == expected


@pytest.mark.parametrize("options", [{"from": "g"}, {"from": "b", "to": "a"}, {"from": "f", "to": "e"}, {"since": "b"}])
def test_an_excerpt_that_is_not_there(options: dict[str, str]) -> None:
    with pytest.raises(LookupError, match="No line that is looked at matches"):
        excerpt(LINES, **options)
