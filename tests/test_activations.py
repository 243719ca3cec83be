import os

os.environ.setdefault("KERAS_BACKEND", "jax")

from functools import partial

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from plastica import activations
from plastica.activations import CustomActivation, get, register
from plastica.activations.activation import registered
from plastica.declaration import declaration
from plastica.errors import InvalidValue, UnknownName

NAMES = sorted(activations.NAMES)
ELEMENTWISE = [name for name in NAMES if "max" not in name]
# Not of Keras; its sparsemax does not sum to 1 when several classes are above 0 (3.15).
COMPARED = [name for name in NAMES if name not in ("heaviside", "sparsemax")]
# Keras's spellings, and the arguments that have no default there.
IN_KERAS = {name: getattr(keras.activations, name, None) for name in NAMES} | {
    "swish": keras.activations.silu,
    "hard_swish": keras.activations.hard_silu,
    "threshold": lambda z: keras.activations.threshold(z, 0.0, 0.0),
}
GRID = np.linspace(-12, 12, 4803, dtype=np.float32).reshape(-1, 3)
EXTREMES = np.array([-1e4, -100, -20, -1, -0.0, 0, 1, 20, 100, 1e4], np.float32)
OTHERS = {
    "leaky_relu": (activations.LeakyReLU(0.1), {"negative_slope": 0.1}),
    "elu": (activations.ELU(0.5), {"alpha": 0.5}),
    "gelu": (activations.GELU(approximate=True), {"approximate": True}),
    "softmax": (activations.Softmax(axis=1), {"axis": 1}),
    "log_softmax": (activations.LogSoftmax(axis=1), {"axis": 1}),
    "celu": (activations.CELU(0.5), {"alpha": 0.5}),
    "squareplus": (activations.Squareplus(9), {"b": 9}),
    "hard_shrink": (activations.HardShrink(2), {"threshold": 2}),
    "soft_shrink": (activations.SoftShrink(2), {"threshold": 2}),
    "threshold": (activations.Threshold(1, -1), {"threshold": 1, "default_value": -1}),
    "relu": (
        activations.GeneralReLU(4, 0.1, 0.5),
        {"max_value": 4, "negative_slope": 0.1, "threshold": 0.5},
    ),
}


@pytest.fixture
def own_names():
    before = dict(registered)
    yield
    registered.clear()
    registered.update(before)


def cube(z):
    return z**3


@pytest.mark.parametrize("name", COMPARED)
def test_equal_to_keras(name):
    wanted = jax.jit(IN_KERAS[name])(GRID)
    np.testing.assert_allclose(jax.jit(get(name))(GRID), wanted, rtol=5e-6, atol=2e-7)


@pytest.mark.parametrize("name", OTHERS)
def test_other_settings_equal_to_keras(name):
    activation, settings = OTHERS[name]
    x = GRID[:1600].reshape(100, 16, 3)
    in_keras = jax.jit(partial(getattr(keras.activations, name), **settings))
    np.testing.assert_allclose(jax.jit(activation)(x), in_keras(x), 5e-6, 2e-7)


@pytest.mark.parametrize("name", COMPARED)
def test_gradient_equal_to_keras(name):
    weight = np.cos(np.arange(GRID.size, dtype=np.float32)).reshape(GRID.shape)
    got, wanted = (
        jax.jit(jax.grad(lambda z, activation=activation: jnp.sum(weight * activation(z))))(GRID)
        for activation in (get(name), IN_KERAS[name])
    )
    np.testing.assert_allclose(got, wanted, 1e-5, 3e-6)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_equal_to_finite_differences(name):
    with jax.enable_x64(True):
        z = np.random.default_rng(0).uniform(-4, 4, (40, 4))
        direction = np.random.default_rng(1).normal(size=z.shape)
        run = jax.jit(lambda z: jax.jvp(get(name), (z,), (direction,)))
        step = 1e-6
        slope = (np.asarray(run(z + step * direction)[0]) - np.asarray(run(z - step * direction)[0])) / (2 * step)
        np.testing.assert_allclose(run(z)[1], slope, 1e-6, 1e-8)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "exponential"])
