"""Arguments that the command cannot even read, and files that it must not overwrite: one sentence, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from chainrule.cli import output, train
from chainrule.cli.app import app
from chainrule.network import Network

BAD = {
    "an unknown command": (["trian", "iris"], "Did you mean 'train'"),
    "an unknown option": (["train", "iris", "--epoch", "5"], "--epochs"),
    "an unknown option of the program": (["--versio"], "--version"),
    "an option of predict": (["predict", "a", "b", "--probability"], "--probabilities"),
    "no data": (["train"], "'DATA'"),
    "no model": (["info"], "'MODEL'"),
    "no file": (["predict", "iris.chainrule"], "'FILE'"),
    "too many arguments": (["train", "iris", "wine"], "wine"),
    "epochs that are no number": (["train", "iris", "--epochs", "x"], "--epochs"),
    "epochs with a fraction": (["train", "iris", "--epochs", "1.5"], "--epochs"),
    "a rate that is no number": (["train", "iris", "--lr", "fast"], "--lr"),
    "an option without its value": (["train", "iris", "--epochs"], "--epochs"),
    "a flag with a value": (["train", "iris", "--refit=3"], "--refit"),
    "a seed beyond 32 bits": (["train", "iris", "--seed", "4294967296"], "--seed"),
    "no threads at all": (["train", "iris", "--threads", "0"], "--threads must be"),
    "more threads than there can be": (["train", "iris", "--threads", "65"], "--threads must be"),
    "no threads to predict": (["predict", "m.chainrule", "data.csv", "--threads", "0"], "--threads must be"),
    "units beyond all memory": (["train", "iris", "--hidden", "9" * 20], "--hidden"),
    "no name of a file": (["train", "iris", "--output", ""], "--output"),
    "a folder as output": (["train", "iris", "--output", "."], "--output"),
    "one file for two outputs": (["train", "iris", "-o", "a.csv", "--history", "./a.csv"], "--history"),
    "a plot of no known kind": (["train", "iris", "--plot", "curve.doc"], "--plot"),
    "the data as output": (["train", "data.csv", "--target", "y", "-o", "data.csv"], "also the data"),
    "the model as output": (["predict", "m.chainrule", "data.csv", "-o", "m.chainrule"], "also the model"),
    "ignoring the target": (["train", "data.csv", "--target", "y", "--ignore", "y"], "--ignore"),
    "ignoring an unknown column": (["train", "data.csv", "--target", "y", "--ignore", "wrd"], "did you mean 'word'"),
    "a target of one value": (["train", "data.csv", "--target", "same"], "'same'"),
    "values as classes": (["train", "data.csv", "--target", "y", "--task", "classification"], "--task"),
    "text as values": (["train", "data.csv", "--target", "word", "--task", "regression"], "'word'"),
    "a loss of classes": (["train", "data.csv", "--target", "y", "--loss", "cross_entropy"], "--loss"),
    "a bundled set of another target": (["train", "iris", "--target", "colour"], "'species'"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i},{'ab'[i % 2]},1,{i / 3}\n" for i in range(40))
    (tmp_path / "data.csv").write_text("x,word,same,y\n" + rows, encoding="utf-8")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("case", BAD)
def test_one_sentence_is_told_and_nothing_written(case: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*given: object) -> None:
        pytest.fail("training began")

    monkeypatch.setattr(train, "_train", never)
    arguments, part = BAD[case]
    before = contents(folder)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert part in result.stderr
    assert contents(folder) == before


def test_a_network_too_large_for_the_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*given: object) -> None:
        raise MemoryError

    monkeypatch.setattr(train, "_train", none_left)
    result = CliRunner().invoke(app, ["train", "iris"])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "memory" in result.stderr
    assert contents(folder).keys() == {"data.csv"}


def test_a_folder_that_cannot_be_written_to_is_found_before_training(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**given: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(output.tempfile, "TemporaryFile", refused)  # a superuser may write anywhere
    result = CliRunner().invoke(app, ["train", "iris", "--quiet"])
    assert result.exit_code == 2
    sentence = "Error: --output iris.chainrule cannot be written (Permission denied): choose another place.\n"
    assert result.stderr == sentence
    assert contents(folder).keys() == {"data.csv"}


def test_the_command_alone_shows_its_help() -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert "chainrule train digits" in result.output
    assert "Error" not in result.output


def test_the_same_seed_gives_the_same_bytes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.perf_counter", lambda: 0.0)  # the file also tells how long training took
    for name in ("a", "b"):
        result = CliRunner().invoke(app, ["train", "iris", "--epochs", "3", "--quiet", "-o", name])
        assert (result.exit_code, result.output) == (0, "")
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()


def test_the_number_of_threads_never_changes_a_result(folder: Path) -> None:
    found = []
    for threads in ("1", "2"):
        model = f"model{threads}.chainrule"
        arguments = ["train", "data.csv", "--target", "word", "--epochs", "3", "--threads", threads, "-o", model]
        assert CliRunner().invoke(app, arguments).exit_code == 0
        predictions = CliRunner().invoke(app, ["predict", model, "data.csv", "--threads", threads])
        assert predictions.exit_code == 0
        found.append(((folder / model).read_bytes(), predictions.stdout))
    assert found[0] == found[1]


def test_the_threads_of_the_command_are_those_of_fit_and_predict(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, set[object]] = {"fit": set(), "predict": set()}
    for name, called in (("fit", Network.fit), ("predict", Network.predict)):

        def spy(*given: object, name: str = name, called: object = called, **more: object) -> object:
            seen[name].add(more.get("threads"))
            return called(*given, **more)  # type: ignore[operator]

        monkeypatch.setattr(Network, name, spy)
    train_it = ["train", "iris", "--epochs", "2", "--threads", "1", "--test-size", "0", "-o", "m.chainrule"]
    assert CliRunner().invoke(app, train_it).exit_code == 0
    assert seen == {"fit": {1}, "predict": set()}
    train_it = ["train", "data.csv", "--target", "y", "--epochs", "2", "--test-size", "0", "-o", "m.chainrule"]
    assert CliRunner().invoke(app, train_it).exit_code == 0
    seen["predict"].clear()
    assert CliRunner().invoke(app, ["predict", "m.chainrule", "data.csv", "--threads", "2"]).exit_code == 0
    assert seen == {"fit": {1, None}, "predict": {2}}
