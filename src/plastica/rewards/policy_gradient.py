"""Policies that learn from rewards: episodes are played, and actions that brought more than usual are made likelier."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..layers import Input, Networks, Sequential, freezing
from ..layers.layer import Context, Layer, Params, Shape, State
from ..losses import Objective, SparseCategoricalCrossentropy
from ..optimizers import Adam, Optimizer
from ..rules import Backprop, Batch, Rule
from ..training.program import Learner, Program
from ..training.sums import BatchFigures
from ..training.supervised import with_penalty
from ..typing import Bool, Float, Int, Integer, Memory, PyTree, UInt
from .environment import Environment

# What the numbers of an episode are drawn for.
_START, _ACTION, _WORLD, _NETWORK = range(4)
# The action taken is the target: minus its log-probability is the loss whose gradient REINFORCE follows.
_SURPRISE = Objective(SparseCategoricalCrossentropy(from_logits=True), at_potential=True)


class Episodes(NamedTuple):
    """What happened in episodes side by side, step by step.

    Attributes:
        seen: What the network saw, ``(steps, episodes, ...)``.
        actions: What it did.
        rewards: What it got; 0 after the end of an episode.
        going: Whether the episode was still going on.
    """

    seen: Float[Array, "steps episodes *shape"]
    actions: Int[Array, "steps episodes"]
    rewards: Float[Array, "steps episodes"]
    going: Bool[Array, "steps episodes"]


@declaration
class PolicyGradient(Program):
    """Learn a policy by the rewards of whole episodes (REINFORCE), with any learning rule that rewards can weigh.

        dw = eta sum_t (R_t - b_t) d log p(a_t | o_t) / dw,   R_t = sum_(s >= t) discount^(s - t) r_s

    The network reads an observation and has an output for each action; actions are drawn by the softmax of its
    potentials. Each action is then a target whose loss is weighed by its advantage R_t - b_t. The baseline b_t is the
    mean of R_t over the other episodes of the batch. With ``Backprop`` this is REINFORCE; other rules that follow
    errors, such as ``EProp`` or feedback alignment, take their way instead.

    A rule that needs no loss is weighed by the advantage itself: ``STDP`` becomes reward-modulated STDP, with
    eligibility traces that fade by ``discount`` from one action to the next. The layers of the network then all follow
    it, the last one included.

    When to use: for small environments, and to see what learning from a single number takes.

        policy = pl.layers.Sequential([pl.Dense(4)])
        model = pl.Model(pl.rewards.PolicyGradient(policy, pl.rewards.GridWorld()))
        model.fit(pl.rewards.episodes(512), batch_size=32, epochs=20)

    The loss in the history is minus the mean sum of rewards; ``reward`` is that sum, ``steps`` the mean length of an
    episode. ``predict`` answers observations.

    Args:
        policy: The network, from observations to an output for each action.
        environment: The environment.
        rule: The learning rule.
        optimizer: The optimizer, for rules that leave the step to one.
        longest: The number of steps after which an episode is cut off.
        discount: How much later rewards count, from 0 (none) to 1.
        normalize: Whether advantages are divided by their root mean square in the batch, so that learning rates do not
            depend on the size of rewards.

    Raises:
        InvalidValue: If rewards cannot weigh the rule, or a number is out of range.
        ShapeError: If the network has not one output for each action.

    Reference:
        R. J. Williams, 1992, Simple statistical gradient-following algorithms for connectionist reinforcement learning,
        equation 11; baseline: W. Kool, H. van Hoof, M. Welling, 2019, Buy 4 REINFORCE samples, get a baseline for free;
        STDP: R. V. Florian, 2007, Reinforcement learning through modulation of spike-timing-dependent synaptic
        plasticity; E. M. Izhikevich, 2007, Solving the distal reward problem through linkage of STDP and dopamine
        signaling.
    """

    policy: Layer
    environment: Environment
    rule: Rule = Backprop()
    optimizer: Optimizer = Adam(0.01)
    longest: int = 100
    discount: float = 0.99
    normalize: bool = True

    def __post_init__(self) -> None:
        if not self.rule.takes_rewards:
            raise InvalidValue(
                f"PolicyGradient(rule={self.rule!r}): what {type(self.rule).__name__} learns is not in proportion to a "
                "reward. Use Backprop(), EProp(), feedback alignment, NodePerturbation(), STDP(), VoltageSTDP() or "
                "Hebb()."
            )
        if not isinstance(self.environment, Environment):
            raise InvalidValue(f"PolicyGradient(environment={self.environment!r}): expected one such as GridWorld().")
        if self.optimizer.full_batch:
            raise InvalidValue(
                f"PolicyGradient(optimizer={self.optimizer!r}): it needs all rows at once, but episodes are new "
                "in each step. Use one that steps batch by batch, such as Adam()."
            )
        if self.longest < 1:
            raise InvalidValue(f"PolicyGradient(longest={self.longest!r}): an episode has 1 step or more.")
        if isinstance(self.discount, float | int) and not 0 <= self.discount <= 1:
            raise InvalidValue(f"PolicyGradient(discount={self.discount!r}): discount must be from 0 to 1.")
        self.rule.check(self.policy, _SURPRISE if self.rule.needs_loss else None)
        object.__setattr__(self, "policy", _reading(self.policy, self.environment.observation_shape))
        shape, wanted = self.policy.output_shape(self.environment.observation_shape), (self.environment.actions,)
        if shape != wanted:
            raise ShapeError(
                f"PolicyGradient: the network has outputs of shape {shape}, but {type(self.environment).__name__} has "
                f"{wanted[0]} actions. End it with {wanted[0]} units."
            )

    @property
    def network(self) -> Layer:  # pyright: ignore[reportIncompatibleVariableOverride]
        # Beside the policy, because fit reads numbers of episodes, and only the policy observations.
        return Networks((self.policy,))

    @property
    def means(self) -> tuple[str, ...]:
        return ("reward", "steps")

    def reads(self, shape: Shape | None) -> Shape:
        return self.environment.observation_shape

    @property
    def learning_rate(self) -> float | None:
        rate = self.optimizer.learning_rate
        return float(rate) if isinstance(rate, float | int) else None

    def begin(self, params: Params, state: State, key: Array) -> tuple[Memory, PyTree]:
        return self.rule.init(self.policy, params[0], key), self.optimizer.init(
            freezing.trainable_part(self.policy, params[0])
        )

    def step(self, learner: Learner, batch: Batch, key: Array) -> tuple[Learner, BatchFigures]:
        keys = _each(key, jnp.arange(len(batch.weight)))
        own, own_state = learner.params[0], learner.state[0]
        found = self.play(own, own_state, keys, key)
        credit, figures = advantages(self, found, batch), figures_of(found, batch)
        objective = _SURPRISE if self.rule.needs_loss else None

        def learn(carry: Any, now: tuple[Array, Array, Array, Array]) -> tuple[Any, None]:
            params, state, memory, direction = carry
            seen, actions, weight, time = now
            rows = batch._replace(x=seen, y=actions, weight=weight)
            # The network draws what it drew when it acted, so that synapses learn from the spikes that did it.
            context = _passing(key, time)
            signal = self.rule.signal(self.policy, params, state, memory, rows, objective, context)
            if signal.change is not None:
                moved = jax.tree.map(jnp.add, params, signal.change)
                params = freezing.kept_of_frozen(self.policy, params, moved)
            if signal.direction is not None:
                direction = jax.tree.map(jnp.add, direction, signal.direction)
            return (params, signal.state, signal.memory, direction), None

        start = own, own_state, learner.memory, jax.tree.map(jnp.zeros_like, own)
        steps = found.seen, found.actions, credit, jnp.arange(self.longest)
        (params, state, memory, direction), _ = jax.lax.scan(learn, start, steps)
        optimizer = learner.optimizer
        if self.rule.needs_loss:
            _, direction = with_penalty(self.policy, params, figures.loss, direction)
            part, along = (freezing.trainable_part(self.policy, tree) for tree in (params, direction))
            part, optimizer = self.optimizer.update(along, optimizer, part)
            params = freezing.with_trainable_part(self.policy, params, part)
        params = self.policy.constrain(params, state)
        made = learner._replace(params=(params,), state=(state,), memory=memory, optimizer=optimizer)
        return made, figures

    def judge(self, params: Params, state: State, memory: Memory, batch: Batch) -> BatchFigures:
        # The number of an episode says how it begins, so that an evaluation repeats.
        numbers, key = batch.x.reshape(len(batch.weight), -1)[:, 0].astype(jnp.uint32), jnp.asarray(random.seed_key(0))
        return figures_of(self.play(params[0], state[0], _each(key, numbers), key), batch)

    def respond(self, params: Params, state: State, memory: Memory, x: PyTree) -> Array:
        return self.policy.apply(params[0], x, state[0])[0]

    def play(self, params: Params, state: State, keys: UInt[Array, "episodes 2"], key: Array) -> Episodes:
        """Play an episode for each key.

        Args:
            params: The parameters of the policy.
            state: The state of its layers.
            keys: The randomness of each episode, its world and its actions.
            key: The randomness of the policy's layers.
        """
        world = self.environment

        def act(carry: tuple[PyTree, Array], time: Array) -> tuple[tuple[PyTree, Array], Episodes]:
            worlds, going = carry
            seen = jax.vmap(world.observe)(worlds)
            own = _for(keys, time)
            potential, _ = self.policy.synapse(params, seen, state, _passing(key, time))
            actions = jax.vmap(_drawn)(potential, _for(own, _ACTION))
            outcome = jax.vmap(world.step)(worlds, actions, _for(own, _WORLD))
            rewards = jnp.where(going, outcome.reward, 0.0)
            after = going & ~outcome.ended, Episodes(seen, actions, rewards, going)
            return (outcome.world, after[0]), after[1]

        begun = jax.vmap(world.reset)(_for(keys, _START))
        return jax.lax.scan(act, (begun, jnp.ones(len(keys), bool)), jnp.arange(self.longest))[1]


def episodes(number: int) -> Float[np.ndarray, "episodes one"]:
    """Return what ``fit`` and ``evaluate`` of a policy read: a row for each episode to be played.

    Args:
        number: How many.

    Raises:
        InvalidValue: If it is below 1.

    Example:
        >>> episodes(3).tolist()
        [[0.0], [1.0], [2.0]]
    """
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
        raise InvalidValue(f"episodes({number!r}): give a whole number of at least 1.")
    return np.arange(number, dtype=np.float32)[:, None]


def advantages(program: PolicyGradient, found: Episodes, batch: Batch) -> Float[Array, "steps episodes"]:
    """Return how much more each action brought than what other episodes of the batch got from the same step on."""

    def back(later: Array, now: Array) -> tuple[Array, Array]:
        total = now + program.discount * later
        return total, total

    _, returns = jax.lax.scan(back, jnp.zeros_like(found.rewards[0]), found.rewards, reverse=True)
    counts = found.going * (batch.weight > 0)
    others = jnp.sum(counts, 1, keepdims=True) - counts
    # Alone, or last to go on, an episode has nothing to be compared with but 0.
    expected = (jnp.sum(returns * counts, 1, keepdims=True) - returns * counts) / jnp.maximum(others, 1)
    credit = (returns - expected) * counts
    if program.normalize:
        spread = jnp.sqrt(jnp.sum(credit**2) / jnp.maximum(jnp.sum(counts), 1))
        credit = credit / jnp.maximum(spread, jnp.finfo(credit.dtype).tiny)
    return credit * batch.weight


def figures_of(found: Episodes, batch: Batch) -> BatchFigures:
    """Return the mean sum of rewards of the episodes, and their mean length."""
    share = batch.weight / batch.size
    reward = jnp.sum(jnp.sum(found.rewards, 0) * share)
    return BatchFigures(-reward, {"reward": reward, "steps": jnp.sum(jnp.sum(found.going, 0) * share)})


def _reading(policy: Layer, shape: Shape) -> Layer:
    """Return a network that says that it reads observations."""
    if policy.declared_shape is not None:
        return policy
    return Sequential((Input(shape), *(policy.children if policy.flow == "chain" else (policy,))))


def _each(key: Array, numbers: Integer[Array, "episodes"]) -> UInt[Array, "episodes 2"]:
    """Return a key for each episode."""
    return jax.vmap(lambda number: jnp.asarray(random.fold(key, number)))(numbers)


def _for(keys: UInt[Array, "episodes 2"], use: Array | int) -> UInt[Array, "episodes 2"]:
    """Return the key of each episode for a step or a use."""
    return jax.vmap(lambda key: jnp.asarray(random.fold(key, use)))(keys)


def _passing(key: Array, time: Array) -> Context:
    """Return the options of the network's pass at a step: as in training, so that it draws and explores."""
    return Context(training=True, key=random.fold(random.fold(key, _NETWORK), time))


def _drawn(potential: Float[Array, "actions"], key: Array) -> Int[Array, ""]:
    """Draw an action by the softmax of potentials (Gumbel's trick)."""
    draws = jnp.clip(random.uniform(key, potential.shape), 1e-7, 1 - 1e-7)
    return jnp.argmax(potential - jnp.log(-jnp.log(draws)))
