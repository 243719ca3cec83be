"""Amari's neural field: bumps of the width that theory gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from plastica.errors import InvalidValue, ShapeError
from plastica.memory import NeuralField

FIELD = NeuralField()


def spot(time, places):
    return 1.0 * (np.abs(places - 3) < 1) * (time < 50)


def test_a_bump_has_the_width_at_which_the_integral_of_weights_equals_the_threshold():
    narrow, wide = FIELD.bump_widths()
    for width in (narrow, wide):
        assert quad(FIELD.weight, 0, width)[0] == pytest.approx(-FIELD.resting_level)
    # Amari 1977, theorem 3: stable where w(d) < 0.
    assert FIELD.weight(narrow) > 0 > FIELD.weight(wide)
    run = FIELD.run(400, spot)
    spacing = FIELD.length / FIELD.units
    assert run.widths[-1] == pytest.approx(wide, abs=2 * spacing)
    assert run.centres[-1] == pytest.approx(3, abs=2 * spacing)


def test_a_spot_narrower_than_the_unstable_width_dies_out():
    narrow, _ = FIELD.bump_widths()
    start = np.where(np.abs(FIELD.places) < narrow / 2 * 0.6, 0.05, FIELD.resting_level)
    assert FIELD.run(300, start=start).widths[-1] == 0
    wider = np.where(np.abs(FIELD.places) < narrow / 2 * 1.6, 0.05, FIELD.resting_level)
    assert FIELD.run(300, start=wider).widths[-1] > narrow


def test_without_a_width_nothing_is_held():
    silent = NeuralField(resting_level=-1.0)
    assert silent.bump_widths() == [] and silent.run(300, spot).widths[-1] == 0


def test_shifted_weights_make_it_travel_at_a_constant_speed():
    run = NeuralField(shift=0.2).run(500, spot)
    moved = np.diff(np.unwrap(run.centres[400::100] * 2 * np.pi / 20)) * 20 / (2 * np.pi)
    assert (moved > 0.5).all() and moved == pytest.approx(moved.mean(), rel=0.06)


def test_below_threshold_it_decays_exactly():
    run = FIELD.run(30, start=np.full(400, -3.0), step=3.0)
    expected = FIELD.resting_level + (-3 - FIELD.resting_level) * np.exp(-run.times / FIELD.tau)
    np.testing.assert_allclose(run.potentials[:, 0], expected, rtol=1e-5)


def test_mistakes():
    for options, message in (({"width": 0.0}, "width"), ({"resting_level": 0.1}, "below 0"), ({"units": 2}, "three")):
        with pytest.raises(InvalidValue, match=message):
            NeuralField(**options)
    with pytest.raises(InvalidValue, match="0 < step <= time"):
        FIELD.run(1, step=2)
    with pytest.raises(ShapeError, match=r"expected \(400,\)"):
        FIELD.run(10, start=[1.0, 2.0])
