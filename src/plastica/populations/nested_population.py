"""Nested cross-validation of a population: the members on all outer folds are one run, their choices another."""

from __future__ import annotations

import copy
import dataclasses
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import InvalidValue
from ..model.options import Options
from ..training.callbacks import Callback
from . import fitting, results
from .cross_parts import CrossFold, RowFacts
from .grid import MemberSettings
from .group import MemberGroup
from .nested import ChosenModel
from .population import Population
from .results import PopulationHistory
from .splits import RowSplit


class InnerPopulation(NamedTuple):
    """The members that choose on the training rows of one outer fold.

    Attributes:
        members: Their settings; ``part`` refers to ``splits``.
        splits: The parts of the rows, as numbers of all rows.
    """

    members: list[MemberSettings]
    splits: list[RowSplit]


class EndsAt(Callback):
    """End the training of a member after its own number of epochs."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Stop after the last epoch."""
        if epoch + 1 >= self.epochs:
            self.model.stop_training = True


def choose(
    population: Population,
    parts: Sequence[CrossFold],
    data: fitting.PopulationData,
    facts: RowFacts,
    callbacks: fitting.Callbacks,
    validation_split: float,
    options: Options,
) -> list[ChosenModel]:
    """Return what a population chooses on the training rows of each outer fold, trained on all of these.

    Args:
        population: The population; it is not trained itself.
        parts: The outer folds.
        data: The data, checked.
        facts: What decides on folds.
        callbacks: As for :meth:`Population.fit`; the chosen networks train without them, to the epoch that was best.
        validation_split: As for :func:`cross_validate`.
        options: The options of the run.

    Raises:
        InvalidValue: If it has no rows of its own to choose by, or the folds do not fit the rows of an outer fold.
    """
    if population.folds is None and not validation_split:
        raise InvalidValue(
            "cross_validate: this population would choose by the loss on the rows it learned from; give "
            "Population(folds=3), or validation_split=0.2."
        )
    inner = [_inner(population, part, data, facts, validation_split) for part in parts]
    searched = _searched(population, inner, data, callbacks, options)
    chosen: list[MemberSettings] = []
    epochs: list[int] = []
    for own, history in zip(inner, searched, strict=True):
        place = results.best_place(history)
        chosen.append(own.members[place])
        epochs.append(history.kept[place] + 1)
    finals = [
        each._replace(seed=part.seed, part=place) for place, (each, part) in enumerate(zip(chosen, parts, strict=True))
    ]
    models = [fitting.model_of(population.model, each) for each in finals]
    group = MemberGroup(finals, models, [RowSplit(part.train, None) for part in parts], "fold")
    longest = dataclasses.replace(options, epochs=max(epochs))
    history = fitting.fit(group, data, lambda place: [EndsAt(epochs[place])], longest, ())
    return [
        ChosenModel(model, {name: each.columns("")[name] for name in each.chosen}, history[place])
        for place, (model, each) in enumerate(zip(models, chosen, strict=True))
    ]


def _inner(
    population: Population, part: CrossFold, data: fitting.PopulationData, facts: RowFacts, validation_split: float
) -> InnerPopulation:
    """Return the members on an outer fold; a row's number there becomes its number among all rows."""
    own, has_folds = copy.deepcopy(population), population.folds is not None
    rows, held_out = (part.train, None) if has_folds else part.inside(validation_split, facts)
    groups = np.asarray(facts.groups)[rows] if has_folds and facts.groups is not None else None
    own.split_rows(len(rows), None if data.classes is None else data.classes[rows], groups)
    if own.splits is None:
        return InnerPopulation([each._replace(part=0) for each in own.members], [RowSplit(rows, held_out)])
    splits = [
        RowSplit(rows[split.train], held_out if split.held_out is None else rows[split.held_out])
        for split in own.splits
    ]
    return InnerPopulation(own.members, splits)


def _searched(
    population: Population,
    inner: Sequence[InnerPopulation],
    data: fitting.PopulationData,
    callbacks: fitting.Callbacks,
    options: Options,
) -> list[PopulationHistory]:
    """Train the members of all outer folds together, and return the history of each outer fold's."""
    first = np.cumsum([0, *(len(each.splits) for each in inner)])
    members = [
        member._replace(part=(member.part or 0) + int(offset))
        for each, offset in zip(inner, first, strict=False)
        for member in each.members
    ]
    splits = [split for each in inner for split in each.splits]
    models = [fitting.model_of(population.model, member) for member in members]
    group = MemberGroup(members, models, splits, "fold")
    begins = np.cumsum([0, *(len(each.members) for each in inner)])
    places = [place for each in inner for place in range(len(each.members))]
    found = fitting.fit(group, data, lambda place: fitting.own_callbacks(callbacks, places[place]), options, ())
    return [found.of_members(int(begin), int(end)) for begin, end in itertools.pairwise(begins)]
