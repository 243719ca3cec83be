"""Lewis's signalling game: a code emerges between a sender who knows the state and a receiver who acts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..errors import InvalidValue
from ..random import Key
from ..typing import Float

RECORDS = 100


@dataclass(frozen=True, eq=False, repr=False)
class SignallingRuns:
    """Codes that emerged; returned by :func:`learn_signals`.

    Attributes:
        rounds: After how many rounds figures were recorded, ``(records,)``.
        success: The probability that the act fits the state then, ``(runs, records)``.
        information: What signals tell of states, in bits, ``(runs, records)``.
        sender: The probability of each signal in each state in the end, ``(runs, states, signals)``.
        receiver: The probability of each act after each signal in the end, ``(runs, signals, states)``.
    """

    rounds: np.ndarray
    success: Float[np.ndarray, "runs records"]
    information: Float[np.ndarray, "runs records"]
    sender: Float[np.ndarray, "runs states signals"]
    receiver: Float[np.ndarray, "runs signals acts"]

    def __repr__(self) -> str:
        """Show how many runs ended with a code."""
        return f"<SignallingRuns: {len(self.success)} runs, {self.share_of_codes():.0%} with a perfect code>"

    def share_of_codes(self, near: float = 0.9) -> float:
        """Return the share of runs whose success is near to what the signals allow.

        Args:
            near: From which share of the best success on.
        """
        states, signals = self.sender.shape[1:]
        return float((self.success[:, -1] > near * min(signals / states, 1)).mean())


def learn_signals(
    states: int = 2, signals: int | None = None, *, rounds: int = 10_000, runs: int = 1, seed: int = 0
) -> SignallingRuns:
    """Let senders and receivers learn a code by reinforcement, without anyone who teaches it.

    Use it for how meaning emerges. In each round nature draws a state, the sender a signal from the urn of that state,
    and the receiver an act from the urn of that signal; if the act fits the state, both put back one more ball of what
    they drew (Roth and Erev's learning). With two states and signals a perfect code emerges with probability 1; with
    three about one run in ten stays with a signal that stands for two states.

    Args:
        states: The number of states, all equally likely, and of acts.
        signals: The number of signals. Default: as many.
        rounds: How often they play.
        runs: The number of pairs, which are computed together.
        seed: The seed.

    Raises:
        InvalidValue: If a number is out of range.

    Example:
        >>> found = learn_signals(2, rounds=3000, runs=20)
        >>> bool(found.success[:, -1].mean() > 0.9), found.sender.shape
        (True, (20, 2, 2))

    Reference:
        Lewis 1969, Convention; Skyrms 2010, Signals; Argiento, Pemantle, Skyrms and Volkov 2009,
        Learning to signal (two states); Barrett 2006, Numerical simulations of the Lewis signaling game
        (three states: 9.6 % of runs end with partial pooling).
    """
    count = states if signals is None else signals
    for name, value, least in (("states", states, 2), ("signals", count, 1), ("rounds", rounds, 1), ("runs", runs, 1)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InvalidValue(f"learn_signals({name}={value!r}): give a whole number of at least {least}.")
    records = min(RECORDS, rounds)
    each = rounds // records
    keys = np.stack([random.fold(random.seed_key(seed), run) for run in range(runs)])
    sender, receiver = jax.device_get(_urns(jnp.asarray(keys), states, count, records, each))
    sender, receiver = (each / each.sum(-1, keepdims=True) for each in (sender, receiver))
    success = np.einsum("rtsg,rtgs->rt", sender, receiver) / states
    used = sender.mean(2, keepdims=True)
    bits = (sender * np.log2(np.maximum(sender, 1e-12) / np.maximum(used, 1e-12))).sum(-1).mean(-1)
    at = np.arange(1, records + 1) * each
    return SignallingRuns(at, success, bits, sender[:, -1], receiver[:, -1])


@partial(jax.jit, static_argnames=("states", "signals", "records", "each"))
def _urns(keys: Key, states: int, signals: int, records: int, each: int) -> tuple[Array, Array]:
    def one(key: Array) -> tuple[Array, Array]:
        def draw(weights: Array, chance: Array) -> Array:
            total = jnp.cumsum(weights)
            return jnp.minimum(jnp.searchsorted(total, chance * total[-1], side="right"), weights.shape[0] - 1)

        def game(urns: tuple[Array, Array], number: Array) -> tuple[tuple[Array, Array], None]:
            sender, receiver = urns
            chance = random.uniform(random.fold(key, number), (3,))
            state = jnp.minimum((chance[0] * states).astype(jnp.int32), states - 1)
            signal = draw(sender[state], chance[1])
            act = draw(receiver[signal], chance[2])
            gain = (act == state).astype(sender.dtype)
            return (sender.at[state, signal].add(gain), receiver.at[signal, act].add(gain)), None

        def record(urns: tuple[Array, Array], part: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
            urns, _ = jax.lax.scan(game, urns, part * each + jnp.arange(each))
            return urns, urns

        urns = jnp.ones((states, signals)), jnp.ones((signals, states))
        return jax.lax.scan(record, urns, jnp.arange(records))[1]

    return jax.vmap(one)(jnp.asarray(keys))
