"""Settings of the program that depend on the data: batch sizes, and whether labels are mutually exclusive."""

from __future__ import annotations

import jax
import numpy as np

from ..activations import Softmax
from ..declaration import replace
from ..errors import InvalidValue
from ..losses import CustomLoss, Loss
from ..losses.custom import is_of_whole_batch
from ..metrics import CustomMetric, by_label
from ..training.batches import ANSWER_ROWS
from ..training.program import Program
from ..training.supervised import Supervised
from .inputs import HostArrays


def settled(
    program: Program, y: HostArrays, output_shape: tuple[int, ...], batch_size: int, rows: tuple[int, ...]
) -> tuple[Program, int]:
    """Return the program adapted to the data, and the chunk size for evaluation.

    Metrics threshold each label separately, unless every row has exactly one label: then the largest output is the
    prediction, as in Keras. Functions of the whole batch must not see padding rows. Since shapes are compiled in, they
    need a branch for each possible size of an incomplete batch.

    Args:
        program: The program.
        y: Targets.
        output_shape: The shape of the output for one row.
        batch_size: Rows per batch.
        rows: The numbers of rows for training, validation and evaluation.

    Returns:
        The program, and the number of rows evaluated at once: ``batch_size`` if there is a function of the whole
        batch.

    Raises:
        InvalidValue: If such a function is among the weighted metrics.
    """
    if not isinstance(program, Supervised):  # the user's own
        return program, ANSWER_ROWS
    if isinstance(y, tuple):  # several outputs, whose losses are all of single rows
        return program, ANSWER_ROWS
    program = _labels_apart(program, y, output_shape)
    # Two batch sizes, since a value for each of three outputs looks like one for each row in a batch of three.
    shown = [
        tuple(jax.ShapeDtypeStruct((count, *shape), np.float32) for shape in (y.shape[1:], output_shape))
        for count in (batch_size, batch_size + 1)
    ]
    sizes = tuple(sorted({count % batch_size for count in rows} - {0}))

    def is_whole(part: object) -> bool:
        if not isinstance(part, CustomLoss | CustomMetric):
            return isinstance(part, Loss) and part.of_whole_batch
        found = [is_of_whole_batch(part.function, *shapes) for shapes in shown]
        return all(found)

    for metric in program.weighted_metrics:
        if is_whole(metric):
            raise InvalidValue(
                f'weighted_metrics: "{metric.label}" returns one number for the whole batch, which weights of rows '
                "cannot change. Return one value for each row, or put it among metrics."
            )
    objective, plain = program.objective, program.metrics
    places = [place for place, metric in enumerate(plain) if is_whole(metric)]
    if objective is not None and is_whole(objective.loss):
        # A user-defined function needs a branch for each size; other losses leave out padding themselves.
        loss = replace(objective.loss, sizes=sizes) if isinstance(objective.loss, CustomLoss) else objective.loss
        program = replace(program, objective=replace(objective, loss=loss))
    elif not places:
        return program, ANSWER_ROWS
    metrics = [replace(each, sizes=sizes) if place in places else each for place, each in enumerate(plain)]
    return replace(program, metrics=tuple(metrics)), batch_size


def _labels_apart(program: Supervised, y: np.ndarray, output_shape: tuple[int, ...]) -> Supervised:
    loss = None if program.objective is None else program.objective.loss
    labels = loss is not None and loss.meaning.targets.are_labels(y, output_shape)
    softmax = isinstance(program.network.output_activation, Softmax)
    if not labels or softmax or not output_shape or output_shape[-1] == 1 or _exclude_each_other(y):
        return program
    metrics, weighted = (tuple(map(by_label, group)) for group in (program.metrics, program.weighted_metrics))
    return replace(program, metrics=metrics, weighted_metrics=weighted)


def _exclude_each_other(y: np.ndarray) -> bool:
    """Return whether each row has exactly one label."""
    return bool(((y == 1).sum(-1) == 1).all() and np.isin(y, (-1, 0, 1)).all())
