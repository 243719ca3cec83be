"""Models trained together, each on rows of its own: one program for all whose networks and rows have one shape."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from ..errors import DataError
from ..lazy import deferred
from ..model import Model
from ..model.adapting import adapt
from ..model.fitting import conduct, examples_for, member_on
from ..model.inputs import Examples
from ..model.options import BATCH_SIZE, Options
from ..training.batches import Arrays, held_out_rows, picked_rows, training_rows
from ..training.cache import keep_compiled_programs
from ..training.callbacks import Callback
from ..training.counting import EpochCount
from ..training.history import History
from ..training.member import Member
from ..training.rows import Rows
from ..training.run import Hook, Run
from ..training.stopping import stop_rules
from ..typing import PyTree
from .progress import PopulationProgress

# Rows of several members are put into one array, so that one program computes all; beyond this they stay apart.
MOST_BYTES = 1 << 30


class OwnRows(NamedTuple):
    """The data of one model; the arguments of ``fit``."""

    x: object
    y: object
    sample_weight: object = None
    validation_data: object = None
    class_weight: Mapping[int, float] | None = None
    sampling: object = None


@dataclass(frozen=True)
class TogetherOptions:
    """Options of a run of several models, with the names of the arguments of ``fit``.

    Attributes:
        cluster: The address of the workers that train them, as for ``pl.cluster.fit``; None for this process.
    """

    epochs: int
    batch_size: int | None = None
    verbose: int | str = 0
    time_limit: float | str | None = None
    checkpoint: str | Path | None = None
    resume: bool = False
    cluster: str | None = None

    def of_run(self) -> Options:
        """Return the options of one run."""
        limit, keep = self.time_limit, self.checkpoint
        return Options(self.batch_size, self.epochs, 0, True, 0, None, limit, None, keep, self.resume, 10.0)


class CheckedRows(NamedTuple):
    """The checked data of one model."""

    learn: Examples
    held_out: Examples | None

    @property
    def kind(self) -> Hashable:
        """What models have in common whose rows may be in one array."""
        leaves, structure = jax.tree.flatten((self.learn[:3], None if self.held_out is None else self.held_out[:3]))
        return structure, tuple((leaf.shape[1:], leaf.dtype) for leaf in leaves)

    @property
    def size(self) -> int:
        """The bytes of all arrays."""
        return sum(leaf.nbytes for leaf in jax.tree.leaves((self.learn[:3], self.held_out)))


def fit_together(
    models: Sequence[Model],
    data: Sequence[OwnRows],
    callbacks: Callable[[int], Sequence[Callback]],
    options: TogetherOptions,
) -> list[History]:
    """Train several models side by side; each learns what :meth:`Model.fit` would teach it alone, up to rounding.

    Args:
        models: The compiled models.
        data: The data of each.
        callbacks: Returns the callbacks of a model, given its number.
        options: The options of the run.

    Returns:
        The history of each.

    Raises:
        NotFinite: If the loss or a parameter of one of them is no longer finite.
    """
    given = options.of_run()
    checked = [_checked(model, own, given) for model, own in zip(models, data, strict=True)]
    if options.cluster is not None:
        return deferred("plastica.cluster.own_rows", "train_own_rows", models, checked, callbacks, options)()
    return train_checked(models, checked, callbacks, options)


def train_checked(
    models: Sequence[Model],
    checked: Sequence[CheckedRows],
    callbacks: Callable[[int], Sequence[Callback]],
    options: TogetherOptions,
    hooks: Sequence[Hook] = (),
) -> list[History]:
    """Train several models on data that were checked; see :func:`fit_together`."""
    keep_compiled_programs()
    members = _members(models, checked, options.batch_size)
    histories = [History() for _ in members]
    for place, (member, history) in enumerate(zip(members, histories, strict=True)):
        member.rules = stop_rules(None, options.time_limit, None)
        member.callbacks = [EpochCount(member), *callbacks(place), history]
    progress = PopulationProgress(options.verbose, options.epochs)
    run = Run(members, options.epochs, hooks=(progress, *hooks))
    progress.begin()
    try:
        conduct(run, models, histories, options.of_run())
    finally:
        progress.stop()
    return histories


def _checked(model: Model, own: OwnRows, options: Options) -> CheckedRows:
    learn, held_out = examples_for(
        model, own.x, own.y, own.sample_weight, own.class_weight, 0.0, own.validation_data, own.sampling, options
    )
    if not isinstance(learn, Examples):
        raise DataError("models that are trained together take arrays in memory; train on blocks one model at a time.")
    adapt(model, learn.x)
    return CheckedRows(learn, held_out)


def _members(models: Sequence[Model], checked: Sequence[CheckedRows], batch_size: int | None) -> list[Member]:
    kinds: dict[Hashable, list[int]] = {}
    for place, each in enumerate(checked):
        kinds.setdefault(each.kind, []).append(place)
    found: dict[int, Member] = {}
    for places in kinds.values():
        whole = sum(checked[place].size for place in places) <= MOST_BYTES
        for part in [places] if whole else [[number] for number in places]:
            own = [checked[place] for place in part]
            found |= dict(zip(part, _of_one_shape([models[place] for place in part], own, batch_size), strict=True))
    return [found[place] for place in range(len(models))]


def _of_one_shape(models: Sequence[Model], checked: Sequence[CheckedRows], batch_size: int | None) -> list[Member]:
    """Return the members whose rows are in one array, each with the numbers of its own."""
    rows = training_rows(*_joined([each.learn for each in checked])[:3])
    held = [each.held_out for each in checked if each.held_out is not None]
    judged = None if not held else _joined(held)
    shared = None if judged is None else training_rows(*judged[:2], None)
    most, starts = max((each.rows for each in held), default=0), _starts([each.rows for each in held])
    members = []
    for number, (model, own, start) in enumerate(
        zip(models, checked, _starts([each.learn.rows for each in checked]), strict=True)
    ):
        count = own.learn.rows
        full = model.program.full_batch and batch_size is None
        source = Arrays(
            rows,
            count,
            count if full else batch_size or BATCH_SIZE,
            model.seed,
            True,
            model.epochs_trained,
            own.learn.sampling,
            places=np.arange(start, start + count),
            together=len(models),
        )

        def evaluation(chunk: int, own: CheckedRows = own, number: int = number) -> Rows | None:
            if own.held_out is None or shared is None or judged is None:
                return None
            if len(models) == 1:
                return jax.device_put(held_out_rows(*own.held_out[:3], chunk))
            places = np.arange(starts[number], starts[number] + own.held_out.rows)
            return picked_rows(shared, places, judged.weight, chunk, most)

        shape = model.output_shape_for(own.learn.x)
        held_rows = 0 if own.held_out is None else own.held_out.rows
        members.append(member_on(model, source, own.learn.y, shape, held_rows, evaluation))
    return members


def _joined(parts: Sequence[Examples]) -> Examples:
    x, y, weight = (_concatenated([each[number] for each in parts]) for number in range(3))
    return Examples(x, y, weight)


def _concatenated(trees: Sequence[PyTree]) -> PyTree:
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *trees)


def _starts(counts: Sequence[int]) -> list[int]:
    return np.cumsum([0, *counts])[:-1].tolist()
