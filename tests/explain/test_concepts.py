"""Concepts: a network whose direction is known, random concepts, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, ShapeError

RANDOM = np.random.default_rng(0)


def rows(count, *raised):
    x = RANDOM.normal(size=(count, 6))
    x[:, list(raised)] += 2
    return x.astype(np.float32)


@pytest.fixture(scope="module")
def model():
    """Return a network whose first output rises with the first input, and whose second falls with it."""
    model = pl.Sequential([pl.Dense(6), pl.Dense(2)])
    model.build((6,))
    model.set_weights([np.eye(6), np.zeros(6), np.array([[1.0, -1.0]] + [[0.0, 0.0]] * 5), np.zeros(2)])
    return model


@pytest.fixture(scope="module")
def scores(model):
    given = {"used": rows(40, 0), "unused": rows(40, 1), "none": rows(40)}
    return pl.explain.tcav(model, rows(20), given, rows(200), output=[0, 1])


def test_a_used_concept_is_told_from_random_ones(scores):
    np.testing.assert_array_equal(scores.scores[0, 0], 1)
    np.testing.assert_array_equal(scores.scores[0, 1], 0)
    assert scores.is_significant[0].all() and not scores.is_significant[2].any()
    assert scores.accuracy[0] > 0.75 and scores.accuracy[1] > 0.75 and abs(scores.accuracy[2] - 0.5) < 0.15


def test_scores_are_a_table_a_text_and_a_picture(scores, tmp_path):
    assert scores.to_frame().height == 6 and scores.layer == "0 Dense"
    assert "used speaks for 0: 100%" in repr(scores) and "cannot be told from random concepts" in repr(scores)
    scores.plot(tmp_path / "concepts.svg")
    assert "used: 0" in (tmp_path / "concepts.svg").read_text()


def test_what_is_refused(model):
    ask, many = pl.explain.tcav, rows(30)
    with pytest.raises(DataError, match="'few' has 4 rows; expected at least 10"):
        ask(model, many, {"few": rows(4)}, many)
    with pytest.raises(DataError, match="'random_examples' has 12 rows; expected at least 20"):
        ask(model, many, {"a": many}, rows(12))
    with pytest.raises(DataError, match="there are no concepts"):
        ask(model, many, {}, many)
    with pytest.raises(ShapeError, match=r"'wide' has rows of shape \(7,\), x \(6,\)"):
        ask(model, many, {"wide": np.zeros((20, 7))}, many)
    with pytest.raises(InvalidValue, match="whose layers follow each other"):
        ask(lambda x: x[:, 0], many, {"a": many}, many)
