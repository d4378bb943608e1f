"""The processor that code is made for."""

from __future__ import annotations

import platform
import re
import struct
from dataclasses import dataclass
from functools import cache
from typing import Any

from chainrule.backends.llvm.library import library
from chainrule.errors import BackendError

# Names of 64-bit processors, and what every one of a family has.
FAMILIES = {"x86_64": "x86", "amd64": "x86", "aarch64": "aarch64", "arm64": "aarch64"}
BASELINES = {"x86": ("x86-64", "+64bit,+sse2"), "aarch64": ("generic", "+neon")}

# The feature that a vector of so many bytes needs; 16 bytes are always there.
_WIDTHS = {64: ("avx512f",), 32: ("avx2", "fma")}

_FEATURE = re.compile(r"[+-][A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Target:
    """A processor: its name, its features (``"+avx2,+fma,-avx512f"``), and how many bytes a vector has.

    The triple (``"aarch64-linux-gnu"``) is that of another machine; without one, it is this machine. A name never
    stands without features, because many a virtual machine hides some that its processor has.

    >>> Target("x86-64", "+avx2,+fma", 32).lanes(4)
    8
    """

    cpu: str
    features: str
    vector_bytes: int
    triple: str = ""

    def __post_init__(self) -> None:
        if self.vector_bytes not in (16, 32, 64):
            raise BackendError(f"vector_bytes of a target must be 16, 32 or 64, but is {self.vector_bytes!r}.")
        if not self.family:
            raise BackendError(f"The triple of a target must be of 64-bit x86 or ARM, but is {self.triple!r}.")
        object.__setattr__(self, "features", ",".join(_readable(self.features)))

    @property
    def family(self) -> str:
        """Whose instructions it has, "x86" or "aarch64"; empty for a family that is not known."""
        return FAMILIES.get((self.triple.split("-")[0] or platform.machine()).lower(), "")

    @property
    def fused(self) -> bool:
        """Whether it multiplies and adds in one instruction, with one rounding."""
        return self.family == "aarch64" or "+fma" in self.features.split(",")

    def lanes(self, element_bytes: int) -> int:
        """How many numbers of a size a vector holds."""
        return self.vector_bytes // element_bytes

    def machine(self, llvm: Any) -> Any:
        """LLVM's view of it, of an llvmlite that the caller holds. Code is small and may lie anywhere.

        What all of the family have is added: LLVM ends the process where code for 64 bits meets an unknown name.
        """
        if self.triple:
            llvm.initialize_all_targets()
            llvm.initialize_all_asmprinters()
        family = llvm.Target.from_triple(self.triple or llvm.get_process_triple())
        features = f"{self.features},{BASELINES[self.family][1]}".removeprefix(",")
        return family.create_target_machine(cpu=self.cpu, features=features, opt=2, reloc="pic", codemodel="small")


def _readable(features: str) -> list[str]:
    """The features that are written as such; LLVM would end the process over another."""
    return [word for word in map(str.strip, features.split(",")) if _FEATURE.fullmatch(word)]


@cache
def host() -> Target:
    """The processor at hand; what all of its family have in common, where it does not say what it is.

    Raises `BackendError` where llvmlite cannot be used or the processor is of a family that is not known.
    """
    family = FAMILIES.get(platform.machine().lower(), "")
    if not family or struct.calcsize("P") != 8:
        raise BackendError(
            f"backend='llvm' makes code for 64-bit x86 and ARM processors, but this is {platform.machine()!r}; choose "
            "backend='numpy'."
        )
    with library() as llvm:
        return described(family, *_query(llvm))


def _query(llvm: Any) -> tuple[str, dict[str, bool]]:
    try:
        return llvm.get_host_cpu_name(), llvm.get_host_cpu_features()
    except RuntimeError:  # LLVM cannot tell on this system
        return "", {}


def described(family: str, cpu: str, features: dict[str, bool]) -> Target:
    """The target of what a processor says about itself.

    >>> described("x86", "znver4", {"avx2": True, "fma": True, "avx512f": False}).vector_bytes
    32
    >>> described("x86", "", {})
    Target(cpu='x86-64', features='+64bit,+sse2', vector_bytes=16, triple='')
    """
    flags = _readable(",".join(f"{'+' if there else '-'}{name}" for name, there in sorted(features.items())))
    if not flags or not cpu:
        return Target(*BASELINES[family], 16)
    width = next((width for width, needs in _WIDTHS.items() if all(f"+{name}" in flags for name in needs)), 16)
    return Target(cpu, ",".join(flags), width)
