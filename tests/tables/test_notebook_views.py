"""Display of models for tables in notebooks: results, curves, layers, and scikit-learn's diagram."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.pipeline import make_pipeline

import plastica as pl
from plastica.tables import Settings, TableNetwork

ATTACK = "<img src=x onerror=alert(1)>"
ROWS = np.random.default_rng(0).normal(size=(90, 2))
TABLE = pd.DataFrame({"a": ROWS[:, 0], "b": ROWS[:, 1], ATTACK: np.where(ROWS[:, 0] > 0, "yes", "no")})
SMALL = Settings(network="mlp", layers=(4,), epochs=3, baselines=("dummy", "linear"))


def text_of(page):
    tree = ET.fromstring(page)
    assert not [part for part in tree.iter() if part.tag in ("img", "script")]
    return " ".join(tree.itertext())


@pytest.fixture(scope="module")
def network():
    return TableNetwork.fit(TABLE, ATTACK, SMALL)


def test_a_model_for_a_table_shows_its_results_its_curves_and_its_layers(network):
    page = network._repr_html_()
    said = text_of(page)
    figure = network.facts.results.scores["network"]["accuracy"]
    assert f"{figure.value:.3f}" in said and f"{figure.low:.3f} to {figure.high:.3f}" in said
    assert all(words in said for words in (f"Network for {ATTACK}", "guessing", "linear model", "epoch 3", "dense"))
    assert page.count("<path") >= 2  # training and validation


def test_a_loaded_model_shows_all_but_its_curves(network, tmp_path):
    page = TableNetwork.load(network.save(tmp_path / "model.plastica"))._repr_html_()
    assert "guessing" in text_of(page) and "epoch 3" not in text_of(page)


@pytest.mark.parametrize("model", ["linear", "trees"])
def test_other_models_and_numbers_are_shown(model):
    table = TABLE.assign(**{ATTACK: 1000 * ROWS[:, 0]})
    made = TableNetwork.fit(table, ATTACK, Settings(model=model, baselines=("dummy",)))
    said = text_of(made._repr_html_())
    assert "MAE" in said and f"{made.facts.scores['mae'].value:.4g}" in said


def test_a_model_without_test_rows_says_so():
    made = TableNetwork.fit(TABLE, ATTACK, Settings(network="mlp", layers=(2,), epochs=1, test=0, baselines=()))
    assert "No test rows" in text_of(made._repr_html_())


@pytest.mark.parametrize("kind", [pl.NetworkClassifier, pl.NetworkRegressor])
def test_an_estimator_shows_scikit_learns_diagram_and_once_fitted_its_network(kind, tmp_path):
    estimator = kind("mlp", layers=(4,), epochs=3, random_state=0)
    before = estimator._repr_mimebundle_()["text/html"]
    assert "sk-top-container" in before and "Fitted network" not in before
    estimator.fit(ROWS, (ROWS[:, 0] > 0) if kind is pl.NetworkClassifier else ROWS[:, 0])
    for each in (estimator, kind.load(estimator.save(tmp_path / "model.plastica"))):
        for page in (each._repr_mimebundle_()["text/html"], each._repr_html_()):
            assert "sk-top-container" in page and page.count("Fitted network") == 1
            assert "3 epochs" in page and "dense" in page
    assert "epoch 3" in estimator._repr_html_()
    with config_context(display="text"):
        assert list(estimator._repr_mimebundle_()) == ["text/plain"] and not hasattr(estimator, "_repr_html_")
    assert "Fitted network" not in make_pipeline(estimator)._repr_html_()
