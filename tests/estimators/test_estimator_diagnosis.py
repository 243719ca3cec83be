"""The diagnosis of an estimator is that of its network, with the names of its columns."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import plastica as pl

RNG = np.random.default_rng(0)
X = RNG.normal(size=(160, 3))
Y = np.where(X[:, 0] + X[:, 1] + RNG.normal(size=160) > 0, "yes", "no")


@pytest.fixture(scope="module")
def classifier():
    return pl.NetworkClassifier("mlp", layers=(8,), epochs=6, random_state=0).fit(X, Y)


def test_rows_that_fit_held_out_are_drawn_again(classifier):
    found = classifier.diagnose(X, Y, retrain=False)
    assert not any("held-out" in str(each) for each in found.unjudged) and found.measures["look"]["layers"]
    assert not any("learning curve" in str(each) for each in found.unjudged)
    other = pl.NetworkClassifier("mlp", layers=(8,), epochs=6).fit(X, Y)  # drawn by chance, so that nobody knows them
    assert any("held-out" in str(each) for each in other.diagnose(X, Y, retrain=False).unjudged)


def test_columns_have_their_names_and_targets_their_scale():
    import pandas as pd

    frame = pd.DataFrame(X, columns=["age", "height", "weight"])
    target = 1000 + 50 * X[:, 1] + X[:, 0]
    frame["height"] *= 1000
    found = (
        pl.NetworkRegressor("mlp", layers=(8,), epochs=3, random_state=0)
        .fit(frame, target)
        .diagnose(frame, target, validation_data=(frame, target), retrain=False)
    )
    assert not {"unscaled_targets", "unscaled_inputs"} & set(found.codes)
    assert found["copied_rows"].value == 1.0


def test_ensembles_are_examined_inside_and_say_what_is_not_judged():
    found = pl.NetworkClassifier(epochs=2, random_state=0).fit(X, Y).diagnose(X, Y, retrain=False)
    said = " ".join(map(str, found.unjudged))
    assert "ensemble of 8" in said and "layers are looked at as one" in said
    # The layers inside one of its networks have an activation.
    assert "can only learn linear relations" not in str(found.choices[0])


def test_bad_input_is_refused(classifier):
    with pytest.raises(ValueError, match="2 features"):
        classifier.diagnose(X[:, :2], Y)
    with pytest.raises(NotFittedError):
        pl.NetworkClassifier().diagnose(X, Y)
