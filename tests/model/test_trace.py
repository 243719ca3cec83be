"""Traces compared with the formulas of the textbook in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from jax import monitoring

import plastica as pl
from plastica.errors import DataError, NotFitted, ShapeError, UnknownName
from plastica.layers import Context

RNG = np.random.default_rng(0)
ROWS = 6
X = RNG.standard_normal((ROWS, 4))
LABELS = np.arange(ROWS) % 3
ONE_HOT = np.eye(3)[LABELS]
BITS = RNG.integers(0, 2, (ROWS, 3)).astype(float)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# For each activation: f, and f' as a function of the potential.
FUNCTIONS = {
    "linear": (lambda z: z, np.ones_like),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
}

# For each output: targets, the mean loss, and delta^L = dC/dz of a row with weight 1 / rows.
ENDINGS = {
    ("softmax", "categorical_crossentropy"): (
        ONE_HOT,
        lambda z: -np.mean(np.sum(ONE_HOT * np.log(softmax(z)), -1)),
        lambda z: softmax(z) - ONE_HOT,
    ),
    ("softmax", "sparse_categorical_crossentropy"): (
        LABELS,
        lambda z: -np.mean(np.log(softmax(z)[np.arange(ROWS), LABELS])),
        lambda z: softmax(z) - ONE_HOT,
    ),
    ("sigmoid", "binary_crossentropy"): (
        BITS,
        lambda z: -np.mean(BITS * np.log(sigmoid(z)) + (1 - BITS) * np.log(1 - sigmoid(z))),
        lambda z: (sigmoid(z) - BITS) / 3,  # the loss of a row is the mean over its outputs
    ),
    ("linear", "half_squared_error"): (
        BITS,
        lambda z: np.mean(np.sum((z - BITS) ** 2, -1) / 2),
        lambda z: z - BITS,
    ),
    ("tanh", "mean_squared_error"): (
        BITS,
        lambda z: np.mean((np.tanh(z) - BITS) ** 2),
        lambda z: 2 * (np.tanh(z) - BITS) / 3 * (1 - np.tanh(z) ** 2),
    ),
}


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def weights(model):
    return [array.astype(float) for array in model.get_weights()]


def two_layers(hidden, ending, loss):
    model = pl.Sequential([pl.Dense(5, activation=hidden, input_dim=4), pl.Dense(3, activation=ending)], seed=2)
    model.set_weights([array + 0.1 for array in model.get_weights()])  # biases that are not 0
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize("hidden", FUNCTIONS)
@pytest.mark.parametrize(("ending", "loss"), ENDINGS)
def test_two_layers_obey_the_four_equations(hidden, ending, loss):
    model = two_layers(hidden, ending, loss)
    targets, value, delta = ENDINGS[ending, loss]
    f, slope = FUNCTIONS[hidden]
    W1, b1, W2, b2 = weights(model)
    z1 = X @ W1 + b1
    a1 = f(z1)
    z2 = a1 @ W2 + b2
    delta2 = delta(z2) / ROWS
    delta1 = (delta2 @ W2.T) * slope(z1)

    looked = model.trace(X, targets)
    first, last = looked
    close(first.input, X)
    close(first.potential, z1)
    close(first.activity, a1)
    close(last.input, a1)
    close(last.potential, z2)
    close(last.activity, model.predict(X))
    close(looked.loss, value(z2))
    close(last.delta, delta2)
    close(first.delta, delta1)
    close(last.gradient["kernel"], a1.T @ delta2)
    close(last.gradient["bias"], delta2.sum(0))
    close(first.gradient["kernel"], X.T @ delta1)
    close(first.gradient["bias"], delta1.sum(0))


def test_one_step_of_gradient_descent_subtracts_what_the_trace_shows():
    model = two_layers("tanh", "softmax", "categorical_crossentropy")
    model.compile(pl.optimizers.SGD(0.5), "categorical_crossentropy")
    looked, before = model.trace(X, ONE_HOT), weights(model)
    model.fit(X, ONE_HOT, batch_size=ROWS, verbose=0)
    gradients = [layer.gradient[name] for layer in looked for name in ("kernel", "bias")]
    for new, old, gradient in zip(weights(model), before, gradients, strict=True):
        close(new, old - 0.5 * gradient)


def test_an_error_reaches_below_a_residual_by_both_ways():
    model = pl.Sequential(
        [
            pl.Dense(3, activation="tanh", input_dim=4),
            pl.Residual([pl.Dense(5, activation="sigmoid"), pl.Dense(3)], activation="tanh"),
            pl.Dense(3, activation="softmax"),
        ]
    )
    model.compile("sgd", "categorical_crossentropy")
    W1, b1, U, c, V, d, W2, b2 = weights(model)
    z1 = X @ W1 + b1
    a1 = np.tanh(z1)
    u = a1 @ U + c
    h = sigmoid(u)
    r = a1 + h @ V + d  # the skip connection and the branch
    a2 = np.tanh(r)
    z2 = a2 @ W2 + b2
    delta2 = (softmax(z2) - ONE_HOT) / ROWS
    delta_r = (delta2 @ W2.T) * (1 - a2**2)
    delta_u = (delta_r @ V.T) * h * (1 - h)
    delta1 = (delta_r + delta_u @ U.T) * (1 - a1**2)

    looked = model.trace(X, ONE_HOT)
    below, inner, outer, top = looked
    assert [layer.path for layer in looked] == [
        "layer 0, Dense", "layer 1.0.0, Dense", "layer 1.0.1, Dense", "layer 2, Dense"
    ]  # fmt: skip
    close(inner.input, a1)
    close(inner.potential, u)
    close(outer.potential, h @ V + d)
    close(top.input, a2)
    close(top.delta, delta2)
    close(outer.delta, delta_r)
    close(inner.delta, delta_u)
    close(below.delta, delta1)
    close(outer.gradient["kernel"], h.T @ delta_r)
    close(inner.gradient["kernel"], a1.T @ delta_u)
    close(below.gradient["kernel"], X.T @ delta1)


@pytest.fixture
def compilations():
    """A list with an entry for each program that XLA compiles or reads from its cache."""
    made = []

    def listen(event, seconds, **_):
        if event == "/jax/core/compile/backend_compile_duration":
            made.append(seconds)

    monitoring.register_event_duration_secs_listener(listen)
    yield made
    monitoring.unregister_event_duration_listener(listen)


def recurrent():
    model = pl.Sequential([pl.LSTM(3, return_sequences=True), pl.GRU(2), pl.Dense(1)], seed=1)
    model.compile("sgd", "mse")
    return model, RNG.standard_normal((ROWS, 5, 4)), RNG.standard_normal(ROWS)


def test_a_trace_is_one_program(compilations):
    model, x, y = recurrent()
    for targets in (None, y):
        model.trace(x[:3], None if targets is None else targets[:3])
        compilations.clear()
        model.trace(x, targets)
        assert len(compilations) == 1
        model.trace(x, targets)
        assert len(compilations) == 1
    model.gradient_by_lag(x[:3], y[:3])
    compilations.clear()
    model.gradient_by_lag(x, y)
    assert len(compilations) == 1


def test_a_trace_has_what_each_layer_computes_alone_with_its_quantities_in_the_same_order():
    model, x, y = recurrent()
    activity = x.astype(np.float32)
    for place, layer in enumerate(model.trace(x, y)):
        part = model.network.children[place]
        record, _ = part.forward(model.params[place], activity, model.state[place], Context())
        close(layer.input, activity)
        close(layer.potential, record.potential)
        steps = {} if record.trajectory is None else record.trajectory()
        assert list(layer.trajectory) == list(steps)
        for name, values in steps.items():
            close(layer.trajectory[name], values)
        activity = np.asarray(record.activity)
        close(layer.activity, activity)


def test_without_targets_there_are_activities_and_no_errors():
    model = pl.Sequential([pl.Dense(5, activation="relu"), pl.Dense(3)])  # neither built nor compiled
    looked = model.trace(X)
    assert looked.loss is None
    assert [set(layer.arrays()) for layer in looked] == [{"input", "potential", "activity"}] * 2
    assert all(layer.delta is None and layer.gradient == {} for layer in looked)
    close(looked[-1].activity, model.predict(X))
    with pytest.raises(NotFitted, match="is not compiled"):
        model.trace(X, ONE_HOT)


def test_looking_changes_nothing():
    model = two_layers("relu", "softmax", "categorical_crossentropy")
    before = model.get_weights()
    model.trace(X, ONE_HOT)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert not model.is_trained


def test_arrays_have_names_and_layers_are_found_by_them():
    looked = two_layers("relu", "softmax", "categorical_crossentropy").trace(X, ONE_HOT)
    assert looked["layer 1, Dense"] is looked[1] is looked[-1]
    assert looked["Dense"] is looked[0]
    assert len(looked) == 2
    arrays = looked.arrays()
    assert set(arrays) == {
        f"layer {place}, Dense/{name}"
        for place in (0, 1)
        for name in ("input", "potential", "activity", "delta", "dC/dkernel", "dC/dbias")
    }
    assert arrays["layer 1, Dense/dC/dkernel"].shape == (5, 3)
    shown = repr(looked).splitlines()
    assert shown[0] == f"loss {looked.loss:.6g}"
    assert shown[1].startswith("layer 0, Dense: input (6, 4), potential (6, 5)")
    with pytest.raises(UnknownName, match='no layer "layer 7"'):
        looked["layer 7"]


@pytest.mark.filterwarnings("ignore:predict. this network has not been trained")
def test_one_number_a_row_is_a_target_for_one_output():
    model = pl.Sequential([pl.Dense(1, input_dim=4)])
    model.compile("sgd", "half_squared_error")
    y = np.arange(ROWS)
    close(model.trace(X, y)[0].delta, (model.predict(X) - y[:, None]) / ROWS)


def test_what_cannot_be_looked_at_is_refused():
    model = two_layers("relu", "softmax", "categorical_crossentropy")
    with pytest.raises(ShapeError, match="rows of shape"):
        model.trace(X[:, :3])
    with pytest.raises(DataError, match="NaN"):
        model.trace(np.full((2, 4), np.nan))
    with pytest.raises(ShapeError, match=r"y has shape \(6,\).*sparse_categorical_crossentropy"):
        model.trace(X, LABELS)
    with pytest.raises(ShapeError, match="x has 6 rows, y has 2 rows"):
        model.trace(X, ONE_HOT[:2])
