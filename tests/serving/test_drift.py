"""Drift against the description of training: by the formula, its chance level, and missing values."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.data.columns import infer_columns
from plastica.data.frames import from_memory
from plastica.serving.drift import Drift


def test_the_index_is_that_of_the_formula():
    drift = Drift([*infer_columns(from_memory({"x": ["a"] * 60 + ["b"] * 40}))], 100, 10**9)
    drift.add(from_memory({"x": ["a"] * 30 + ["b"] * 50 + ["c"] * 20}))
    (told,) = drift.report()
    p, q = np.array([0.3, 0.5, 0.2]), np.array([0.6, 0.4, 1e-4])
    assert told["psi"] == pytest.approx(np.sum((p - q) * np.log(p / q)), abs=2e-4)
    assert told["unknown"] == 20 and told["level"] == "large"


def test_deciles_of_numbers_that_repeat_are_compared_with_their_own_shares():
    training = [0.0] * 950 + [float(value) for value in range(1, 51)]
    drift = Drift([*infer_columns(from_memory({"x": training}))], 1000, 10**9)
    drift.add(from_memory({"x": training}))
    assert drift.report()[0]["psi"] == 0.0


def test_without_drift_the_index_exceeds_its_chance_level_in_one_of_twenty():
    random = np.random.default_rng(0)
    above = []
    for _ in range(200):
        training = random.normal(size=2000)
        drift = Drift([*infer_columns(from_memory({"x": training}))], 2000, 10**9)
        drift.add(from_memory({"x": random.normal(size=300)}))
        told = drift.report()[0]
        above.append(told["psi"] > told["by_chance"])
    assert 0.02 < np.mean(above) < 0.1


def test_few_rows_do_not_tell_and_shifted_ones_do():
    training = np.random.default_rng(1).normal(size=2000)
    drift = Drift([*infer_columns(from_memory({"x": training}))], 2000, 10**9)
    drift.add(from_memory({"x": [0.1, 0.3, -2.0]}))
    assert drift.report()[0]["level"] == "too few rows"
    drift.add(from_memory({"x": training[:500] + 1.0}))
    assert drift.report()[0]["level"] == "large"


def test_old_rows_fade_and_missing_values_are_counted():
    drift = Drift([*infer_columns(from_memory({"x": np.arange(100.0), "s": ["yes", "no"] * 50}))], 100, 200)
    drift.add(from_memory({"x": [None, 5.0] * 500, "s": ["no"] * 1000}))
    x, s = drift.report()
    assert x["missing"] == 500 and s["missing"] == 0 and x["level"] == s["level"] == "large"
    for _ in range(3):
        drift.add(from_memory({"x": np.arange(100.0).repeat(10), "s": ["yes", "no"] * 500}))
    assert [each["level"] for each in drift.report()] == ["stable", "stable"]
    assert drift.report()[0]["missing"] == 500
