"""The implementation of Society.fit: members, their rows, and the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError, InvalidValue
from ..model import Model
from ..model.inputs import Examples
from ..model.options import Options
from ..populations import fitting
from ..populations.fitting import Callbacks, PopulationData
from ..populations.grid import MemberSettings
from ..populations.group import MemberGroup
from ..populations.places import varied
from ..populations.splits import RowSplit
from ..training import interrupting
from ..training.callbacks import Callback
from ..training.calls import Calls
from ..training.member import Member
from ..training.padding import kind_of
from ..training.run import Hook, as_hooks
from .history import MeetingFigures, figures_of
from .meeting_program import MemberRoles, NetworkKind, Questions
from .meetings import Meetings
from .members import society_members, some_of
from .row_division import divide_rows, rows_by
from .speaker import Speaker, speaker_of

if TYPE_CHECKING:
    from .society import Society

QUESTIONS = 512


class SocietyRun:
    """One call of :meth:`Society.fit`.

    Args:
        society: The society.
        options: The options of the run.
    """

    def __init__(self, society: Society, options: Options) -> None:
        self.society, self.options = society, options

    def run(
        self,
        x: object,
        y: object,
        by: ArrayLike | None,
        class_weight: Mapping[int, float] | None,
        validation: tuple[float, object],
        callbacks: Callbacks,
        hooks: Sequence[Hook] | Hook,
    ) -> None:
        """Train the members, and keep what is known of them in the society."""
        society, options = self.society, self.options
        with interrupting.noted():
            first = society.models[0] if society.models else varied(society.given[0], {}, society.seed)
            data = fitting.data_for(first, x, y, None, class_weight, *validation, options, has_folds=False)
            society.rows = self._divided(data, by, validation[0])
            models = society.models or self._models(first, data)
            kinds = network_kinds(models, data)
            settings = [
                MemberSettings({"member": name}, {}, model.seed, place)
                for place, (name, model) in enumerate(zip(society.graph.names, models, strict=True))
            ]
            group = MemberGroup(settings, models, [RowSplit(rows.astype(np.int32), None) for rows in society.rows], "")
            meetings = self._meetings(data, kinds)
            meetings.begin(models[0].epochs_trained)
            if society.models:
                meetings.history, meetings.memory = society.history, society.memory
            society.models = models

            def own(place: int) -> list[Callback]:
                return [*fitting.own_callbacks(callbacks, place), *([meetings] if place == 0 else [])]

            if options.cluster is not None:
                from .on_workers import train_on_workers

                society.population = train_on_workers(society, group, data, meetings, callbacks, options, hooks)
            else:
                members = society_members(group, society.rows, data, options, self._alone())
                calls = None if society.every_steps is None else self._within_epochs(members, meetings)
                society.population = fitting.train_members(
                    group, members, own, options, (meetings.look, *as_hooks(hooks)), calls=calls
                )
            society.history, society.memory = meetings.history, meetings.memory

    def _divided(self, data: PopulationData, by: ArrayLike | None, split: float) -> list[np.ndarray]:
        society, rows = self.society, data.learn.rows
        if by is None:
            return divide_rows(rows, len(society), data.classes, society.label_skew, society.seed)
        if society.label_skew is not None:
            raise InvalidValue("Society.fit(by=...): rows are shared out by this column; leave out label_skew.")
        # A share of the rows for validation is taken from the end; these belong to nobody.
        return rows_by(np.asarray(by)[:rows] if split else by, society.graph.names, rows)

    def _models(self, first: Model, data: PopulationData) -> list[Model]:
        """Return the members, built, with the same weights if they are to begin alike."""
        society = self.society
        seeds = range(society.seed, society.seed + len(society))
        made = [varied(society.given[place % len(society.given)], {}, seed) for place, seed in enumerate(seeds)]
        for model in made:
            model.build(data.input_shape)
        if society.same_start:
            weights = made[0].get_weights()
            for model in made[1:]:
                model.set_weights(weights)
        return made

    def _alone(self) -> set[int]:
        """Return the members who neither hear nor are heard; those who meet within epochs are computed together."""
        society = self.society
        apart = society.exchange.shares != "nothing" and society.every_steps is None
        return set(society.graph.isolated.tolist()) if apart else set()

    def _meetings(self, data: PopulationData, kinds: tuple[NetworkKind, ...]) -> Meetings:
        society, options = self.society, self.options
        count = len(society)

        def those(numbers: Sequence[int]) -> np.ndarray:
            return np.isin(np.arange(count), numbers)

        roles = MemberRoles(those(society.lying), ~those(society.stubborn), ~those(society.absent), society.absence)
        examples = data.held_out or data.learn
        numbers = np.random.default_rng(society.seed).permutation(examples.rows)[:QUESTIONS]
        asked = some_of(examples, numbers)
        truth = right_answers(asked, data.shape, kinds[0].speaker)
        questions = Questions(data.learn.x, asked.x, truth)
        return Meetings(
            society.graph,
            society.exchange,
            kinds,
            roles,
            questions,
            society.topics,
            society.every,
            options.epochs,
            society.seed,
        )

    def _within_epochs(self, members: Sequence[Member], meetings: Meetings) -> Calls:
        """Return what computes the calls of members that meet every so many steps.

        Raises:
            InvalidValue: If members have different programs, or epochs of different lengths.
        """
        if len({kind_of(member.trainee.program) for member in members}) > 1:
            raise InvalidValue(
                "Society(every_steps=...): members differ in network, rule, optimizer or loss, and each kind has a "
                "program of its own; let them meet between epochs with every=1."
            )
        lengths = sorted({member.source.batches for member in members})
        if len(lengths) > 1:
            raise InvalidValue(
                f"Society(every_steps=...): the epochs of members have {lengths[0]} to {lengths[-1]} batches, since "
                "their numbers of rows differ; give a larger batch_size, or let them meet between epochs with every=1."
            )
        return meetings.within_epochs(members, self.society.every_steps or 1)


def network_kinds(models: Sequence[Model], data: PopulationData) -> tuple[NetworkKind, ...]:
    """Return the members of each network, in the order of its first.

    Raises:
        InvalidValue: If members answer in different ways.
    """
    places: dict[Speaker, list[int]] = {}
    for place, model in enumerate(models):
        shape = model.output_shape_for(data.learn.x)
        if shape != data.shape:
            raise InvalidValue(
                f"Society([...]): the models answer {data.shape} and {shape} for each row; give networks with as many "
                "outputs."
            )
        places.setdefault(speaker_of(model, shape), []).append(place)
    answers = {speaker.kind for speaker in places}
    if len(answers) > 1:
        raise InvalidValue(
            f"Society([...]): the models answer with {' and '.join(sorted(answers))}; give losses of one kind."
        )
    return tuple(NetworkKind(speaker, np.array(own, np.int32)) for speaker, own in places.items())


def right_answers(examples: Examples, shape: tuple[int, ...], speaker: Speaker) -> np.ndarray:
    """Return the right answers in the form of what members say, ``(rows, outputs)``.

    Raises:
        DataError: If targets are sequences or images.
    """
    y = np.asarray(examples.y)
    if len(shape) > 1:
        raise DataError(f"Society: the network answers {shape} for each row; a society takes answers along one axis.")
    if speaker.kind == "classes" and (y.ndim == 1 or y.shape[-1] == 1):
        return np.eye(int(np.prod(shape)), dtype=np.float32)[y.reshape(-1).astype(int)]
    found = y.reshape(len(y), -1).astype(np.float32)
    return (found > 0).astype(np.float32) if speaker.kind == "labels" else found


def crowd_scores(models: Sequence[Model], x: object, y: object) -> tuple[np.ndarray, MeetingFigures]:
    """Return the score of each member on given rows, and the figures of all together."""
    first = models[0]
    data = fitting.data_for(
        first,
        x,
        y,
        None,
        None,
        0.0,
        None,
        Options(None, 1, 0, True, 0, None, None, None, None, False, 10.0),
        has_folds=False,
    )
    speaker = speaker_of(first, data.shape)
    truth = right_answers(data.learn, data.shape, speaker)
    speakers = [speaker_of(model, data.shape) for model in models]
    answers = np.stack(
        [
            np.asarray(_asked(each, model.learner.params, model.learner.state, data.learn.x))
            for each, model in zip(speakers, models, strict=True)
        ]
    )
    scores = np.asarray(speaker.score(jnp.asarray(answers), jnp.asarray(truth)))
    return scores, figures_of(answers, truth, speaker.kind, float("nan"))


@jax.jit
def _asked(speaker: Speaker, params: object, state: object, x: object) -> jax.Array:
    return speaker.answer(params, state, x)  # pyright: ignore[reportArgumentType]
