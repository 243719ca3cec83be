"""The losses as metrics, under Keras's names: the weighted mean of a loss over all rows."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from jax import Array

from .. import losses
from ..declaration import declaration, replace
from ..typing import Float, Num
from .custom import outputs_for
from .mean import RowMean
from .metric import Wants


class OfLoss(RowMean):
    """A loss as a metric.

    Attributes:
        kind: The class of the loss; the metric has its options.
    """

    kind: ClassVar[type[losses.Loss]]

    def __post_init__(self) -> None:
        self.kind(**self._options())

    @property
    def loss(self) -> losses.Loss:
        """The loss."""
        return replace(self.kind(), **self._options())

    def _options(self) -> dict[str, object]:
        kinds: tuple[Any, Any] = (self.kind, self)
        theirs, ours = ({each.name for each in dataclasses.fields(kind)} for kind in kinds)
        return {name: getattr(self, name) for name in theirs & ours}

    @property
    def wants(self) -> Wants:
        """The kind of outputs that the loss is computed from."""
        return outputs_for(self.loss)

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the loss of each row."""
        return self.loss.values(target, prediction)


@declaration
class BinaryCrossentropy(OfLoss):
    """The mean of :class:`plastica.losses.BinaryCrossentropy`.

    Args:
        name: The key in the history.
        from_logits, label_smoothing: As for the loss.

    Shapes: targets and predictions, both ``(batch, ...)``.

    Example:
        >>> round(BinaryCrossentropy().compute([[1.0], [0.0]], [[0.5], [0.5]]), 4)  # ln 2
        0.6931
    """

    default_label: ClassVar[str] = "binary_crossentropy"
    kind: ClassVar[type[losses.Loss]] = losses.BinaryCrossentropy
    name: str | None = None
    from_logits: bool = False
    label_smoothing: float = 0.0


@declaration
class CategoricalCrossentropy(OfLoss):
    """The mean of :class:`plastica.losses.CategoricalCrossentropy`.

    Args:
        name: The key in the history.
        from_logits, label_smoothing: As for the loss.

    Shapes: targets and predictions, both ``(batch, ..., classes)``.

    Example:
        >>> round(CategoricalCrossentropy().compute([[0.0, 1.0]], [[0.5, 0.5]]), 4)  # ln 2
        0.6931
    """

    default_label: ClassVar[str] = "categorical_crossentropy"
    kind: ClassVar[type[losses.Loss]] = losses.CategoricalCrossentropy
    name: str | None = None
    from_logits: bool = False
    label_smoothing: float = 0.0


@declaration
class SparseCategoricalCrossentropy(OfLoss):
    """The mean of :class:`plastica.losses.SparseCategoricalCrossentropy`.

    Args:
        name: The key in the history.
        from_logits: As for the loss.

    Shapes: targets ``(batch, ...)``, predictions ``(batch, ..., classes)``.

    Example:
        >>> round(SparseCategoricalCrossentropy().compute([1], [[0.5, 0.5]]), 4)  # ln 2
        0.6931
    """

    default_label: ClassVar[str] = "sparse_categorical_crossentropy"
    kind: ClassVar[type[losses.Loss]] = losses.SparseCategoricalCrossentropy
    name: str | None = None
    from_logits: bool = False


@declaration
class KLDivergence(OfLoss):
    """The mean of :class:`plastica.losses.KLDivergence`.

    Args:
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ..., classes)``.
    """

    default_label: ClassVar[str] = "kl_divergence"
    kind: ClassVar[type[losses.Loss]] = losses.KLDivergence
    name: str | None = None


@declaration
class Poisson(OfLoss):
    """The mean of :class:`plastica.losses.Poisson`.

    Args:
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "poisson"
    kind: ClassVar[type[losses.Loss]] = losses.Poisson
    name: str | None = None


@declaration
class Hinge(OfLoss):
    """The mean of :class:`plastica.losses.Hinge`.

    Args:
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "hinge"
    kind: ClassVar[type[losses.Loss]] = losses.Hinge
    name: str | None = None


@declaration
class SquaredHinge(OfLoss):
    """The mean of :class:`plastica.losses.SquaredHinge`.

    Args:
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "squared_hinge"
    kind: ClassVar[type[losses.Loss]] = losses.SquaredHinge
    name: str | None = None


@declaration
class CategoricalHinge(OfLoss):
    """The mean of :class:`plastica.losses.CategoricalHinge`.

    Args:
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ..., classes)``.
    """

    default_label: ClassVar[str] = "categorical_hinge"
    kind: ClassVar[type[losses.Loss]] = losses.CategoricalHinge
    name: str | None = None


@declaration
class MeanSquaredLogarithmicError(OfLoss):
    """The mean of :class:`plastica.losses.MeanSquaredLogarithmicError`.

    Args:
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "mean_squared_logarithmic_error"
    kind: ClassVar[type[losses.Loss]] = losses.MeanSquaredLogarithmicError
    name: str | None = None


@declaration
class LogCoshError(OfLoss):
    """The mean of :class:`plastica.losses.LogCosh`.

    Args:
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "logcosh"
    kind: ClassVar[type[losses.Loss]] = losses.LogCosh
    name: str | None = None
