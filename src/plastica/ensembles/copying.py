"""Copies of models, and checks of those that are to answer together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from ..errors import InvalidValue, ShapeError
from ..model import Model


def copy_of(model: Model, weights: Mapping[str, np.ndarray] | None = None) -> Model:
    """Return a model of its own with the same network, settings of ``compile`` and weights.

    Args:
        model: The model, built.
        weights: Other weights, as :meth:`Model.snapshot` returns them.
    """
    made = Model(model.network, name=model.name, seed=model.seed)
    if not made.built:
        made.build(model.input_shape)
    if model.is_compiled:
        made.set_compiled(model.compiled)
    made.restore(model.snapshot() if weights is None else weights)
    return made


def as_models(owner: str, models: object) -> tuple[Model, ...]:
    """Return models that take the same inputs and have outputs of the same shape.

    Raises:
        InvalidValue: If there are none, or something else is among them.
        ShapeError: If their shapes differ.
    """
    several = cast("Sequence[Model]", models) if isinstance(models, Sequence) else (cast("Model", models),)
    given = tuple(several)
    if not given:
        raise InvalidValue(f"{owner}: no models; expected at least one.")
    for place, model in enumerate(given):
        if not isinstance(cast("object", model), Model):
            raise InvalidValue(f"{owner}: number {place} is {model!r}; expected models.")
        own, first = (each.input_shape + each.output_shape for each in (model, given[0]))
        if own != first:
            raise ShapeError(
                f"{owner}: model {place} maps {model.input_shape} to {model.output_shape}, the first one "
                f"{given[0].input_shape} to {given[0].output_shape}; they must agree."
            )
    return given
