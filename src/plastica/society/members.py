"""The members of a run of a society: in step with the others, or exactly as ``Model.fit`` trains one alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import jax
import numpy as np

from ..model import Model
from ..model.fitting import member_on
from ..model.inputs import Examples
from ..model.options import BATCH_SIZE, Options
from ..populations import fitting
from ..populations.fitting import PopulationData
from ..populations.group import MemberGroup
from ..training.batches import Arrays, held_out_rows, training_rows
from ..training.member import Member
from ..training.rows import Rows


def society_members(
    group: MemberGroup, rows: Sequence[np.ndarray], data: PopulationData, options: Options, alone: Collection[int]
) -> list[Member]:
    """Return the members of a run.

    Args:
        group: Their models.
        rows: The numbers of the rows of each.
        data: All rows.
        options: The options of the run.
        alone: Those who neither hear nor are heard.
    """
    shared, held_out = training_rows(*data.learn[:3]), fitting.shared_held_out(data.held_out)
    return [
        _alone(group.models[place], rows[place], data, options)
        if place in alone
        else fitting.member_for(group, place, data, shared, held_out, options)
        for place in range(len(group))
    ]


def _alone(model: Model, numbers: np.ndarray, data: PopulationData, options: Options) -> Member:
    """Return a member of a run exactly as ``Model.fit`` on its rows makes it."""
    own = some_of(data.learn, numbers)
    full = model.program.full_batch and options.batch_size is None
    size = own.rows if full else options.batch_size or BATCH_SIZE
    source = Arrays(training_rows(*own[:3]), own.rows, size, model.seed, options.shuffle, model.epochs_trained)
    held_out = data.held_out

    def judged(chunk: int) -> Rows | None:
        return None if held_out is None else jax.device_put(held_out_rows(*held_out[:3], chunk))

    return member_on(model, source, own.y, data.shape, 0 if held_out is None else held_out.rows, judged)


def some_of(examples: Examples, numbers: np.ndarray) -> Examples:
    """Return some rows."""
    return Examples(*jax.tree.map(lambda part: np.asarray(part)[numbers], examples[:3]))
