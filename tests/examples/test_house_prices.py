"""The example of the house prices, on a part of the data: its features, its parts, and that it learns."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import house_prices as script

DATA = Path(os.environ.get("CHAINRULE_DATA", "")) / "california_housing.csv"


@pytest.fixture(scope="module")
def houses() -> Any:
    if not DATA.is_file():
        pytest.skip(script.HOW_TO_GET_IT)
    return script.read(DATA, rows=2000)


def test_without_data_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["house_prices.py", "--data", str(tmp_path / "none.csv")])
    with pytest.raises(SystemExit, match="download housing.csv") as caught:
        script.main()
    assert str(caught.value).count(". ") == 0  # one sentence


def test_waves_are_those_of_the_place() -> None:
    """Bounded, equal for equal places, nearly equal for near ones, and different for distant ones."""
    longitude, latitude = np.array([-122.0, -122.0, -122.001, -118.0]), np.array([37.0, 37.0, 37.0, 34.0])
    found = script.waves(longitude, latitude)
    assert found.shape == (4, 128)
    np.testing.assert_allclose(found[:, :32] ** 2 + found[:, 32:64] ** 2, 1.0)
    np.testing.assert_array_equal(found[0], found[1])
    assert np.abs(found[0] - found[2]).max() < 0.05 < np.abs(found[0] - found[3]).mean()


def test_what_is_missing_is_filled_from_the_training_rows(tmp_path: Path) -> None:
    """By hand: five rows, four of them for training, of which one lacks its bedrooms; the usual share is 0.2."""
    names = "longitude,latitude,housing_median_age,total_rooms,total_bedrooms,population,households,median_income"
    rows = [f"-120,36,20,{100 * i},{'' if i == 3 else 20 * i},50,10,3,{1000 * i},INLAND" for i in range(1, 6)]
    (tmp_path / "few.csv").write_text("\n".join([f"{names},median_house_value,ocean_proximity", *rows]))
    houses = script.read(tmp_path / "few.csv")
    by_value = dict(zip(houses.value, houses.groups["raw"], strict=True))
    assert by_value[3000.0].tolist() == [20.0, 300.0, 60.0, 50.0, 10.0, 3.0]
    assert by_value[2000.0].tolist() == [20.0, 200.0, 40.0, 50.0, 10.0, 3.0]
    ratios = dict(zip(houses.value, houses.groups["ratios"], strict=True))[2000.0]
    np.testing.assert_allclose(np.exp(ratios), [200, 40, 50, 10, 3, 20, 0.2, 5])


def test_features_are_finite(houses: Any) -> None:
    assert len(houses.value) == 2000
    assert all(np.isfinite(columns).all() and len(columns) == 2000 for columns in houses.groups.values())


def test_it_learns(houses: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = script.final(houses, replace(script.Recipe(), epochs=12), networks=2, figures=str(tmp_path))
    assert error < 70_000
    assert "average of 2" in capsys.readouterr().out
    assert {file.name for file in tmp_path.iterdir()} == {"learning.svg", "residuals.svg"}


def test_nothing_is_predicted_above_the_cap(houses: Any) -> None:
    trained = script.Trained(houses, replace(script.Recipe(), epochs=2))
    assert trained.value(1e3 * trained.X_test).max() <= script.CAP


def test_a_naive_network_explodes_and_is_cured(houses: Any, capsys: pytest.CaptureFixture[str]) -> None:
    script.explode(houses)
    printed = capsys.readouterr().out
    assert printed.count("Training diverged") >= 1
    lines = {line[:45].strip(): float(line[45:].replace(",", "")) for line in printed.splitlines() if line[:1] != " "}
    assert lines["targets scaled"] < lines["always the mean"] < lines["raw numbers, weights from N(0, 1)"]


def test_parts_run(houses: Any, capsys: pytest.CaptureFixture[str]) -> None:
    short = replace(script.Recipe(), epochs=1)
    script.sparse(houses, short)
    script.ablation(houses, short)
    assert len(capsys.readouterr().out.splitlines()) == 4 + len(script.LEFT_OUT)
