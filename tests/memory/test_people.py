"""Forgetting curves and free recall: planted parameters, published values and measures by hand."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import DataError, FileError, InvalidValue
from plastica.memory import (
    base_level_activation,
    fit_forgetting,
    forgetting_table,
    read_free_recall,
    recall_probability,
)
from plastica.memory.people.forgetting import EBBINGHAUS_MINUTES, EBBINGHAUS_SAVINGS, LAWS

TIMES = np.array([1.0, 3, 10, 40, 200, 1000])


@pytest.mark.parametrize(
    ("law", "a", "b"), [("exponential", 0.9, 0.004), ("power", 0.8, 0.2), ("logarithmic", 0.9, 0.1)]
)
def test_planted_parameters_are_found_and_their_law_wins(law, a, b):
    fits = fit_forgetting(TIMES, LAWS[law].value(TIMES, a, b))
    assert next(iter(fits)) == law
    assert (fits[law].a, fits[law].b) == pytest.approx((a, b), rel=1e-4) and fits[law].error < 1e-5
    np.testing.assert_allclose(fits[law].retention([2.0]), LAWS[law].value(np.array([2.0]), a, b), rtol=1e-4)


def test_people_forget_by_a_power_law_rather_than_exponentially():
    # Wixted, Ebbesen 1991; Murre, Dros 2015.
    fits = fit_forgetting()
    assert fits["power"].held_out_error < 0.05 < 0.08 < fits["exponential"].held_out_error
    assert fits["power"].b == pytest.approx(0.13, abs=0.02)
    # The parameters minimize the squares: no nearby ones do better.
    t, r = np.array(EBBINGHAUS_MINUTES), np.array(EBBINGHAUS_SAVINGS)
    for name, fit in fits.items():
        for nudge in ((1.001, 1), (0.999, 1), (1, 1.001), (1, 0.999)):
            worse = LAWS[name].value(t, fit.a * nudge[0], fit.b * nudge[1])
            assert np.sqrt(np.mean((worse - r) ** 2)) >= fit.error
    assert forgetting_table(fits).columns == ["law", "formula", "a", "b", "error", "held_out_error"]


def test_act_r():
    # One presentation a second ago: B = 0, half is recalled at the threshold 0.
    assert base_level_activation([1.0]) == 0 and recall_probability(0.0) == 0.5
    assert base_level_activation([4.0, 16.0]) == pytest.approx(np.log(0.5 + 0.25))
    # A single memory decays as a power: the odds of recall as t^(-d / noise).
    odds = [p / (1 - p) for t in (2.0, 8.0) for p in [recall_probability(base_level_activation([t]))]]
    assert odds[1] / odds[0] == pytest.approx(4 ** (-0.5 / 0.4))


def test_free_recall_by_hand():
    found = read_free_recall([[3, 1, 2, 0], [3, -1, 3, 2], [0, 0, 0, 0]], length=4)
    np.testing.assert_allclose(found.serial_position(), [1 / 3, 2 / 3, 2 / 3, 0])
    np.testing.assert_allclose(found.first_recall(), [0, 0, 1, 0])
    lags, probability = found.lag_transitions()
    # Transitions: 3 to 1 of {1, 2, 4}, 1 to 2 of {2, 4}, and 3 to 2 of {1, 2, 4} past the intrusion.
    expected = {-3: np.nan, -2: 1 / 2, -1: 1 / 2, 0: np.nan, 1: 1 / 3, 2: np.nan, 3: 0}
    np.testing.assert_allclose(probability, [expected[lag] for lag in lags])


def test_recalls_from_a_file(tmp_path):
    (tmp_path / "recalls.txt").write_text("3 1 2 0\n2,3\n")
    found = read_free_recall(tmp_path / "recalls.txt")
    assert found.recalls.tolist() == [[3, 1, 2, 0], [2, 3, 0, 0]] and found.length == 3
    (tmp_path / "bad.txt").write_text("word other\n")
    with pytest.raises(DataError, match="whole numbers only"):
        read_free_recall(tmp_path / "bad.txt")
    (tmp_path / "latin.txt").write_bytes("mémoire".encode("latin-1"))
    with pytest.raises(FileError, match=r"latin\.txt cannot be read: it is not a text in UTF-8"):
        read_free_recall(tmp_path / "latin.txt")
    with pytest.raises(FileError, match=r"none\.txt cannot be read: ") as told:
        read_free_recall(tmp_path / "none.txt")
    assert "Errno" not in str(told.value)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fit_forgetting([1, 2, 3], [0.5, 0.4, 0.3]), DataError, "at least four"),
        (lambda: fit_forgetting([0, 1, 2, 3], [1, 0.5, 0.4, 0.3]), DataError, "above 0"),
        (lambda: fit_forgetting([1, 2, 3, 4], [0.5]), DataError, "4 times and 1 retentions"),
        (lambda: fit_forgetting(laws=["weibull"]), InvalidValue, "exponential, power, logarithmic"),
        (lambda: base_level_activation([]), DataError, "above 0"),
        (lambda: recall_probability(1.0, noise=0), InvalidValue, "above 0"),
        (lambda: read_free_recall([[5, 1]], length=4), DataError, "trial 0, recall 0: position 5"),
        (lambda: read_free_recall([[0, 0], [-1, 0]]), DataError, "no word of any list was recalled"),
        (lambda: read_free_recall([1, 2]), DataError, r"shape \(2,\)"),
    ],
)
def test_mistakes_with_data_of_people(call, error, message):
    with pytest.raises(error, match=message):
        call()
