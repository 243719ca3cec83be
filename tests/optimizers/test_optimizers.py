import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from plastica import optimizers
from plastica.declaration import replace
from plastica.errors import InvalidValue, UnknownName
from plastica.optimizers import LBFGS, SGD, Adam, AdamW, Lamb, Lion, Optax, RMSprop
from plastica.schedules import CustomSchedule, ExponentialDecay

RNG = np.random.default_rng(5)
X = RNG.normal(size=(32, 4)).astype(np.float32)
Y = np.tanh(X @ RNG.normal(size=(4, 1))).astype(np.float32)
START = {
    "hidden": {"kernel": RNG.normal(size=(4, 3)).astype(np.float32), "bias": np.zeros(3, np.float32)},
    "output": ({"kernel": RNG.normal(size=(3, 1)).astype(np.float32)},),
}
EVERY = [kind() for kind in optimizers.NAMES.values()]
STEPWISE = [optimizer for optimizer in EVERY if not optimizer.full_batch]


def loss(params, x, y):
    hidden = jnp.tanh(x @ params["hidden"]["kernel"] + params["hidden"]["bias"])
    return jnp.mean((hidden @ params["output"][0]["kernel"] - y) ** 2)


def make_step(optimizer, state, params, x, y):
    def value_fn(weights):
        return loss(weights, x, y)

    value, slope = jax.value_and_grad(value_fn)(params)
    return optimizer.update(slope, state, params, value, value_fn)


def descend(optimizer, params, x, y, steps):
    def body(carry, _):
        params, state = make_step(optimizer, carry[1], carry[0], x, y)
        return (params, state), None

    return jax.lax.scan(body, (params, optimizer.init(params)), None, length=steps)[0]


def assert_close(one, other, rtol=1e-6, atol=1e-7):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=atol), one, other)


@pytest.mark.parametrize("optimizer", EVERY, ids=repr)
def test_loss_falls_in_a_compiled_loop(optimizer):
    params, state = jax.jit(descend, static_argnums=4)(optimizer, START, X, Y, 60)
    assert loss(params, X, Y) < loss(START, X, Y)
    assert int(state["step"]) == 60
    assert jax.tree.structure(params) == jax.tree.structure(START)


@pytest.mark.parametrize("optimizer", EVERY, ids=repr)
def test_state_is_plain_arrays_of_one_structure(optimizer):
    optimizer = replace(optimizer, use_ema=True)
    before = optimizer.init(START)
    after = jax.jit(make_step)(optimizer, before, START, X, Y)[1]
    assert jax.tree.structure(before) == jax.tree.structure(after)
    for one, other in zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True):
        assert isinstance(one, np.ndarray | jax.Array)
        assert (one.shape, one.dtype) == (other.shape, other.dtype)


@pytest.mark.parametrize("optimizer", STEPWISE, ids=repr)
def test_state_begins_on_the_host(optimizer):
    assert all(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(optimizer.init(START)))


@pytest.mark.parametrize("optimizer", EVERY, ids=repr)
def test_another_learning_rate_compiles_nothing(optimizer):
    traces = []

    @jax.jit
    def step(optimizer, state, params):
        traces.append(optimizer)
        return make_step(optimizer, state, params, X, Y)

    params, state = step(optimizer, optimizer.init(START), START)
    for rate in (0.5, 0.25, 1e-3):
        params, state = step(replace(optimizer, learning_rate=rate, ema_momentum=rate), state, params)
    assert len(traces) == 1