def test_finite_with_finite_gradients_far_out(name):
    @jax.jit
    def run(z, cotangents):
        activity, pull = jax.vjp(get(name), z)
        return activity, jax.vmap(pull)(cotangents)

    activity, gradients = run(EXTREMES, np.eye(EXTREMES.size, dtype=np.float32))
    assert np.isfinite(activity).all()
    assert np.isfinite(gradients[0]).all()


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_single_infinities_give_no_nan_but_where_the_formula_has_one(name):
    activity = np.asarray(jax.jit(get(name))(np.array([-np.inf, np.inf], np.float32)))
    smooth = ("gelu", "mish", "silu", "swish", "hard_silu", "hard_swish", "squareplus")
    undefined = {key: [True, False] for key in smooth}
    expected = undefined.get(name, [True, True] if name == "softsign" else [False, False])
    np.testing.assert_array_equal(np.isnan(activity), expected)


@pytest.mark.parametrize("name", NAMES)
def test_nan_is_never_hidden(name):
    assert np.isnan(jax.jit(get(name))(np.array([np.nan, 1.0], np.float32))[0])


@pytest.mark.parametrize("name", NAMES)
def test_activities_stay_in_the_output_range_and_reach_for_it(name):
    low, high = get(name).output_range
    z = np.linspace(-200, 200, 80_001, dtype=np.float32)
    activity = np.asarray(jax.jit(get(name))(np.stack([z, -z], axis=1)))
    assert low - 1e-6 <= activity.min()
    assert activity.max() <= high + 1e-6
    if np.isfinite(low):
        assert activity.min() < low + 0.01
    if np.isfinite(high):
        assert activity.max() > high - 0.01


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_dtype_and_shape_follow_the_potential(name, dtype):
    with jax.enable_x64(True):
        z = np.linspace(-3, 3, 24).reshape(2, 3, 4).astype(jnp.dtype(dtype))
        activity = jax.eval_shape(lambda activation, z: activation(z), get(name), z)
        assert (activity.dtype, activity.shape) == (z.dtype, z.shape)


def test_softmax_sums_to_one_and_forgets_a_shift():
    z = jnp.asarray(GRID)
    np.testing.assert_allclose(get("softmax")(z).sum(-1), 1, rtol=1e-6)
    np.testing.assert_allclose(get("softmax")(z + 100), get("softmax")(z), rtol=2e-5)
    np.testing.assert_allclose(np.exp(get("log_softmax")(z)), get("softmax")(z), rtol=2e-5)


def test_sparsemax_is_the_nearest_point_of_the_simplex():
    z = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    found = np.asarray(get("sparsemax")(jnp.asarray(z)))
    low, high = z.max(-1, keepdims=True) - 1, z.max(-1, keepdims=True)
    for _ in range(60):  # tau by bisection: the sum falls as tau rises
        middle = (low + high) / 2
        above = np.maximum(z - middle, 0).sum(-1, keepdims=True) > 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    np.testing.assert_allclose(found, np.maximum(z - low, 0), atol=1e-6)
    np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-6)
    along = activations.Sparsemax(axis=1)(jnp.asarray(z.T[None]))
    np.testing.assert_array_equal(along[0].T, found)


def test_heaviside_fires_at_the_threshold_and_has_no_slope():
    z = jnp.array([-1e-30, -0.0, 0.0, 1e-30, -2.0, 2.0])
    activity, pull = jax.vjp(get("heaviside"), z)
    assert activity.tolist() == [0, 1, 1, 1, 0, 1]
    assert not pull(jnp.ones(6))[0].any()


def test_slope_of_relu_at_zero_is_zero_and_of_softplus_a_half():
    assert jax.grad(get("relu"))(0.0) == 0
    assert jax.grad(get("softplus"))(0.0) == 0.5


