"""The houses of Ames, on a made-up table with columns of the same kinds: what the methods see, and that they run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import ames
import house_prices

DATA = Path(os.environ.get("CHAINRULE_DATA", "")) / ames.FILE


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    """60 houses, the price of which is by area and street; one column is constant, one category comes once."""
    rng = np.random.default_rng(0)
    area, street = rng.integers(800, 3000, 60), rng.choice(["Pave", "Grvl"], 60)
    area[7] = 5000
    price = (area * 100 * np.where(street == "Pave", 1.2, 1.0)).astype(int)
    heating = np.where(np.arange(60) == 3, "Floor", "GasA")
    return pl.DataFrame(
        {ames.AREA: area, "Street": street, "Heating": heating, "Pool_Area": np.zeros(60, int), ames.TARGET: price}
    )


def test_without_data_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And looks beside the file that is given, without that file."""
    monkeypatch.setattr(sys, "argv", ["house_prices.py", "ames", "--data", str(tmp_path / "none.csv")])
    with pytest.raises(SystemExit, match="There is no ames.csv: it is the table ames of the R package") as caught:
        house_prices.main()
    assert str(caught.value).count(". ") == 0  # one sentence


def test_the_part_needs_no_other_file(
    table: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table.write_csv(tmp_path / ames.FILE)
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["house_prices.py", "ames"])
    monkeypatch.setattr(ames, "METHODS", {"always the mean": ames.mean})
    house_prices.main()
    lines = capsys.readouterr().out.splitlines()[2:]
    assert [lines[0], lines[2]] == ["60 houses", "59 houses, without the 1 above 4,000 square feet"]
    price = table[ames.TARGET].to_numpy()
    expected = []
    for fold in range(5):
        train, test = ames.divided(60, fold)
        expected.append(((price[test] - price[train].mean()) ** 2).mean())
    low, whole, high = np.sqrt([min(expected), np.mean(expected), max(expected)])  # folds of 12 houses each
    assert lines[1] == f"{'always the mean':30}{whole:10,.0f}   folds{low:8,.0f} to{high:8,.0f}"


def test_each_house_is_held_out_once() -> None:
    folds = [ames.divided(41, fold) for fold in range(5)]
    assert [len(test) for _, test in folds] == [9, 8, 8, 8, 8]
    assert sorted(row for _, test in folds for row in test) == list(range(41))
    assert all(sorted([*train, *test]) == list(range(41)) for train, test in folds)
    assert folds[0][1].tolist() != sorted(folds[0][1])  # by chance


def test_columns_are_those_of_the_training_rows() -> None:
    """By hand: areas 1 and 3 have the mean 2 and the deviation 1; nothing varies in the second; "c" is not in training."""
    rows = pl.DataFrame({"size": [1, 3, 5], "pool": [0, 0, 9], "kind": ["b", "a", "c"], ames.TARGET: [10, 20, 30]})
    found = ames.encoded(rows, np.array([0, 1]))
    np.testing.assert_array_equal(found, [[-1, 0, 0, 1], [1, 0, 1, 0], [3, 9, 0, 0]])


def test_prices_are_learned_as_logarithms_and_not_above_the_dearest(table: pl.DataFrame) -> None:
    """A stand-in that predicts the targets' own units: 0 is the geometric mean, a large number the dearest price."""
    seen: dict[str, Any] = {}

    def fit(X: Any, y: Any, seed: int) -> Any:
        seen.update(X=X, y=y, seed=seed)
        return lambda X: np.where(np.arange(len(X)) == 0, 0.0, 99.0)

    train, test = ames.divided(60, 0)
    n_heating = table["Heating"][train].n_unique()
    found = ames.of_logs(fit)(table, train, test, 4)
    price = table[ames.TARGET].to_numpy()[train]
    np.testing.assert_allclose(seen["y"], (np.log(price) - np.log(price).mean()) / np.log(price).std())
    np.testing.assert_allclose(found[0], np.exp(np.log(price).mean()))
    np.testing.assert_allclose(found[1:], price.max())
    assert (seen["X"].shape, seen["seed"]) == ((48, 2 + 2 + n_heating), 4)


@pytest.mark.parametrize("name", ["ridge regression", "gradient boosting", "one network"])
def test_each_learns_what_is_easy(name: str, table: pl.DataFrame) -> None:
    easy = table.filter(pl.col(ames.AREA) <= ames.LARGE)
    usual, found = (ames.squared_errors(easy, method, [0])[0].mean() for method in (ames.mean, ames.METHODS[name]))
    assert found < usual / 4


def test_the_command_learns_and_predicts(table: pl.DataFrame) -> None:
    """One category of the rows to predict is not in training."""
    rows = np.arange(60)
    test = rows[:15]
    assert "Floor" not in table["Heating"].to_numpy()[15:]
    price = table[ames.TARGET].to_numpy()
    usual = np.sqrt(((price[test] - price[15:].mean()) ** 2).mean())
    found = ames.command(table, rows[15:], test)
    assert np.sqrt(((price[test] - found) ** 2).mean()) < usual


def test_what_the_command_says_of_a_wrong_table_ends_the_program(table: pl.DataFrame) -> None:
    constant = table.with_columns(pl.lit(5).alias(ames.TARGET))
    with pytest.raises(SystemExit, match="is the same in every row"):
        ames.command(constant, np.arange(45), np.arange(45, 60))


def test_networks_are_averaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ames, "network", lambda X, y, seed: lambda X: np.full(len(X), float(seed)))
    assert ames.networks(np.zeros((2, 1)), np.zeros(2), 2)(np.zeros((3, 1))).tolist() == [12.0] * 3  # 10 … 14


def test_on_the_houses_themselves_a_network_is_near_20_000_dollars() -> None:
    if not DATA.is_file():
        pytest.skip(ames.HOW_TO_GET_IT)
    houses = pl.read_csv(DATA)
    assert houses.shape == (2930, 74)
    usual = houses.filter(pl.col(ames.AREA) <= ames.LARGE)
    assert np.sqrt(ames.squared_errors(usual, ames.METHODS["one network"], [0])[0].mean()) < 23_000
