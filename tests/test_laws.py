"""Generic tests of every layer, each over the whole catalogue."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica import random
from plastica.layers import Context
from plastica.layers.costs import costs_of
from plastica.layers.spiking.encoders import Encoder
from plastica.layers.walk import walk
from plastica.rules import Batch
from plastica.rules.backprop import send_back
from plastica.specification import from_spec, to_spec

from .catalogue import LAYERS

ROWS = 3


@pytest.fixture(params=LAYERS, scope="module")
def made(request):
    """A layer with its variables, inputs and a training context."""
    layer, shape = LAYERS[request.param]
    variables = layer.init(np.random.default_rng(0), shape)
    rng = np.random.default_rng(1)
    drawn = (
        rng.random((ROWS, *shape)) if isinstance(layer, Encoder | pl.Cochlea) else rng.standard_normal((ROWS, *shape))
    )
    x = drawn.astype("float32")
    return layer, variables.params, variables.state, x, Context(training=True, key=random.seed_key(3))


@jax.jit
def answered(layer, params, state, x):
    """Return the activity outside of training."""
    return layer.apply(params, x, state)[0]


def close(found, expected, **tolerance):
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, **{"rtol": 1e-5, "atol": 1e-6, **tolerance}), found, expected
    )


def test_output_shape_is_the_shape_that_comes_out(made):
    layer, params, state, x, context = made
    for each in (Context(), context):
        activity, _ = jax.eval_shape(lambda each=each: layer.apply(params, x, state, each))
        assert activity.shape == (ROWS, *layer.output_shape(x.shape[1:]))
        assert activity.dtype == x.dtype


def test_compiled_equals_eager(made):
    layer, params, state, x, context = made

    def run(layer, params, x):
        return layer.apply(params, x, state, context)

    close(jax.jit(run)(layer, params, x), run(layer, params, x))


def test_the_written_recursion_equals_automatic_differentiation(made):
    layer, params, state, x, context = made
    loss = pl.losses.Objective(pl.losses.MeanSquaredError())
    y = jnp.asarray(np.random.default_rng(2).standard_normal((ROWS, *layer.output_shape(x.shape[1:]))), jnp.float32)
    batch = Batch(jnp.asarray(x), y, jnp.ones(ROWS), jnp.float32(ROWS))

    def value(params, x):
        costs = costs_of(layer.forward(params, x, state, context)[0])
        activity, new_state = layer.apply(params, x, state, context)
        return loss.mean(y, activity, batch.weight, batch.size) + sum(costs.values()), new_state

    @jax.jit
    def written(params, x):
        record, new_state = layer.forward(params, x, state, context)
        found, errors = send_back(layer, record, batch._replace(x=x), loss)
        return found + sum(costs_of(record).values()), (errors.gradient, errors.input_delta), new_state

    (expected, state_of_apply), gradients = jax.jit(jax.value_and_grad(value, (0, 1), has_aux=True))(params, batch.x)
    found, directions, new_state = written(params, batch.x)
    close(found, expected)
    close(directions, gradients)
    close(new_state, state_of_apply)


def test_potential_then_activation_is_the_activity_in_every_layer(made):
    layer, params, state, x, context = made

    @jax.jit
    def pairs(params, x):
        record, _ = layer.forward(params, x, state, context)
        return [(inner.activate(part.potential), part.activity) for _, inner, part in walk(layer, record)]

    for found, activity in pairs(params, x):
        close(found, activity)


def test_two_networks_in_one_program_equal_one_after_another(made):
    layer, _, state, x, _ = made
    pair = [(layer.init(np.random.default_rng(seed), x.shape[1:]).params, (seed + 1) * x) for seed in (0, 1)]
    stacked = jax.tree.map(lambda *a: jnp.stack(a), *pair)
    together = jax.jit(jax.vmap(lambda own: layer.apply(own[0], own[1], state)[0]))(stacked)
    for place, (params, inputs) in enumerate(pair):
        close(together[place], answered(layer, params, state, inputs))


def test_gradients_in_double_precision_equal_finite_differences(made):
    layer, params, state, x, context = made
    layer = pl.layers.smoothed(layer)  # the gradient of spikes is a stand-in; that of the smoothed layer is exact
    context = context._replace(key=None, training=False)
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda a: np.asarray(a, np.float64), (params, state, x))
        rng = np.random.default_rng(4)
        out = jax.eval_shape(lambda params, x: layer.apply(params, x, wide[1], context)[0], wide[0], wide[2])
        assert out.dtype == jnp.float64
        along = rng.standard_normal(out.shape)
        step = jax.tree.map(lambda a: rng.standard_normal(a.shape), (wide[0], wide[2]))

        def value(params, x):
            return jnp.sum(layer.apply(params, x, wide[1], context)[0] * along)

        run = jax.jit(jax.value_and_grad(value, (0, 1)))
        _, gradient = run(wide[0], wide[2])
        slope = sum(np.vdot(a, b) for a, b in zip(jax.tree.leaves(gradient), jax.tree.leaves(step), strict=True))
        ahead, behind = (
            run(*jax.tree.map(lambda a, s, h=h: a + h * s, (wide[0], wide[2]), step))[0] for h in (1e-6, -1e-6)
        )
        np.testing.assert_allclose(slope, (ahead - behind) / 2e-6, rtol=1e-5, atol=1e-7)


def test_state_keeps_its_structure_so_that_a_loop_can_carry_it(made):
    layer, params, state, x, context = made
    _, new_state = jax.eval_shape(lambda: layer.apply(params, x, state, context))
    assert jax.tree.structure(new_state) == jax.tree.structure(state)
    assert [a.shape for a in jax.tree.leaves(new_state)] == [a.shape for a in jax.tree.leaves(state)]


def test_the_same_seed_draws_the_same_weights(made):
    layer, params, _, x, _ = made
    close(layer.init(np.random.default_rng(0), x.shape[1:]).params, params, rtol=0, atol=0)


def test_a_layer_is_equal_by_value_and_comes_back_from_its_specification(made):
    layer = made[0]
    again = from_spec(to_spec(layer))
    assert again == layer
    assert hash(again) == hash(layer)
    assert type(layer).__name__ in repr(layer)


def test_floats_are_traced_and_all_else_is_structure(made):
    layer = made[0]
    leaves, structure = jax.tree.flatten(layer)
    assert all(isinstance(leaf, float) for leaf in leaves)
    assert jax.tree.unflatten(structure, leaves) == layer


def test_a_row_is_answered_alone_as_it_is_in_company(made):
    layer, params, state, x, _ = made
    together = answered(layer, params, state, x)
    for row in range(ROWS):
        close(answered(layer, params, state, x[row : row + 1])[0], together[row])


def test_nothing_traced_leaks_out_of_a_compiled_layer(made):
    layer, params, state, x, context = made
    with jax.checking_leaks():
        jax.jit(lambda params, x: layer.apply(params, x, state, context)).trace(params, x)
