"""Metrics of a confusion matrix: how often each class is taken for each other."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from typing import ClassVar, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import InvalidValue, ShapeError
from ..typing import Float, Int, Num
from .mean import Named
from .metric import Wants


class Overlap(Named):
    """The mean over some classes of: pixels of the class in both / pixels of the class in either.

    Its sums are the confusion matrix, ``(classes * classes,)``.
    """

    counts: ClassVar[bool] = True

    @property
    def classes(self) -> int:
        """The number of classes."""
        raise NotImplementedError

    @property
    def chosen(self) -> tuple[int, ...]:
        """The classes that the mean is over."""
        return tuple(range(self.classes))

    @property
    def left_out(self) -> int | None:
        """The class in the targets whose pixels do not count."""
        return None

    def numbers(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> tuple[Int[Array, "batch ..."], Int[Array, "batch ..."]]:
        """Return the class of each pixel in the targets and in the predictions, both ``(batch, ...)``."""
        raise NotImplementedError

    def sums(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
    ) -> Float[Array, "sums"]:
        """Return the weight of the pixels of each class for which each class is predicted, flattened."""
        wanted, answered = self.numbers(target, prediction)
        if wanted.shape != answered.shape:
            raise ShapeError(
                f"{self.label}: got class numbers of shape {wanted.shape} for predictions of shape {answered.shape}; "
                "they must agree. For outputs with a column for each class: sparse_y_pred=False; for one-hot targets: "
                "sparse_y_true=False."
            )
        real = (wanted >= 0) & (wanted < self.classes) & (answered >= 0) & (answered < self.classes)
        if self.left_out is not None:
            real &= wanted != self.left_out
        rows = jnp.broadcast_to(weight.reshape(-1, *[1] * (wanted.ndim - 1)), wanted.shape)
        place = jnp.where(real, wanted * self.classes + answered, 0)
        empty = jnp.zeros(self.classes**2, weight.dtype)
        return empty.at[place.reshape(-1)].add(jnp.where(real, rows, 0.0).reshape(-1), mode="promise_in_bounds")

    def of_sums(self, sums: Float[np.ndarray, "sums"]) -> float:
        """Return the mean over the chosen classes that occur; 0 if none of them does."""
        matrix = np.asarray(sums, np.float64).reshape(self.classes, self.classes)
        both = np.diag(matrix)
        either = matrix.sum(0) + matrix.sum(1) - both
        chosen = np.array(self.chosen)
        if not matrix.any():
            return float("nan")
        occurs = chosen[either[chosen] > 0]
        return float(cast("float", np.mean(both[occurs] / either[occurs]))) if len(occurs) else 0.0


class ClassMap(Overlap):
    """Intersection over union of classes that are numbers, or columns of which the largest is the class."""

    num_classes: int
    ignore_class: int | None
    axis: int

    @property
    def sparse(self) -> tuple[bool, bool]:
        """Whether the targets and the predictions are class numbers."""
        raise NotImplementedError

    @property
    def wants(self) -> Wants:
        """Class indices, or the order of the columns."""
        return "activities" if self.sparse[1] else "order"

    @property
    def classes(self) -> int:
        """The number of classes."""
        return self.num_classes

    @property
    def left_out(self) -> int | None:
        """The class that does not count."""
        return self.ignore_class

    def numbers(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> tuple[Int[Array, "batch ..."], Int[Array, "batch ..."]]:
        """Return the class of each pixel."""
        wanted, answered = self.sparse
        return _class_numbers(target, wanted, self.axis), _class_numbers(prediction, answered, self.axis)


def check_classes(owner: str, classes: object, chosen: tuple[int, ...]) -> None:
    """Raise InvalidValue unless there are classes and the chosen ones are among them."""
    if isinstance(classes, bool) or not isinstance(classes, int) or classes < 2:
        raise InvalidValue(f"{owner}: num_classes={classes!r}; expected a whole number of at least 2.")
    if any(not 0 <= each < classes for each in chosen):
        raise InvalidValue(f"{owner}: target_class_ids={chosen}; expected class numbers from 0 to {classes - 1}.")


def _class_numbers(given: jax.Array, sparse: bool, axis: int) -> jax.Array:
    if not sparse:
        return jnp.argmax(given, axis=axis).astype(jnp.int32)
    pixels = given[..., 0] if given.ndim > 1 and given.shape[-1] == 1 else given
    return pixels.astype(jnp.int32)
