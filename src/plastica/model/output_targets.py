"""Targets of a network with several outputs."""

from __future__ import annotations

import numpy as np

from ..data.arrays import to_array
from ..losses import OutputLosses
from ..metrics import OutputMetric
from ..typing import AnyShape
from .base import BaseModel
from .guards import check_targets
from .inputs import HostArrays, as_several, as_targets, compact_targets
from .metric_guards import check_metrics
from .outputs import activations_of


def targets_of_outputs(
    model: BaseModel, loss: OutputLosses, y: object, name: str, compact: bool, x: HostArrays | None = None
) -> tuple[np.ndarray, ...]:
    """Return the targets of each trained output as an array, checked.

    Args:
        model: The model.
        loss: Its losses.
        y: Targets as given: a tuple in the order of the trained outputs, or a dict by name.
        name: The name of the targets in messages.
        compact: Whether arrays of narrow types keep their type.
        x: The inputs, as for :meth:`BaseModel.output_shape_for`.

    Raises:
        InvalidValue: If it is not a tuple or dict with one array for each.
        ShapeError, DataError: If the targets of an output do not fit it or its loss.
    """
    given = as_several(y, loss.names, name) if len(loss.names) > 1 or isinstance(y, dict) else (y,)
    shapes: AnyShape = model.output_shape_for(x)
    ends, found = activations_of(model.network), []
    for place, (output, own, part) in enumerate(zip(loss.outputs, loss.losses, given, strict=True)):
        label = f"{name}[{loss.names[place]!r}]"
        answered, shape = own.for_one_answer(shapes[output])
        targets = as_targets(part, shape, label, compact_targets if compact else to_array)
        check_targets(targets, shape, answered, ends[output], (), label)
        watched = [
            each.metric for each in model.program.watched if isinstance(each, OutputMetric) and each.target == place
        ]
        check_metrics(targets, watched, answered, ends[output], label)
        found.append(targets)
    return tuple(found)
