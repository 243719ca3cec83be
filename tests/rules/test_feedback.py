"""Errors sent back through other weights than the transposed ones."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.errors import InvalidValue
from plastica.layers import Context
from plastica.rules import Batch, DirectFeedbackAlignment, FeedbackAlignment, SignSymmetry
from plastica.rules.feedback_alignment import weights_of

KEY = random.seed_key(3)
DENSE = pl.layers.Sequential(
    (pl.Dense(5, activation="tanh"), pl.Dense(4, activation="tanh"), pl.Dense(3, activation="softmax"))
)
BRANCHES = pl.Branches([pl.Dense(3), [pl.Dense(2, activation="tanh"), pl.Dense(2)]])
COMPOSED = (pl.Residual([pl.Dense(9, activation="tanh")]), BRANCHES, pl.Dense(2, activation="softmax"))
IMAGES = pl.layers.Sequential((pl.Conv2D(1, 3, activation="tanh"), pl.MaxPooling2D(2), pl.Flatten(), *COMPOSED))
SERIES = pl.layers.Sequential((pl.LSTM(4, return_sequences=True), pl.SimpleRNN(9), *COMPOSED))


@jax.jit
def signal(rule, network, params, state, memory, batch, objective, key):
    return rule.signal(network, params, state, memory, batch, objective, Context(training=True, key=key))


def begun(network, shape, seed=0):
    return network.init(np.random.default_rng(seed), shape)


def rows(shape, classes, count=6, seed=1):
    """Return random rows with different weights."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, *shape)).astype(np.float32)
    weight = rng.uniform(0.5, 2, count).astype(np.float32)
    return Batch(x, rng.integers(0, classes, count).astype(np.float32), weight, np.float32(count))


def crossentropy(network):
    return pl.losses.place(pl.losses.get("sparse_categorical_crossentropy"), network.output_activation)


def answer(rule, network, shape, classes, memory=None, key=KEY):
    params, state = begun(network, shape)
    memory = rule.init(network, params, KEY) if memory is None else memory
    return signal(rule, network, params, state, memory, rows(shape, classes), crossentropy(network), key), params


@partial(jax.jit, static_argnums=(1, 2))
def drawn(rule, outputs, units, memory):
    """Return the fixed weights from the output to links with these numbers of units."""
    return [rule.weights_to(place, outputs, each, memory) for place, each in enumerate(units)]


def by_hand(params, batch, sent_back):
    """Return the gradients of the dense network in NumPy; ``sent_back(l, deltas)`` is the error at activity l."""
    weights, biases = [p["kernel"] for p in params], [p["bias"] for p in params]
    activities = [batch.x]
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        activities.append(np.tanh(activities[-1] @ weight + bias))
    z = activities[-1] @ weights[-1] + biases[-1]
    share = np.exp(z - z.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    deltas = {2: (share - np.eye(3)[batch.y.astype(int)]) * (batch.weight / batch.size)[:, None]}
    for place in (1, 0):
        deltas[place] = sent_back(place, deltas) * (1 - activities[place + 1] ** 2)
    return [{"kernel": activities[place].T @ deltas[place], "bias": deltas[place].sum(0)} for place in range(3)]


def same(ours, theirs, **tolerance):
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, **(tolerance or {"atol": 1e-6})), list(ours), list(theirs)
    )


def test_feedback_through_the_own_weights_is_backprop_to_the_bit():
    params, _ = begun(IMAGES, (8, 8, 1))
    ours, _ = answer(FeedbackAlignment(), IMAGES, (8, 8, 1), 2, memory=tuple(weights_of(params)))
    true, _ = answer(pl.Backprop(), IMAGES, (8, 8, 1), 2)
    jax.tree.map(np.testing.assert_array_equal, ours.direction, true.direction)
    assert ours.loss == true.loss


def test_feedback_alignment_is_the_formula_by_hand():
    rule = FeedbackAlignment()
    params, _ = begun(DENSE, (4,))
    memory = rule.init(DENSE, params, KEY)
    found, _ = answer(rule, DENSE, (4,), 3)
    same(
        found.direction,
        by_hand(params, rows((4,), 3), lambda at, deltas: deltas[at + 1] @ np.asarray(memory[at + 1]).T),
    )


def test_direct_feedback_alignment_is_the_formula_by_hand():
    rule = DirectFeedbackAlignment()
    params, _ = begun(DENSE, (4,))
    memory = rule.init(DENSE, params, KEY)
    weights = drawn(rule, 3, (5, 4), memory)
    found, _ = answer(rule, DENSE, (4,), 3)
    same(found.direction, by_hand(params, rows((4,), 3), lambda at, deltas: deltas[2] @ weights[at]))


def test_direct_feedback_reaches_pooled_maps_of_a_convolution():
    rule = DirectFeedbackAlignment()
    found, params = answer(rule, IMAGES, (8, 8, 1), 2)
    batch, state = rows((8, 8, 1), 2), begun(IMAGES, (8, 8, 1)).state
    share = (batch.weight / batch.size)[:, None]
    link, above = pl.layers.Sequential(IMAGES.layers[:3]), pl.layers.Sequential(IMAGES.layers[3:])
    memory = rule.init(IMAGES, params, KEY)

    @jax.jit
    @jax.grad
    def gradient(own):
        activity, _ = link.apply(own, batch.x, state[:3])  # flat: 3 x 3
        share_of_class, _ = above.apply(params[3:], activity, state[3:])
        error = (share_of_class - np.eye(2)[batch.y.astype(int)]) * share
        return jnp.sum(activity * jax.lax.stop_gradient(error @ rule.weights_to(0, 2, 9, memory)))

    same(found.direction[:3], gradient(params[:3]), atol=1e-5)


