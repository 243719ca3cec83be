"""User-defined losses."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import cast

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue, PlasticaError, ShapeError
from ..own_functions import require_function, written_in_jax
from ..typing import Float, Num, PyTree
from .loss import Loss
from .meaning import Meaning
from .shapes import row_means
from .targets import UNKNOWN

Function = Callable[..., Array]
Traced = Array | jax.ShapeDtypeStruct  # only shape and dtype are looked at


@declaration
class CustomLoss(Loss):
    """A user-defined loss.

    Args:
        function: A function of (target, prediction) that returns one value for each row or each element, or a single
            number for the whole batch, such as a Dice loss. It is traced by JAX: use ``jax.numpy`` in it. A function
            of the whole batch receives exactly the rows of each batch, so its value depends on the batch size.
        sizes: The possible sizes of an incomplete batch; set by ``fit`` and ``evaluate``.

    Raises:
        InvalidValue: If ``function`` is not callable.
        ShapeError: If it returns neither a single number nor values along the batch.

    Example:
        >>> import jax.numpy as jnp
        >>> loss = CustomLoss(lambda y, a: jnp.abs(y - a) ** 3)
        >>> loss.values(jnp.array([[0.0]]), jnp.array([[2.0]]))
        Array([8.], dtype=float32)
    """

    function: Function
    sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require_function("CustomLoss", self.function, "target", "prediction")

    @property
    def meaning(self) -> Meaning:
        """Whatever the function takes."""
        return Meaning(targets=UNKNOWN)

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the value of the function for each row.

        Raises:
            InvalidValue: If the function returns one number for the whole batch.
        """
        return row_values(self.function, target, prediction)

    def of_steps(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"], shape: tuple[int, ...]
    ) -> Float[Array, "batch *steps"]:
        """Return the value of the function for each step or pixel.

        Raises:
            ShapeError: If the function averages over them.
        """
        found = self.function(target, prediction)
        if found.shape[: len(shape)] != shape:
            raise ShapeError(
                f"{name_of_function(self.function)}: returned values of shape {found.shape}, but class_weight needs "
                "one "
                f"value for each of the steps or pixels {shape}. Average over the last axis only: "
                "jnp.mean(..., axis=-1); or remove class_weight."
            )
        return row_means(found.reshape(-1, *found.shape[len(shape) :])).reshape(shape)

    def mean(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
        size: Num[Array, ""],
    ) -> Float[Array, ""]:
        """Return the weighted mean over the rows, or the value for the batch times the mean weight."""
        if not is_of_whole_batch(self.function, target, prediction):
            return Loss.mean(self, target, prediction, weight, size)
        return batch_value(self.function, self.sizes, target, prediction, size) * jnp.sum(weight) / size


def row_values(
    function: Function, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
) -> Float[Array, "batch"]:
    """Return the value of a user-defined function for each row.

    Raises:
        InvalidValue: If it returns one number for the whole batch.
        ShapeError: If it returns neither a single number nor values along the batch.
    """
    if is_of_whole_batch(function, target, prediction):
        raise InvalidValue(
            f"{name_of_function(function)}: returns one number for the whole batch, but one number per row is "
            "needed here. Take the mean over the last axis only: jnp.mean(..., axis=-1)."
        )
    return row_means(function(target, prediction))


def is_of_whole_batch(function: Function, target: Traced, prediction: Traced) -> bool:
    """Return whether a user-defined function returns a single number for the whole batch.

    Raises:
        ShapeError: If it returns neither a single number nor values along the batch.
        InvalidValue: If it returns something other than an array, or works with NumPy where JAX is needed.
    """
    with written_in_jax("loss or metric", function):
        found = _traced(function, target, prediction)
    shape = getattr(found, "shape", None)
    if shape is None:
        raise InvalidValue(
            f"{name_of_function(function)}: returned {type(found).__name__}; one number for each row is expected, or "
            "one for the whole batch."
        )
    if shape == ():
        return True
    if shape[0] != prediction.shape[0]:
        raise ShapeError(
            f"{name_of_function(function)}: returned values of shape {shape} for {prediction.shape[0]} rows of "
            "predictions; one value for each row is expected. Take the mean over the last axis only: jnp.mean(..., "
            "axis=-1)."
        )
    return False


def _traced(function: Function, target: Traced, prediction: Traced) -> PyTree:
    """Return the result of a function for arrays of these shapes; errors in it are reported with their line."""
    try:
        return jax.eval_shape(function, target, prediction)
    except (TypeError, ValueError, IndexError) as error:
        if isinstance(error, PlasticaError | jax.errors.JAXTypeError | jax.errors.JAXIndexError):
            raise
        code = getattr(function, "__code__", None)
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if code is not None and frame.filename == code.co_filename]
        where = f" in line {lines[-1]}" if lines else ""
        raise ShapeError(
            f"{name_of_function(function)} failed{where} on targets of shape {target.shape} and answers of shape "
            f"{prediction.shape}, of which the first axis counts the rows: {error}"
        ) from None


def batch_value(
    function: Function,
    sizes: tuple[int, ...],
    target: Num[Array, "batch *targets"],
    prediction: Float[Array, "batch *outputs"],
    size: Num[Array, ""],
) -> Float[Array, ""]:
    """Return the value of a function of the whole batch for the first ``size`` rows, without padding.

    Args:
        function: The function.
        sizes: The possible sizes of an incomplete batch; shapes are compiled in, so each has a separate branch.
        target, prediction: All rows of the batch with padding, ``(batch, ...)``.
        size: The number of rows without padding, a scalar.
    """
    whole = prediction.shape[0]
    counts = [whole, *(count for count in sizes if count < whole)]
    branches = [lambda count=count: function(target[:count], prediction[:count]) for count in counts]
    if len(branches) == 1:
        return branches[0]()
    place = sum(jnp.where(size == count, number, 0) for number, count in enumerate(counts))
    return cast("Array", jax.lax.switch(place, branches))


def name_of_function(function: Function) -> str:
    """Return the name of a user-defined function for messages."""
    return getattr(function, "__name__", repr(function))
