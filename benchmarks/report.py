"""Results as text: a line on the screen, and the tables and charts of README.md and docs/benchmarks.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from benchmarks.workloads import BATCHES, NETWORKS, OPTIMIZERS

NAMES = ("Chainrule", "JAX", "PyTorch", "scikit-learn")
TITLES = {"sgd": "SGD", "adam": "Adam"}
CLOSE = 1.2  # below this ratio a peer is close
HEADER = (
    f"{'network':>16} {'batch':>5} {'':>4} " + "".join(f"{name:>13}" for name in NAMES) + "   ratio  GFLOP/s  of peak"
)

_SECTION = re.compile(r"(<!-- benchmarks -->\n).*?(<!-- /benchmarks -->)", re.DOTALL)


def best(cell: dict[str, Any]) -> dict[str, float]:
    """Microseconds a step of each contender, of PyTorch with the better number of threads."""
    found: dict[str, float] = {}
    for time in cell["times"]:
        found[time["name"]] = min(time["us"], found.get(time["name"], float("inf")))
    return found


def ratio(cell: dict[str, Any]) -> float | None:
    """The time of the fastest peer divided by that of Chainrule; None where one of them is missing."""
    times = best(cell)
    ours = times.pop("Chainrule", None)
    return min(times.values()) / ours if ours and times else None


def gflops(cell: dict[str, Any]) -> float | None:
    """What Chainrule does a second, in 10⁹ floating-point operations."""
    ours = best(cell).get("Chainrule")
    return cell["flops"] / ours / 1e3 if ours else None


def number(value: float | None, suffix: str = "") -> str:
    """Three digits that matter, and a dash for what is not there.

    >>> number(0.1234), number(12.34), number(51234.0), number(None)
    ('0.123', '12.3', '51,234', '–')
    """
    if value is None:
        return "–"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}{suffix}"


def columns(cell: dict[str, Any], peak: float) -> list[str]:
    """The numbers of a cell as text: times, ratio, GFLOP/s and the part of the peak."""
    times, rate = best(cell), gflops(cell)
    part = None if rate is None or not peak else 100 * rate / peak
    share = "–" if part is None else f"{part:.0f} %" if part >= 1 else "< 1 %"
    return [*(number(times.get(name)) for name in NAMES), number(ratio(cell)), number(rate), share]


def line(cell: dict[str, Any], peak: float) -> str:
    """A cell as a line under `HEADER`."""
    *times, quotient, rate, share = columns(cell, peak)
    start = f"{cell['network']:>16} {cell['batch']:>5} {cell['optimizer']:>4} "
    return start + "".join(f"{text:>13}" for text in times) + f"{quotient:>8} {rate:>8} {share:>8}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, its first column to the left and the others to the right."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))


def ordered(results: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells by network, optimiser and batch."""

    def place(cell: dict[str, Any]) -> tuple[int, int, int]:
        return list(NETWORKS).index(cell["network"]), OPTIMIZERS.index(cell["optimizer"]), cell["batch"]

    return sorted(results["cells"], key=place)


def summary_table(results: dict[str, Any]) -> str:
    """The ratios alone: a row for each network, a column for each optimiser and batch."""
    ratios = {(c["network"], c["optimizer"], c["batch"]): ratio(c) for c in results["cells"]}
    keys = [(optimizer, batch) for optimizer in OPTIMIZERS for batch in BATCHES]
    keys = [key for key in keys if any(cell[1:] == key for cell in ratios)]
    rows = [
        [network, *(number(ratios.get((network, *key)), "×") for key in keys)]
        for network in NETWORKS
        if any(cell[0] == network for cell in ratios)
    ]
    return table(["network", *(f"{TITLES[optimizer]}, {batch}" for optimizer, batch in keys)], rows)


def full_table(results: dict[str, Any]) -> str:
    """Every number of every cell."""
    header = ["network, optimiser, batch", *(f"{name}, µs" for name in NAMES), "ratio", "GFLOP/s", "of peak"]
    peak = results["peak"].get("all", 0.0)
    return table(
        header,
        [[f"{c['network']}, {TITLES[c['optimizer']]}, {c['batch']}", *columns(c, peak)] for c in ordered(results)],
    )


def latency_table(results: dict[str, Any]) -> str:
    """What a person waits for."""
    rows = [[one["text"], number(one["value"], f" {one['unit']}")] for one in results["latency"].values()]
    return table(["measured", "result"], rows) if rows else ""


def close_calls(results: dict[str, Any]) -> str:
    """A sentence that says where a peer is close, and where it is ahead."""
    found = [(cell, value) for cell in ordered(results) if (value := ratio(cell)) is not None]

    def places(low: float, high: float) -> str:
        texts = [
            f"{c['network']} with {TITLES[c['optimizer']]} at batch {c['batch']} ({number(value)}×)"
            for c, value in found
            if low <= value < high
        ]
        return ", ".join(texts) or "nowhere"

    return f"A peer is close (less than {CLOSE}×): {places(1.0, CLOSE)}. A peer is ahead: {places(0.0, 1.0)}."


def setting(results: dict[str, Any]) -> str:
    """The machine, the versions and the day, in two sentences."""
    machine, peak = results["machine"], results["peak"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    reach = ""
    if peak:
        reach = f" An FMA loop reaches {peak['one']:.0f} GFLOP/s there on one core and {peak['all']:.0f} on all."
    cores = f"{machine['cores']} core{'s' if machine['cores'] > 1 else ''}"
    return f"{machine['processor']}, {cores}, {machine['system']}; {versions}; {results['date']}.{reach}"


def picture(folder: str) -> str:
    """The chart, for light and for dark pages."""
    return (
        "<picture>\n"
        f'  <source media="(prefers-color-scheme: dark)" srcset="{folder}benchmarks-dark.svg">\n'
        f'  <img alt="Speed of Chainrule and its peers, relative to the fastest peer" src="{folder}benchmarks-light.svg">\n'
        "</picture>"
    )


def fill(text: str, section: str) -> str:
    """A document with the section between its two markers replaced."""
    filled, count = _SECTION.subn(lambda match: f"{match[1]}\n{section}\n\n{match[2]}", text)
    if count != 1:
        raise SystemExit(f"A document must have one section between <!-- benchmarks --> and its end, but has {count}.")
    return filled


def write_report(results: dict[str, Any], root: Path) -> list[Path]:
    """Fill the sections of README.md and docs/benchmarks.md, and draw the charts beside the latter."""
    from benchmarks.chart import draw

    if not results["cells"]:
        raise SystemExit("There is nothing to report: the results hold no cell.")
    files = [root / "README.md", root / "docs" / "benchmarks.md"]
    ratios = "Time a step of the fastest peer, divided by Chainrule's, for each optimiser and batch size:"
    brief = [picture("docs/"), ratios, summary_table(results), close_calls(results), f"Measured on {setting(results)}"]
    whole = [picture(""), f"Measured on {setting(results)}", full_table(results), close_calls(results)]
    for file, parts in zip(files, (brief, [*whole, latency_table(results)]), strict=True):
        section = "\n\n".join(part for part in parts if part)
        file.write_text(fill(file.read_text(encoding="utf-8"), section), encoding="utf-8")
    return files + draw(ordered(results), root / "docs")
