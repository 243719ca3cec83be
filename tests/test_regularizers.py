import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from plastica.errors import InvalidValue, UnknownName
from plastica.regularizers import L1, L1L2, L2, NAMES, CustomRegularizer, OrthogonalRegularizer, get

W = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
PAIRS = [
    (L1(), keras.regularizers.L1()),
    (L1(0.3), keras.regularizers.L1(0.3)),
    (L2(), keras.regularizers.L2()),
    (L2(0.3), keras.regularizers.L2(0.3)),
    (L1L2(), keras.regularizers.L1L2()),
    (L1L2(0.1, 0.2), keras.regularizers.L1L2(0.1, 0.2)),
    (OrthogonalRegularizer(), keras.regularizers.OrthogonalRegularizer()),
    (OrthogonalRegularizer(0.3, "columns"), keras.regularizers.OrthogonalRegularizer(0.3, "columns")),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda value: type(value).__name__)
def test_equal_to_keras_with_gradient(ours, theirs):
    np.testing.assert_allclose(jax.jit(lambda r, w: r(w))(ours, W), theirs(jnp.asarray(W)), rtol=1e-6)
    np.testing.assert_allclose(jax.grad(ours)(W), jax.grad(theirs)(W), rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_names_are_those_of_keras(name):
    spelling = {"l1_l2": "L1L2", "orthogonal_regularizer": name}.get(name, name.upper())
    np.testing.assert_allclose(get(name)(W), keras.regularizers.get(spelling)(W), rtol=1e-6)


def test_formula():
    w = jnp.array([[1.0, -2.0], [0.0, 3.0]])
    assert L1(0.5)(w) == 3
    assert L2(0.5)(w) == 7
    assert L1L2(0.5, 0.25)(w) == 6.5


def test_weights_at_zero_stay_there():
    assert not jax.grad(L1(0.5))(jnp.zeros(3)).any()
    assert not jax.grad(L1L2(0.5, 0.5))(jnp.zeros(3)).any()


def test_dtype_follows_the_weights():
    with jax.enable_x64(True):
        for regularizer in (L1(), L2(), L1L2(0.1, 0.1)):
            for dtype in (jnp.float32, jnp.float64):
                assert jax.jit(lambda r, w: r(w))(regularizer, jnp.ones(3, dtype)).dtype == dtype


def test_another_factor_compiles_nothing():
    traces = []

    @jax.jit
    def run(regularizer):
        traces.append(1)
        return regularizer(W)

    run(L1L2(0.1, 0)), run(L1L2(0, 0.3))
    assert len(traces) == 1


def test_get_takes_what_a_person_may_give():
    def own(w):
        return jnp.max(w)

    assert get(None) is None
    assert get(L2) == get("l2") == get(" L2 ") == get(L2(0.01)) == L2()
    assert get(own) == CustomRegularizer(own)
    assert get(own)(W) == W.max()
    assert repr(L1L2(l1=0.1)) == "L1L2(l1=0.1)"


def test_errors_say_what_to_give():
    with pytest.raises(
        UnknownName, match=r'unknown regularizer "l3"\. Known: l1, l1_l2, l1l2, l2, orthogonal_regularizer'
    ):
        get("l3")
    with pytest.raises(InvalidValue, match=r"regularizer=0.1: expected a name, a Regularizer such as L2\(0.01\)"):
        get(0.1)
    with pytest.raises(InvalidValue, match="CustomRegularizer: function is 3; expected a function"):
        CustomRegularizer(3)
    for wrong in (-0.1, np.nan, np.inf):
        with pytest.raises(InvalidValue, match=f"L2: l2 is {wrong}; it must be finite and not negative"):
            L2(wrong)
        with pytest.raises(InvalidValue, match=f"L1L2: l1 is {wrong}"):
            L1L2(l1=wrong)
    with pytest.raises(InvalidValue, match="OrthogonalRegularizer: factor is -1"):
        OrthogonalRegularizer(-1)
    with pytest.raises(InvalidValue, match='mode must be "rows" or "columns"'):
        OrthogonalRegularizer(mode="all")
    for shape in ((3,), (1, 4), (2, 2, 2)):
        with pytest.raises(InvalidValue, match=r"got a parameter of shape .*; it compares the rows of a matrix"):
            OrthogonalRegularizer()(jnp.ones(shape))
