"""Row by row: the faded error by hand, drift that is found, and learning anew."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, ShapeError

STREAM = pl.continual.drifting_table(experiences=2, rows=400, features=4, noise=0.0, seed=1)


def learner():
    model = pl.Sequential([pl.Dense(1, "sigmoid")])
    model.compile(pl.optimizers.Adam(0.03), "binary_crossentropy")
    return model


def test_each_row_is_a_test_before_it_is_learned():
    x, y = STREAM.rows()
    x, y = x[:60], y[:60]
    model = learner()
    model.build((4,))
    model.set_weights(model.get_weights())  # no warning that they are the initial ones
    errors = []
    for row in range(60):
        errors.append(float((model.predict(x[row : row + 1])[0, 0] > 0.5) != y[row]))
        model.train_on_batch(x[row : row + 1], y[row : row + 1])
    found = pl.continual.prequential(learner(), x, y, fading=0.9)
    np.testing.assert_array_equal(found.errors, errors)
    weights = 0.9 ** np.arange(60)[::-1]
    assert found.faded[-1] == pytest.approx((weights * errors).sum() / weights.sum())
    assert found.table().columns == ["row", "error", "prequential_error", "drift"]


def test_errors_and_weights_are_those_of_river():
    """River 0.26: progressive_val_score of LogisticRegression(optim.SGD(0.1), intercept_lr=0.1)."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(300, 3))
    shift = np.where(np.arange(300) < 150, 0, 2)
    y = (x @ [1.0, -2.0, 0.5] + shift + rng.normal(size=300) > 0).astype(int)
    model = pl.Sequential([pl.Dense(1, "sigmoid", kernel_initializer="zeros", input_dim=3)])
    model.compile(pl.optimizers.SGD(0.1), "binary_crossentropy")
    found = pl.continual.prequential(model, x, y)
    assert found.errors.sum() == 39
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(kernel[:, 0], [0.9327486, -2.0199941, 0.4775185], rtol=1e-5)
    np.testing.assert_allclose(bias, 1.7728177, rtol=1e-5)


def test_drift_is_found_and_learning_anew_pays(tmp_path):
    x, y = STREAM.rows()
    told = []
    flagged = pl.continual.prequential(learner(), x, y, detector=pl.continual.DDM(), batch_size=8)
    again = pl.continual.prequential(
        learner(),
        x,
        y,
        detector=pl.continual.DDM(),
        on_drift="relearn",
        batch_size=8,
        on_rows=lambda *at: told.append(at),
    )
    assert any(400 <= drift < 480 for drift in flagged.drifts)
    assert again.relearned and max(again.relearned) > 0 and set(flagged.relearned) == {0}
    assert again.errors[500:].mean() <= flagged.errors[500:].mean() + 0.02
    assert told[-1] == (800, 800)
    again.plot(tmp_path / "drift.svg")
    assert "drift at" in repr(again)


def test_numbers_row_by_row():
    x, y = pl.continual.drifting_series(experiences=2, rows=300, seed=0).rows()
    model = pl.Sequential([pl.Dense(1)])
    model.compile(pl.optimizers.Adam(0.02), "mse")
    found = pl.continual.prequential(model, x, y, detector=pl.continual.ADWIN(), batch_size=4)
    assert found.errors[250:300].mean() < 0.7 * found.errors[:50].mean()


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"y": np.zeros(3)}, ShapeError, "5 rows and y 3"),
        ({"x": np.zeros((0, 4)), "y": np.zeros(0)}, DataError, "no rows"),
        ({"x": np.full((5, 4), np.nan)}, DataError, "x"),
        ({"on_drift": "forget"}, InvalidValue, "flag, relearn"),
        ({"on_drift": "relearn"}, InvalidValue, "needs a detector"),
        ({"fading": 0.0}, InvalidValue, "above 0 to 1"),
    ],
)
def test_mistakes(given, error, message):
    told = {"x": np.zeros((5, 4)), "y": np.zeros(5)} | given
    with pytest.raises(error, match=message):
        pl.continual.prequential(learner(), told.pop("x"), told.pop("y"), **told)
