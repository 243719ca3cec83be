"""The whole of scikit-learn's own checks, none left out and none expected to fail."""

from __future__ import annotations

from sklearn.utils.estimator_checks import parametrize_with_checks

import plastica as pl

SMALL = {"network": "mlp", "layers": (4,), "epochs": 30, "learning_rate": 0.03, "random_state": 0}


@parametrize_with_checks([pl.NetworkClassifier(**SMALL), pl.NetworkRegressor(**SMALL)])
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)
