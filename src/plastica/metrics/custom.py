"""Losses and functions of your own as metrics."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from .. import losses
from ..declaration import declaration
from ..errors import InvalidValue
from ..losses.custom import batch_value, is_of_whole_batch, row_values
from ..own_functions import require_function
from ..typing import Float, Num
from .mean import RowMean
from .metric import Wants


@declaration
class LossMetric(RowMean):
    """Any loss, shown as a metric.

    Args:
        loss: The loss.
        name: The key in the history; the loss's name by default.

    Shapes: as for the loss.

    Example:
        >>> LossMetric(losses.Huber()).compute([0.0, 0.0], [1.0, 3.0])  # 0.5 and 2.5
        1.5
    """

    loss: losses.Loss
    name: str | None = None

    def __post_init__(self) -> None:
        if self.loss.of_whole_batch:
            raise InvalidValue(
                f"{losses.name_of(self.loss)}: one number for a whole batch, but a metric is the mean over rows. The "
                'history has the loss already; for pictures take Dice(axis=(1, 2, 3)) or "binary_iou".'
            )

    @property
    def wants(self) -> Wants:
        """The kind of outputs that the loss is computed from; margin losses use activities directly."""
        return outputs_for(self.loss)

    @property
    def label(self) -> str:
        """The given name, or the loss's."""
        return self.name or losses.name_of(self.loss)

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the loss of each row."""
        return self.loss.values(target, prediction)


@declaration
class CustomMetric(RowMean):
    """A function of your own as a metric: the weighted mean of its values.

    Args:
        function: Takes ``(y_true, y_pred)`` and returns one value for each row or element, or a single number for the
            batch. JAX traces it, so use ``jax.numpy`` in it. For a single number the metric is the mean over the
            batches, as in Keras, and therefore depends on the batch size.
        name: The key in the history; the function's name by default.
        sizes: The numbers of rows of batches that may be incomplete; set by ``fit`` and ``evaluate``.

    Raises:
        InvalidValue: If ``function`` is not callable.
        ShapeError: If it returns neither a single number nor values along the batch axis.

    Example:
        >>> def largest_error(y_true, y_pred):
        ...     return jnp.max(jnp.abs(y_true - y_pred), axis=-1)
        >>> CustomMetric(largest_error).compute([[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [2.0, 3.0]])
        2.0
    """

    function: Callable[..., Array]
    name: str | None = None
    sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require_function("CustomMetric", self.function, "target", "prediction")

    @property
    def label(self) -> str:
        """The given name, or the function's."""
        return self.name or getattr(self.function, "__name__", "custom_metric")

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the value of the function for each row."""
        return row_values(self.function, target, prediction)

    def sums(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
    ) -> Float[Array, "sums"]:
        """Return the weighted sum of the rows' values and the sum of the weights; or the batch's value and 1."""
        if not is_of_whole_batch(self.function, target, prediction):
            return RowMean.sums(self, target, prediction, weight)
        real = jnp.sum(weight > 0)  # such a metric is never weighted, so only padding rows have weight 0
        value = batch_value(self.function, self.sizes, target, prediction, real)
        return jnp.stack([value, jnp.ones_like(value)])


def outputs_for(loss: losses.Loss) -> Wants:
    """Return the kind of outputs that a loss is computed from."""
    kinds: dict[str, Wants] = {
        "probabilities": "probabilities", "potentials": "potentials", "values": "targets",
    }  # fmt: skip
    return kinds.get(loss.meaning.outputs, "activities")
