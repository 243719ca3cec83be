"""The compiled meeting: what members say, hear and make of it, and what they then know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..random import Key
from ..typing import AnyArray, Bool, Float, Int, PyTree
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


class NetworkKind(NamedTuple):
    """Members with the same network.

    Attributes:
        speaker: What they answer.
        places: Their numbers, ``(learners,)``.
    """

    speaker: Speaker
    places: Int[AnyArray, "learners"]


class MeetingOutcome(NamedTuple):
    """Weights and memory after a meeting, what members then answer, and how far their weights are apart.

    Weights are those of each kind of network; how far they are apart is NaN if there are several.
    """

    weights: tuple[PyTree, ...]
    memory: ExchangeMemory
    answers: Float[Array, "members rows outputs"]
    scores: Float[Array, "members"]
    spread: Float[Array, ""]


def met(
    exchange: Exchange,
    kinds: tuple[NetworkKind, ...],
    edges: EdgeList,
    roles: MemberRoles,
    weights: tuple[PyTree, ...],
    questions: Questions,
    progress: AnyArray | float,
    memory: ExchangeMemory,
    key: Key,
) -> tuple[tuple[PyTree, ...], ExchangeMemory]:
    """Let members meet; return their weights, of each kind of network, and the memory of the exchange."""
    lying, speaker = jnp.asarray(roles.lying), kinds[0].speaker
    # A member whose numbers are not finite is not heard, so that it spoils no other.
    well = [_sound(each) for each in weights]
    usable = [chosen(fine, each, jax.tree.map(jnp.zeros_like, each)) for fine, each in zip(well, weights, strict=True)]
    sound = _in_order(kinds, well)
    here = sound & roles.present & (random.uniform(random.fold(key, 0), lying.shape) >= roles.absence)
    open_ = here[edges.senders] & here[edges.receivers] & jnp.asarray(roles.listening)[edges.receivers]
    edges = edges._replace(weights=jnp.asarray(edges.weights) * open_)
    own, known = (_asked(kinds, usable, each) for each in (questions.topics, questions.x))
    score = partial(speaker.score, truth=jnp.asarray(questions.truth))
    meeting = Meeting(
        edges,
        (),
        (),
        questions.topics,
        _told(lying, own, speaker.opposite(own)),
        own,
        jnp.where(lying, 1.0, score(known)),
        score(_told(lying, known, speaker.opposite(known))),
        jnp.asarray(progress),
    )
    found: list[PyTree] = []
    after = memory
    for kind, before, now, fine in zip(kinds, weights, usable, well, strict=True):
        said = (*_with_lies(lying[kind.places], now[:2]), *now[2:])
        learners = None if len(kinds) == 1 else kind.places
        own_meeting = meeting._replace(weights=now, said=said, learners=learners)
        made, after = exchange.meet(kind.speaker, own_meeting, memory, random.fold(key, 1))
        found.append(chosen(fine, made, before))
    return tuple(found), after


@jax.jit
def hold(
    exchange: Exchange,
    kinds: tuple[NetworkKind, ...],
    edges: EdgeList,
    roles: MemberRoles,
    weights: tuple[PyTree, ...],
    questions: Questions,
    progress: float,
    memory: ExchangeMemory,
    key: Key,
) -> MeetingOutcome:
    """Let members meet, and ask them what they know."""
    after, memory = met(exchange, kinds, edges, roles, weights, questions, progress, memory, key)
    answers = _asked(kinds, after, questions.x)
    score = kinds[0].speaker.score(answers, jnp.asarray(questions.truth))
    return MeetingOutcome(after, memory, answers, score, _spread(after))


def _in_order(kinds: Sequence[NetworkKind], parts: Sequence[Array]) -> Array:
    """Return what there is of each kind as one array, in the order of the members."""
    if len(kinds) == 1:
        return parts[0]
    back = jnp.argsort(jnp.concatenate([jnp.asarray(kind.places) for kind in kinds]))
    return jnp.concatenate(parts)[back]


def _asked(kinds: Sequence[NetworkKind], weights: Sequence[PyTree], x: PyTree) -> Float[Array, "members rows outputs"]:
    def ask(kind: NetworkKind, weights: PyTree) -> Array:
        answer: Callable[..., Array] = jax.vmap(kind.speaker.answer, in_axes=(0, 0, None))
        return answer(*weights[:2], x)

    return _in_order(kinds, [ask(*each) for each in zip(kinds, weights, strict=True)])


def _with_lies(lying: Bool[Array, "learners"], weights: PyTree) -> PyTree:
    """Return weights as learners say that they are: liars turn them around."""

    def said(leaf: Array) -> Array:
        return _told(lying, leaf, -leaf) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf

    return jax.tree.map(said, weights)


def _told(lying: Bool[Array, "members"], honest: Array, lie: Array) -> Array:
    return jnp.where(lying.reshape(-1, *[1] * (honest.ndim - 1)), lie, honest)


def _spread(weights: Sequence[PyTree]) -> Float[Array, ""]:
    """Return how far weights are from their mean, as a share of its length; NaN for different networks."""
    if len(weights) > 1:
        return jnp.array(jnp.nan)
    numbers, _ = flattened(weights[0][0])
    mean = numbers.mean(0)
    return jnp.sqrt(jnp.square(numbers - mean).sum(1).mean() / jnp.maximum(jnp.square(mean).sum(), 1e-30))


def _sound(weights: PyTree) -> Bool[Array, "members"]:
    finite = [
        jnp.isfinite(leaf).reshape(leaf.shape[0], -1).all(1)
        for leaf in jax.tree.leaves(weights)
        if jnp.issubdtype(leaf.dtype, jnp.floating)
    ]
    return jnp.stack(finite).all(0)
