"""Policies trained side by side, and environments of Gymnasium beside the compiled one."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, MissingExtra, UnknownName
from plastica.rewards import (
    Bandit,
    CartPole,
    GridWorld,
    GymnasiumEnvironment,
    episodes,
    policy_for,
    train_policies,
    usual_policy,
)
from plastica.rules import STDP


def test_policies_of_a_population_are_those_trained_alone():
    program = usual_policy(Bandit((0.1, 0.9)))
    found = train_policies(program, number=96, learning_rates=[0.1, 0.02], seeds=[3, 4])
    assert found.rates == (0.1, 0.1, 0.02, 0.02) and found.seeds == (3, 4, 3, 4) and found.best == 0.9
    alone = pl.Model(usual_policy(Bandit((0.1, 0.9)), learning_rate=0.02), seed=4)
    rewards = alone.fit(episodes(32), batch_size=32, epochs=3, verbose=0).history["reward"]
    np.testing.assert_allclose(found.returns[3], rewards, atol=1e-6)
    np.testing.assert_allclose(found.models[3].get_weights()[0], alone.get_weights()[0], atol=1e-5)
    assert found.episodes.tolist() == [32, 64, 96] and found.lengths.max() == 1
    frame = found.to_frame()
    assert frame.shape == (12, 5) and frame.filter((frame["seed"] == 4) & (frame["learning_rate"] == 0.02))[
        "reward"
    ].to_list() == pytest.approx(found.returns[3].tolist())
    lines = found.draw().axes[0].get_lines()
    drawn = [line.get_ydata() for line in lines if len(line.get_ydata()) == 3]
    assert any(np.allclose(each, found.returns[:2].mean(0)) for each in drawn), "the mean of two seeds"


def test_policies_suit_their_environment_and_rule():
    dense = usual_policy(CartPole())
    assert [type(each).__name__ for each in dense.policy.children] == ["Input", "Dense", "Dense"]
    assert dense.longest == 500 and usual_policy(GridWorld(2, 3)).longest == 24
    spiking = usual_policy(CartPole(), STDP(0.02), learning_rate=0.05)
    assert spiking.rule.learning_rate == 0.05 and spiking.discount == 0.9
    assert type(spiking.policy.children[1]).__name__ == "PopulationEncoder", "positions are no intensities"
    assert GridWorld(3, 3, slip=0.1).best_reward is None and CartPole().best_reward is None
    with pytest.raises(InvalidValue, match="a policy that spikes has no hidden layers"):
        policy_for(GridWorld(), STDP(), (8,))
    with pytest.raises(InvalidValue, match="expected 1 episode or more"):
        train_policies(dense, number=0)
    with pytest.raises(InvalidValue, match="VoltageSTDP has no learning_rate to set or to compare; give VoltageSTDP"):
        usual_policy(GridWorld(2, 2), pl.rules.VoltageSTDP(), learning_rate=0.1)
    with pytest.raises(InvalidValue, match="VoltageSTDP reads potentials in millivolts"):
        usual_policy(GridWorld(2, 2), pl.rules.VoltageSTDP())


def test_an_environment_of_gymnasium_is_the_compiled_one():
    pytest.importorskip("gymnasium")
    hosted, compiled = GymnasiumEnvironment("CartPole-v1"), CartPole()
    assert (hosted.actions, hosted.observation_shape, hosted.usual_length) == (2, (4,), 500)
    keys = jnp.array([[0, 7], [0, 8]], jnp.uint32)
    worlds = jax.vmap(hosted.reset)(keys)
    state, over = worlds.seen, np.zeros(2, bool)
    assert not np.array_equal(*np.asarray(state)), "each key begins elsewhere"
    np.testing.assert_array_equal(jax.vmap(hosted.reset)(keys).seen, state)
    for action in (1, 0, 0, *[1] * 20):
        actions = jnp.array([action, 1 - action])
        outcome = jax.jit(jax.vmap(lambda world, own: hosted.step(world, own, None)))(worlds, actions)
        after = jax.vmap(lambda own, chosen: compiled.step(own, chosen, None))(state, actions)
        going = ~over
        np.testing.assert_allclose(outcome.world.seen[going], after.world[going], atol=1e-5)
        np.testing.assert_array_equal(outcome.reward, going)
        over |= np.asarray(after.ended)
        np.testing.assert_array_equal(outcome.ended, over)
        worlds, state = outcome.world, after.world
    assert over.any(), "an episode that is over goes nowhere"
    with pytest.raises(UnknownName, match='Gymnasium has no environment "Nothing-v0"'):
        GymnasiumEnvironment("Nothing-v0")
    with pytest.raises(InvalidValue, match="a policy here chooses one of several actions"):
        GymnasiumEnvironment("Pendulum-v1")
    assert GymnasiumEnvironment("FrozenLake-v1").observation_shape == (16,)


def test_a_missing_gymnasium_is_told(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(MissingExtra, match=r'pip install "plastica\[play\]"'):
        GymnasiumEnvironment("Acrobot-v1")
