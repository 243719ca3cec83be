"""Forecasters saved by earlier versions load, and forecast what they forecast then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import plastica as pl
from plastica.errors import FileError
from plastica.forecasting import Forecaster, serialization
from plastica.storage import read_model, write_model

# Written by the code of format 1: "nlinear" with the past covariate "temp", hourly values from 1 to 14 January 2026.
FORMAT_1 = Path(__file__).parent / "data" / "format1.plastica"
# The forecast and the ends of its interval, printed by the same code.
EXPECTED = [
    [4.48783438542227, 3.236586036335286, 5.739082734509255],
    [3.780104593184576, 1.8656096782807994, 5.694599508088352],
    [4.775114662341375, 2.736360109442035, 6.8138692152407145],
]


def test_files_of_format_1_forecast_the_same_numbers(tmp_path):
    old = pl.load(FORMAT_1)
    for forecaster in (old, pl.load(old.save(tmp_path / "again.plastica"))):
        made = forecaster.predict().select("load", "load_low", "load_high").to_numpy()
        np.testing.assert_allclose(made, EXPECTED, rtol=1e-5)


def test_forecasters_of_format_1_go_on_and_are_evaluated():
    old = Forecaster.load(FORMAT_1)
    hours = np.arange("2026-01-15", "2026-01-17", dtype="datetime64[h]")
    load = 5 + np.sin(np.arange(len(hours)) * 2 * np.pi / 24)
    newer = {"time": hours, "load": load, "temp": np.zeros(len(hours))}
    results = old.evaluate(newer)
    assert results.origins == len(hours) - 2
    assert results.weights == {"nlinear": 1.0}
    assert old.update(newer).predict()["time"][0].isoformat() == "2026-01-17T00:00:00"


def test_unknown_formats_are_named(tmp_path):
    arrays, document = read_model(FORMAT_1)
    later = {**document, "forecast": {**document["forecast"], "format": 3}}
    write_model(tmp_path / "later.plastica", arrays, later)
    with pytest.raises(FileError, match="format 3, and this version of plastica reads formats up to 2"):
        serialization.load(Forecaster, tmp_path / "later.plastica")
