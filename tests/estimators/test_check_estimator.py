"""All estimator checks of scikit-learn, without exceptions."""

from __future__ import annotations

import jax
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import plastica as pl

# Small programs: the checks use about forty shapes of data, and each is compiled.
SMALL = {"network": "mlp", "layers": (), "optimizer": "sgd", "learning_rate": 0.5, "epochs": 30, "random_state": 0}


@pytest.fixture(autouse=True, scope="module")
def quick_compilation():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@parametrize_with_checks([pl.NetworkClassifier(**SMALL), pl.NetworkRegressor(**SMALL)])
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)