@pytest.mark.parametrize("optimizer", [SGD(), Adam(weight_decay=0.1), RMSprop(momentum=0.5)], ids=repr)
def test_population_of_learning_rates_equals_a_loop(optimizer):
    settings = [replace(optimizer, learning_rate=rate) for rate in (0.1, 0.01, 0.003)]
    many = jax.tree.map(lambda *numbers: jnp.asarray(numbers), *settings)
    run = jax.jit(descend, static_argnums=4)
    together = jax.jit(jax.vmap(lambda one: descend(one, START, X, Y, 20)[0]))(many)
    for i, alone in enumerate(settings):
        expected = run(alone, START, X, Y, 20)[0]
        # Twenty steps in single precision, with different orders of summation in the two programs.
        assert_close(jax.tree.map(lambda leaf, i=i: leaf[i], together), expected, rtol=1e-5, atol=5e-6)


def test_population_takes_initial_values_from_the_optimizer():
    alone = [optimizers.Adagrad(initial_accumulator_value=value) for value in (0.1, 1.0)]
    many = jax.tree.map(lambda *numbers: jnp.asarray(numbers), *alone)
    state = jax.vmap(lambda one: one.init(START))(many)
    np.testing.assert_allclose(state["memory"]["accumulator"]["hidden"]["bias"][:, 0], [0.1, 1.0])


@pytest.mark.parametrize("optimizer", EVERY, ids=repr)
def test_float64_stays_float64(optimizer):
    with jax.enable_x64(True):
        start = jax.tree.map(lambda array: array.astype(np.float64), START)
        params, state = jax.jit(descend, static_argnums=4)(optimizer, start, X.astype(np.float64), Y, 3)
        floats = [a for a in jax.tree.leaves((params, state["memory"])) if jnp.issubdtype(a.dtype, jnp.floating)]
        assert {array.dtype for array in floats} == {np.dtype(np.float64)}


@pytest.mark.parametrize("optimizer", STEPWISE, ids=repr)
def test_half_precision_keeps_its_type(optimizer):
    start = jax.tree.map(lambda array: jnp.asarray(array, jnp.bfloat16), START)
    begun = jax.eval_shape(optimizer.init, start)
    params, state = jax.eval_shape(optimizer.update, start, begun, start)
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {jnp.dtype(jnp.bfloat16)}
    assert jax.tree.map(lambda a: a.dtype, state) == jax.tree.map(lambda a: a.dtype, begun)


OURS_AND_OPTAX = [
    (SGD(0.1, momentum=0.9), optax.sgd(0.1, momentum=0.9)),
    (SGD(0.1, momentum=0.9, nesterov=True), optax.sgd(0.1, momentum=0.9, nesterov=True)),
    (Adam(0.01, epsilon=0.0), optax.adam(0.01, eps=0.0)),
    (
        Adam(0.01, epsilon=0.0, global_clipnorm=0.1),
        optax.chain(optax.clip_by_global_norm(0.1), optax.adam(0.01, eps=0.0)),
    ),
    (Lion(0.01), optax.lion(0.01, weight_decay=0.0)),
    (
        RMSprop(0.01, momentum=0.9, centered=True, epsilon=1e-7),
        optax.rmsprop(0.01, 0.9, 1e-7, momentum=0.9, centered=True),
    ),
    (optimizers.Adadelta(0.5, epsilon=1e-6), optax.adadelta(0.5, rho=0.95, eps=1e-6)),
    (Lamb(0.01, epsilon=1e-6), optax.lamb(0.01, eps=1e-6)),
]


@pytest.mark.parametrize("ours, theirs", OURS_AND_OPTAX, ids=lambda value: repr(value)[:50])
def test_weights_equal_optax_where_the_formula_is_the_same(ours, theirs):
    run = jax.jit(descend, static_argnums=4)
    assert_close(run(ours, START, X, Y, 20)[0], run(Optax(transformation=theirs), START, X, Y, 20)[0], 2e-5, 2e-6)


def test_optax_transformation_is_taken_as_it_is():
    optimizer = optimizers.get(optax.sgd(0.1))
    assert isinstance(optimizer, Optax)
    moved, _ = optimizer.update(START, optimizer.init(START), START)
    assert_close(moved, jax.tree.map(lambda w: 0.9 * w, START))


