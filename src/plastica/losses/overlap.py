"""Losses of overlap, for the segmentation of pictures: Dice and Tversky."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float, Num
from .loss import Loss
from .meaning import Meaning
from .regression import EPSILON
from .shapes import matched, row_means
from .targets import UNKNOWN

Axes = tuple[int, ...]


class OverlapLoss(Loss):
    """Base class of losses of overlap, which are computed from sums over pixels."""

    axis: Axes | None

    def __post_init__(self) -> None:
        if self.axis is None:
            return
        object.__setattr__(self, "axis", tuple(int(each) for each in self.axis))
        if not self.axis or 0 in self.axis:
            raise InvalidValue(
                f"{type(self).__name__}(axis={self.axis}): the loss of a row needs the axes of its pixels without that "
                "of the batch, such as axis=(1, 2, 3); None makes one number of the whole batch."
            )

    @property
    def meaning(self) -> Meaning:
        """Probabilities of any shape."""
        return Meaning("probabilities", UNKNOWN)

    @property
    def of_whole_batch(self) -> bool:
        """Whether the sums run over the rows too."""
        return self.axis is None

    def overlap(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"], axis: Axes | None
    ) -> Float[Array, "..."]:
        """Return the overlap of targets and predictions from sums over ``axis``; None for all axes."""
        raise NotImplementedError

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the loss of each row.

        Raises:
            InvalidValue: If the loss is one number of the whole batch.
        """
        if self.axis is None:
            name = type(self).__name__
            raise InvalidValue(
                f"{name}(): one number for the whole batch, but one number per row is needed here. Sum over the axes "
                f"of a row only: {name}(axis=(1, 2, 3)) for pictures."
            )
        return row_means(1 - self.overlap(matched(type(self).__name__, target, prediction), prediction, self.axis))

    def mean(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
        size: Num[Array, ""],
    ) -> Float[Array, ""]:
        """Return the weighted mean over the rows, or the loss of the batch times the mean weight."""
        if self.axis is not None:
            return super().mean(target, prediction, weight, size)
        target = matched(type(self).__name__, target, prediction)
        real = (jnp.arange(prediction.shape[0]) < size).reshape(-1, *[1] * (prediction.ndim - 1))
        target, prediction = (jnp.where(real, each, 0) for each in (target, prediction))
        return (1 - self.overlap(target, prediction, None)) * jnp.sum(weight) / size


@declaration
class Dice(OverlapLoss):
    """The Dice loss: 1 minus the share of targets and predictions that overlap.

    For segmentation with small objects, where cross-entropy is dominated by the background.

        C = 1 - 2 sum y a / (sum y + sum a)

    Args:
        axis: The axes of the sums. None, as in Keras: all, so that a batch has one loss. ``(1, 2, 3)``: each picture
            has its own.

    Shapes: targets and predictions, both ``(batch, ...)``, in [0, 1].

    Raises:
        InvalidValue: If ``axis`` contains the batch, or a loss of each row is needed and ``axis`` is None.
        ShapeError: If the shapes differ.

    Example:
        >>> Dice(axis=(1,)).values(jnp.array([[1.0, 1.0, 0.0]]), jnp.array([[1.0, 0.0, 1.0]]))
        Array([0.5], dtype=float32)

    Reference:
        F. Milletari, N. Navab, S.-A. Ahmadi, 2016, V-Net, section 3; with sums in place of sums of squares.
    """

    axis: tuple[int, ...] | None = None

    def overlap(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"], axis: Axes | None
    ) -> Float[Array, "..."]:
        """Return the Dice coefficient."""
        both = jnp.sum(target * prediction, axis=axis)
        return 2 * both / (jnp.sum(target, axis=axis) + jnp.sum(prediction, axis=axis) + EPSILON)


@declaration
class Tversky(OverlapLoss):
    """The Tversky loss: the Dice loss with separate weights for the two kinds of error.

        C = 1 - sum y a / (sum y a + alpha sum y (1 - a) + beta sum (1 - y) a)

    Args:
        alpha: The weight of y (1 - a), pixels that are missed; 0.5 for both is Dice. Keras calls them false positives;
            the formula is the same.
        beta: The weight of (1 - y) a, pixels that are added.
        axis: As for :class:`Dice`.

    Shapes: targets and predictions, both ``(batch, ...)``, in [0, 1].

    Raises:
        InvalidValue: If ``axis`` contains the batch, or a loss of each row is needed and ``axis`` is None.
        ShapeError: If the shapes differ.

    Reference:
        S. S. M. Salehi, D. Erdogmus, A. Gholipour, 2017, Tversky loss function for image segmentation using 3D fully
        convolutional deep networks, eq. 3.
    """

    alpha: float = 0.5
    beta: float = 0.5
    axis: tuple[int, ...] | None = None

    def overlap(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"], axis: Axes | None
    ) -> Float[Array, "..."]:
        """Return the Tversky index."""
        both = jnp.sum(target * prediction, axis=axis)
        missed = jnp.sum(target * (1 - prediction), axis=axis)
        added = jnp.sum((1 - target) * prediction, axis=axis)
        return both / (both + self.alpha * missed + self.beta * added + EPSILON)
