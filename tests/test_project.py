"""The project's own files agree with each other: README, scripts, continuous integration, changelog, package metadata."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import chainrule

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

# Written in pieces, so that this file does not find itself.
BUILD_MACHINE = re.compile(r"(?<![\w.~*-])/" + "(?:work|root|home|Users|tmp)/" + r"|\b[A-Z]:\\+" + r"Users\b")
NOT_OURS = {"build", "dist", "venv", "__pycache__"}


def texts(root: Path) -> Iterator[tuple[Path, str]]:
    for folder, folders, names in os.walk(root):
        ours = [name for name in folders if name not in NOT_OURS and not name.endswith(".egg-info")]
        folders[:] = [name for name in ours if not name.startswith(".") or name == ".ci"]
        for name in set(names) - {".git"}:  # in a linked work tree it is a file
            content = (Path(folder) / name).read_bytes()
            if b"\0" not in content:
                yield Path(folder) / name, content.decode("utf-8", errors="replace")


def machine_paths(root: Path) -> list[str]:
    return [
        f"{file.relative_to(root).as_posix()}:{number} {line.strip()}"
        for file, text in texts(root)
        for number, line in enumerate(text.splitlines(), start=1)
        if BUILD_MACHINE.search(line)
    ]


def test_no_path_of_a_build_machine() -> None:
    assert not machine_paths(ROOT)


def test_a_path_of_a_build_machine_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("read data/home/a.csv\nsaved in /" + "home/ada/model\n", encoding="utf-8")
    assert machine_paths(tmp_path) == ["a.md:2 saved in /" + "home/ada/model"]


def readme_command(heading: str) -> str:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split(f"\n## {heading}\n")[1]
    return re.split(r"\n```(?:sh)?\n", section)[1]


@pytest.mark.skipif(shutil.which("bash") is None, reason="the scripts are written for bash")
def test_continuous_integration_runs_what_the_readme_says() -> None:
    """Each is one line, so that the first part that fails ends it."""
    commands = [readme_command("Install and train"), readme_command("Test")]
    shown = subprocess.run(["bash", ".ci/run", "--commands"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == commands
    assert commands[0].startswith("pip install . && chainrule train ")
    assert commands[1].endswith(" && scripts/check && scripts/test -m slow")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
@pytest.mark.parametrize(
    "script", [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run"], ids=lambda script: script.name
)
def test_scripts_are_executable(script: Path) -> None:
    assert os.access(script, os.X_OK)


def test_each_dependency_has_a_minimum() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [text for text in project["dependencies"] if ">=" not in text] == []
    assert set(project["optional-dependencies"]) == {"images", "sound", "test", "dev", "bench", "docs"}


def test_the_package_is_typed() -> None:
    assert (ROOT / "src" / "chainrule" / "py.typed").is_file()


def test_the_changelog_has_this_version() -> None:
    assert f"\n## [{chainrule.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_links_between_documents_lead_somewhere(file: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8"))
    assert not [link for link in links if not (file.parent / link).exists()]
