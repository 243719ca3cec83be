"""Meetings: between epochs, members meet in one compiled program; what they then know is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..random import Key
from ..training.callbacks import Callback, Needs
from ..training.member import Member
from ..training.run import Run
from ..typing import Bool, Float, PyTree
from .edge_list import EdgeList
from .graph import SocialGraph
from .history import SocietyHistory, figures_of
from .meeting import Exchange, ExchangeMemory, Meeting, flattened
from .speaker import Speaker

KEPT_ROWS = 64  # questions whose answers are kept after each meeting


class MemberRoles(NamedTuple):
    """What members do in meetings.

    Attributes:
        lying: Those who say the opposite of what they think, and boast.
        listening: Those who learn from others; the stubborn do not.
        present: Those who take part at all.
        absence: The probability that one of them misses a meeting.
    """

    lying: Bool[np.ndarray, "members"]
    listening: Bool[np.ndarray, "members"]
    present: Bool[np.ndarray, "members"]
    absence: float = 0.0


class Questions(NamedTuple):
    """What members are asked.

    Attributes:
        topics: The inputs that are talked about, ``(rows, ...)``, of which each meeting has some.
        number: How many.
        x, truth: Inputs with known answers, by which scores are computed.
    """

    topics: PyTree
    number: int
    x: PyTree
    truth: Float[np.ndarray, "rows outputs"]


class MeetingOutcome(NamedTuple):
    """Weights and memory after a meeting, what members then answer, and how far their weights are apart."""

    weights: PyTree
    memory: ExchangeMemory
    answers: Float[Array, "members rows outputs"]
    scores: Float[Array, "members"]
    spread: Float[Array, ""]


class Meetings(Callback):
    """Holds a meeting every so many epochs; a hook of the run, and a callback of one member, which keeps its state.

    Args:
        graph: Who listens to whom.
        exchange: What members do.
        speaker: What they answer.
        roles: Who lies, listens and is there.
        questions: What they are asked.
        every: The epochs from one meeting to the next.
        epochs: The epochs of the run.
        seed: The seed of draws.
    """

    needs: Needs = "epoch"

    def __init__(
        self,
        graph: SocialGraph,
        exchange: Exchange,
        speaker: Speaker,
        roles: MemberRoles,
        questions: Questions,
        every: int,
        epochs: int,
        seed: int,
    ) -> None:
        self.graph, self.exchange, self.speaker, self.roles = graph, exchange, speaker, roles
        self.questions, self.every, self.epochs, self.seed = questions, every, epochs, seed
        self.history = SocietyHistory(graph, speaker.kind)
        self.memory: ExchangeMemory = exchange.begin(graph)
        self._edges = graph.edge_list()
        # Those who neither hear nor are heard keep the very arrays that they have.
        self._touched = np.setdiff1d(np.arange(len(graph)), graph.isolated)
        self._first = 0

    def begin(self, epochs_before: int) -> None:
        """Begin a run of members that were trained for so many epochs before."""
        self._first = epochs_before

    def look(self, run: Run) -> None:
        """Hold a meeting if an epoch has ended after which there is one."""
        epoch, batch = divmod(run.step, run.batches)
        number = self._first + epoch
        if batch or not epoch or epoch % self.every or (len(self.history) and number <= self.history.epochs[-1]):
            return
        members = run.members
        learners = [member.trainee.learner for member in members]
        weights = jax.tree.map(
            lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]),
            *((each.params, each.state) for each in learners),
        )
        found = self._held(members, weights, number, epoch / self.epochs)
        if self.exchange.shares != "nothing":
            self._hand_out(members, found.weights)
        self._record(found, number)

    def _held(self, members: Sequence[Member], weights: PyTree, epoch: int, progress: float) -> MeetingOutcome:
        """Return the outcome of a meeting."""
        here = self.roles.present & ~np.array([bool(member.failed) for member in members])
        hears = self.roles.listening & ~np.array([member.is_done for member in members])
        draws = np.random.default_rng([self.seed, epoch])
        rows = draws.permutation(len(jax.tree.leaves(self.questions.topics)[0]))[: self.questions.number]
        topics = jax.tree.map(lambda part: np.asarray(part)[rows], self.questions.topics)
        period = self._edges.weights[(epoch // self.every - 1) % self.graph.periods]
        key = random.fold(random.fold(random.seed_key(self.seed), 1), epoch)
        roles = MemberRoles(self.roles.lying, hears, here, self.roles.absence)
        edges, questions = self._edges._replace(weights=period), self.questions._replace(topics=topics, number=0)
        found = _hold(self.exchange, self.speaker, edges, roles, weights, questions, progress, self.memory, key)
        return jax.device_get(found)

    def _hand_out(self, members: Sequence[Member], weights: PyTree) -> None:
        for place in self._touched:
            trainee = members[place].trainee
            params, state = jax.tree.map(lambda leaf, place=place: leaf[place], weights)
            trainee.learner = trainee.learner._replace(params=params, state=state)

    def _record(self, found: MeetingOutcome, epoch: int) -> None:
        self.memory = found.memory
        answers, truth = np.asarray(found.answers), self.questions.truth
        figures = figures_of(answers, truth, self.speaker.kind, float(found.spread))
        kept = answers[:, :KEPT_ROWS].astype(np.float16)
        before = self.history
        before.answers = kept[None] if not len(before) else np.concatenate([before.answers, kept[None]])
        before.epochs = np.append(before.epochs, epoch)
        before.scores = np.concatenate([before.scores, np.asarray(found.scores)[None]])
        before.figures = np.concatenate([before.figures, np.array(figures)[None]])

    def get_arrays(self) -> dict[str, np.ndarray]:
        """Return the records and the memory of the exchange."""
        memory = {f"memory_{place}": np.asarray(leaf) for place, leaf in enumerate(jax.tree.leaves(self.memory))}
        own = self.history
        return {"epochs": own.epochs, "scores": own.scores, "figures": own.figures, "answers": own.answers, **memory}

    def set_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the records and the memory."""
        for name in ("epochs", "scores", "figures", "answers"):
            setattr(self.history, name, np.asarray(arrays[name]))
        leaves = [arrays[f"memory_{place}"] for place in range(len(jax.tree.leaves(self.memory)))]
        self.memory = jax.tree.unflatten(jax.tree.structure(self.memory), leaves)


