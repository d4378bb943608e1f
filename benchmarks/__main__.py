"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.contenders import contenders
from benchmarks.latency import measure_latency
from benchmarks.networks import NETWORKS
from benchmarks.peak import measure_peak
from benchmarks.race import Lane, race
from benchmarks.report import HEADER, line, number, write_report
from benchmarks.workloads import BATCHES, OPTIMIZERS, cells

PEERS = ("PyTorch", "JAX", "scikit-learn")
ROOT = Path(__file__).resolve().parents[1]


def among(allowed: Sequence[Any]) -> Callable[[str], list[Any]]:
    """A reader of names between commas, each of which must be one of those allowed."""
    known = {str(name).lower(): name for name in allowed}

    def read(text: str) -> list[Any]:
        words = [word.strip().lower() for word in text.split(",") if word.strip()]
        if unknown := [word for word in words if word not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(known)}")
        return [known[word] for word in words]

    return read


def train(options: argparse.Namespace) -> None:
    """Measure each cell, print it, and write it at once, so that a run that is cut short loses nothing."""
    found = results.begin(options.json)
    repeats, seconds = (1, 0.02) if options.quick else (options.repeats, options.seconds)
    there = [one for one in contenders(results.cores()) if one.name in ("Chainrule", *options.peers)]
    missing = {one.name for one in there if importlib.util.find_spec(one.module) is None}
    if missing:
        print(f"Not installed, so left out: {', '.join(sorted(missing))}.", file=sys.stderr)
    peak = found["peak"]
    print(HEADER, flush=True)
    with contextlib.ExitStack() as stack:
        lanes = [stack.enter_context(Lane(one)) for one in there if one.name not in missing]
        for cell in cells(options.networks, options.batches, options.optimizers):
            times = race(lanes, cell, repeats=repeats, seconds=seconds, limit=options.limit)
            for name, threads in (("one", 1), ("all", results.cores())):
                peak[name] = max(peak.get(name, 0.0), measure_peak(threads, repeats=3))
            measured = [
                {"name": one.name, "threads": one.threads, "how": one.how, "us": 1e6 * t} for one, t in times.items()
            ]
            entry = {**cell.facts(), "flops": cell.flops(), "times": measured}
            results.add_cell(found, entry)
            results.save(found, options.json)
            print(line(entry, peak["all"]), flush=True)
    print(f"An FMA loop reaches {peak['one']:.0f} GFLOP/s on one core, {peak['all']:.0f} on all {results.cores()}.")


def latency(options: argparse.Namespace) -> None:
    """Measure what a person waits for, print it, and write it."""
    found = results.begin(options.json)
    for name, value in measure_latency(options.only, repeats=1 if options.quick else options.repeats):
        found["latency"][name] = value
        results.save(found, options.json)
        print(f"{name:<26}{number(value['value']):>8} {value['unit']}", flush=True)


def report(options: argparse.Namespace) -> None:
    """Write the sections that the results fill into README.md and docs/benchmarks.md, with their charts."""
    for file in write_report(results.load(options.results), options.root):
        print(f"Wrote {file}.")


def main() -> None:
    """Read the command line, and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast Chainrule trains.")
    commands = parser.add_subparsers(required=True, metavar="train | latency | report")

    command = commands.add_parser("train", help="µs a step in steady state, beside the peers")
    command.set_defaults(run=train)
    command.add_argument("--networks", type=among(list(NETWORKS)), default=list(NETWORKS))
    command.add_argument("--batches", type=among(BATCHES), default=list(BATCHES))
    command.add_argument("--optimizers", type=among(OPTIMIZERS), default=list(OPTIMIZERS))
    command.add_argument("--peers", type=among(PEERS), default=list(PEERS))
    command.add_argument("--repeats", type=int, default=7, help="rounds of all contenders; the minimum counts")
    command.add_argument("--seconds", type=float, default=0.15, help="how long a turn should last")
    command.add_argument("--limit", type=float, default=60.0, help="seconds that the rounds of a cell may take")
    command.add_argument("--quick", action="store_true", help="one short round: to see that it works, not to compare")
    command.add_argument("--json", type=Path, help="the file of results; cells in it are replaced or added")

    command = commands.add_parser("latency", help="start, compilation, memory, small calls, pictures, a busy machine")
    command.set_defaults(run=latency)
    command.add_argument("--only", nargs="*", default=[], help="how the names of measurements begin; all unless given")
    command.add_argument("--repeats", type=int, default=3)
    command.add_argument("--quick", action="store_true", help="each once")
    command.add_argument("--json", type=Path, help="the file of results; measurements in it are replaced or added")

    command = commands.add_parser("report", help="results as tables and charts in README.md and docs/benchmarks.md")
    command.set_defaults(run=report)
    command.add_argument("results", type=Path)
    command.add_argument("--root", type=Path, default=ROOT, help="the folder with README.md and docs/benchmarks.md")

    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
