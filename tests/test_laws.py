"""Generic tests of every layer, each over the whole catalogue."""

from __future__ import annotations

import functools
import gc

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


class Made:
    """A layer with its variables and inputs, and what two compiled programs compute from them for several laws."""

    def __init__(self, layer, shape):
        rng = np.random.default_rng(1)
        draw = rng.random if isinstance(layer, Encoder | pl.Cochlea) else rng.standard_normal
        self.layer = layer
        self.params, self.state = layer.init(np.random.default_rng(0), shape)
        self.x = draw((ROWS, *shape)).astype("float32")
        self.y = np.random.default_rng(2).standard_normal((ROWS, *layer.output_shape(shape))).astype("float32")
        self.context = Context(training=True, key=random.seed_key(3))

    @functools.cached_property
    def shapes(self):
        """The abstract activity and state, in training and outside of it."""
        run = self.layer.apply
        return [
            jax.eval_shape(lambda at=at: run(self.params, self.x, self.state, at)) for at in (self.context, Context())
        ]

    @functools.cached_property
    def trained(self):
        return in_training(self.layer, self.params, self.x, self.state, self.context.key, self.y)

    @functools.cached_property
    def answers(self):
        other = self.layer.init(np.random.default_rng(1), self.x.shape[1:]).params
        pair = jax.tree.map(lambda a, b: np.stack([a, b]), (self.params, self.x), (other, 2 * self.x))
        return outside_of_training(self.layer, pair, self.state)


@pytest.fixture(params=LAYERS, scope="module")
def made(request):
    return Made(*LAYERS[request.param])


@jax.jit
def in_training(layer, params, x, state, key, y):
    """Return what the laws on layers in training compare."""
    context = Context(training=True, key=key)
    loss = pl.losses.Objective(pl.losses.MeanSquaredError())
    batch = Batch(x, y, jnp.ones(ROWS), jnp.float32(ROWS))

    def value(params, x):
        costs = costs_of(layer.forward(params, x, state, context)[0]) if costly else {}
        activity, new_state = layer.apply(params, x, state, context)
        return loss.mean(y, activity, batch.weight, batch.size) + sum(costs.values()), (activity, new_state)

    record, new_state = layer.forward(params, x, state, context)
    costs = costs_of(record)
    costly = bool(costs)
    pairs = [(inner.activate(part.potential), part.activity) for _, inner, part in walk(layer, record)]
    found, errors = send_back(layer, record, batch, loss)
    written = found + sum(costs.values()), (errors.gradient, errors.input_delta), new_state
    (expected, applied), gradients = jax.value_and_grad(value, (0, 1), has_aux=True)(params, x)
    return {"applied": applied, "pairs": pairs, "written": written, "differentiated": (expected, gradients, applied[1])}


@jax.jit
def outside_of_training(layer, pair, state):
    """Return the answers of two networks, side by side and one after another, and those of the first row by row."""

    def run(own):
        return layer.apply(own[0], own[1], state)[0]

    params, x = jax.tree.map(lambda a: a[0], pair)
    alone = jax.lax.map(lambda row: run((params, row[None]))[0], x)
    return {"together": jax.vmap(run)(pair), "one after another": jax.lax.map(run, pair), "alone": alone}


def close(found, expected, **tolerance):
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, **{"rtol": 1e-5, "atol": 1e-6, **tolerance}), found, expected
    )


def test_output_shape_is_the_shape_that_comes_out(made):
    for activity, _ in made.shapes:
        assert activity.shape == (ROWS, *made.layer.output_shape(made.x.shape[1:]))
        assert activity.dtype == made.x.dtype


def test_compiled_equals_eager(made):
    close(made.trained["applied"], made.layer.apply(made.params, made.x, made.state, made.context))


def test_the_written_recursion_equals_automatic_differentiation(made):
    close(made.trained["written"], made.trained["differentiated"])


def test_potential_then_activation_is_the_activity_in_every_layer(made):
    assert made.trained["pairs"]
    for found, activity in made.trained["pairs"]:
        close(found, activity)


def test_two_networks_in_one_program_equal_one_after_another(made):
    close(made.answers["together"], made.answers["one after another"])


def test_gradients_in_double_precision_equal_finite_differences(made):
    layer = pl.layers.smoothed(made.layer)  # the gradient of spikes is a stand-in; that of the smoothed layer is exact
    with jax.enable_x64(True):
        params, state, x = jax.tree.map(lambda a: np.asarray(a, np.float64), (made.params, made.state, made.x))
        rng = np.random.default_rng(4)
        along = rng.standard_normal(made.y.shape)
        step = jax.tree.map(lambda a: rng.standard_normal(a.shape), (params, x))

        def value(params, x):
            activity = layer.apply(params, x, state)[0]
            assert activity.dtype == jnp.float64
            return jnp.sum(activity * along)

        run = jax.jit(jax.value_and_grad(value, (0, 1)))
        _, gradient = run(params, x)
        slope = sum(np.vdot(a, b) for a, b in zip(jax.tree.leaves(gradient), jax.tree.leaves(step), strict=True))
        ahead, behind = (run(*jax.tree.map(lambda a, s, h=h: a + h * s, (params, x), step))[0] for h in (1e-6, -1e-6))
        np.testing.assert_allclose(slope, (ahead - behind) / 2e-6, rtol=1e-5, atol=1e-7)


def test_state_keeps_its_structure_so_that_a_loop_can_carry_it(made):
    _, new_state = made.shapes[0]
    assert jax.tree.structure(new_state) == jax.tree.structure(made.state)
    assert [a.shape for a in jax.tree.leaves(new_state)] == [a.shape for a in jax.tree.leaves(made.state)]


def test_the_same_seed_draws_the_same_weights(made):
    close(made.layer.init(np.random.default_rng(0), made.x.shape[1:]).params, made.params, rtol=0, atol=0)


def test_a_layer_is_equal_by_value_and_comes_back_from_its_specification(made):
    again = from_spec(to_spec(made.layer))
    assert again == made.layer
    assert hash(again) == hash(made.layer)
    assert type(made.layer).__name__ in repr(made.layer)


def test_floats_are_traced_and_all_else_is_structure(made):
    leaves, structure = jax.tree.flatten(made.layer)
    assert all(isinstance(leaf, float) for leaf in leaves)
    assert jax.tree.unflatten(structure, leaves) == made.layer


def test_a_row_is_answered_alone_as_it_is_in_company(made):
    close(made.answers["alone"], made.answers["one after another"][0])


@pytest.fixture(scope="module")
def many_objects():
    """Objects exempted from garbage collection, which are ordinary ones again at the end of this file."""
    yield
    gc.unfreeze()
    gc.collect()
    gc.freeze()  # as conftest.py does at the beginning


def test_nothing_traced_leaks_out_of_a_compiled_layer(made, many_objects):
    gc.collect()
    gc.freeze()  # JAX collects garbage after each function that it traces to find leaks; nothing older refers to them
    with jax.checking_leaks():
        jax.jit(lambda params, x: made.layer.apply(params, x, made.state, made.context)).trace(made.params, made.x)
