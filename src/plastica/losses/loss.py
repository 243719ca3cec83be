"""The base class of losses."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from typing import cast

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..activations import Activation
from ..declaration import Declaration
from ..typing import Float, Num
from .meaning import Meaning
from .shapes import as_prediction


class Loss(Declaration):
    """Base class of losses: functions of targets and predictions with one value per row.

    A loss is computed from activities. If a numerically stable form for potentials exists for the last activation
    (softmax or sigmoid with cross-entropy), ``on_potential`` returns it.
    """

    @property
    def meaning(self) -> Meaning:
        """The meaning of outputs and targets. Default: plain values."""
        return Meaning()

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the loss of each row, ``(batch,)``: the mean over all other axes.

        Args:
            target: Targets, ``(batch, ...)``.
            prediction: Predictions, ``(batch, ...)``.
        """
        raise NotImplementedError

    def __call__(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Float[Array, ""]:
        """Return the weighted mean over the rows of a batch, a scalar, for loops of your own.

        Args:
            y_true: Targets, ``(batch, ...)``.
            y_pred: Predictions, ``(batch, ...)``.
            sample_weight: The weight of each row, ``(batch,)``; 1 by default.

        Example:
            >>> from plastica.losses import MeanSquaredError
            >>> float(MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]]))
            5.0
        """
        prediction = as_prediction(y_pred)
        rows = prediction.shape[0]
        weight = jnp.ones(rows, prediction.dtype) if sample_weight is None else jnp.asarray(sample_weight)
        return cast("Array", _mean(self, jnp.asarray(y_true), prediction, weight))

    def mean(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
        size: Num[Array, ""],
    ) -> Float[Array, ""]:
        """Return the weighted mean over the first ``size`` rows (in Keras, sum_over_batch_size).

        Args:
            target: Targets, ``(batch, ...)``.
            prediction: Predictions, ``(batch, ...)``.
            weight: The weight of each row, ``(batch,)``; 0 for padding.
            size: The number of rows without padding, a scalar.
        """
        # The loss of padding rows may not be finite and must be ignored.
        values = jnp.where(weight == 0, 0.0, self.values(target, prediction) * weight)
        return jnp.sum(values) / size

    def of_steps(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"], shape: tuple[int, ...]
    ) -> Float[Array, "batch *steps"]:
        """Return the loss of each step or pixel, ``shape``; its mean over a row is the loss of the row.

        Args:
            target: Targets, ``(batch, ...)``.
            prediction: Predictions, ``(batch, ...)``.
            shape: The batch and the axes of its steps, ``(batch, steps)`` or ``(batch, height, width)``.
        """
        rows = (part.reshape(-1, *part.shape[len(shape) :]) for part in (target, prediction))
        return self.values(*rows).reshape(shape)

    @property
    def of_whole_batch(self) -> bool:
        """Whether the loss of a row depends on the other rows, so that batches must not be cut or padded."""
        return False

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form of the loss for potentials followed by ``activation``, or None if there is none."""
        return None

    def for_one_answer(self, output_shape: tuple[int, ...]) -> tuple[Loss, tuple[int, ...]]:
        """Return the loss and output shape of a single member, for checks of the targets."""
        return self, output_shape


@jax.jit
def _mean(
    loss: Loss,
    target: Num[Array, "batch *targets"],
    prediction: Float[Array, "batch *outputs"],
    weight: Num[Array, "batch"],
) -> Float[Array, ""]:
    return loss.mean(target, prediction, weight, jnp.asarray(prediction.shape[0], prediction.dtype))
