"""The validation rows of fit."""

from __future__ import annotations

from ..data.gathered import RowsWithTargets
from ..errors import InvalidValue
from .base import BaseModel
from .examples import take
from .inputs import Examples
from .iterators import all_of, gives_batches
from .options import Options


def validation_rows(model: BaseModel, validation_data: object, options: Options) -> Examples | None:
    """Check what was given as ``validation_data``; None if nothing was.

    Raises:
        InvalidValue: If it is no ``(x, y)`` or ``(x, y, sample_weight)``, no windows with targets and no generator.
        DataError, ShapeError: If the rows are invalid, or do not fit the network.
    """
    if gives_batches(validation_data):
        return all_of(model, validation_data, options.validation_steps, "validation_data")
    if options.validation_steps is not None:
        raise InvalidValue("fit(validation_steps=...) is for validation_data that is a generator of batches.")
    return None if validation_data is None else _rows(model, validation_data)


def _rows(model: BaseModel, validation_data: object) -> Examples:
    if isinstance(validation_data, RowsWithTargets):
        validation_data = validation_data.x, validation_data.y
    if model.compiled.loss is None and not isinstance(validation_data, tuple):
        return take(model, validation_data, None, owner="validation_data ", compact=True)
    if not isinstance(validation_data, tuple | list) or not 2 <= len(validation_data) <= 3:
        raise InvalidValue("validation_data must be (x, y) or (x, y, sample_weight).")
    return take(model, *validation_data, owner="validation_data ", compact=True)
