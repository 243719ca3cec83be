"""Meetings: members meet in compiled programs; what they know after each epoch is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import numpy as np

from .. import random
from ..training.callbacks import Callback, Needs
from ..training.member import Member
from ..training.run import Run
from ..typing import AnyArray, PyTree
from .exchanges import Alone
from .graph import SocialGraph
from .history import SocietyHistory, figures_of
from .meeting import Exchange, ExchangeMemory, shared_arrays, with_shared_arrays
from .meeting_program import MeetingOutcome, MemberRoles, NetworkKind, Questions, hold
from .step_meetings import MeetingPlan, StepMeetings

KEPT_ROWS = 64  # questions whose answers are kept after each meeting


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
        exchange = self.exchange if self._steps is None else Alone()
        found = self._held(exchange, run.members, number, epoch / self.epochs)
        if exchange.shares != "nothing":
            self.memory = found.memory
            self._hand_out(run.members, found.weights)
        self._record(found, number)

    def _held(self, exchange: Exchange, members: Sequence[Member], epoch: int, progress: float) -> MeetingOutcome:
        """Return the outcome of a meeting."""
        shown = [shared_arrays(exchange, member.trainee.learner) for member in members]
        weights = tuple(
            jax.tree.map(_stacked, *(shown[place] for place in kind.places.tolist())) for kind in self.kinds
        )
        here = self.roles.present & ~np.array([bool(member.failed) for member in members])
        hears = self.roles.listening & ~np.array([member.is_done for member in members])
        draws = np.random.default_rng([self.seed, epoch])
        rows = draws.permutation(len(jax.tree.leaves(self.questions.topics)[0]))[: self.topics]
        topics = jax.tree.map(lambda part: np.asarray(part)[rows], self.questions.topics)
        period = self._edges.weights[(epoch // self.every - 1) % self.graph.periods]
        key = random.fold(random.fold(random.seed_key(self.seed), 1), epoch)
        roles = MemberRoles(self.roles.lying, hears, here, self.roles.absence)
        edges, questions = self._edges._replace(weights=period), self.questions._replace(topics=topics)
        found = hold(exchange, self.kinds, edges, roles, weights, questions, progress, self.memory, key)
        return jax.device_get(found)

    def _hand_out(self, members: Sequence[Member], weights: tuple[PyTree, ...]) -> None:
        for kind, made in zip(self.kinds, weights, strict=True):
            for number, place in enumerate(kind.places.tolist()):
                if place in self._touched:
                    trainee = members[place].trainee
                    own = jax.tree.map(lambda leaf, number=number: leaf[number], made)
                    trainee.learner = with_shared_arrays(trainee.learner, own)

    def _record(self, found: MeetingOutcome, epoch: int) -> None:
        answers, truth = np.asarray(found.answers), self.questions.truth
        figures = figures_of(answers, truth, self.kinds[0].speaker.kind, float(found.spread))
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
        if self._steps is not None:
            self._steps.begin(self.memory)


def _stacked(*leaves: AnyArray) -> np.ndarray:
    return np.stack([np.asarray(leaf) for leaf in leaves])
