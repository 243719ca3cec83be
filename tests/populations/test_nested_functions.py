"""Nested cross-validation of a search whose models a function makes."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue

X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
Y = X[:, :1]


def build(rate=0.1):
    model = pl.Sequential([pl.Dense(1)])
    model.compile(pl.optimizers.SGD(rate), "mse")
    return model


def test_its_choice_is_trained_again_on_the_training_rows_of_each_fold():
    search = pl.Search(build, {"rate": [0.0, 0.3]}, strategy="grid", folds=2)
    found = pl.cross_validate(search, X, Y, folds=2, epochs=2, batch_size=12)
    assert [each["rate"] for each in found.chosen] == [0.3, 0.3]
    fold, alone = found.folds[0], build(0.3)
    alone.fit(X[fold.train], Y[fold.train], 12, 2, verbose=0)
    np.testing.assert_allclose(found.models[0].get_weights()[0], alone.get_weights()[0], atol=1e-6)


def test_a_search_whose_models_are_unknown_is_said():
    class Unknown:
        model = staticmethod(build)

        def fit(self, x, y=None, **given):
            return None

        def best(self):
            return build()

    with pytest.raises(InvalidValue, match=r"give it a method typical\(\)"):
        pl.cross_validate(Unknown(), X, Y)
