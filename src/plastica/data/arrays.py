"""Conversion of array-like data to float32 NumPy arrays, with errors that name the first invalid value."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError
from ..typing import Float, Num, Shaped, is_array
from .float32 import NUMBERS, refuse_nonfinite, to_float32
from .frame_arrays import from_frame, is_frame


def to_array(x: object, name: str = "x", *, allow_nonfinite: bool = False) -> Float[np.ndarray, "*shape"]:
    """Return ``x`` as a float32 array; a float32 NumPy array is returned without a copy.

    Use it for all data that users pass to a network. For NumPy arrays, the cost is one pass for the check of finite
    values, and nothing is imported.

    Args:
        x: A NumPy or JAX array, numbers, (nested) lists, or a pandas, polars or pyarrow data frame or series.
        name: The name used in error messages.
        allow_nonfinite: Whether NaN and infinity are allowed.

    Raises:
        DataError: If there are text, dates or objects, rows of different lengths, NaN or infinity (with their count and
            the first position), or a number beyond the range of float32.

    Example:
        >>> to_array([[1, 2], [3, 4]]).dtype
        dtype('float32')
    """
    if is_frame(x):
        made = from_frame(x, name, allow_nonfinite)
        if made is not None:
            return made
        x = np.asarray(x)
    given = x if is_array(x) else _as_numpy(x, name)
    made = to_float32(given, lambda position: _place(name, position))
    if not allow_nonfinite:
        refuse_nonfinite(made, given, name, lambda position: _place(name, position))
    return made


def to_compact_array(
    x: object, name: str = "x", *, tokens: bool = False, double: bool = False
) -> Num[np.ndarray, "*shape"]:
    """Return ``x`` as :func:`to_array` does, but keep narrow types.

    Integers of one or two bytes, such as the pixels of images, and half-precision floats are exact in float32; the
    compiled program converts them batch by batch. Booleans become bytes.

    Args:
        x: As for :func:`to_array`.
        name: The name used in error messages.
        tokens: Whether wider integers remain integers, for token ids.
        double: Whether float64 remains float64.

    Raises:
        DataError: As for :func:`to_array`.

    Example:
        >>> to_compact_array(np.zeros((2, 3), np.uint8)).dtype, to_compact_array([[1, 2]]).dtype
        (dtype('uint8'), dtype('float32'))
    """
    kind = getattr(x, "dtype", None)
    if kind is None or is_frame(x) or np.ma.isMaskedArray(x):
        return to_array(x, name)
    given = x if is_array(x) else _as_numpy(x, name)
    kind, size = given.dtype.kind, given.dtype.itemsize
    # A view: the batches of the compiled program are cast, never the whole array.
    if kind == "b":
        return given.view(np.uint8)
    if kind in "iu" and (size <= 2 or (tokens and _fits_int32(given))):
        return given if size <= 2 else given.astype(np.int32, copy=False)
    if (kind, size) == ("f", 2) or (double and (kind, size) == ("f", 8)):
        refuse_nonfinite(given, given, name, lambda position: _place(name, position))
        return given
    return to_array(given, name)


def _fits_int32(given: np.ndarray) -> bool:
    bounds = np.iinfo(np.int32)
    return not given.size or (int(given.min()) >= bounds.min and int(given.max()) <= bounds.max)


def _place(name: str, position: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, position))}]" if position else name


def _as_numpy(x: object, name: str) -> Shaped[np.ndarray, "*shape"]:
    sparse = sys.modules.get("scipy.sparse")
    if sparse is not None and sparse.issparse(x):
        raise DataError(f"{name} is a sparse matrix; networks take dense arrays. Use {name}.toarray().")
    kind = type(x).__name__
    if isinstance(x, dict | set | str | bytes):
        raise DataError(f"{name} is a {kind}; give an array, a list of numbers or a frame.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = np.asarray(x)
    except Exception as problem:
        raise DataError(_ragged(x, name) or f"{name} cannot become an array: {problem}.") from None
    if made.dtype == object and made.ndim == 0 and not isinstance(x, NUMBERS):
        raise DataError(f"{name} is a {kind}; give an array, a list of numbers or a frame.")
    return made


def _ragged(x: object, name: str) -> str:
    """Return a message that names the first row whose length differs from the row before, if there is one."""
    if not isinstance(x, list | tuple):
        return ""
    shapes: list[tuple[int, ...]] = []
    for number, row in enumerate(cast("Sequence[object]", x)):
        try:
            shapes.append(np.shape(cast("ArrayLike", row)))
        except ValueError:
            return _ragged(row, f"{name}[{number}]")
        if shapes[number] != shapes[0]:
            return (
                f"{name} has rows of different shapes: {name}[0] has {_size(shapes[0])}, "
                f"{name}[{number}] has {_size(shapes[number])}. Make them equally long (pad or cut)."
            )
    return ""


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} values" if len(shape) == 1 else f"shape {shape}"