def test_another_slope_compiles_nothing_and_many_are_one_program():
    traces = []

    @jax.jit
    def run(activation, z):
        traces.append(1)
        return activation(z)

    z = jnp.array([-1.0, 2.0])
    assert run(activations.LeakyReLU(0.1), z).tolist() == pytest.approx([-0.1, 2])
    assert run(activations.LeakyReLU(0.5), z).tolist() == [-0.5, 2]
    assert len(traces) == 1
    many = jax.tree.map(lambda *a: jnp.stack(a), activations.LeakyReLU(0.1), activations.LeakyReLU(0.5))
    together = jax.vmap(lambda activation: activation(z))(many)
    np.testing.assert_allclose(together, [[-0.1, 2], [-0.5, 2]])


def test_names_print_as_written():
    for name in NAMES:
        assert repr(get(name)) == repr(name.replace("swish", "silu"))
        assert get(f" {name.upper()} ") == get(name)
    assert repr(activations.LeakyReLU(0.1)) == "LeakyReLU(negative_slope=0.1)"
    assert activations.LeakyReLU(0.1).name == "leaky_relu"


def test_get_takes_what_a_person_may_give():
    assert get(None) == activations.Linear()
    assert get(activations.Tanh) == get("tanh") == get(get("tanh"))
    assert get(cube) == CustomActivation(cube)
    assert hash(get(cube)) == hash(CustomActivation(cube))
    assert get(cube)(jnp.array(2.0)) == 8
    assert (get(cube).name, repr(get(cube))) == ("cube", "CustomActivation(cube)")
    assert get(cube).output_range == (-np.inf, np.inf)


def test_a_registered_name_stands_for_its_function(own_names):
    register("Third_Power", cube)
    assert get("third_power") == get(cube)
    assert (get(cube).name, repr(get(cube))) == ("third_power", "'third_power'")
    register("third_power", jnp.abs)
    assert get("third_power")(jnp.array(-2.0)) == 2
    assert get(cube).name == "cube"


def test_a_class_of_ones_own_can_be_registered(own_names):
    class Absolute(activations.Activation):
        def __call__(self, z):
            return jnp.abs(z)

    own = declaration(Absolute)
    assert own().name == "Absolute"
    register("absolute", own)
    assert isinstance(get("absolute"), own)
    assert repr(own()) == "'absolute'"


def test_errors_say_what_to_give(own_names):
    with pytest.raises(
        UnknownName, match='unknown activation "rel"; did you mean "relu"\\? Known: celu, elu, exponential, gelu,'
    ):
        get("rel")
    register("cubic", cube)
    with pytest.raises(UnknownName, match='did you mean "cubic"'):
        get("cubi")
    with pytest.raises(InvalidValue, match="activation=3: expected a name, an Activation or a function"):
        get(3)
    with pytest.raises(InvalidValue, match="register: the name 'ReLU' is taken; choose another"):
        register("ReLU", cube)
    with pytest.raises(InvalidValue, match="register: the name ' ' is empty"):
        register(" ", cube)
    with pytest.raises(InvalidValue, match=r"register: 'relu' is not callable"):
        register("mine", "relu")
    with pytest.raises(InvalidValue, match="CustomActivation: function is 3; expected a function"):
        CustomActivation(3)
    with pytest.raises(InvalidValue, match="Softmax: axis=0 is the batch; pass the axis of the classes"):
        activations.Softmax(axis=0)
    with pytest.raises(InvalidValue, match=r"CELU\(alpha=0\.0\): alpha must be above 0"):
        activations.CELU(0)
    with pytest.raises(InvalidValue, match=r"Squareplus\(b=-1\.0\): b must be at least 0"):
        activations.Squareplus(-1)
    with pytest.raises(InvalidValue, match=r"SoftShrink\(threshold=-1\.0\): threshold must be at least 0"):
        activations.SoftShrink(-1)
