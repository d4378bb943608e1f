"""The command and the streams it is given: terminals, files, pipes whose reader has gone, full disks, no Unicode, nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule as cr

IRIS = ["train", "iris", "--epochs", "12", "--patience", "12", "-o", "model.chainrule"]
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such device")


def start(*arguments: str, cwd: Path, code: str = "", **options: object) -> subprocess.Popen[str]:
    """The command in a process of its own, with its output in pipes unless told otherwise."""
    given = options.pop("environment", {})
    environment = {**os.environ, "PYTHONPATH": str(Path(cr.__file__).parents[1]), "COLUMNS": "100", **given}  # type: ignore[dict-item]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8", **options}
    command = [sys.executable, "-c", f"{code}\nfrom chainrule.cli import main; main()", *arguments]
    return subprocess.Popen(command, env=environment, cwd=cwd, **pipes)  # type: ignore[call-overload,no-any-return]


@posix
def test_a_full_disk_is_told_and_the_model_is_saved(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full, start(*IRIS, cwd=tmp_path, stdout=full) as process:
        _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    sentence = (
        "Standard output cannot be written to (No space left on device): send it elsewhere; the model is saved as"
    )
    assert err == f"Error: {sentence} model.chainrule.\n"
    assert cr.load(tmp_path / "model.chainrule").classes.tolist() == ["setosa", "versicolor", "virginica"]


@posix
def test_predictions_to_a_full_disk_are_an_error(tmp_path: Path) -> None:
    start(*IRIS, "--quiet", cwd=tmp_path).communicate(timeout=120)
    header = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)"
    (tmp_path / "new.csv").write_text(f"{header}\n5,3,1.5,0.2\n", encoding="utf-8")
    with (
        open("/dev/full", "w") as full,
        start("predict", "model.chainrule", "new.csv", cwd=tmp_path, stdout=full) as process,
    ):
        _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert err.startswith("Error: Standard output cannot be written to")


@posix
def test_training_goes_on_when_the_reader_has_gone(tmp_path: Path) -> None:
    with start(*IRIS, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        assert (process.wait(timeout=120), err) == (141, "")
    assert (tmp_path / "model.chainrule").is_file()


@posix
def test_a_process_without_standard_output_saves_its_model(tmp_path: Path) -> None:
    with start(*IRIS, cwd=tmp_path, code="import sys; sys.stdout = None") as process:
        _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert (tmp_path / "model.chainrule").is_file()


def test_signs_that_the_encoding_lacks_are_written_in_ascii(tmp_path: Path) -> None:
    """Also the names of the user's columns and classes, which can be anything; brackets in them are no markup."""
    rows = "".join(f"{i % 7},{i % 5},{'größer' if i % 7 > 3 else 'kleiner'}\n" for i in range(60))
    (tmp_path / "sizes.csv").write_text("länge,[bold]breite,ergebnis\n" + rows, encoding="utf-8")
    arguments = ["train", "sizes.csv", "-t", "ergebnis", "--epochs", "5", "-o", "m.chainrule"]
    with start(*arguments, cwd=tmp_path, environment={"PYTHONIOENCODING": "ascii"}) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert out.isascii()
    assert "2 -> 64 relu -> 2" in out
    assert "[bold]breite" in out
    assert "gr??er" in out


def test_the_losses_shown_where_there_is_no_terminal_are_those_of_the_history(tmp_path: Path) -> None:
    with start(*IRIS, "--no-refit", "--history", "history.csv", cwd=tmp_path) as process:
        out, _ = process.communicate(timeout=120)
    lines = re.findall(r"Training +epoch +(\d+)/12 +loss ([\d.]+) +validation loss ([\d.]+)", out)
    assert [int(epoch) for epoch, *_ in lines] == [1, 2, 5, 10, 12]
    header, *rows = [line.split(",") for line in (tmp_path / "history.csv").read_text().splitlines()]
    for epoch, loss, validation in lines:
        row = dict(zip(header, map(float, rows[int(epoch) - 1]), strict=True))
        assert float(loss) == pytest.approx(row["loss"] - row["penalty"], abs=6e-5)
        assert float(validation) == pytest.approx(row["val_loss"], abs=6e-5)


@posix
def test_a_terminal_is_shown_a_bar_that_is_wiped_away(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    terminal = {"stdout": theirs, "stdin": theirs, "environment": {"TERM": "xterm-256color"}}
    with start(*IRIS, cwd=tmp_path, **terminal) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 1 << 16):
                shown += part
        except OSError:  # how Linux says that the other side has closed
            pass
        assert process.wait(timeout=120) == 0
    os.close(ours)
    text = shown.decode()
    assert "\x1b[?25l" in text  # the cursor is hidden while the bar moves
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # and comes back
    assert "━" in text
    assert "Model" in text


def test_a_warning_is_a_sentence_without_the_line_that_it_came_from(tmp_path: Path) -> None:
    code = "import warnings, chainrule.cli.train as t; t.run_train = lambda request: warnings.warn('It is late.') or 0"
    with start("train", "iris", cwd=tmp_path, code=code) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, "", "Note: It is late.\n")


def test_help_and_version_load_nothing_heavy(tmp_path: Path) -> None:
    code = "import atexit, sys; atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))"
    for arguments in (["--help"], ["--version"], ["train", "--help"]):
        with start(*arguments, cwd=tmp_path, code=code) as process:
            _, err = process.communicate(timeout=120)
        loaded = {name.split(".")[0] for name in err.split()}
        assert "typer" in loaded
        assert not loaded & {"sklearn", "polars", "matplotlib", "scipy", "safetensors", "llvmlite", "pandas"}
