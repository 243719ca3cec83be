"""Findings of learning curves: written by hand, so that every number is known."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.doctor.curves import curve_findings

FALLING = [1.0, 0.7, 0.5, 0.4, 0.32, 0.26, 0.22, 0.19, 0.17, 0.16]


def codes(loss, val=None, chance=1.0, **options):
    history = {"loss": loss} if val is None else {"loss": loss, "val_loss": val}
    return {each.code: each for each in curve_findings(history, chance, **options)}


def test_a_falling_loss_that_levels_off_has_no_findings():
    assert codes(FALLING, [*FALLING[:-3], 0.2, 0.2, 0.2]) == {}


def test_a_loss_that_stays_at_chance_is_stuck_and_one_below_it_is_not():
    found = codes([1.0, 0.999, 0.998, 0.999, 0.998])["stuck_loss"]
    assert found.value == pytest.approx(0.002) and found.severity == "serious" and "0.2 %" in found.message
    assert codes([0.1] * 5) == {}  # a trained network that is trained further
    assert codes([0.9, 0.7, 0.69, 0.69, 0.69], chance=0.695)["stuck_loss"].value > 0.2  # fell, to where guessing is


def test_a_validation_loss_that_rises_by_half_while_the_loss_falls_is_overfitting():
    val = [1.0, 0.8, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.9]
    found = codes(FALLING, val)["overfitting"]
    assert (
        found.where == "epoch 3"
        and found.value == pytest.approx((0.9 - 0.6) / (0.6 + 0.02))
        and found.data["epochs"] == 7
    )
    assert codes(FALLING, val, restored=True) == {}  # early stopping took the weights of the best epoch
    assert codes([*FALLING[:3], *[0.5] * 7], val) == {}  # the training loss does not fall: another reason


def test_a_small_rise_from_a_tiny_loss_is_not_overfitting():
    assert codes([0.1**n for n in range(10)], [0.1**n for n in range(5)] + [3e-4] * 5) == {}


def test_a_validation_loss_that_still_falls_was_stopped_early():
    val = [1 - 0.05 * n for n in range(10)]
    found = codes(val, val)["stopped_early"]
    assert found.value == pytest.approx(1 - np.mean(val[-2:]) / np.mean(val[-4:-2])) and "epochs=30" in found.remedy


def test_a_loss_that_jumps_up_and_down_swings():
    assert codes([0.5, 1.2] * 10)["oscillating_loss"].value == pytest.approx(0.7 / 0.85)
    assert codes([0.01, 0.03] * 10) == {}  # nearly learned: hardly any of it is left


def test_too_few_epochs_and_losses_that_are_not_finite_say_nothing():
    assert codes([1.0] * 4) == {} and codes([1.0, 1.0, np.nan, 1.0, 1.0]) == {}


def test_a_stretch_without_progress_before_a_fall_is_a_plateau():
    loss = [1.0, *[0.8] * 8, *[0.8 - 0.1 * n for n in range(1, 6)]]
    found = codes(loss)["plateau"]
    assert found.where == "epoch 2" and found.data["epochs"] == 8 and found.value == pytest.approx(8 / 14)
    assert found.severity == "warning" and found.data["after"] == "0.3"
    assert "plateau" not in codes(FALLING) and "plateau" not in codes([1.0, 0.7, *[0.5] * 10])  # nothing came after
    assert "plateau" not in codes([1.0, *[0.05] * 8, 0.04, 0.03, 0.02])  # nearly everything was learned before


def test_a_validation_loss_that_stays_at_chance_while_the_training_loss_falls_shows_that_nothing_holds():
    val = [1.02, 1.0, 1.0, 1.001, 1.002, 1.004, 1.01, 1.01, 1.01, 1.01]
    found = codes(FALLING, val)["validation_at_chance"]
    assert found.value == pytest.approx(0.0) and found.data["loss"] == "0.16" and "noise" in found.message
    assert "validation_at_chance" not in codes(FALLING, [0.01 + each for each in FALLING])
    assert "validation_at_chance" not in codes(FALLING, val, chance=None)
    assert "validation_at_chance" not in codes(FALLING, [3 - 0.2 * n for n in range(10)])  # it still falls


def test_epochs_after_which_nothing_more_was_gained_were_too_many():
    val = [1.0, 0.8, 0.6, 0.5, *[0.499] * 26]
    found = codes([*FALLING, *[0.16] * 20], val)["stopped_late"]
    assert found.where == "epoch 4" and found.value == pytest.approx(26 / 30) and found.severity == "note"
    assert "stopped_late" not in codes([*FALLING, *[0.16] * 20], val, restored=True)
    assert "stopped_late" not in codes(FALLING[:10], val[:10])
