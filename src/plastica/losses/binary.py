"""Losses for two classes and for several labels per row."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ..activations import Activation, Softplus
from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float, Num
from .logits import on_sigmoid
from .loss import Loss
from .meaning import Meaning, of_shares
from .regression import EPSILON
from .shapes import matched, row_means
from .targets import LABELS


@declaration
class BinaryCrossentropy(Loss):
    """The binary cross-entropy: the negative log-likelihood of binary targets.

    For two classes with one sigmoid output, and for several labels with a sigmoid each.

        C = -mean_k [ y_k log a_k + (1 - y_k) log(1 - a_k) ]
          =  mean_k [ max(z_k, 0) - z_k y_k + log(1 + exp(-|z_k|)) ],   a = sigmoid(z)

    The gradient with respect to z is a - y for any y. If computed from activities, a is clipped to [1e-7, 1 - 1e-7].

    Args:
        from_logits: Whether predictions are logits z. Not needed after ``"sigmoid"``, for which training uses the
            numerically stable form automatically.
        label_smoothing: Replaces targets y by (1 - s) y + s / 2. Default 0 (none), as in Keras.

    Shapes: targets in [0, 1] and predictions, both ``(batch, ...)``.

    Raises:
        InvalidValue: If ``label_smoothing`` is outside [0, 1].
        ShapeError: If the shapes differ.

    Example:
        >>> BinaryCrossentropy().values(jnp.array([[1.0]]), jnp.array([[0.5]]))
        Array([0.6931472], dtype=float32)
    """

    from_logits: bool = False
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_share("BinaryCrossentropy", "label_smoothing", self.label_smoothing)

    @property
    def meaning(self) -> Meaning:
        """Independent binary outputs."""
        return of_shares(self.from_logits, LABELS)

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return each row's mean cross-entropy."""
        target = _smooth(matched("binary_crossentropy", target, prediction), self.label_smoothing)
        return row_means(_crossentropy(target, prediction, self.from_logits))

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form for logits if the last activation is the sigmoid."""
        return on_sigmoid(self, activation)


@declaration
class BinaryFocalCrossentropy(Loss):
    """The binary focal loss: cross-entropy with a lower weight for examples that are already classified well.

    Use it if positives are rare among many easy negatives.

        C = mean_k (1 - p_k)^gamma c_k,   p_k = y_k a_k + (1 - y_k)(1 - a_k), c_k the binary cross-entropy

    Args:
        apply_class_balancing: Whether to weight class 1 by ``alpha`` and class 0 by ``1 - alpha``.
        alpha: The weight of class 1, in [0, 1]. Default 0.25, as in the paper.
        gamma: The focusing parameter; 0 gives cross-entropy. Default 2, as in the paper.
        from_logits: Whether predictions are logits z; not needed after ``"sigmoid"``.
        label_smoothing: Replaces targets y by (1 - s) y + s / 2. Default 0 (none), as in Keras.

    Shapes: targets in [0, 1] and predictions, both ``(batch, ...)``.

    Raises:
        InvalidValue: If ``alpha`` or ``label_smoothing`` is outside [0, 1] or ``gamma`` below 0.
        ShapeError: If the shapes differ.

    Reference:
        T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, 2017, Focal loss for dense object detection, eq. 4.
    """

    apply_class_balancing: bool = False
    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        check_share("BinaryFocalCrossentropy", "label_smoothing", self.label_smoothing)
        check_share("BinaryFocalCrossentropy", "alpha", self.alpha)
        check_gamma("BinaryFocalCrossentropy", self.gamma)

    @property
    def meaning(self) -> Meaning:
        """Independent binary outputs."""
        return of_shares(self.from_logits, LABELS)

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return each row's mean focal cross-entropy."""
        target = _smooth(matched("binary_focal_crossentropy", target, prediction), self.label_smoothing)
        plain = _crossentropy(target, prediction, self.from_logits)
        yes, no = (
            (jax.nn.sigmoid(prediction), jax.nn.sigmoid(-prediction))
            if self.from_logits
            else (prediction, 1.0 - prediction)
        )
        # 1 - p, bounded away from 0, where powers below 1 have an infinite derivative.
        missed = jnp.maximum(target * no + (1.0 - target) * yes, EPSILON)
        focal = missed ** jnp.asarray(self.gamma, plain.dtype) * plain
        if self.apply_class_balancing:
            alpha = jnp.asarray(self.alpha, plain.dtype)
            focal = focal * (target * alpha + (1.0 - target) * (1.0 - alpha))
        return row_means(focal)

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form for logits if the last activation is the sigmoid."""
        return on_sigmoid(self, activation)


def check_share(owner: str, field: str, value: float) -> None:
    """Raise InvalidValue unless the value is between 0 and 1."""
    if not 0 <= value <= 1:
        raise InvalidValue(f"{owner}: {field}={value!r}; expected a number from 0 to 1.")


def check_gamma(owner: str, gamma: float) -> None:
    """Raise InvalidValue unless gamma is 0 or more."""
    if not gamma >= 0:
        raise InvalidValue(f"{owner}: gamma={gamma!r}; expected 0 (no focusing) or more.")


def _smooth(target: Float[Array, "*shape"], share: float) -> Float[Array, "*shape"]:
    share_ = jnp.asarray(share, target.dtype)
    return target * (1.0 - share_) + 0.5 * share_


def _crossentropy(
    target: Float[Array, "*shape"], prediction: Float[Array, "*shape"], from_logits: bool
) -> Float[Array, "*shape"]:
    if from_logits:
        # Unlike maximum and abs, softplus is differentiable at 0.
        return Softplus()(prediction) - prediction * target
    kept = jnp.clip(prediction, EPSILON, 1.0 - EPSILON)
    return -(target * jnp.log(kept) + (1.0 - target) * jnp.log(1.0 - kept))
