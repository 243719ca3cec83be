"""Importance of settings, against variances in closed form, and the picture."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

import plastica as pl
from plastica.errors import InvalidValue, NotFitted
from plastica.search.importance import _shares, importance_of, leaves_of
from plastica.search.picture import draw
from plastica.search.space import Space
from plastica.search.trials import SearchTrial, Trials

SPACE = Space({"a": pl.Uniform(0, 1), "b": pl.LogUniform(1, 100), "c": ["x", "y", "z"], "d": pl.IntUniform(1, 9)})


def trials(function, count=400, monitor="val_loss"):
    rng = np.random.default_rng(0)
    drawn = [SPACE.draw(rng) for _ in range(count)]
    values = [float(function(*SPACE.places(each))) for each in drawn]
    return Trials(monitor, [SearchTrial(number, *pair) for number, pair in enumerate(zip(drawn, values, strict=True))])


def test_the_shares_of_a_tree_are_those_of_integrals_over_its_boxes():
    rng = np.random.default_rng(3)
    x = rng.random((60, 2))
    tree = DecisionTreeRegressor(min_samples_leaf=5, random_state=0).fit(x, np.sin(5 * x[:, 0]) + x[:, 0] * x[:, 1])
    boxes, values = leaves_of(tree.tree_, 2)
    assert np.prod(boxes[:, :, 1] - boxes[:, :, 0], axis=1).sum() == pytest.approx(1)
    assert len(values) == tree.get_n_leaves()
    grid = (np.arange(400) + 0.5) / 400
    first, second = np.meshgrid(grid, grid, indexing="ij")
    surface = tree.predict(np.stack([first.ravel(), second.ravel()], 1)).reshape(400, 400)
    expected = [surface.mean(1).var() / surface.var(), surface.mean(0).var() / surface.var()]
    np.testing.assert_allclose(_shares(tree.tree_, 2), expected, atol=0.01)


def test_settings_share_the_variance_as_their_terms_do():
    found = importance_of(SPACE, trials(lambda a, b, c, d: 2 * a + b))  # variances 4/12 and 1/12
    shares = {each.name: each.share for each in found}
    assert [each.name for each in found[:2]] == ["a", "b"]
    assert shares["a"] == pytest.approx(0.8, abs=0.06) and shares["b"] == pytest.approx(0.2, abs=0.06)
    assert shares["c"] < 0.01 and shares["d"] < 0.01 and sum(shares.values()) <= 1.0001


def test_what_only_a_combination_explains_is_no_settings_own():
    found = importance_of(SPACE, trials(lambda a, b, c, d: (a > 0.5) ^ (b > 0.5)))
    assert max(each.share for each in found) < 0.15


def test_trials_that_diverge_do_not_make_up_all_variance():
    found = importance_of(SPACE, trials(lambda a, b, c, d: 1e9 if d > 0.98 else a))
    assert found[0].name == "a"


def test_higher_may_be_better():
    found = importance_of(SPACE, trials(lambda a, b, c, d: -a, monitor="val_accuracy"))
    assert found[0].name == "a" and found[0].share > 0.9


def test_few_trials_say_nothing():
    with pytest.raises(InvalidValue, match="at least 4 are needed"):
        importance_of(SPACE, trials(lambda a, b, c, d: a, count=3))
    with pytest.raises(NotFitted, match="no trial of this search"):
        draw(SPACE, Trials("val_loss"), None)


def test_the_picture_has_a_line_for_each_trial_the_best_on_top(tmp_path):
    given = trials(lambda a, b, c, d: a, count=30)
    figure = draw(SPACE, given, tmp_path / "search.svg")
    text = (tmp_path / "search.svg").read_text("utf-8")
    assert "validation loss" in text and "best tenth" in text and f"{given.best().value:.4g}" in text
    (axes,) = figure.axes
    lines = [line for line in axes.lines if len(line.get_xdata()) == len(SPACE) + 1]
    assert len(lines) == 30
    best = max(lines, key=lambda line: line.get_zorder())
    assert best.get_ydata()[0] == pytest.approx(SPACE.places(given.best().settings)[0]) and best.get_ydata()[-1] == 1
