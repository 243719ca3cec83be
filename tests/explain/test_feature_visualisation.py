"""Feature visualisation: optima that are known, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, UnknownName


def test_inputs_follow_the_weights_of_a_linear_unit(tmp_path):
    # Of w x - decay / 2 mean(x^2) over [-1, 1], the optimum is n w / decay, cut off at the bounds.
    model = pl.Sequential([pl.Dense(2)])
    model.build((4,))
    weights = np.array([[0.1, -3.0], [-0.05, 3.0], [0.0, 0.0], [0.2, 5.0]])
    model.set_weights([weights, np.zeros(2)])
    found = pl.explain.visualise_features(model, [0, 1], decay=1.0, bounds=(-1.0, 1.0), steps=400, learning_rate=0.1)
    np.testing.assert_allclose(found.images[0], 4 * weights[:, 0], atol=0.02)
    np.testing.assert_allclose(found.images[1], [-1, 1, 0, 1], atol=0.02)
    assert (np.diff(found.activity[:, [0, -1]]) > 0).all()
    assert "class 1" in repr(found) and found.to_frame().height == len(found.names)
    found.plot(tmp_path / "lines.svg")


@pytest.mark.parametrize("space", ["fourier", "pixels"])
def test_a_channel_that_detects_edges_is_shown_edges(space, tmp_path):
    # A filter of a step from left to right prefers brightness that rises to the right.
    model = pl.Sequential([pl.Conv2D(1, 3, padding="same"), pl.Flatten(), pl.Dense(1)])
    model.build((8, 8, 1))
    step = np.tile([-1.0, 0.0, 1.0], (3, 1))[:, :, None, None]
    model.set_weights([step, np.zeros(1), np.eye(64)[:, 27:28], np.zeros(1)])  # reads the place (3, 3)
    found = pl.explain.visualise_features(model, 0, space=space, jitter=0, steps=100)
    image = found.images[0, :, :, 0]
    assert image[2:5, 4].mean() > 0.9 and image[2:5, 2].mean() < 0.1
    assert image.min() >= 0 and image.max() <= 1
    channel = pl.explain.visualise_features(model, layer="Conv2D", space=space, jitter=0)
    assert channel.names == ("0 Conv2D, unit 0",) and channel.activity[0, -1] > channel.activity[0, 0]
    found.plot(tmp_path / "image.png")


def test_what_is_refused():
    model = pl.Sequential([pl.Dense(3), pl.Dense(2)])
    model.build((4,))
    ask = pl.explain.visualise_features
    with pytest.raises(UnknownName, match="layer 1 output has units 0 to 1; got 5"):
        ask(model, [0, 5])
    with pytest.raises(InvalidValue, match='expected "fourier" or "pixels"'):
        ask(model, space="wavelets")
    with pytest.raises(InvalidValue, match="expected low < high"):
        ask(model, bounds=(1.0, 0.0))
    with pytest.raises(InvalidValue, match="expected whole numbers"):
        ask(model, [0.5])
    lengths = pl.Sequential([pl.Input((None, 2)), pl.LSTM(3), pl.Dense(1)])
    with pytest.raises(InvalidValue, match="have no fixed size"):
        ask(lengths)
    codes = pl.Sequential([pl.Embedding(5, 3), pl.Flatten(), pl.Dense(2)])
    codes.build((4,))
    with pytest.raises(InvalidValue, match="reads codes, which cannot ascend"):
        ask(codes)
