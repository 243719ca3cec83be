"""Windows over a time series, gathered batch by batch."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import DTypeLike

from ..errors import DataError, InvalidValue, ShapeError
from ..typing import AnyArray, Int, Num, PyTree
from .arrays import to_compact_array
from .gathered import Gathered, RowsWithTargets, Staged


class SeriesWindows(RowsWithTargets):
    """Windows of a time series, each with a later value as its target; for ``fit``, ``evaluate`` and ``predict``.

    The series is stored as one array in memory and on the device; the windows of a batch are gathered from it when
    needed. Window ``i`` begins at step ``i * stride`` and has ``length`` values, ``sampling_rate`` steps apart.

    Args:
        series: The series, ``(steps,)`` or ``(steps, features)``, in the order of time.
        length: The number of values in a window.
        horizon: The number of steps from the last value of the window to the target; 0 for the same step. None for
            windows without targets, for ``predict``.
        stride: The number of steps between the starts of consecutive windows.
        sampling_rate: The number of steps between consecutive values of a window.
        targets: The series of the targets, ``(steps,)`` or ``(steps, columns)``. Default: the series itself.

    Shapes:
        Inputs ``(windows, length, features)``; targets ``(windows, columns)``.

    Raises:
        DataError, ShapeError: If the series is not an array of numbers, or too short for one window.
        InvalidValue: If an argument is not an integer, or too small.

    Example:
        >>> windows = SeriesWindows(np.arange(10.0), length=4, horizon=2, stride=2)
        >>> np.asarray(windows.x)[1, :, 0].tolist(), windows.y[1].tolist(), len(windows)
        ([2.0, 3.0, 4.0, 5.0], [7.0], 3)
    """

    def __init__(
        self,
        series: object,
        length: int,
        horizon: int | None = 1,
        stride: int = 1,
        sampling_rate: int = 1,
        *,
        targets: object = None,
    ) -> None:
        for name, value, least in (("length", length, 1), ("stride", stride, 1), ("sampling_rate", sampling_rate, 1)):
            _require(name, value, least)
        if horizon is not None:
            _require("horizon", horizon, 0)
        values = _columns(series, "series", tokens=True)
        own = values if targets is None else _columns(targets, "targets")
        if len(own) != len(values):
            raise ShapeError(f"series has {len(values)} steps and targets have {len(own)}; they must be equal.")
        last = (length - 1) * sampling_rate  # offset of the last value of a window from its first
        count = (len(values) - 1 - last - (horizon or 0)) // stride + 1
        if count < 1:
            needed = last + (horizon or 0) + 1
            raise DataError(f"a series of {len(values)} steps is too short: a window and its target take {needed}.")
        starts = np.arange(count, dtype=np.int32) * stride
        self.x = WindowRows(values, starts, length, sampling_rate)
        self.y = None if horizon is None else own[starts + last + horizon]

    def __len__(self) -> int:
        return len(self.x)


def _require(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InvalidValue(f"SeriesWindows({name}={value!r}): give a whole number of at least {least}.")


def _columns(given: object, name: str, *, tokens: bool = False) -> Num[np.ndarray, "steps *columns"]:
    array = to_compact_array(given, name, tokens=tokens)
    if array.ndim == 0 or len(array) == 0:
        raise DataError(f"{name} has shape {array.shape}: it has no steps. The first axis must be the steps.")
    return array[:, None] if array.ndim == 1 else array


class WindowRows(Gathered):
    """The inputs of :class:`SeriesWindows`: an array ``(windows, length, features)`` that is not stored in memory."""

    def __init__(
        self,
        series: Num[np.ndarray, "steps *shape"],
        starts: Int[np.ndarray, "*windows"],
        length: int,
        sampling_rate: int,
    ) -> None:
        self.series, self.starts, self.length, self.sampling_rate = series, starts, length, sampling_rate
        self.shape = (*starts.shape, length, *series.shape[1:])
        self.dtype, self.nbytes = series.dtype, series.nbytes + starts.nbytes

    def __getitem__(self, rows: slice) -> WindowRows:
        return WindowRows(self.series, self.starts[rows], self.length, self.sampling_rate)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.series[_steps(self.starts, self.length, self.sampling_rate, np)], dtype)

    @property
    def values(self) -> Num[np.ndarray, "steps *shape"]:
        return self.series

    def staged(self, arrange: Callable[[np.ndarray], np.ndarray]) -> StagedWindows:
        return StagedWindows(self.series, arrange(self.starts), self.length, self.sampling_rate)


@partial(jax.tree_util.register_dataclass, data_fields=["series", "starts"], meta_fields=["length", "sampling_rate"])
@dataclass(frozen=True)
class StagedWindows(Staged):
    """Windows in the compiled program: the series and the start of each window."""

    series: Num[AnyArray, "steps *shape"]
    starts: Int[AnyArray, "*places"]
    length: int
    sampling_rate: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return (*self.starts.shape, self.length, *self.series.shape[1:])

    def take(self, numbers: Array | np.ndarray | int) -> jax.Array:
        starts = jnp.asarray(self.starts).at[numbers].get(mode="promise_in_bounds")
        steps = _steps(starts, self.length, self.sampling_rate, jnp)
        return jnp.asarray(self.series).at[steps].get(mode="promise_in_bounds")

    def identity(self, rows: int) -> tuple[str | np.ndarray | jax.Array, ...]:
        return f"windows of {self.length}, {self.sampling_rate} apart", self.series, self.starts[:rows]


def _steps(starts: PyTree, length: int, sampling_rate: int, xp: ModuleType) -> PyTree:
    """Return the steps of each window's values, ``(..., length)``."""
    return starts[..., None] + sampling_rate * xp.arange(length, dtype=xp.int32)