@jax.jit
def _hold(
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
    ask: Callable[..., Array] = jax.vmap(speaker.answer, in_axes=(0, 0, None))
    lying = jnp.asarray(roles.lying)
    here = roles.present & (random.uniform(random.fold(key, 0), lying.shape) >= roles.absence)
    open_ = here[edges.senders] & here[edges.receivers] & jnp.asarray(roles.listening)[edges.receivers]
    edges = edges._replace(weights=edges.weights * open_)

    def told(liars: Array, honest: Array, lie: Array) -> Array:
        return jnp.where(liars.reshape(-1, *[1] * (honest.ndim - 1)), lie, honest)

    own, known = ask(*weights, questions.topics), ask(*weights, questions.x)
    score = partial(speaker.score, truth=jnp.asarray(questions.truth))
    meeting = Meeting(
        edges,
        weights,
        jax.tree.map(
            lambda leaf: told(lying, leaf, -leaf) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf, weights
        ),
        questions.topics,
        told(lying, own, speaker.opposite(own)),
        own,
        jnp.where(lying, 1.0, score(known)),
        score(told(lying, known, speaker.opposite(known))),
        jnp.asarray(progress),
    )
    after, memory = exchange.meet(speaker, meeting, memory, random.fold(key, 1))
    answers = ask(*after, questions.x)
    numbers, _ = flattened(after[0])
    mean = numbers.mean(0)
    apart = jnp.sqrt(jnp.square(numbers - mean).sum(1).mean() / jnp.maximum(jnp.square(mean).sum(), 1e-30))
    return MeetingOutcome(after, memory, answers, score(answers), apart)
