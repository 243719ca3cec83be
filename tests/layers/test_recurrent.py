"""Recurrent layers compared with Keras, with their equations and with finite differences."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from plastica.errors import InvalidValue, ShapeError, UnknownName
from plastica.layers.recurrent import GRU, LSTM, SimpleRNN

LAYERS = {"SimpleRNN": SimpleRNN, "LSTM": LSTM, "GRU": GRU}
CASES = [
    (6, "SimpleRNN", {}),
    (6, "SimpleRNN", {"return_sequences": True, "go_backwards": True, "use_bias": False}),
    (6, "SimpleRNN", {"activation": "softmax", "return_sequences": True}),
    (6, "LSTM", {}),
    (6, "LSTM", {"return_sequences": True, "go_backwards": True}),
    (6, "LSTM", {"use_bias": False}),
    (6, "LSTM", {"activation": "relu", "recurrent_activation": "hard_sigmoid"}),
    (6, "GRU", {}),
    (6, "GRU", {"return_sequences": True, "go_backwards": True}),
    (6, "GRU", {"use_bias": False}),
    (6, "GRU", {"reset_after": False}),
    (6, "GRU", {"activation": "elu", "return_sequences": True}),
    (1, "SimpleRNN", {}),
    (1, "LSTM", {}),
    (1, "LSTM", {"return_sequences": True, "use_bias": False}),
    (1, "GRU", {}),
    (1, "GRU", {"reset_after": False, "use_bias": False}),
]
LABELS = [f"{name} time={time} {options}" for time, name, options in CASES]
FAST = [("SimpleRNN", {}), ("LSTM", {}), ("GRU", {}), ("GRU", {"use_bias": False})]


def _keras(name, units, **options):
    """Kernels initialized to zero, since Keras compiles a program for each random one."""
    zeros = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
    return getattr(keras.layers, name)(units, **zeros, **options)


def _random_params(layer, time, features, seed=0):
    """Weights and biases of ordinary size, since zeros would hide a misplaced gate."""
    rng = np.random.default_rng(seed)
    shapes = layer.init(rng, (time, features)).params
    return {name: rng.normal(0, 0.5, value.shape).astype(np.float32) for name, value in shapes.items()}


def _inputs(batch, time, features, seed=1):
    return np.random.default_rng(seed).normal(0, 1, (batch, time, features)).astype(np.float32)


def _weighted_sum(layer, weight):
    return lambda params, x: jnp.sum(layer.apply(params, x)[0] * weight)


def _weight(layer, batch, time, features):
    shape = (batch, *layer.output_shape((time, features)))
    return np.random.default_rng(2).normal(0, 1, shape).astype(np.float32)


def _in_float64(layer, batch, time, features):
    arrays = (
        _random_params(layer, time, features),
        _inputs(batch, time, features),
        _weight(layer, batch, time, features),
    )
    return jax.tree.map(lambda array: array.astype(np.float64), arrays)


@pytest.mark.parametrize(("time", "name", "options"), CASES, ids=LABELS)
def test_values_and_gradients_are_those_of_keras(time, name, options):
    ours, theirs = LAYERS[name](5, **options), _keras(name, 5, **options)
    params, x = _random_params(ours, time, 3), _inputs(4, time, 3)
    theirs.build(x.shape)
    names = [key for key in ("kernel", "recurrent_kernel", "bias") if key in params]
    weight = _weight(ours, 4, time, 3)
    untrained = [variable.value for variable in theirs.non_trainable_variables]

    def run(params, x):
        activity = ours.apply(params, x)[0]
        return jnp.sum(activity * weight), activity

    def run_keras(weights, x):
        activity = theirs.stateless_call(weights, untrained, x)[0]
        return jnp.sum(activity * weight), activity

    def learn(params, weights, x):
        ours = jax.value_and_grad(run, argnums=(0, 1), has_aux=True)(params, x)
        return ours, jax.value_and_grad(run_keras, argnums=(0, 1), has_aux=True)(weights, x)

    found, expected = jax.jit(learn)(params, [params[key] for key in names], x)
    (_, activity), (gradient, dx) = found
    (_, wanted_activity), (wanted, wanted_dx) = expected
    np.testing.assert_allclose(activity, wanted_activity, atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(dx, wanted_dx, atol=1e-5, rtol=1e-4)
    for key, array in zip(names, wanted, strict=True):
        np.testing.assert_allclose(gradient[key], array, atol=2e-5, rtol=1e-4, err_msg=key)


@pytest.mark.parametrize(("time", "sequences"), [(1, True), (5, False), (5, True)])
@pytest.mark.parametrize(("name", "options"), FAST)
def test_fast_path_follows_the_equations_in_values_and_gradients(name, options, sequences, time):
    with jax.enable_x64(True):
        layer = LAYERS[name](3, return_sequences=sequences, **options)
        params, x, weight = _in_float64(layer, 4, time, 2)

        def by_equations(params, x):
            hidden = layer.gates(params, x)["hidden"]
            return jnp.sum((hidden if sequences else hidden[:, -1]) * weight)

        runs = (_weighted_sum(layer, weight), by_equations)
        found, wanted = jax.jit(lambda *given: tuple(jax.value_and_grad(run, argnums=(0, 1))(*given) for run in runs))(
            params, x
        )
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12), found, wanted)


@pytest.mark.parametrize(
    ("name", "options"), [*FAST, ("LSTM", {"return_sequences": True}), ("GRU", {"reset_after": False})]
)
def test_gradients_are_finite_differences_in_float64(name, options):
    with jax.enable_x64(True):
        layer = LAYERS[name](3, **options)
        params, x, weight = _in_float64(layer, 2, 4, 2)
        assert jax.eval_shape(layer.apply, params, x)[0].dtype == np.float64
        flat, restore = ravel_pytree((params, x))
        loss = lambda flat: _weighted_sum(layer, weight)(*restore(flat))  # noqa: E731
        steps = 1e-5 * np.eye(flat.size)
        found, up, down = jax.jit(
            lambda flat: (jax.grad(loss)(flat), jax.vmap(loss)(flat + steps), jax.vmap(loss)(flat - steps))
        )(flat)
        np.testing.assert_allclose(found, (up - down) / 2e-5, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", LAYERS)
def test_a_gradient_can_be_differentiated_again(name):
    with jax.enable_x64(True):
        layer = LAYERS[name](2)
        params, x, _ = _in_float64(layer, 2, 3, 2)

        def slope(run):
            return lambda x: jnp.sum(jax.grad(lambda x: jnp.sum(run(x) ** 2))(x) ** 2)

        runs = (lambda x: layer.apply(params, x)[0], lambda x: layer.gates(params, x)["hidden"][:, -1])
        found, wanted = jax.jit(lambda x: tuple(jax.grad(slope(run))(x) for run in runs))(x)
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", LAYERS)
def test_jit_equals_eager_and_a_population_equals_a_loop(name):
    layer = LAYERS[name](4)
    x, weight = _inputs(3, 5, 2), _weight(layer, 3, 5, 2)
    members = [_random_params(layer, 5, 2, seed) for seed in range(3)]
    gradient = jax.grad(_weighted_sum(layer, weight), argnums=(0, 1))
    compiled = jax.jit(gradient)
    one_by_one = [compiled(params, x) for params in members]
    stack = lambda *arrays: np.stack(arrays)  # noqa: E731
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)  # noqa: E731
    together = jax.jit(jax.vmap(gradient, in_axes=(0, None)))(jax.tree.map(stack, *members), x)
    jax.tree.map(close, together, jax.tree.map(stack, *one_by_one))
    jax.tree.map(close, gradient(members[0], x), one_by_one[0])


def test_gates_have_names_and_ranges():
    x = _inputs(4, 6, 2)
    names = {
        "SimpleRNN": {"potential", "hidden"},
        "LSTM": {"input", "forget", "candidate", "output", "cell", "hidden"},
        "GRU": {"update", "reset", "candidate", "hidden"},
    }
    for name, wanted in names.items():
        layer = LAYERS[name](3)
        found = layer.gates(_random_params(layer, 6, 2), x)
        assert set(found) == wanted
        assert all(values.shape == (4, 6, 3) for values in found.values())
        for gate in wanted & {"input", "forget", "output", "update", "reset"}:
            assert found[gate].min() > 0 and found[gate].max() < 1


def test_lstm_cell_is_what_gates_wrote_and_kept():
    layer = LSTM(3)
    found = layer.gates(_random_params(layer, 6, 2), _inputs(4, 6, 2))
    before = np.concatenate([np.zeros((4, 1, 3)), found["cell"][:, :-1]], axis=1)
    np.testing.assert_allclose(found["cell"], found["forget"] * before + found["input"] * found["candidate"], atol=1e-6)
    np.testing.assert_allclose(found["hidden"], found["output"] * np.tanh(found["cell"]), atol=1e-6)


def test_a_closed_forget_gate_lets_nothing_through_and_an_open_one_keeps_for_ever():
    # By hand: with i = 1 and k = x at the first step only, c is constant while f = 1.
    big = 20.0
    kernel = np.array([[0.0, 0.0, 1.0, 0.0], [2 * big, 0.0, 0.0, 0.0]], np.float32)
    bias = np.array([-big, big, 0.0, big], np.float32)
    params = {"kernel": kernel, "recurrent_kernel": np.zeros((1, 4), np.float32), "bias": bias}
    x = np.zeros((1, 30, 2), np.float32)
    x[0, :, 0] = np.linspace(0.5, -1, 30)
    x[0, 0, 1] = 1.0
    kept = LSTM(1).apply(params, x)[0]
    # A gate of 1 may be rounded to 1 - 6e-8 in each of the 30 steps.
    np.testing.assert_allclose(kept, np.tanh(np.tanh(0.5)).reshape(1, 1), atol=4e-6)
    params["bias"] = np.array([-big, -big, 0.0, big], np.float32)
    np.testing.assert_allclose(LSTM(1).apply(params, x)[0], np.zeros((1, 1)), atol=1e-6)


def test_potential_of_a_simple_rnn_is_apart_from_its_activity():
    layer = SimpleRNN(3, return_sequences=True)
    params, x = _random_params(layer, 5, 2), _inputs(2, 5, 2)
    potential, _ = layer.synapse(params, x, {}, None)
    np.testing.assert_allclose(potential, layer.gates(params, x)["potential"], atol=1e-6)
    assert layer.output_activation is not None
    np.testing.assert_allclose(layer.activate(potential), layer.apply(params, x)[0])


def test_initial_weights_are_those_of_keras_in_shape_and_kind():
    for name, cls in LAYERS.items():
        for options in ({}, {"use_bias": False}):
            ours = cls(6, **options).init(np.random.default_rng(0), (4, 3)).params
            theirs = _keras(name, 6, **options)
            theirs.build((None, 4, 3))
            assert [value.shape for value in ours.values()] == [value.shape for value in theirs.get_weights()]
            assert all(value.dtype == np.float32 for value in ours.values())
            recurrent = ours["recurrent_kernel"]
            np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(6), atol=1e-5)
            if not options:
                np.testing.assert_array_equal(ours["bias"], theirs.get_weights()[2])
    without = LSTM(6, unit_forget_bias=False).init(np.random.default_rng(0), (4, 3)).params
    assert not without["bias"].any()
    assert GRU(6, reset_after=False).init(np.random.default_rng(0), (4, 3)).params["bias"].shape == (18,)


def test_penalties_are_added_for_each_kind_of_weight():
    layer = LSTM(2, kernel_regularizer="l2", recurrent_regularizer="l1", bias_regularizer="l2")
    params = _random_params(layer, 3, 2)
    wanted = 0.01 * (
        np.sum(params["kernel"] ** 2) + np.sum(np.abs(params["recurrent_kernel"])) + np.sum(params["bias"] ** 2)
    )
    np.testing.assert_allclose(layer.penalty(params), wanted, rtol=1e-5)


def test_a_penalty_on_a_bias_that_is_not_there_is_nothing():
    layer = SimpleRNN(2, use_bias=False, bias_regularizer="l2")
    assert layer.penalty(_random_params(layer, 3, 2)) == 0


def test_shapes_in_and_out():
    assert LSTM(50).output_shape((100, 1)) == (50,)
    assert GRU(50, return_sequences=True).output_shape((100, 1)) == (100, 50)


@pytest.mark.parametrize("cls", LAYERS.values())
@pytest.mark.parametrize(("shape", "advice"), [((8,), "x.reshape(n, time, 1)"), ((28, 28, 3), "Reshape(")])
def test_wrong_rank_names_the_axes_and_the_remedy(cls, shape, advice):
    with pytest.raises(ShapeError) as found:
        cls(50).init(np.random.default_rng(0), shape)
    text = str(found.value)
    assert text.startswith(
        f"{cls.__name__}(50): got inputs of shape {shape}; {cls.__name__} wants (batch, time, features)"
    )
    assert advice in text


def test_a_sequence_without_steps_is_refused():
    with pytest.raises(ShapeError, match="without a time step"):
        LSTM(3).output_shape((0, 2))


def test_wrong_declarations_are_refused():
    with pytest.raises(InvalidValue, match=r"GRU\(units=0\): units must be a whole number of at least 1"):
        GRU(0)
    with pytest.raises(UnknownName, match='did you mean "sigmoid"'):
        LSTM(3, recurrent_activation="sigmoidd")
    with pytest.raises(UnknownName):
        SimpleRNN(3, recurrent_initializer="ortogonal")


def test_a_declaration_prints_as_it_was_written_and_is_equal_by_value():
    assert repr(LSTM(50, return_sequences=True)) == "LSTM(units=50, return_sequences=True)"
    assert LSTM(50) == LSTM(50)
    assert hash(GRU(3)) == hash(GRU(3))


def test_inputs_get_no_work_where_their_gradient_is_not_wanted():
    # The input's gradient is one more product with the kernel: (time * batch, 4 units) by (4 units, features).
    layer = LSTM(4)
    params, x = _random_params(layer, 6, 3), _inputs(5, 6, 3)
    loss = _weighted_sum(layer, _weight(layer, 5, 6, 3))
    alone = jax.jit(jax.grad(loss)).lower(params, x).compile().as_text()
    both = jax.jit(jax.grad(loss, argnums=(0, 1))).lower(params, x).compile().as_text()
    assert "f32[30,4]" in both  # 3 features and the bias's column of ones
    assert "f32[30,16]" in alone
    assert alone.count(" dot(") < both.count(" dot(")
