"""Results as text: a line on the screen, and the tables and charts of README.md and docs/benchmarks.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measurements import OTHERS
from benchmarks.networks import NETWORKS
from benchmarks.workloads import BATCHES, OPTIMIZERS

Cells = list[dict[str, Any]]

NAMES = ("Chainrule", "JAX", "PyTorch", "scikit-learn")
TITLES = {"sgd": "SGD", "adam": "Adam"}
CLOSE = 1.2  # below this ratio a peer is close
HEADER = (
    f"{'network':>16} {'batch':>5} {'':>4} " + "".join(f"{name:>13}" for name in NAMES) + "   ratio  GFLOP/s  of peak"
)

DENSE_SECTION, OTHER_SECTION = "benchmarks", "benchmarks: images, sequences, text"


def best(cell: dict[str, Any]) -> dict[str, float]:
    """Microseconds a step of each contender, of PyTorch by the better way and number of threads."""
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


def columns(cell: dict[str, Any], peak: float, names: Sequence[str] = NAMES) -> list[str]:
    """The numbers of a cell as text: times of these contenders, ratio, GFLOP/s and the part of the peak."""
    times, rate = best(cell), gflops(cell)
    part = None if rate is None or not peak else 100 * rate / peak
    share = "–" if part is None else f"{part:.0f} %" if part >= 1 else "< 1 %"
    return [*(number(times.get(name)) for name in names), number(ratio(cell)), number(rate), share]


def line(cell: dict[str, Any], peak: float) -> str:
    """A cell as a line under `HEADER`."""
    *times, quotient, rate, share = columns(cell, peak)
    start = f"{cell['network']:>16} {cell['batch']:>5} {cell['optimizer']:>4} "
    return start + "".join(f"{text:>13}" for text in times) + f"{quotient:>8} {rate:>8} {share:>8}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, its first column to the left and the others to the right."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))


def ordered(results: dict[str, Any], *, dense: bool) -> Cells:
    """The cells of dense networks or of the others, by network, optimiser and batch."""

    def place(cell: dict[str, Any]) -> tuple[int, int, int]:
        return list(NETWORKS).index(cell["network"]), OPTIMIZERS.index(cell["optimizer"]), cell["batch"]

    return sorted((cell for cell in results["cells"] if NETWORKS[cell["network"]].dense is dense), key=place)


def summary_table(cells: Cells) -> str:
    """The ratios alone: a row for each network, a column for each optimiser and batch."""
    ratios = {(c["network"], c["optimizer"], c["batch"]): ratio(c) for c in cells}
    keys = [(optimizer, batch) for optimizer in OPTIMIZERS for batch in BATCHES]
    keys = [key for key in keys if any(cell[1:] == key for cell in ratios)]
    rows = [
        [network, *(number(ratios.get((network, *key)), "×") for key in keys)]
        for network in dict.fromkeys(cell[0] for cell in ratios)
    ]
    return table(["network", *(f"{TITLES[optimizer]}, {batch}" for optimizer, batch in keys)], rows)


def full_table(cells: Cells, peak: float, names: Sequence[str]) -> str:
    """Every number of every cell."""
    header = ["network, optimiser, batch", *(f"{name}, µs" for name in names), "ratio", "GFLOP/s", "of peak"]
    rows = [[f"{c['network']}, {TITLES[c['optimizer']]}, {c['batch']}", *columns(c, peak, names)] for c in cells]
    return table(header, rows) if rows else ""


def latency_table(results: dict[str, Any], *, dense: bool) -> str:
    """What a person waits for: with dense networks, or with others."""
    found = [one for name, one in results["latency"].items() if (name not in OTHERS) is dense]
    return (
        table(["measured", "result"], [[o["text"], number(o["value"], f" {o['unit']}")] for o in found])
        if found
        else ""
    )


def close_calls(cells: Cells) -> str:
    """A sentence that says where a peer is close, and where it is ahead."""
    found = [(cell, value) for cell in cells if (value := ratio(cell)) is not None]

    def places(low: float, high: float) -> str:
        texts = [
            f"{c['network']} with {TITLES[c['optimizer']]} at batch {c['batch']} ({number(value)}×)"
            for c, value in found
            if low <= value < high
        ]
        return ", ".join(texts) or "nowhere"

    if not found:
        return ""
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


def fill(text: str, parts: Sequence[str], section: str = DENSE_SECTION) -> str:
    """A document with what stands between the two markers of a section replaced; parts that are empty are left out."""
    between = re.compile(rf"(<!-- {section} -->\n).*?(<!-- /benchmarks -->)", re.DOTALL)
    new = "\n\n".join(part for part in parts if part)
    filled, count = between.subn(lambda match: f"{match[1]}\n{new}\n\n{match[2]}", text)
    if count != 1:
        raise SystemExit(f"A document must have one section between <!-- {section} --> and its end, but has {count}.")
    return filled


def write_report(results: dict[str, Any], root: Path) -> list[Path]:
    """Fill the sections that there are results for: of README.md and docs/benchmarks.md, with charts, or of the latter only."""
    from benchmarks.chart import draw

    readme, page = root / "README.md", root / "docs" / "benchmarks.md"
    dense, others = ordered(results, dense=True), ordered(results, dense=False)
    measured, peak = f"Measured on {setting(results)}", results["peak"].get("all", 0.0)
    if not results["cells"]:
        raise SystemExit("There is nothing to report: the results hold no cell.")
    files: list[Path] = []
    if dense:
        ratios = "Time a step of the fastest peer, divided by Chainrule's, for each optimiser and batch size:"
        _fill(readme, [picture("docs/"), ratios, summary_table(dense), close_calls(dense), measured])
        tables = [full_table(dense, peak, NAMES), close_calls(dense), latency_table(results, dense=True)]
        _fill(page, [picture(""), measured, *tables])
        files += [readme, page, *draw(dense, root / "docs")]
    if others:
        tables = [full_table(others, peak, NAMES[:-1]), close_calls(others), latency_table(results, dense=False)]
        _fill(page, [measured, *tables], OTHER_SECTION)
        files += [page] if page not in files else []
    return files


def _fill(file: Path, parts: Sequence[str], section: str = DENSE_SECTION) -> None:
    file.write_text(fill(file.read_text(encoding="utf-8"), parts, section), encoding="utf-8")
