"""Meetings: members meet in compiled programs; what they know after each epoch is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import numpy as np

from .. import random
from ..training.callbacks import Callback, Needs
from ..training.member import Member
from ..training.program import Learner
from ..training.run import Run
from ..typing import AnyArray, Bool, PyTree
from .exchanges import Alone
from .graph import SocialGraph
from .history import SocietyHistory, figures_of
from .meeting import Exchange, ExchangeMemory, shared_arrays, with_shared_arrays
from .meeting_program import MeetingOutcome, MemberRoles, NetworkKind, Questions, hold
from .step_meetings import MeetingPlan, StepMeetings

KEPT_ROWS = 64  # questions whose answers are kept after each meeting


class MeetingRecord(NamedTuple):
    """What is kept of a meeting.

    Attributes:
        epoch: After how many epochs of the members it was, over all runs.
        scores: The score of each member, ``(members,)``.
        figures: The figures of the society, in the order of :class:`~.history.MeetingFigures`.
        answers: The answers to the first questions, ``(members, rows, outputs)``.
        memory: What the exchange carries from then on.
    """

    epoch: int
    scores: np.ndarray
    figures: np.ndarray
    answers: np.ndarray
    memory: ExchangeMemory


class Meetings(Callback):
    """Holds a meeting every so many epochs; a hook of the run, and a callback of one member, which keeps its state.

    Where members meet within epochs, only what they know after each epoch is recorded here.

    Args:
        graph: Who listens to whom.
        exchange: What members do.
        kinds: The networks of the members, and what they answer.
        roles: Who lies, listens and is there.
        questions: What they are asked.
        topics: How many of the inputs are talked about in a meeting.
        every: The epochs from one meeting to the next.
        epochs: The epochs of the run.
        seed: The seed of draws.
    """

    needs: Needs = "epoch"

    def __init__(
        self,
        graph: SocialGraph,
        exchange: Exchange,
        kinds: tuple[NetworkKind, ...],
        roles: MemberRoles,
        questions: Questions,
        topics: int,
        every: int,
        epochs: int,
        seed: int,
    ) -> None:
        self.graph, self.exchange, self.kinds, self.roles = graph, exchange, kinds, roles
        self.questions, self.topics = questions, topics
        self.every, self.epochs, self.seed = every, epochs, seed
        self.history = SocietyHistory(graph, kinds[0].speaker.kind)
        self.memory: ExchangeMemory = exchange.begin(graph)
        self._edges = graph.edge_list()
        # Those who neither hear nor are heard keep the very arrays that they have.
        self._touched = np.setdiff1d(np.arange(len(graph)), graph.isolated)
        self._first = 0
        self._steps: StepMeetings | None = None

    def begin(self, epochs_before: int) -> None:
        """Begin a run of members that were trained for so many epochs before."""
        self._first = epochs_before

    def within_epochs(self, members: Sequence[Member], every_steps: int) -> StepMeetings:
        """Return what computes the calls of members that meet every so many steps instead."""
        key = random.fold(random.seed_key(self.seed), 2)
        plan = MeetingPlan(self.exchange, self.kinds[0], self._edges, self.questions, self.roles, every_steps, key)
        self._steps = StepMeetings(members, plan, self.topics, self.memory)
        return self._steps

    def look(self, run: Run) -> None:
        """Hold a meeting if an epoch has ended after which there is one."""
        epoch, batch = divmod(run.step, run.batches)
        number = self._first + epoch
        if self._steps is not None:
            self.memory = self._steps.memory_at(self._first * run.batches + run.step)
        if batch or not epoch or epoch % self.every or (len(self.history) and number <= self.history.epochs[-1]):
            return
        members, with_moments = run.members, self.exchange.shares_moments
        weights = stacked_weights([member.trainee.learner for member in members], self.kinds, with_moments)
        failed = np.array([bool(member.failed) for member in members])
        found = self.hold(number, weights, failed, np.array([member.is_done for member in members]))
        if self._steps is None and self.exchange.shares != "nothing":
            self._hand_out(members, found.weights)
        self.take(self.record_of(found, number))

    def hold(
        self, number: int, weights: tuple[PyTree, ...], failed: Bool[np.ndarray, "members"], done: np.ndarray
    ) -> MeetingOutcome:
        """Return the outcome of a meeting; nothing is changed.

        Args:
            number: The epochs of the members, over all runs.
            weights: What members bring of their learners, of each kind of network.
            failed: Who does not come, since its numbers are not finite.
            done: Who is heard but does not listen, since its training has ended.
        """
        exchange = self.exchange if self._steps is None else Alone()
        here, hears = self.roles.present & ~failed, self.roles.listening & ~done
        draws = np.random.default_rng([self.seed, number])
        rows = draws.permutation(len(jax.tree.leaves(self.questions.topics)[0]))[: self.topics]
        topics = jax.tree.map(lambda part: np.asarray(part)[rows], self.questions.topics)
        period = self._edges.weights[(number // self.every - 1) % self.graph.periods]
        key = random.fold(random.fold(random.seed_key(self.seed), 1), number)
        roles = MemberRoles(self.roles.lying, hears, here, self.roles.absence)
        edges, questions = self._edges._replace(weights=period), self.questions._replace(topics=topics)
        progress = (number - self._first) / self.epochs
        found = hold(exchange, self.kinds, edges, roles, weights, questions, progress, self.memory, key)
        return jax.device_get(found)

    def _hand_out(self, members: Sequence[Member], weights: tuple[PyTree, ...]) -> None:
        for kind, made in zip(self.kinds, weights, strict=True):
            for number, place in enumerate(kind.places.tolist()):
                if place in self._touched:
                    trainee = members[place].trainee
                    own = jax.tree.map(lambda leaf, number=number: leaf[number], made)
                    trainee.learner = with_shared_arrays(trainee.learner, own)

    def record_of(self, found: MeetingOutcome, number: int) -> MeetingRecord:
        """Return what is kept of a meeting."""
        answers, truth = np.asarray(found.answers), self.questions.truth
        figures = figures_of(answers, truth, self.kinds[0].speaker.kind, float(found.spread))
        memory = self.memory if self._steps is not None or self.exchange.shares == "nothing" else found.memory
        kept = answers[:, :KEPT_ROWS].astype(np.float16)
        return MeetingRecord(number, np.asarray(found.scores), np.array(figures), kept, memory)

    def take(self, record: MeetingRecord) -> None:
        """Keep the record of a meeting."""
        own = self.history
        own.answers = record.answers[None] if not len(own) else np.concatenate([own.answers, record.answers[None]])
        own.epochs = np.append(own.epochs, record.epoch)
        own.scores = np.concatenate([own.scores, record.scores[None]])
        own.figures = np.concatenate([own.figures, record.figures[None]])
        self.memory = record.memory

    def get_arrays(self) -> dict[str, np.ndarray]:
        """Return the records and the memory of the exchange."""
        own = self.history
        records = {"epochs": own.epochs, "scores": own.scores, "figures": own.figures, "answers": own.answers}
        return {**records, **memory_arrays(self.memory)}

    def set_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the records and the memory."""
        for name in ("epochs", "scores", "figures", "answers"):
            setattr(self.history, name, np.asarray(arrays[name]))
        self.memory = memory_from(self.memory, arrays)
        if self._steps is not None:
            self._steps.begin(self.memory)


def memory_arrays(memory: ExchangeMemory) -> dict[str, np.ndarray]:
    """Return what an exchange carries as arrays by name."""
    return {f"memory_{place}": np.asarray(leaf) for place, leaf in enumerate(jax.tree.leaves(memory))}


def memory_from(like: ExchangeMemory, arrays: Mapping[str, np.ndarray]) -> ExchangeMemory:
    """Return what an exchange carries from the result of :func:`memory_arrays`."""
    leaves = [arrays[f"memory_{place}"] for place in range(len(jax.tree.leaves(like)))]
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def stacked_weights(
    learners: Sequence[Learner], kinds: Sequence[NetworkKind], with_moments: bool
) -> tuple[PyTree, ...]:
    """Return what members bring of their learners, of each kind of network, stacked along a first axis."""
    shown = [shared_arrays(learner, with_moments) for learner in learners]
    return tuple(jax.tree.map(_stacked, *(shown[place] for place in kind.places.tolist())) for kind in kinds)


def _stacked(*leaves: AnyArray) -> np.ndarray:
    return np.stack([np.asarray(leaf) for leaf in leaves])