def test_direct_feedback_sends_the_error_of_the_potential_where_the_loss_takes_activities():
    network = pl.layers.Sequential((pl.Dense(3, activation="tanh"), pl.Dense(2, activation="tanh")))
    rule, (params, state) = DirectFeedbackAlignment(), begun(network, (4,))
    batch = rows((4,), 2)._replace(y=np.ones((6, 2), np.float32))
    memory, objective = rule.init(network, params, KEY), pl.losses.Objective(pl.losses.get("mse"))
    found = signal(rule, network, params, state, memory, batch, objective, KEY)
    hidden = np.tanh(batch.x @ params[0]["kernel"])
    out = np.tanh(hidden @ params[1]["kernel"])
    error = (out - 1) * (1 - out**2) * (batch.weight / batch.size)[:, None]  # the mean over 2 columns of squares
    sent = error @ drawn(rule, 2, (3,), memory)[0]
    np.testing.assert_allclose(found.direction[0]["kernel"], batch.x.T @ (sent * (1 - hidden**2)), atol=1e-6)


def test_random_weights_are_as_large_as_the_initial_ones_times_the_scale():
    network = pl.layers.Sequential((pl.Dense(60, kernel_initializer="zeros"), pl.Dense(80, kernel_initializer="ones")))
    params, _ = begun(network, (40,))
    first, second = FeedbackAlignment(scale=3.0).init(network, params, KEY)
    assert np.std(first) == pytest.approx(3 * np.sqrt(2 / 100), rel=0.05)  # Glorot's, for weights initialized to 0
    assert np.std(second) == pytest.approx(3, rel=0.05)
    weights = drawn(DirectFeedbackAlignment(scale=3.0), 40, (60,), {"key": KEY})
    assert np.std(weights[0]) == pytest.approx(3 * np.sqrt(2 / 100), rel=0.05)


def test_sign_symmetry_goes_back_by_the_signs_of_the_weights():
    params, _ = begun(DENSE, (4,))
    back = SignSymmetry().weights_back(params, SignSymmetry().init(DENSE, params, KEY), Context())
    for own, sent in zip(params, back, strict=True):
        size = np.sqrt(np.mean(own["kernel"] ** 2))
        np.testing.assert_allclose(sent["kernel"], size * np.sign(own["kernel"]), rtol=1e-6)
        np.testing.assert_array_equal(sent["bias"], own["bias"])


def test_batch_random_magnitudes_change_with_the_step_and_uniform_ones_do_not():
    params, _ = begun(DENSE, (4,))
    uniform, drawn = (
        [SignSymmetry(m).weights_back(params, sizes, Context(key=random.fold(KEY, step))) for step in range(2)]
        for m, sizes in ((m, SignSymmetry(m).init(DENSE, params, KEY)) for m in ("uniform", "batch_random"))
    )
    for place, own in enumerate(params):
        np.testing.assert_array_equal(uniform[0][place]["kernel"], uniform[1][place]["kernel"])
        first, second = (np.asarray(back[place]["kernel"]) for back in drawn)
        assert not np.any(first == second)
        np.testing.assert_array_equal(np.sign(first), np.sign(own["kernel"]))


def test_sign_symmetry_is_the_formula_by_hand():
    found, params = answer(SignSymmetry(), DENSE, (4,), 3)
    back = [np.sqrt(np.mean(p["kernel"] ** 2)) * np.sign(p["kernel"]) for p in params]
    same(found.direction, by_hand(params, rows((4,), 3), lambda at, deltas: deltas[at + 1] @ back[at + 1].T))


@pytest.mark.parametrize("rule", [FeedbackAlignment(), SignSymmetry("batch_random"), DirectFeedbackAlignment()])
def test_compositions_and_recurrent_layers_have_directions_for_every_parameter(rule):
    params, state = begun(SERIES, (3, 2))
    memory = jax.eval_shape(rule.init, SERIES, params, KEY)
    given = rule, SERIES, params, state, memory, rows((3, 2), 2), crossentropy(SERIES), KEY
    shapes = jax.eval_shape(signal, *given).direction
    jax.tree.map(lambda shape, own: np.testing.assert_equal(shape.shape, own.shape), shapes, params)


def test_rules_say_what_they_cannot_take():
    with pytest.raises(InvalidValue, match=r"FeedbackAlignment\(scale=0.0\): scale must be a finite number above 0"):
        FeedbackAlignment(scale=0)
    with pytest.raises(InvalidValue, match=r"DirectFeedbackAlignment\(scale=-1.0\)"):
        DirectFeedbackAlignment(scale=-1)
    with pytest.raises(InvalidValue, match=r"magnitude='fixed'.*'uniform', 'batch_random'"):
        SignSymmetry("fixed")
    network = pl.Residual([pl.Dense(2)])
    with pytest.raises(InvalidValue, match="goes layer by layer"):
        DirectFeedbackAlignment().init(network, begun(network, (2,)).params, KEY)