@pytest.mark.parametrize(
    "optimizer", [SGD(0.1, momentum=0.9), Adam(0.01, weight_decay=0.1, clipnorm=0.1, use_ema=True)], ids=repr
)
def test_accumulated_batches_equal_one_big_batch(optimizer):
    step = jax.jit(make_step)
    params, state = START, optimizer.init(START)
    parts = replace(optimizer, accumulate=4)
    small, small_state = START, parts.init(START)
    for _ in range(3):
        params, state = step(optimizer, state, params, X, Y)
        for part in range(4):
            rows = slice(8 * part, 8 * part + 8)
            before = small
            small, small_state = step(parts, small_state, small, X[rows], Y[rows])
            if part < 3:
                assert_close(before, small, 0, 0)
    assert_close(params, small, 1e-5, 1e-6)
    assert_close(optimizer.averaged(params, state), parts.averaged(small, small_state), 1e-5, 1e-6)
    assert int(small_state["step"]) == 3


def test_schedule_goes_by_the_optimizers_own_steps():
    optimizer = SGD(lambda step: 1.0 * step, accumulate=2)
    assert isinstance(optimizer.learning_rate, CustomSchedule)
    params, state = {"w": np.zeros(1, np.float32)}, optimizer.init({"w": np.zeros(1, np.float32)})
    seen = []
    for _ in range(6):
        params, state = optimizer.update({"w": np.ones(1, np.float32)}, state, params)
        seen.append(float(params["w"][0]))
    assert seen == [0, 0, 0, -1, -1, -3]


def test_current_rate_is_the_number_or_the_schedules():
    assert Adam(0.5).current_rate(7) == 0.5
    assert float(Adam(ExponentialDecay(0.5, 1, 0.5)).current_rate(2)) == 0.125


def test_average_begins_with_the_weights_and_follows_them():
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5)
    params = {"w": np.array([4.0], np.float32)}
    state = optimizer.init(params)
    assert optimizer.averaged(params, state)["w"] == 4
    assert state["average"]["w"] is not params["w"]
    for expected in (3.0, 2.5, 1.75):
        params, state = optimizer.update({"w": np.ones(1, np.float32)}, state, params)
        assert float(optimizer.averaged(params, state)["w"][0]) == expected
    assert SGD().averaged(params, SGD().init(params)) is params


def test_momentum_of_zero_keeps_no_array():
    assert SGD(momentum=0.0) == SGD() == SGD(momentum=0)
    assert repr(SGD(momentum=0.0)) == "SGD()"
    assert set(SGD().init(START)["memory"]) == {"scalars"}
    assert set(RMSprop(momentum=0.0).init(START)["memory"]) == {"scalars", "velocity"}


def test_infinite_gradient_is_seen_and_not_clipped_away():
    params = {"w": np.zeros(2, np.float32)}
    optimizer = SGD(global_clipnorm=1.0)
    moved, _ = optimizer.update({"w": np.array([np.inf, 1], np.float32)}, optimizer.init(params), params)
    assert not np.isfinite(moved["w"]).any()


def test_network_without_parameters_is_no_error():
    assert Adam().update({}, Adam().init({}), {})[0] == {}


@pytest.mark.parametrize("kind", [LBFGS(), LBFGS(memory_size=3)], ids=repr)
def test_lbfgs_solves_a_quadratic(kind):
    matrix = RNG.normal(size=(6, 6))
    matrix = (matrix @ matrix.T + np.eye(6)).astype(np.float32)
    goal = RNG.normal(size=6).astype(np.float32)

    def value_fn(w):
        return 0.5 * (w - goal) @ matrix @ (w - goal)

    def body(carry, _):
        value, slope = jax.value_and_grad(value_fn)(carry[0])
        return kind.update(slope, carry[1], carry[0], value, value_fn), value

    start = np.zeros(6, np.float32)
    (w, _), values = jax.jit(lambda s: jax.lax.scan(body, (start, s), None, length=40))(kind.init(start))
    np.testing.assert_allclose(w, goal, atol=2e-3)
    assert np.all(np.diff(values) < 1e-4)
    assert np.isfinite(values).all()


