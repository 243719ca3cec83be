"""Diehl and Cook's network: its equations and its rule beside plain loops, what it learns, resuming, mistakes."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from plastica.errors import DataError, InvalidValue
from plastica.spikes import DiehlCook
from plastica.spikes import diehl_cook_program as program

RNG = np.random.default_rng(0)
MODEL = DiehlCook(6, duration=100.0, total=25.0)
BARS = np.eye(4, dtype="float32").repeat(25, 1).repeat(10, 0)
CLASSES = np.arange(4).repeat(10)


def plain_run(model, drive, thresholds):
    """Return the spikes, by small steps of Euler for conductances that decay."""
    fine, found = 400, []
    v, raised = np.full(drive.shape[1], -65.0), thresholds.astype(float)
    g_e, g_i, held, last = (np.zeros(drive.shape[1]) for _ in range(4))
    for jumps in drive:
        g_e, g_i = g_e + jumps, g_i + model.inhibition * (last.sum() - last)
        free = held <= 0
        for _ in range(fine):
            slope = (-65 - v + g_e * (0 - v) + g_i * (-100 - v)) / 100
            v = np.where(free, v + model.dt / fine * slope, v)
            g_e, g_i = g_e * (1 - model.dt / fine), g_i * (1 - model.dt / fine / 2)
        last = (free & (v > -72 + raised)).astype(float)
        held = np.where(last > 0, 5.0, held - model.dt)
        raised, v = raised + model.threshold_step * last, np.where(last > 0, -65, v)
        found.append(last)
    return np.array(found), raised


def test_units_spike_as_small_steps_of_the_equations_do():
    drive = RNG.random((100, 6)).astype("float32") * np.linspace(2.0, 12.0, 6, dtype="float32")
    thresholds = 20 + RNG.random(6).astype("float32")
    answer = program._run(MODEL, jnp.asarray(drive), jnp.asarray(thresholds))
    spikes, raised = plain_run(MODEL, drive, thresholds)
    assert spikes.sum() > 8
    # A conductance is constant during a step, at its mean: a spike may come one step earlier or later.
    assert np.abs(np.cumsum(answer.spikes, 0) - np.cumsum(spikes, 0)).max() <= 1
    np.testing.assert_allclose(answer.thresholds, raised, atol=0.06)


def test_thresholds_fall_between_pictures_and_stay_where_nothing_is_learned():
    """A picture that nobody answers is shown 8 times, each with 150 ms of rest; thresholds start 20 mV above -72 mV."""
    model = DiehlCook(2, duration=50.0, threshold_tau=1000.0, threshold_step=5.0)
    dark = np.full((1, 4), 1e-6, "float32")
    unlit = model.fit(dark, [0], label_rows=1, verbose=0)
    np.testing.assert_allclose(unlit.thresholds, 20 * np.exp(-8 * (50 + 150) / 1000), rtol=1e-4)
    lit = unlit._replace(weights=np.ones((4, 2), "float32") * 20, thresholds=np.full(2, 20.0, "float32"))
    still = lit._replace(model=DiehlCook(2, duration=50.0, threshold_tau=1000.0, threshold_step=0.0))
    assert lit.counts(np.ones((1, 4))).sum() > 1
    np.testing.assert_array_equal(lit.counts(np.ones((1, 4))), still.counts(np.ones((1, 4))))


def test_the_change_is_that_of_traces_followed_step_by_step():
    model = DiehlCook(3, learning_rate=0.02, depression=0.005, duration=100.0)
    pre, post = RNG.random((100, 5)) < 0.08, RNG.random((100, 3)) < 0.06
    fast, slow = np.exp(-1 / 20), np.exp(-1 / 40)
    x, post1, post2, change = np.zeros(5), np.zeros(3), np.zeros(3), np.zeros((5, 3))
    strengthens, weakens = [], []
    for before, now in zip(pre, post, strict=True):
        x, post1, post2 = x * fast, post1 * fast, post2 * slow
        change += 0.02 * np.outer(x, now * post2) - 0.005 * np.outer(before, post1)
        strengthens.append(now * post2)
        weakens.append(now * (1 - post1))
        x, post1, post2 = np.maximum(x, before), np.maximum(post1, now), np.maximum(post2, now)
    spikes, up, down = (jnp.asarray(np.array(each), jnp.float32) for each in (post, strengthens, weakens))
    answer = program.UnitSpikes(spikes, up, down, jnp.zeros(3))
    np.testing.assert_allclose(program._change(model, jnp.asarray(pre), answer), change, atol=1e-5)


def test_bars_are_learned_without_labels_and_resuming_changes_nothing(tmp_path):
    model = DiehlCook(8, learning_rate=0.05, total=25.0)
    whole = model.fit(BARS, CLASSES, epochs=5, verbose=0)
    assert whole.accuracy(BARS, CLASSES) == 1.0
    own = whole.weights[:, whole.labels == 1]
    assert own[25:50].mean() > 2 * np.delete(own, range(25, 50), 0).mean()
    part = model.fit(BARS, CLASSES, epochs=5, verbose=0, folder=tmp_path / "run", stop_after=70)
    assert part.shown == 70
    resumed = model.fit(BARS, CLASSES, epochs=5, verbose=0, folder=tmp_path / "run")
    assert resumed.shown == 200
    np.testing.assert_array_equal(resumed.weights, whole.weights)
    with pytest.raises(InvalidValue, match="checkpoints of a training with another model"):
        DiehlCook(8, total=20.0).fit(BARS, CLASSES, verbose=0, folder=tmp_path / "run")
    square = whole.draw()
    square.savefig(tmp_path / "fields.png", dpi=40)
    assert (tmp_path / "fields.png").stat().st_size > 1000


FAULTS = {
    "got numbers from -1 to 1; rates grow with intensities from 0 to 1": lambda: MODEL.fit(2 * BARS - 1, CLASSES),
    "got pictures of shape (40,); expected (rows, ...)": lambda: MODEL.fit(BARS[:, 0], CLASSES),
    "got 40 pictures and 39 classes": lambda: MODEL.fit(BARS, CLASSES[1:]),
    "expected whole numbers from 0, one for each picture": lambda: MODEL.fit(BARS, CLASSES - 0.5),
    "epochs=0": lambda: MODEL.fit(BARS, CLASSES, epochs=0),
    "units must be a whole number of at least 1": lambda: DiehlCook(0),
    "duration must be a whole number of steps of 0.3 ms": lambda: DiehlCook(dt=0.3),
    "expected at least one step": lambda: DiehlCook(duration=0.0),
}


@pytest.mark.parametrize("words", FAULTS)
def test_mistakes_are_told(words):
    with pytest.raises((DataError, InvalidValue)) as told:
        FAULTS[words]()
    assert words in str(told.value)
