"""Losses for mutually exclusive classes and distributions."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ..activations import Activation
from ..declaration import declaration, replace
from ..typing import Float, Num
from .binary import check_gamma, check_share
from .class_targets import CLASS_NUMBERS, SHARES
from .logits import on_softmax
from .loss import Loss
from .meaning import Meaning, of_shares
from .regression import EPSILON
from .shapes import matched_rows, row_means


@declaration
class CategoricalCrossentropy(Loss):
    """The categorical cross-entropy: the negative log-likelihood of the true class.

    For mutually exclusive classes with one-hot (or soft) targets and a softmax output.

        C = -sum_k y_k log a_k,   a = softmax(z);   dC/dz_k = a_k sum_j y_j - y_k

    The gradient is exact for any sum of the targets. If computed from activities, a is divided by its sum and clipped
    to [1e-7, 1 - 1e-7], as in Keras.

    Args:
        from_logits: Whether predictions are logits z. Not needed after ``"softmax"``, for which training uses the
            numerically stable form automatically.
        label_smoothing: Replaces targets y by (1 - s) y + s / classes. Default 0 (none), as in Keras.

    Shapes: targets and predictions, both ``(batch, ..., classes)``.

    Raises:
        InvalidValue: If ``label_smoothing`` is outside [0, 1].
        ShapeError: If the shapes differ or there is no axis of classes.

    Example:
        >>> CategoricalCrossentropy().values(jnp.array([[0.0, 1.0]]), jnp.array([[0.5, 0.5]]))
        Array([0.6931472], dtype=float32)
    """

    from_logits: bool = False
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_share("CategoricalCrossentropy", "label_smoothing", self.label_smoothing)

    @property
    def meaning(self) -> Meaning:
        """Probabilities of mutually exclusive classes."""
        return of_shares(self.from_logits, SHARES)

    def values(
        self, target: Num[Array, "batch *places classes"], prediction: Float[Array, "batch *places classes"]
    ) -> Float[Array, "batch"]:
        """Return each row's cross-entropy."""
        target = _smooth(matched_rows("categorical_crossentropy", target, prediction), self.label_smoothing)
        return row_means(-jnp.sum(target * _log_shares(prediction, self.from_logits), axis=-1))

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form for logits if the last activation is the softmax."""
        return on_softmax(self, activation)


@declaration
class SparseCategoricalCrossentropy(Loss):
    """Categorical cross-entropy for targets that are class numbers.

    For mutually exclusive classes; no one-hot encoding is needed.

        C = -log a_y,   a = softmax(z);   dC/dz_k = a_k - [k = y]

    Args:
        from_logits: Whether predictions are logits z. Not needed after ``"softmax"``, for which training uses the
            numerically stable form automatically.
        label_smoothing: The probability that is distributed equally among all classes. Default 0 (none).

    Shapes: targets ``(batch, ...)`` or ``(batch, ..., 1)``, predictions ``(batch, ..., classes)``.

    Raises:
        InvalidValue: If ``label_smoothing`` is outside [0, 1].
        ShapeError: If there is not one label per row or there is no axis of classes.

    Example:
        >>> SparseCategoricalCrossentropy().values(jnp.array([1]), jnp.array([[0.5, 0.5]]))
        Array([0.6931472], dtype=float32)
    """

    from_logits: bool = False
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_share("SparseCategoricalCrossentropy", "label_smoothing", self.label_smoothing)

    @property
    def meaning(self) -> Meaning:
        """Probabilities of mutually exclusive classes."""
        return of_shares(self.from_logits, CLASS_NUMBERS)

    def values(
        self,
        target: Num[Array, "batch *places"] | Num[Array, "batch *places 1"],
        prediction: Float[Array, "batch *places classes"],
    ) -> Float[Array, "batch"]:
        """Return each row's cross-entropy."""
        one_hot = CLASS_NUMBERS.spread("sparse_categorical_crossentropy", target, prediction)
        share = _smooth(one_hot, self.label_smoothing)
        return row_means(-jnp.sum(share * _log_shares(prediction, self.from_logits), axis=-1))

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form for logits if the last activation is the softmax."""
        return on_softmax(self, activation)


@declaration
class CategoricalFocalCrossentropy(Loss):
    """The categorical focal loss: cross-entropy with a lower weight for examples that are already classified well.

    Use it for classes of very different sizes.

        C = -sum_k alpha (1 - a_k)^gamma y_k log a_k

    Args:
        alpha: A factor of the whole loss. Default 0.25, as in Keras.
        gamma: The focusing parameter; 0 gives cross-entropy. Default 2, as in the paper.
        from_logits: Whether predictions are logits z; not needed after ``"softmax"``.
        label_smoothing: Replaces targets y by (1 - s) y + s / classes. Default 0 (none), as in Keras.

    Shapes: targets and predictions, both ``(batch, ..., classes)``.

    Raises:
        InvalidValue: If ``label_smoothing`` is outside [0, 1] or ``gamma`` below 0.
        ShapeError: If the shapes differ or there is no axis of classes.

    Reference:
        T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, 2017, Focal loss for dense object detection, eq. 4.
    """

    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_share("CategoricalFocalCrossentropy", "label_smoothing", self.label_smoothing)
        check_gamma("CategoricalFocalCrossentropy", self.gamma)

    @property
    def meaning(self) -> Meaning:
        """Probabilities of mutually exclusive classes."""
        return of_shares(self.from_logits, SHARES)

    def values(
        self, target: Num[Array, "batch *places classes"], prediction: Float[Array, "batch *places classes"]
    ) -> Float[Array, "batch"]:
        """Return each row's focal cross-entropy."""
        target = _smooth(matched_rows("categorical_focal_crossentropy", target, prediction), self.label_smoothing)
        log_share = _log_shares(prediction, self.from_logits)
        # 1 - a, bounded away from 0, where powers below 1 have an infinite derivative.
        missed = jnp.maximum(-jnp.expm1(log_share), EPSILON)
        factor = jnp.asarray(self.alpha, missed.dtype) * missed ** jnp.asarray(self.gamma, missed.dtype)
        return row_means(-jnp.sum(factor * target * log_share, axis=-1))

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form for logits if the last activation is the softmax."""
        return on_softmax(self, activation)


@declaration
class SparseCategoricalFocalCrossentropy(Loss):
    """Categorical focal cross-entropy for targets that are class numbers.

    Use it for classes of very different sizes; no one-hot encoding is needed.

        C = -alpha (1 - a_y)^gamma log a_y

    Args:
        alpha: A factor of the whole loss. Default 0.25, as in :class:`CategoricalFocalCrossentropy`.
        gamma: The focusing parameter; 0 gives cross-entropy. Default 2, as in the paper.
        from_logits: Whether predictions are logits z; not needed after ``"softmax"``.
        label_smoothing: The probability that is distributed equally among all classes. Default 0 (none).

    Shapes: targets ``(batch, ...)`` or ``(batch, ..., 1)``, predictions ``(batch, ..., classes)``.

    Raises:
        InvalidValue: If ``label_smoothing`` is outside [0, 1] or ``gamma`` below 0.
        ShapeError: If there is not one label per row or there is no axis of classes.

    Reference:
        T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, 2017, Focal loss for dense object detection, eq. 4.
    """

    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_share("SparseCategoricalFocalCrossentropy", "label_smoothing", self.label_smoothing)
        check_gamma("SparseCategoricalFocalCrossentropy", self.gamma)

    @property
    def meaning(self) -> Meaning:
        """Probabilities of mutually exclusive classes."""
        return of_shares(self.from_logits, CLASS_NUMBERS)

    def values(
        self,
        target: Num[Array, "batch *places"] | Num[Array, "batch *places 1"],
        prediction: Float[Array, "batch *places classes"],
    ) -> Float[Array, "batch"]:
        """Return each row's focal cross-entropy."""
        one_hot = CLASS_NUMBERS.spread("sparse_categorical_focal_crossentropy", target, prediction)
        dense = replace(_DENSE, **{name: getattr(self, name) for name in type(self).__dataclass_fields__})
        return dense.values(one_hot, prediction)

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form for logits if the last activation is the softmax."""
        return on_softmax(self, activation)


_DENSE = CategoricalFocalCrossentropy()


def _smooth(target: Float[Array, "batch *places classes"], share: float) -> Float[Array, "batch *places classes"]:
    share_ = jnp.asarray(share, target.dtype)
    return target * (1.0 - share_) + share_ / target.shape[-1]


def _log_shares(
    prediction: Float[Array, "batch *places classes"], from_logits: bool
) -> Float[Array, "batch *places classes"]:
    if from_logits:
        return jax.nn.log_softmax(prediction)
    total = jnp.sum(prediction, axis=-1, keepdims=True)
    share = prediction / jnp.where(total == 0, 1.0, total)  # avoids NaN for a row of zeros (dead relu)
    return jnp.log(jnp.clip(share, EPSILON, 1.0 - EPSILON))
