"""Conversion of the arguments of fit, evaluate and predict to arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias, cast

import jax
import numpy as np

from ..data.arrays import to_array, to_compact_array
from ..data.gathered import Gathered
from ..errors import DataError, InvalidValue, ShapeError
from ..layers.lengths import fits
from ..typing import PyTree

# Inputs or targets as arrays on the host: one, or one for each of several inputs or outputs.
HostArrays: TypeAlias = np.ndarray | tuple[np.ndarray, ...]


class Examples(NamedTuple):
    """Training or validation data, as NumPy arrays.

    Attributes:
        x: Inputs, ``(rows, ...)``; a tuple of arrays if the network has several inputs.
        y: Targets, ``(rows, ...)``; a tuple of arrays if it has several outputs.
        weight: The weight of each row, ``(rows,)``, or None if all are 1. For training, also the weight of each step
            or pixel of a row, ``(rows, ...)``.
        sampling: The relative probability of each row to be drawn, or None if each is used once per epoch.
    """

    x: HostArrays
    y: HostArrays
    weight: np.ndarray | None = None
    sampling: np.ndarray | None = None

    @property
    def rows(self) -> int:
        """The number of rows."""
        return count_rows(self.x)


Converter = Callable[[object, str], np.ndarray]


def compact_inputs(tokens: bool) -> Converter:
    """Return how inputs are converted that keep narrow types, and whole numbers if they are ``tokens``."""

    def convert(x: object, name: str) -> np.ndarray:
        # What gathers rows as they are read stands for the array that it would make.
        return (
            cast(np.ndarray, x)
            if isinstance(x, Gathered)
            else to_compact_array(x, name, tokens=tokens, double=_is_double())
        )

    return convert


def compact_targets(y: object, name: str) -> np.ndarray:
    """Return targets as an array; bytes and other narrow whole numbers keep their type."""
    own = np.dtype(getattr(y, "dtype", np.float32))
    is_half = own.itemsize == 2 and own.kind == "f"
    return to_array(y, name) if is_half else to_compact_array(y, name, double=_is_double())


def _is_double() -> bool:
    return bool(jax.config.jax_enable_x64)  # pyright: ignore[reportAttributeAccessIssue]


def as_several(x: object, names: tuple[str, ...], name: str = "x") -> tuple[object, ...]:
    """Return what was given for several inputs or outputs, one after another in the order of their names.

    Raises:
        InvalidValue: If it is not a tuple, list or dict with one array for each.
    """
    if isinstance(x, Mapping):
        if set(x) != set(names):
            raise InvalidValue(
                f"{name} has the keys {', '.join(map(str, x))}; this network expects {', '.join(names)}, one array for "
                "each."
            )
        return tuple(x[key] for key in names)
    if not isinstance(x, tuple | list) or len(x) != len(names):
        given = f"{len(x)} arrays" if isinstance(x, tuple | list) else f"a {type(x).__name__}"
        raise InvalidValue(
            f"{name} is {given}; this network expects {len(names)}: give a tuple in the order {', '.join(names)}, or a "
            "dict with these keys."
        )
    return tuple(x)


def refuse_several(x: object, name: str, what: str) -> None:
    """Refuse a dict, or a tuple of arrays, for a network with one input or output.

    Raises:
        DataError: If it is one.
    """
    arrays = x if isinstance(x, tuple) and all(getattr(part, "ndim", 0) > 1 for part in x) else ()
    if not isinstance(x, Mapping) and not arrays:
        return
    given = f"a {type(x).__name__}" if isinstance(x, Mapping) else f"a tuple of {len(arrays)} arrays"
    raise DataError(
        f"{name} is {given}, but this network has one {what}: give one array. Networks with several {what}s are "
        "written Model(inputs=[...], outputs=...)."
    )


def count_rows(tree: PyTree) -> int:
    """Return the number of rows of an array, or of the first array of a tuple."""
    return len(jax.tree.leaves(tree)[0])


def as_inputs(
    x: object, declared: tuple[int | None, ...] | None, name: str = "x", convert: Converter = to_array
) -> np.ndarray:
    """Return inputs as an array of the shape that the network declares.

    A missing axis of size 1 is added: ``(n, 1)`` for ``input_shape=(1, 1)``, as in Keras.

    Raises:
        DataError: If there is text, NaN, ragged rows or no rows.
        ShapeError: If the rows have another shape.
    """
    array = convert(x, name)
    if array.ndim == 0 or len(array) == 0:
        raise DataError(f"{name} has shape {array.shape}: it has no rows. The first axis must be the rows.")
    if declared is None or fits(array.shape[1:], declared):
        return array
    if fits(array.shape[1:], declared[:-1]) and declared[-1] == 1:
        return array[..., None]
    raise ShapeError(
        f"{name} has rows of shape {array.shape[1:]}; this network expects rows of shape {declared}. "
        f"Pass an array of shape {'rows', *declared}, or declare another input_shape."
    )


def as_targets(y: object, output_shape: tuple[int, ...], name: str = "y", convert: Converter = to_array) -> np.ndarray:
    """Return targets as an array; one number per row matches an output of shape ``(1,)``.

    Raises:
        DataError: If there is text, NaN, ragged rows or a single number.
    """
    array = convert(y, name)
    if array.ndim == 0:
        raise DataError(f"{name} is a single number; expected one target per row.")
    return array[:, None] if array.ndim == 1 and output_shape == (1,) else array


def same_rows(examples: Examples) -> Examples:
    """Return examples after checking that inputs, targets and weights have equally many rows.

    Raises:
        ShapeError: If the numbers of rows differ.
    """
    counts = {**_counts("x", examples.x), **_counts("y", examples.y)}
    if examples.weight is not None:
        counts["sample_weight"] = len(examples.weight)
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{name} has {count} rows" for name, count in counts.items())
        raise ShapeError(f"{told}; they must be equal.")
    return examples


def _counts(name: str, tree: HostArrays) -> dict[str, int]:
    if not isinstance(tree, tuple):
        return {name: len(tree)}
    return {f"{name}[{place}]": len(part) for place, part in enumerate(tree)}


def row_weights(sample_weight: object, rows: int, steps: tuple[int, ...] = ()) -> np.ndarray | None:
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
    # One number for each step of a row if each has a target; for one step the two readings agree.
    each = steps and weight.shape == (rows, *steps)
    if not each and weight.shape not in ((rows,), (rows, 1)):
        more = f", or one for each step, {(rows, *steps)}" if steps else ""
        raise ShapeError(f"sample_weight has shape {weight.shape}; expected one number per row, ({rows},){more}.")
    if (weight < 0).any():
        raise InvalidValue(f"sample_weight must not be negative; the smallest is {weight.min():.3g}.")
    return weight if each else weight.reshape(-1)


def sample_rows(examples: Examples, sampling: object) -> Examples:
    """Return the examples with the relative probabilities of drawing each row.

    Raises:
        ShapeError: If ``sampling`` is not one number per row.
        InvalidValue: If a probability is negative.
    """
    if sampling is None:
        return examples
    rows = examples.rows
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
    rows = examples.rows
    cut = int(rows * (1 - fraction))
    if cut in (0, rows):
        raise InvalidValue(
            f"validation_split={fraction!r} of {rows} rows leaves nothing to "
            f"{'train on' if cut == 0 else 'validate on'}; choose another fraction or give validation_data."
        )

    def part(begin: int, end: int) -> Examples:
        # Slices are views, so that a split copies nothing.
        return jax.tree.map(lambda array: array[begin:end], examples)

    return part(0, cut), part(cut, rows)
