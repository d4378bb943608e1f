"""A file of results: the machine, and what was measured on it, in pieces or at once."""

from __future__ import annotations

import datetime
import json
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

DISTRIBUTIONS = ("chainrule", "torch", "jax", "scikit-learn", "numpy", "llvmlite")


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> dict[str, Any]:
    """What a result depends on besides the code: processor, cores, versions."""
    from chainrule.backends.llvm.target import host

    versions = {}
    for name in DISTRIBUTIONS:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "processor": f"{_processor()} ({host().cpu})",
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": versions,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def load(path: Path) -> dict[str, Any]:
    """The results in a file."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def begin(path: Path | None) -> dict[str, Any]:
    """The results to which more will be added: those in the file if it is there, which must be of this machine."""
    here = machine()
    if path is None or not path.exists():
        return {"machine": here, "date": "", "peak": {}, "cells": [], "latency": {}}
    found = load(path)
    if found["machine"] != here:
        raise SystemExit(f"{path} holds results of another machine or other versions; write to another file.")
    return found


def save(results: dict[str, Any], path: Path | None) -> None:
    """Write the results, if there is a file for them, with the date of today."""
    if path is None:
        return
    results["date"] = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def add_cell(results: dict[str, Any], cell: dict[str, Any]) -> None:
    """Add a cell, in the place of an older measurement of it."""
    key = ("network", "batch", "optimizer")
    results["cells"] = [old for old in results["cells"] if any(old[k] != cell[k] for k in key)] + [cell]
