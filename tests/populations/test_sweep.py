"""pl.sweep: a table and a picture of settings, the best first."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, PlasticaWarning, UnknownName

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
Y = X @ np.array([1.0, -2.0, 0.5])


def network():
    model = pl.Sequential([pl.Dense(1)])
    model.compile(pl.optimizers.SGD(0.01), "mse")
    return model


def test_a_learning_rate_that_fits_ranks_first_and_one_that_diverges_last():
    with pytest.warns(PlasticaWarning, match="of 39 members met a number"):
        found = pl.sweep(
            network(), X, Y, {"learning_rate": [*np.logspace(-4, 0, 12), 1e20]}, seeds=3, epochs=20, verbose=0
        )
    frame = found.to_frame()
    assert len(frame) == 13 and frame["failed"].sum() >= 3 and frame["failed"][0] == 0
    assert found.best["learning_rate"] == frame["learning_rate"][0]
    assert 0.01 < found.best["learning_rate"] < 0.5
    assert found.model is found.population.best()
    single = network()
    single.learning_rate = found.best["learning_rate"]
    assert repr(found) == f"<Sweep: val_loss is best at learning_rate={found.best['learning_rate']!r}>"


def test_without_settings_it_sweeps_the_learning_rate():
    found = pl.sweep(network(), X, Y, epochs=1, verbose=0, fit={"callbacks": pl.TerminateOnNaN()})
    rates = sorted(found.to_frame()["learning_rate"])
    assert rates[0] == 1e-4 and rates[-1] == 1.0 and len(rates) == 13


def test_folds_validate_each_setting():
    found = pl.sweep(network(), X, Y, learning_rate=[0.1, 0.001], folds=3, epochs=5, monitor="loss", verbose=0)
    assert found.to_frame()["members"].to_list() == [3, 3] and found.monitor == "loss"


def test_the_picture_shows_each_member_and_the_best(tmp_path):
    found = pl.sweep(network(), X, Y, learning_rate=[0.001, 0.01, 0.1], seeds=2, epochs=5, verbose=0)
    figure = found.plot(tmp_path / "sweep.svg")
    text = (tmp_path / "sweep.svg").read_text("utf-8")
    assert "learning rate" in text and "validation loss" in text and f"at {found.best['learning_rate']:g}" in text
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    members, mean = axes.lines[:2]
    assert len(members.get_xdata()) == 6
    frame = found.to_frame().sort("learning_rate")
    np.testing.assert_allclose(mean.get_ydata(), frame["val_loss"])


def test_settings_and_metrics_that_are_not_there_are_named():
    found = pl.sweep(network(), X, Y, {"optimizer": ["sgd", "adam"]}, epochs=1, verbose=0)
    with pytest.raises(InvalidValue, match=r"this sweep has the settings optimizer"):
        found.plot(name="learning_rate")
    with pytest.raises(UnknownName, match='this run has no metric "val_los"'):
        pl.sweep(network(), X, Y, learning_rate=[0.1], epochs=1, monitor="val_los", verbose=0)
