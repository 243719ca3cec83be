"""Rewards: the policy gradient beside its closed form, environments beside their equations, STDP beside traces."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError
from plastica.layers import Context
from plastica.losses import MeanSquaredError, Objective
from plastica.random import seed_key
from plastica.rewards import Bandit, CartPole, GridWorld, PolicyGradient, episodes
from plastica.rules import STDP, Batch, Hebb, ThreeFactor

RNG = np.random.default_rng(0)


def test_the_direction_is_the_gradient_of_the_expected_reward():
    # In a bandit d E[r] / d logit_a = p_a (r_a - sum_b p_b r_b), which one step of plain descent adds to the biases.
    arms, kernel = np.array([0.1, 0.5, 0.9], "float32"), np.array([[0.3, 0.5, -0.4]], "float32")
    program = PolicyGradient(
        pl.Dense(3), Bandit(tuple(map(float, arms))), optimizer=pl.optimizers.SGD(1.0), normalize=False, longest=1
    )
    model = pl.Model(program)
    model.build((1,))
    model.set_weights([kernel, np.zeros(3, "float32")])
    model.fit(episodes(200_000), batch_size=200_000, epochs=1, verbose=0)
    p = np.exp(kernel[0]) / np.exp(kernel[0]).sum()
    np.testing.assert_allclose(model.get_weights()[1], p * (arms - p @ arms), atol=4e-3)


def test_a_policy_finds_the_shortest_ways_and_is_kept(tmp_path):
    world = GridWorld(3, 3)
    model = pl.Model(PolicyGradient(pl.Dense(4), world, optimizer=pl.optimizers.Adam(0.1), longest=20))
    history = model.fit(episodes(256), batch_size=32, epochs=12, verbose=0).history
    assert history["reward"][0] < 0.85 and history["reward"][-1] == pytest.approx(world.best_reward, abs=0.02)
    assert model.evaluate(episodes(64), verbose=0, return_dict=True)["reward"] > 0.9
    assert model.evaluate(episodes(64), verbose=0) == model.evaluate(episodes(64), verbose=0)
    # At the second last field of the first row the walker goes down.
    loaded = pl.load(model.save(tmp_path / "walker.plastica"))
    assert loaded.predict(np.eye(9, dtype="float32"))[2].argmax() == 0


def test_a_cart_and_pole_move_by_newtons_equations():
    state = RNG.normal(0, 0.1, 4)
    after = np.asarray(CartPole().step(jnp.asarray(state), jnp.array(1), None).world)
    _, _, angle, turning = state
    # Forces on cart and pole: solved here as two equations for both accelerations.
    matrix = [[1.1, 0.05 * np.cos(angle)], [0.05 * np.cos(angle), 4 / 3 * 0.1 * 0.25]]
    accelerations = np.linalg.solve(matrix, [10 + 0.05 * turning**2 * np.sin(angle), 0.1 * 9.8 * 0.5 * np.sin(angle)])
    np.testing.assert_allclose((after - state)[[1, 3]] / 0.02, accelerations, rtol=1e-4)
    np.testing.assert_allclose((after - state)[[0, 2]] / 0.02, state[[1, 3]], rtol=1e-3)


def spiking_policy(actions):
    inhibition = pl.initializers.Constant(-2.0)  # of each unit by all, so that one answers
    start = pl.initializers.RandomUniform(0.2, 0.4)
    unit = pl.Spiking(actions, pl.LIF(reset="zero"), True, False, start, inhibition)
    copies = [pl.RepeatVector(10), pl.Flatten()]  # of each input, with spikes of their own
    return pl.layers.Sequential([*copies, pl.RateEncoder(40, max_rate=100.0), unit, pl.SpikeCount()])


def test_stdp_modulated_by_rewards_learns_what_each_cue_calls_for():
    world = Bandit(((0.9, 0.1), (0.1, 0.9)))
    model = pl.Model(PolicyGradient(spiking_policy(2), world, STDP(0.01, depression=0.0), longest=1))
    history = model.fit(episodes(512), batch_size=32, epochs=8, verbose=0).history["reward"]
    assert history[0] < 0.6 and history[-1] > 0.7


def test_three_factors_are_traces_carried_forward_times_the_reward():
    # Izhikevich 2007: dc/dt = -c / tau_c + STDP, dw/dt = c d; the reward comes at the end of the sequence.
    rows, steps, tau = 3, 15, 8.0
    layer = pl.Spiking(2, pl.LIF(5.0), recurrent=False, use_bias=False)
    network = pl.layers.Sequential([layer, pl.SpikeCount()])
    kernel = jnp.asarray(RNG.random((4, 2)) * 0.6 + 0.2, jnp.float32)
    x = (RNG.random((rows, steps, 4)) < 0.4).astype("float32")
    y = np.array([[4.0, 1], [0, 6], [3, 3]], "float32")
    rule = ThreeFactor(STDP(1e-4, depression=0.7, tau_plus=6.0, tau_minus=9.0, tau_eligibility=tau))
    params, state = ({"kernel": kernel}, {}), ({}, {})
    memory = rule.init(network, params, seed_key(0))._replace(expected=jnp.float32(5.0), begun=jnp.float32(1))
    batch = Batch(jnp.asarray(x), jnp.asarray(y), jnp.ones(rows), jnp.float32(rows))
    context = Context(True, jnp.asarray(seed_key(1)))
    found = rule.signal(network, params, state, memory, batch, Objective(MeanSquaredError()), context)

    spikes = np.asarray(layer.apply(params[0], batch.x, {})[0])
    change = np.zeros((4, 2))
    for row in range(rows):
        pre, post, trace = np.zeros(4), np.zeros(2), np.zeros((4, 2))
        for t in range(steps):
            pre, post = pre * np.exp(-1 / 6), post * np.exp(-1 / 9)
            pairs = np.outer(pre, spikes[row, t]) - 0.7 * np.outer(x[row, t], post)
            trace = trace * np.exp(-1 / tau) + 1e-4 * pairs
            pre, post = pre + x[row, t], post + spikes[row, t]
        change += (5.0 - ((spikes[row].sum(0) - y[row]) ** 2).mean()) * trace / rows
    assert spikes.any() and np.abs(change).max() > 1e-4
    np.testing.assert_allclose(found.change[0]["kernel"], change, rtol=1e-3, atol=1e-6)
    assert found.direction is None, "the spiking layer is the last, and learns from the reward alone"


def test_any_local_rule_can_be_multiplied_and_a_readout_follows_the_gradient():
    x = RNG.random((64, 5), np.float32)
    model = pl.Sequential([pl.Input((5,)), pl.Dense(4, use_bias=False), pl.GaussianNoise(0.1), pl.Dense(1)])
    model.compile("adam", "mse", rule=ThreeFactor(Hebb(0.01)))
    before = jax.tree.map(np.array, model.params)
    model.fit(x, x[:, :1], epochs=2, verbose=0)
    assert all(np.abs(model.params[place]["kernel"] - before[place]["kernel"]).max() > 0 for place in (1, 3))


def test_frozen_layers_of_a_policy_stay_and_constraints_hold():
    hidden = pl.Dense(4, "tanh", trainable=False)
    last = pl.Dense(3, kernel_constraint=pl.constraints.MaxNorm(0.5))
    model = pl.Model(PolicyGradient(pl.layers.Sequential([hidden, last]), Bandit(), longest=1))
    model.build((1,))
    before = [np.array(each) for each in model.get_weights()]
    model.fit(episodes(64), batch_size=32, epochs=2, verbose=0)
    after = model.get_weights()
    same = [np.array_equal(one, other) for one, other in zip(before, after, strict=True)]
    assert same == [True, True, False, False]
    assert np.linalg.norm(after[2], axis=0).max() < 0.501


FAULTS = {
    "ThreeFactor(rule=Oja()): expected a local rule whose changes can be multiplied by a reward: STDP(), ": (
        lambda: ThreeFactor(pl.rules.Oja())
    ),
    "is not in proportion to a reward. Use Backprop(), EProp()": lambda: bandit_policy(rule=pl.rules.Oja()),
    "GridWorld(slip=2.0): slip must be a probability from 0 to 1.": lambda: GridWorld(slip=2.0),
    "GridWorld(1, 1): a world has two fields or more.": lambda: GridWorld(1, 1),
    "Bandit((0.5, 2.0)): give a probability from 0 to 1 for each of two arms or more": lambda: Bandit((0.5, 2.0)),
    "episodes(0): give a whole number of at least 1.": lambda: episodes(0),
    "PolicyGradient(discount=1.5): discount must be from 0 to 1.": lambda: bandit_policy(discount=1.5),
    "it needs all rows at once, but episodes are new in each step": lambda: bandit_policy(
        optimizer=pl.optimizers.LBFGS()
    ),
    "PolicyGradient(longest=0): an episode has 1 step or more.": lambda: bandit_policy(longest=0),
}


def bandit_policy(**options):
    return PolicyGradient(pl.Dense(3), Bandit(), **options)


@pytest.mark.parametrize("words", FAULTS)
def test_mistakes_with_rewards_are_told(words):
    with pytest.raises(InvalidValue) as told:
        FAULTS[words]()
    assert words in str(told.value)


def test_a_policy_has_an_output_for_each_action():
    with pytest.raises(ShapeError, match=r"outputs of shape \(2,\), but Bandit has 3 actions. End it with 3 units"):
        PolicyGradient(pl.Dense(2), Bandit())
