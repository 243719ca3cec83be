"""Joint action: two recurrent networks that move, see each other move, and learn to lead and to imitate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import InvalidValue
from ..layers import GRU, Dense
from ..layers.layer import INFERENCE, Layer
from ..model import Model, Sequential
from ..optimizers import Adam
from ..training.live_line import LiveLine
from ..typing import Bool, Float, PyTree
from .dyad_recording import DyadRecording
from .step_line import StepStanding, shares_of, step_line

Leading = Literal["first", "second", "turns", "both"]
# A network with a memory, by what a person gives: a model, a layer, or None for the default.
MoverLike: TypeAlias = Any
Movers: TypeAlias = tuple[Layer, Layer]

PERIOD = 20  # steps of a movement to and fro
DAMPING = 0.95
INPUTS = 4  # its own score, whether it leads, and what both did in the step before


@dataclass(frozen=True, eq=False, repr=False)
class JointAction:
    """What two movers did; returned by :func:`joint_action`.

    Attributes:
        errors: The mean squared error of both after each step of learning, ``(steps, 2)``: of leaders from their score,
            of followers from their partner.
        movements: The movements after learning, ``(trials, times, 2)``.
        scores: What each was to do where it led, ``(trials, times, 2)``.
        leads: Who leads when, ``(times, 2)``.
        states: What the networks remember after each step, ``(2, trials, times, units)``.
    """

    errors: Float[np.ndarray, "steps movers"]
    movements: Float[np.ndarray, "trials times movers"]
    scores: Float[np.ndarray, "trials times movers"]
    leads: Bool[np.ndarray, "times movers"]
    states: tuple[Float[np.ndarray, "trials times units"], Float[np.ndarray, "trials times units"]]

    def __repr__(self) -> str:
        """Show the errors in the end."""
        first, second = self.errors[-1]
        return f"<JointAction: {len(self.errors)} steps, errors {first:.3f} and {second:.3f}>"

    def recording(self) -> DyadRecording:
        """Return movements and states as a recording of two, for :func:`dyad_synchrony`."""
        return DyadRecording(self.movements[..., 0], self.movements[..., 1], *self.states)


def joint_action(
    first: MoverLike = None,
    second: MoverLike = None,
    leading: Leading = "first",
    *,
    steps: int = 500,
    times: int = 100,
    trials: int = 32,
    turn: int = 25,
    learning_rate: float = 0.02,
    seed: int = 0,
    verbose: int | str = "auto",
) -> JointAction:
    """Let two recurrent networks learn to move together, as people do in the mirror game.

    Use it for imitation, leading and turn taking in time. A leader is given a score, a noisy rhythm of its own, and
    learns to move by it; a follower sees only what its partner did one step ago, and learns to do the same. Both learn
    by backpropagation through time, each as if the other were part of its surroundings. With ``"both"``, each has a
    score and is to follow it and its partner, half and half.

    The best follower predicts the next movement from those before: its error is the variance of what is new in the
    leader's score in each step (:func:`least_error`).

    Equation: scores are s_t = 2 d cos(2 pi / 20) s_(t-1) - d^2 s_(t-2) + e_t with d = 0.95, scaled to the variance 1.

    Args:
        first, second: A model or layer that answers sequences of four inputs with one output a step. Default: 16 gated
            recurrent units and a linear output.
        leading: Who leads: "first", "second", both in "turns", or "both" at once.
        steps: Steps of learning, each from ``trials`` new trials.
        times: Steps of a trial.
        trials: Trials that are computed at once.
        turn: After how many steps the roles are exchanged, for "turns".
        learning_rate: The learning rate of Adam.
        seed: The seed.
        verbose: 0 for no output, otherwise a live line in a terminal.

    Raises:
        InvalidValue: If a number is out of range, or a network has no memory or another number of outputs.

    Example:
        >>> found = joint_action(steps=2, times=30, trials=4)
        >>> found.movements.shape, found.leads[0].tolist()
        ((4, 30, 2), [True, False])

    Reference:
        Noy, Dekel and Alon 2011, The mirror game as a paradigm for studying the dynamics of two people improvising
        motion together; Dumas et al. 2010, Inter-brain synchronization during social interaction, for imitation in
        turns.
    """
    if leading not in get_args(Leading):
        raise InvalidValue(f"joint_action(leading={leading!r}): expected {', '.join(get_args(Leading))}.")
    given = {"steps": (steps, 1), "times": (times, 8), "trials": (trials, 1), "turn": (turn, 1)}
    for name, (value, least) in given.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InvalidValue(f"joint_action({name}={value!r}): give a whole number of at least {least}.")
    if not learning_rate > 0:
        raise InvalidValue(f"joint_action(learning_rate={learning_rate!r}): give a number above 0.")
    movers = (_mover(first), _mover(second))
    made = [_weights(each, [seed, place], times) for place, each in enumerate(movers)]
    params, state = tuple(each[0] for each in made), tuple(each[1] for each in made)
    leads = roles_over_time(leading, times, turn)
    draws = np.random.default_rng([seed, times])
    scores = movement_scores(draws, steps, trials, times)
    with step_line(verbose) as line:
        params, errors = _learned(
            movers, params, state, scores, JointLearning(leads, leading == "both", learning_rate), line
        )
    last = movement_scores(draws, 1, trials, times)[0]
    moves, states = _moved(movers, params, state, last, leads)
    shown = [np.swapaxes(np.asarray(each), 0, 1) for each in states]
    return JointAction(
        np.asarray(errors), np.moveaxis(np.asarray(moves), 0, 1), np.moveaxis(last, 0, 1), leads, (shown[0], shown[1])
    )


def least_error() -> float:
    """Return the smallest mean squared error that a follower can reach, as a share of the leader's variance.

    Equation: (1 + b)((1 - b)^2 - a^2) / (1 - b), the innovation of s_t = a s_(t-1) + b s_(t-2) + e_t with variance 1.

    Example:
        >>> round(least_error(), 4)
        0.0182
    """
    a, b = _coefficients()
    return (1 + b) * ((1 - b) ** 2 - a**2) / (1 - b)


def movement_scores(
    draws: np.random.Generator, sets: int, trials: int, times: int
) -> Float[np.ndarray, "sets times trials movers"]:
    """Return noisy rhythms with the variance 1, from different beginnings."""
    from scipy.signal import lfilter

    a, b = _coefficients()
    settling = 5 * PERIOD
    noise = draws.normal(size=(settling + times, sets, trials, 2)) * np.sqrt(least_error())
    found = np.asarray(lfilter([1.0], [1.0, -a, -b], noise, axis=0))[settling:]
    return np.swapaxes(found, 0, 1).astype(np.float32)


def _coefficients() -> tuple[float, float]:
    return 2 * DAMPING * float(np.cos(2 * np.pi / PERIOD)), -(DAMPING**2)


def roles_over_time(leading: Leading, times: int, turn: int) -> Bool[np.ndarray, "times movers"]:
    """Return who leads at each time, for ``leading`` as for :func:`joint_action`."""
    first = {
        "first": np.ones(times, bool),
        "second": np.zeros(times, bool),
        "turns": np.arange(times) // turn % 2 == 0,
        "both": np.ones(times, bool),
    }[leading]
    return np.stack([first, first if leading == "both" else ~first], 1)


def _mover(given: MoverLike) -> Layer:
    made = Sequential([GRU(16, return_sequences=True), Dense(1)]) if given is None else given
    network = made.network if isinstance(made, Model) else made
    if not isinstance(network, Layer):
        raise InvalidValue(
            f"joint_action: {given!r} is no network; give a model or a layer with a memory, such as GRU."
        )
    return network


def _weights(network: Layer, key: list[int], times: int) -> tuple[PyTree, PyTree]:
    params, state = network.init(np.random.default_rng(key), (times, INPUTS))
    shape = network.output_shape((times, INPUTS))
    if shape != (times, 1) or not jax.tree.leaves(network.start(params, 1)):
        raise InvalidValue(
            f"joint_action: {network!r} has outputs of shape {shape}; give a network with a memory and one output a "
            "step, such as [GRU(16, return_sequences=True), Dense(1)]."
        )
    return params, state


class _Moment(NamedTuple):
    """What both have in mind, and what they just did, ``(trials,)`` each."""

    carries: tuple[PyTree, PyTree]
    moves: tuple[Array, Array]


def _walk(
    movers: Movers, params: PyTree, state: PyTree, scores: Float[Array, "times trials movers"], leads: Array
) -> tuple[Float[Array, "times trials movers"], tuple[Array, Array]]:
    """Return the movements of both and what they remember, step by step."""
    trials = scores.shape[1]

    def step(now: _Moment, given: tuple[Array, Array]) -> tuple[_Moment, tuple[Array, tuple[Array, Array]]]:
        score, leader = given
        carries, moves = [], []
        for own, mover in enumerate(movers):
            flag = jnp.broadcast_to(leader[own].astype(score.dtype), (trials,))
            # The other is part of the surroundings: no gradient comes back through what it does.
            seen = jax.lax.stop_gradient(now.moves[1 - own])
            x = jnp.stack([score[:, own] * flag, flag, seen, now.moves[own]], 1)
            carry, potential = mover.step(params[own], now.carries[own], x, state[own], INFERENCE)
            carries.append(carry)
            moves.append(mover.activate(potential)[:, 0])
        after = _Moment((carries[0], carries[1]), (moves[0], moves[1]))
        return after, (jnp.stack(moves, 1), (_remembered(carries[0], trials), _remembered(carries[1], trials)))

    start = [mover.start(params[own], trials) for own, mover in enumerate(movers)]
    still = jnp.zeros(trials, scores.dtype)
    return jax.lax.scan(step, _Moment((start[0], start[1]), (still, still)), (scores, leads))[1]


def _remembered(carry: PyTree, trials: int) -> Float[Array, "trials units"]:
    return jnp.concatenate([leaf.reshape(trials, -1) for leaf in jax.tree.leaves(carry)], 1)


_moved = jax.jit(_walk)


class JointLearning(NamedTuple):
    """How both learn: who leads when, whether both follow their score and each other, and the learning rate."""

    leads: Bool[np.ndarray, "times movers"]
    mutual: bool
    rate: float


def _learned(
    movers: Movers, params: PyTree, state: PyTree, scores: np.ndarray, how: JointLearning, line: LiveLine
) -> tuple[PyTree, Float[np.ndarray, "steps movers"]]:
    """Return what both have learned from sets of scores, ``(steps, times, trials, 2)``, and their errors."""
    carry, errors, made = (params, Adam(how.rate).init(params)), list[np.ndarray](), 0
    for count in shares_of(len(scores), line):
        carry, own = _advanced(movers, carry, state, scores[made : made + count], *how)
        errors.append(np.asarray(own))
        made += count
        line.show(StepStanding(len(scores), made))
    return carry[0], np.concatenate(errors)


@partial(jax.jit, static_argnames=("mutual",))
def _advanced(
    movers: Movers,
    carry: tuple[PyTree, PyTree],
    state: PyTree,
    scores: Float[Array, "steps times trials movers"],
    leads: Array,
    mutual: bool,
    rate: float,
) -> tuple[tuple[PyTree, PyTree], Float[Array, "steps movers"]]:
    optimizer = Adam(rate)

    def errors(params: PyTree, scores: Array) -> tuple[Array, Array]:
        moves, _ = _walk(movers, params, state, scores, leads)
        from_score = jnp.square(moves - scores)
        from_other = jnp.square(moves - jax.lax.stop_gradient(moves[..., ::-1]))
        found = (from_score + from_other) / 2 if mutual else jnp.where(leads[:, None], from_score, from_other)
        each = found.mean((0, 1))
        return each.sum(), each

    def step(carry: tuple[PyTree, PyTree], scores: Array) -> tuple[tuple[PyTree, PyTree], Array]:
        params, moments = carry
        slope, each = jax.grad(errors, has_aux=True)(params, scores)
        return optimizer.update(slope, moments, params), each

    return jax.lax.scan(step, carry, jnp.asarray(scores))
