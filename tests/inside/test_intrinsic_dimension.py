"""Intrinsic dimensions: of a problem with a known one, and projections that are what their definition says."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.inside import subspace
from plastica.inside.subspace import InSubspace, projected

SIZE, GROUPS = 1000, 10


def toy():
    """Return the problem of Li et al., section 2: 1000 weights whose tenths must add up to 1, 2, ..., 10."""
    x = np.kron(np.eye(GROUPS), np.ones(SIZE // GROUPS)).astype(np.float32)
    model = pl.Sequential([pl.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(pl.optimizers.SGD(0.01, momentum=0.97, nesterov=True), "mse")
    model.build((SIZE,))
    return model, x, np.arange(1.0, GROUPS + 1)


def test_a_problem_with_ten_constraints_has_ten_dimensions(tmp_path):
    model, x, y = toy()
    found = pl.inside.intrinsic_dimension(
        model, x, y, epochs=600, dimensions=[8, 9, 10, 12], seeds=2, share=0.99, batch_size=GROUPS
    )
    assert found.weights == SIZE and found.dimension == 10
    assert found.figures["loss"][0] == pytest.approx((y**2).mean())  # before training
    assert "intrinsic dimension of this problem is about 10" in repr(found)
    assert found.to_frame().height == (5 + 1) * 2
    found.plot(tmp_path / "a.svg")


@pytest.mark.parametrize("dense", [True, False])
def test_the_columns_of_a_projection_have_length_one_and_are_nearly_orthogonal(dense, monkeypatch):
    monkeypatch.setattr(subspace, "MOST_DENSE", SIZE * 50 if dense else 0)
    held = subspace._projection(np.random.default_rng(0), SIZE, 20)
    columns = np.array([projected(held, row, SIZE) for row in np.eye(20, dtype=np.float32)])
    products = columns @ columns.T
    np.testing.assert_allclose(np.diag(products), 1, atol=1e-5 if dense else 0.1)
    beside = products[np.triu_indices(20, 1)]
    assert np.sqrt((beside**2).mean()) < (1e-5 if dense else 2 / np.sqrt(SIZE))  # random columns have 1 / sqrt(size)


def test_a_subspace_of_all_dimensions_moves_all_weights_and_one_of_none_stays():
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    layer = pl.Sequential([pl.Dense(4, "tanh"), pl.BatchNormalization(), pl.Dense(2, "softmax")]).network
    whole = pl.Sequential([InSubspace(layer, 34, 34.0)])
    whole.build((3,))
    state = whole.state[0]
    weights = whole.network.layers[0].weights({"subspace": np.ones(34, np.float32)}, state)
    moved = jax.flatten_util.ravel_pytree(weights)[0] - jax.flatten_util.ravel_pytree(state["start"])[0]
    assert np.linalg.norm(moved) == pytest.approx(np.sqrt(34), rel=1e-4)  # an orthonormal map of (1, ..., 1)
    none = InSubspace(layer, 34, 0.0).weights({"subspace": np.ones(34, np.float32)}, state)
    jax.tree.map(np.testing.assert_array_equal, none, state["start"])
    whole.compile("adam", "sparse_categorical_crossentropy")
    whole.fit(x, np.arange(40) % 2, epochs=1, verbose=0)
    assert whole.predict(x, verbose=0).sum(1) == pytest.approx(np.ones(40), abs=1e-5)


def test_what_has_no_intrinsic_dimension_is_refused():
    model, x, y = toy()
    with pytest.raises(InvalidValue, match="expected whole numbers from 1 to 1,000, the number of weights"):
        pl.inside.intrinsic_dimension(model, x, y, epochs=1, dimensions=[2000])
    with pytest.raises(InvalidValue, match=r"share=0\): expected a share above 0"):
        pl.inside.intrinsic_dimension(model, x, y, epochs=1, share=0)
    model.compile("sgd", "mse", rule="feedback_alignment")
    with pytest.raises(InvalidValue, match='compile the model with a loss and rule="backprop"'):
        pl.inside.intrinsic_dimension(model, x, y, epochs=1)
