"""The implementation of Population.diagnose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import jax
import numpy as np

from ..errors import InvalidValue
from ..model import Model
from ..model.diagnosis import Diagnosis
from ..model.examples import take
from ..typing import PyTree
from .diagnosis import PopulationDiagnosis
from .splits import RowSplit

if TYPE_CHECKING:
    from .population import Population


def diagnose(
    population: Population,
    x: object,
    y: object,
    validation_data: object,
    batch_size: int | None,
    names: Sequence[str],
) -> PopulationDiagnosis:
    """Return what is wrong with each member on the rows that it was trained on; see :meth:`Population.diagnose`."""
    found = []
    for member, model in zip(population.members, population, strict=True):
        own = member.batch_size or batch_size
        split = None if population.splits is None or member.part is None else population.splits[member.part]
        if split is None:
            found.append(
                model.diagnose(x, y, validation_data=validation_data, batch_size=own, names=names, retrain=False)
            )
        else:
            found.append(_on_part(model, x, y, split, validation_data, own, names))
    return PopulationDiagnosis(tuple(found), tuple(population.columns()))


def _on_part(
    model: Model,
    x: object,
    y: object,
    split: RowSplit,
    validation_data: object,
    batch_size: int | None,
    names: Sequence[str],
) -> Diagnosis:
    rows = take(model, x, y)
    part = [split.train] if split.held_out is None else [split.train, split.held_out]
    most = max(int(np.max(each, initial=-1)) for each in part)
    if most >= rows.rows:
        raise InvalidValue(
            f"diagnose(x of {rows.rows} rows): the members were trained on rows up to number {most}; give the rows of "
            "fit."
        )
    has_targets = y is not None
    (x, y), *held_out = [_rows_of((rows.x, rows.y if has_targets else None), each) for each in part]
    if held_out:
        validation_data = held_out[0] if has_targets else None
    options = {"batch_size": batch_size, "names": names, "retrain": False}
    return model.diagnose(x, y, validation_data=validation_data, **options)


def _rows_of(tree: PyTree, rows: np.ndarray) -> PyTree:
    """Return some rows of each array."""
    return jax.tree.map(lambda part: np.asarray(part)[rows], tree)
