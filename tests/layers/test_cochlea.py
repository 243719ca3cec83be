"""The cochlea beside scipy's gammatone filters, tones and rates by hand."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import freqz, gammatone, lfilter

import plastica as pl
from plastica.errors import DataError, InvalidValue, ShapeError
from plastica.layers import Context
from plastica.random import seed_key

RATE = 8000
COCHLEA = pl.Cochlea(6, RATE, 150.0, 3000.0, dt=10.0, max_rate=90.0)
SOUND = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 1200)).astype("float32")


def tone(hertz, amplitude=0.1, samples=4000):
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(samples) / RATE)).astype("float32")[None]


def test_filters_are_scipys_and_have_the_form_of_slaneys():
    found = np.asarray(COCHLEA.filtered(jnp.asarray(SOUND)))
    for channel, centre in enumerate(np.asarray(COCHLEA.centres, float)):
        b, _ = gammatone(centre, "fir", order=4, numtaps=512, fs=RATE)
        np.testing.assert_allclose(found[:, channel], lfilter(b, 1, SOUND), atol=2e-4)
        frequencies = centre + 24.7 * (4.37e-3 * centre + 1) * np.linspace(-1, 1, 5)
        poles = freqz(*gammatone(centre, "iir", fs=RATE), worN=frequencies, fs=RATE)[1]
        own = freqz(b, 1, worN=frequencies, fs=RATE)[1]
        np.testing.assert_allclose(np.abs(own) / np.abs(own).max(), np.abs(poles) / np.abs(poles).max(), atol=0.06)


def test_centres_lie_at_equal_numbers_of_bandwidths():
    centres = np.asarray(pl.Cochlea(50, RATE, 100.0, 3600.0).centres)
    assert centres[[0, -1]] == pytest.approx([100, 3600], rel=1e-4)
    apart = np.diff(21.4 * np.log10(4.37e-3 * centres + 1))  # Glasberg and Moore 1990, equation 4
    np.testing.assert_allclose(apart, apart[0], rtol=1e-3)


def test_a_tone_drives_its_channel_at_the_largest_rate_and_softer_ones_by_the_exponent():
    centres = np.asarray(COCHLEA.centres)
    for channel in (1, 3):
        rates = np.asarray(COCHLEA.rates(tone(centres[channel])))[0, 10:].mean(0)
        assert rates.argmax() == channel and rates[channel] == pytest.approx(90, rel=0.03)
        soft = np.asarray(COCHLEA.rates(tone(centres[channel], 0.01)))[0, 10:, channel].mean()
        assert soft == pytest.approx(90 * 0.1**0.3, rel=0.03)
    assert not np.asarray(COCHLEA.rates(np.zeros((1, 800)))).any()


def test_fibres_spike_at_their_rate_at_random_or_in_turn():
    sound = tone(float(COCHLEA.centres[2]), samples=40_000)
    many = pl.Cochlea(6, RATE, 150.0, 3000.0, fibres=4, dt=10.0, max_rate=40.0)
    context = Context(True, jnp.asarray(seed_key(0)))
    spikes = np.asarray(many.apply({}, jnp.asarray(sound), {}, context)[0])[0, 10:]
    assert spikes.shape == (490, 24) and set(np.unique(spikes)) == {0, 1}
    assert spikes[:, 8:12].mean() * 100 == pytest.approx(40, abs=3)
    regular = np.asarray(pl.Cochlea(6, RATE, 150.0, 3000.0, 4, 10.0, 40.0, poisson=False).apply({}, sound)[0])[0, 10:]
    np.testing.assert_allclose(regular[:, 8:12].mean(0) * 100, 40, atol=1.5)
    assert regular[:, 8:12].sum(1).max() <= 2, "they do not spike together"


FAULTS = {
    "got samples from -30 to 200; sound is from -1 to 1. Divide 16-bit samples by 32768.": (
        DataError, lambda: pl.Sequential([COCHLEA, pl.Flatten()]).predict(np.array([[-30.0] * 80 + [200.0] * 80])),
    ),
    "got sound of shape (80,); expected (batch, samples). For one sound write sound[None].": (
        ShapeError, lambda: COCHLEA.rates(SOUND[0, :80]),
    ),
    "got samples of type int16; sound is from -1 to 1. Divide": (
        DataError, lambda: COCHLEA.apply({}, np.ones((1, 80), np.int16)),
    ),
    "got inputs of shape (40,); it reads (samples,), at least 80": (ShapeError, lambda: COCHLEA.output_shape((40,))),
    "highest below 4000 Hz, half the sample rate": (InvalidValue, lambda: pl.Cochlea(8, RATE, highest=5000.0)),
    "Cochlea(max_rate=500, dt=5): more than one spike a step; at most 200 Hz.": (
        InvalidValue, lambda: pl.Cochlea(max_rate=500.0),
    ),
    "Cochlea(max_rate=-5.0): max_rate must be a finite number above 0.": (
        InvalidValue, lambda: pl.Cochlea(max_rate=-5.0),
    ),
    "a step of 5 ms has 55.125 samples and must have a whole number; 4.98866 ms has": (
        InvalidValue, lambda: pl.Cochlea(8, 11025),
    ),
    "got samples from 0 to 3; sound is from -1 to 1": (DataError, lambda: COCHLEA.rates(np.full((1, 80), 3.0))),
    "Cochlea(fibres=0): fibres must be a whole number": (InvalidValue, lambda: pl.Cochlea(fibres=0)),
}  # fmt: skip


@pytest.mark.parametrize("words", FAULTS)
def test_mistakes_with_sound_are_told(words):
    error, make = FAULTS[words]
    with pytest.raises(error) as told:
        make()
    assert words in str(told.value)
