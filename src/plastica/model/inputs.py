"""Conversion of the arguments of fit, evaluate and predict to arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..data.arrays import to_array
from ..errors import DataError, InvalidValue, ShapeError


class Examples(NamedTuple):
    """Training or validation data, as float32 NumPy arrays.

    Attributes:
        x: Inputs, ``(rows, ...)``.
        y: Targets, ``(rows, ...)``.
        weight: The weight of each row, ``(rows,)``, or None if all are 1. For training, also the weight of each step
            or pixel of a row, ``(rows, ...)``.
        sampling: The relative probability of each row to be drawn, or None if each is used once per epoch.
    """

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None = None
    sampling: np.ndarray | None = None


def as_inputs(x: Any, declared: tuple[int, ...] | None, name: str = "x") -> np.ndarray:
    """Return inputs as an array of the shape that the network declares.

    A missing axis of size 1 is added: ``(n, 1)`` for ``input_shape=(1, 1)``, as in Keras.

    Raises:
        DataError: If there is text, NaN, ragged rows or no rows.
        ShapeError: If the rows have another shape.
    """
    array = to_array(x, name)
    if array.ndim == 0 or len(array) == 0:
        raise DataError(f"{name} has shape {array.shape}: it has no rows. The first axis must be the rows.")
    if declared is None or array.shape[1:] == declared:
        return array
    if array.ndim == len(declared) and array.shape[1:] == tuple(s for s in declared[:-1]) and declared[-1] == 1:
        return array[..., None]
    raise ShapeError(
        f"{name} has rows of shape {array.shape[1:]}; this network expects rows of shape {declared}. "
        f"Pass an array of shape {'rows', *declared}, or declare another input_shape."
    )


def as_targets(y: Any, output_shape: tuple[int, ...], name: str = "y") -> np.ndarray:
    """Return targets as an array; one number per row matches an output of shape ``(1,)``.

    Raises:
        DataError: If there is text, NaN, ragged rows or a single number.
    """
    array = to_array(y, name)
    if array.ndim == 0:
        raise DataError(f"{name} is a single number; expected one target per row.")
    return array[:, None] if array.ndim == 1 and output_shape == (1,) else array


def same_rows(examples: Examples) -> Examples:
    """Return examples after checking that inputs, targets and weights have equally many rows.

    Raises:
        ShapeError: If the numbers of rows differ.
    """
    counts = {"x": len(examples.x), "y": len(examples.y)}
    if examples.weight is not None:
        counts["sample_weight"] = len(examples.weight)
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{name} has {count} rows" for name, count in counts.items())
        raise ShapeError(f"{told}; they must be equal.")
    return examples


def row_weights(sample_weight: Any, rows: int, steps: tuple[int, ...] = ()) -> np.ndarray | None:
    """Return the weight of each row, ``(rows,)``, or of each of its steps, ``(rows, *steps)``, or None.

    Args:
        sample_weight: The argument of ``fit``.
        rows: The number of rows.
        steps: The axes of a row with a target each: steps of a series, pixels, members of an ensemble.

    Raises:
        ShapeError: If ``sample_weight`` is not one number per row or per step.
        InvalidValue: If a weight is negative.
    """
    if sample_weight is None:
        return None
    weight = to_array(sample_weight, "sample_weight")
    each = steps and weight.shape == (rows, *steps)
    if not each and weight.shape not in ((rows,), (rows, 1)):
        more = f", or one for each step, {(rows, *steps)}" if steps else ""
        raise ShapeError(f"sample_weight has shape {weight.shape}; expected one number per row, ({rows},){more}.")
    if (weight < 0).any():
        raise InvalidValue(f"sample_weight must not be negative; the smallest is {weight.min():.3g}.")
    return weight if each else weight.reshape(-1)


def sample_rows(examples: Examples, sampling: Any) -> Examples:
    """Return the examples with the relative probabilities of drawing each row.

    Raises:
        ShapeError: If ``sampling`` is not one number per row.
        InvalidValue: If a probability is negative.
    """
    if sampling is None:
        return examples
    rows = len(examples.x)
    draws = to_array(sampling, "sampling").astype(np.float64)
    if draws.shape not in ((rows,), (rows, 1)):
        raise ShapeError(f"sampling has shape {draws.shape}; expected one number per row, ({rows},).")
    if (draws < 0).any():
        row = int(np.argmax(draws.reshape(-1) < 0))
        raise InvalidValue(f"sampling is {draws.reshape(-1)[row]:.3g} for row {row}; expected a number of at least 0.")
    return examples._replace(sampling=draws.reshape(-1))


def split_off(examples: Examples, fraction: float) -> tuple[Examples, Examples]:
    """Split off the last ``fraction`` of the rows for validation, before shuffling.

    Raises:
        InvalidValue: If the fraction is not between 0 and 1 or leaves one part empty.
    """
    if isinstance(fraction, str) or not 0 < fraction < 1:
        raise InvalidValue(f"validation_split={fraction!r}: give a fraction between 0 and 1, such as 0.2.")
    rows = len(examples.x)
    cut = int(rows * (1 - fraction))
    if cut in (0, rows):
        raise InvalidValue(
            f"validation_split={fraction!r} of {rows} rows leaves nothing to "
            f"{'train on' if cut == 0 else 'validate on'}; choose another fraction or give validation_data."
        )

    def part(begin: int, end: int) -> Examples:
        return Examples(*(None if array is None else array[begin:end] for array in examples))  # pyright: ignore[reportArgumentType]

    return part(0, cut), part(cut, rows)
