"""Temperature scaling, against the stationary point of the likelihood and data of a known temperature."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plastica.calibration import TemperatureScaling
from plastica.errors import DataError, NotFitted, ShapeError


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def drawn(rng, p):
    return (rng.random((len(p), 1)) > np.cumsum(p, axis=1)).sum(1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.4, 4.0), st.integers(2, 6))
def test_the_likelihood_is_stationary_there(seed, temperature, classes):
    """At the maximum the mean logit under the model is that of the targets: d loss / d (1/T) = E[z] - z_y = 0."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(300, classes)) * 2
    y = drawn(rng, softmax(z / temperature))
    scaling = TemperatureScaling().fit(softmax(z), y)
    q = scaling.transform(softmax(z))
    slope = (q * z).sum(1).mean() - z[np.arange(len(z)), y].mean()
    assert abs(slope) < 1e-4
    np.testing.assert_allclose(q.sum(1), 1)
    np.testing.assert_array_equal(q.argmax(1), z.argmax(1))


def test_it_finds_the_temperature_that_the_data_were_drawn_with():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(40_000, 4)) * 3
    scaling = TemperatureScaling().fit(softmax(z), drawn(rng, softmax(z / 2.5)))
    assert scaling.temperature == pytest.approx(2.5, rel=0.02)


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_the_probability_of_yes_is_the_second_of_two_columns(shape):
    rng = np.random.default_rng(1)
    p = rng.random(200)
    y = (rng.random(200) < p**2).astype(int)
    both = np.stack([1 - p, p], axis=1)
    one, two = TemperatureScaling().fit(p.reshape(shape), y), TemperatureScaling().fit(both, y)
    found = one.transform(p.reshape(shape))
    assert found.shape == p.reshape(shape).shape
    np.testing.assert_allclose(found.ravel(), two.transform(both)[:, 1])


P = np.full((3, 2), 0.5)


@pytest.mark.parametrize(
    ("probabilities", "y", "error", "words"),
    [
        (P * 3, [0, 1, 1], DataError, "from 1.5 to 1.5"),
        (P * 0.8, [0, 1, 1], DataError, "row 0 sum to 0.8"),
        (P, [0, 1], ShapeError, r"y of shape \(2,\) for 3 rows"),
        (P, [0, 1, 2], DataError, "class numbers from 0 to 1"),
        (P, [0, 1, 0.5], DataError, "class numbers from 0 to 1"),
        (P, [0, 1, float("nan")], DataError, "row 2 is nan"),
        (np.zeros((2, 2, 2)), [0, 1], ShapeError, r"shape \(2, 2, 2\)"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(probabilities, y, error, words):
    with pytest.raises(error, match=words):
        TemperatureScaling().fit(probabilities, y)


def test_it_is_fitted_first():
    with pytest.raises(NotFitted, match="call fit"):
        TemperatureScaling().transform(P)
