"""The compiled meeting: what members say, hear and make of it, and what they then know."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..random import Key
from ..typing import AnyArray, Bool, Float, PyTree
from .edge_list import EdgeList
from .meeting import Exchange, ExchangeMemory, Meeting, chosen, flattened
from .speaker import Speaker


class MemberRoles(NamedTuple):
    """What members do in meetings.

    Attributes:
        lying: Those who say the opposite of what they think, and boast.
        listening: Those who learn from others; the stubborn do not.
        present: Those who take part at all.
        absence: The probability that one of them misses a meeting.
    """

    lying: Bool[AnyArray, "members"]
    listening: Bool[AnyArray, "members"]
    present: Bool[AnyArray, "members"]
    absence: Array | float = 0.0


class Questions(NamedTuple):
    """What members are asked.

    Attributes:
        topics: The inputs that are talked about, ``(rows, ...)``.
        x, truth: Inputs with known answers, by which scores are computed.
    """

    topics: PyTree
    x: PyTree
    truth: Float[np.ndarray, "rows outputs"]


class MeetingOutcome(NamedTuple):
    """Weights and memory after a meeting, what members then answer, and how far their weights are apart."""

    weights: PyTree
    memory: ExchangeMemory
    answers: Float[Array, "members rows outputs"]
    scores: Float[Array, "members"]
    spread: Float[Array, ""]


def met(
    exchange: Exchange,
    speaker: Speaker,
    edges: EdgeList,
    roles: MemberRoles,
    weights: PyTree,
    questions: Questions,
    progress: AnyArray | float,
    memory: ExchangeMemory,
    key: Key,
) -> tuple[PyTree, ExchangeMemory]:
    """Let members meet; return their weights and the memory of the exchange."""
    lying = jnp.asarray(roles.lying)
    # A member whose numbers are not finite is not heard, so that it spoils no other.
    sound = _sound(weights)
    usable = chosen(sound, weights, jax.tree.map(jnp.zeros_like, weights))
    here = sound & roles.present & (random.uniform(random.fold(key, 0), lying.shape) >= roles.absence)
    open_ = here[edges.senders] & here[edges.receivers] & jnp.asarray(roles.listening)[edges.receivers]
    edges = edges._replace(weights=jnp.asarray(edges.weights) * open_)

    def told(honest: Array, lie: Array) -> Array:
        return jnp.where(lying.reshape(-1, *[1] * (honest.ndim - 1)), lie, honest)

    own, known = _asked(speaker, usable, questions.topics), _asked(speaker, usable, questions.x)
    score = partial(speaker.score, truth=jnp.asarray(questions.truth))
    said = jax.tree.map(
        lambda leaf: told(leaf, -leaf) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf, usable[:2]
    )
    meeting = Meeting(
        edges,
        usable,
        (*said, *usable[2:]),
        questions.topics,
        told(own, speaker.opposite(own)),
        own,
        jnp.where(lying, 1.0, score(known)),
        score(told(known, speaker.opposite(known))),
        jnp.asarray(progress),
    )
    after, memory = exchange.meet(speaker, meeting, memory, random.fold(key, 1))
    return chosen(sound, after, weights), memory


@jax.jit
def hold(
    exchange: Exchange,
    speaker: Speaker,
    edges: EdgeList,
    roles: MemberRoles,
    weights: PyTree,
    questions: Questions,
    progress: float,
    memory: ExchangeMemory,
    key: Key,
) -> MeetingOutcome:
    """Let members meet, and ask them what they know."""
    after, memory = met(exchange, speaker, edges, roles, weights, questions, progress, memory, key)
    answers = _asked(speaker, after, questions.x)
    numbers, _ = flattened(after[0])
    mean = numbers.mean(0)
    apart = jnp.sqrt(jnp.square(numbers - mean).sum(1).mean() / jnp.maximum(jnp.square(mean).sum(), 1e-30))
    score = speaker.score(answers, jnp.asarray(questions.truth))
    return MeetingOutcome(after, memory, answers, score, apart)


def _asked(speaker: Speaker, weights: PyTree, x: PyTree) -> Float[Array, "members rows outputs"]:
    ask: Callable[..., Array] = jax.vmap(speaker.answer, in_axes=(0, 0, None))
    return ask(*weights[:2], x)


def _sound(weights: PyTree) -> Bool[Array, "members"]:
    finite = [
        jnp.isfinite(leaf).reshape(leaf.shape[0], -1).all(1)
        for leaf in jax.tree.leaves(weights)
        if jnp.issubdtype(leaf.dtype, jnp.floating)
    ]
    return jnp.stack(finite).all(0)
