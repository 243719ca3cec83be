"""What a population does before its members are trained: check the data, divide the rows, make the members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from ..model.options import Options
from . import fitting

if TYPE_CHECKING:
    from .population import Population


def prepared(
    population: Population,
    x: object,
    y: object,
    sample_weight: object,
    class_weight: Mapping[int, float] | None,
    validation_split: float,
    validation_data: object,
    options: Options,
    groups: ArrayLike | None,
) -> fitting.PopulationData:
    """Check the data of :meth:`Population.fit`, divide the rows and make the members that are not made yet."""
    held_out = (validation_split, validation_data, options, population.folds is not None)
    data = fitting.data_for(population.first(), x, y, sample_weight, class_weight, *held_out)
    population.split_rows(data.learn.rows, data.classes, groups)
    if not population.models:
        population.models = [fitting.model_of(population.model, member) for member in population.members]
    return data