def test_lbfgs_solves_rosenbrock_as_least_squares():
    optimizer = LBFGS()

    def value_fn(p):
        return jnp.square(10 * (p["y"] - p["x"] ** 2)) + jnp.square(1 - p["x"])

    with jax.enable_x64(True):
        params = {"x": np.float64(-1.2), "y": np.float64(1.0)}
        state = optimizer.init(params)
        step = jax.jit(lambda p, s: optimizer.update(jax.grad(value_fn)(p), s, p, None, value_fn))
        for _ in range(60):
            params, state = step(params, state)
    assert params["x"] == pytest.approx(1, abs=1e-6)
    assert params["y"] == pytest.approx(1, abs=1e-6)


def test_lbfgs_says_what_it_needs():
    params = {"w": np.ones(2, np.float32)}
    with pytest.raises(InvalidValue, match=r"LBFGS: update\(\) needs value_fn"):
        LBFGS().update(params, LBFGS().init(params), params)
    with pytest.raises(InvalidValue, match=r"LBFGS\(clipnorm\)"):
        LBFGS(clipnorm=1.0)
    with pytest.raises(InvalidValue, match=r"LBFGS\(accumulate\)"):
        LBFGS(accumulate=2)
    with pytest.raises(InvalidValue, match="memory_size must be a whole number"):
        LBFGS(memory_size=0)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Adam(-1e-3), r"Adam\(learning_rate=-0.001\): learning_rate must be a finite number of at least 0"),
        (lambda: Adam("fast"), "learning rate 'fast'"),
        (lambda: Adam(None), "learning rate None"),
        (lambda: Adam(beta_1=1.0), r"Adam\(beta_1=1.0\): beta_1 must be a number in \[0, 1\)"),
        (lambda: AdamW(weight_decay=-1), "weight_decay must be a finite number of at least 0"),
        (lambda: AdamW(weight_decay=None), "AdamW.weight_decay=None"),
        (lambda: SGD(momentum=1.5), r"momentum must be a number in \[0, 1\]"),
        (lambda: SGD(clipnorm=0.0), "clipnorm must be a finite number above 0"),
        (lambda: SGD(clipnorm=1.0, clipvalue=1.0), "SGD: got clipnorm and clipvalue; only one of"),
        (lambda: SGD(accumulate=0), r"SGD\(accumulate=0\): accumulate must be a whole number"),
        (lambda: SGD(accumulate=2.0), "accumulate must be a whole number"),
        (lambda: SGD(ema_momentum=2.0), "ema_momentum must be"),
        (lambda: Optax(transformation=3), "transformation must be an optax.GradientTransformation"),
        (lambda: optimizers.get(3), "optimizer 3: an optimizer is a name"),
    ],
)
def test_wrong_values_are_named(make, words):
    with pytest.raises(InvalidValue, match=words):
        make()


def test_get_takes_names_and_instances():
    assert optimizers.get(" RMSprop ") == RMSprop()
    optimizer = Adam(0.5)
    assert optimizers.get(optimizer) is optimizer
    with pytest.raises(UnknownName, match='unknown optimizer "adm"; did you mean "adam"'):
        optimizers.get("adm")


@pytest.mark.parametrize("optimizer", EVERY, ids=repr)
def test_optimizer_is_equal_by_value_and_prints_as_written(optimizer):
    assert optimizer == type(optimizer)()
    assert hash(optimizer) == hash(type(optimizer)())
    assert repr(optimizer) == f"{type(optimizer).__name__}()"
    assert repr(type(optimizer)(0.5)) == f"{type(optimizer).__name__}(learning_rate=0.5)"
