"""The first hidden layer of predictive coding as a sum of rows of the weights above it, beside the written steps."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
from plastica.layers import Sequential
from plastica.layers.layer import INFERENCE
from plastica.rules import Batch, chain
from plastica.rules.coding import Settling, descend, energies
from plastica.rules.energy import bind, run
from plastica.rules.junction import in_the_rows_above
from plastica.rules.predictive_coding import PredictiveCoding


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(1, 7), min_size=2, max_size=4),
    st.integers(1, 6),
    st.sampled_from([0.1, 0.4, 3.0]),
    st.sampled_from(["tanh", "relu", "linear"]),
)
def test_a_first_layer_in_the_rows_above_settles_as_its_activities_do(sizes, steps, step_size, activation):
    rng, rule = np.random.default_rng(sum(sizes)), PredictiveCoding(steps=steps, step_size=step_size)
    objective = pl.losses.Objective(pl.losses.HalfSquaredError())
    with jax.enable_x64(True):
        network = Sequential((*(pl.Dense(size, activation=activation) for size in sizes), pl.Dense(2)))
        params, state = jax.tree.map(jnp.float64, tuple(network.init(rng, (3,))))
        x, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 2))
        batch = Batch(*map(jnp.asarray, (x, y, np.ones(40), np.float64(40))))

        def plain(params):
            """Return the first nodes by the steps written for every layer, each through the weights themselves."""
            parts = bind(chain(network, params), params, state, INFERENCE)
            nodes = tuple(record.activity for record in run(parts, batch.x)[0][:-1])
            descent = partial(energies, parts, nodes[0], batch, objective)
            found = descent(nodes)
            start = Settling(nodes, found, jnp.full_like(found.rows, step_size))
            return jax.lax.fori_loop(0, steps, lambda _, now: descend(now, descent), start).nodes

        def reduced(params):
            parts = bind(chain(network, params), params, state, INFERENCE)
            records = run(parts, batch.x)[0]
            own = in_the_rows_above(parts, records[0].activity, records[1].potential, steps, "activities")
            assert (own is not None) == (40 * steps * (2 * sizes[0] - sizes[1]) > sizes[0] * sizes[1])
            return rule.settle(parts, records, batch, objective)

        for one, other in zip(jax.jit(reduced)(params), jax.jit(plain)(params), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
