"""Losses for yes or no, and for several labels that may all hold at once."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ..activations import Activation, Sigmoid, Softplus
from ..declaration import declaration, replace
from ..errors import InvalidValue
from .loss import Loss
from .meaning import Meaning, of_shares
from .regression import EPSILON
from .shapes import matched, row_means


@declaration
class BinaryCrossentropy(Loss):
    """The surprise at yes-or-no answers: minus the logarithm of the probability given to what was so.

    For two classes with one sigmoid output, and for several labels with a sigmoid each.

        C = -mean_k [ y_k log a_k + (1 - y_k) log(1 - a_k) ]
          =  mean_k [ max(z_k, 0) - z_k y_k + log(1 + exp(-|z_k|)) ],   a = sigmoid(z)

    At the potential its gradient is a - y, whatever y; at the activity a is kept in [1e-7, 1 - 1e-7].

    Args:
        from_logits: Whether predictions are potentials z already. Not needed after ``"sigmoid"``: training
            takes the stable form of itself.
        label_smoothing: Moves targets this share of the way to 1/2. 0, as in Keras: none.

    Shapes: targets in [0, 1] and predictions ``(batch, ...)`` alike.

    Raises:
        InvalidValue: When ``label_smoothing`` is outside [0, 1].
        ShapeError: When the shapes differ.

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
        """Yes or no for each output by itself."""
        return of_shares(self.from_logits, "labels")

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean cross-entropy."""
        target = _smooth(matched("binary_crossentropy", target, prediction), self.label_smoothing)
        return row_means(_crossentropy(target, prediction, self.from_logits))

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form over potentials where the last activation is the sigmoid."""
        return _on_sigmoid(self, activation)


@declaration
class BinaryFocalCrossentropy(Loss):
    """Binary cross-entropy that turns from easy examples to hard ones.

    For rare positives among many easy negatives.

        C = mean_k (1 - p_k)^gamma c_k,   p_k = y_k a_k + (1 - y_k)(1 - a_k), c_k the binary cross-entropy

    Args:
        apply_class_balancing: Whether to weigh class 1 by ``alpha`` and class 0 by ``1 - alpha``.
        alpha: The weight of class 1 in [0, 1]. 0.25, as in the paper.
        gamma: How strongly easy examples fade; 0 is plain cross-entropy. 2, as in the paper.
        from_logits: Whether predictions are potentials z already; not needed after ``"sigmoid"``.
        label_smoothing: Moves targets this share of the way to 1/2. 0, as in Keras: none.

    Shapes: targets in [0, 1] and predictions ``(batch, ...)`` alike.

    Raises:
        InvalidValue: When ``alpha`` or ``label_smoothing`` is outside [0, 1] or ``gamma`` below 0.
        ShapeError: When the shapes differ.

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
        """Yes or no for each output by itself."""
        return of_shares(self.from_logits, "labels")

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean focal cross-entropy."""
        target = _smooth(matched("binary_focal_crossentropy", target, prediction), self.label_smoothing)
        plain = _crossentropy(target, prediction, self.from_logits)
        yes, no = (
            (jax.nn.sigmoid(prediction), jax.nn.sigmoid(-prediction))
            if self.from_logits
            else (prediction, 1.0 - prediction)
        )
        # 1 - p, kept off 0, where a power below 1 has no finite slope.
        missed = jnp.maximum(target * no + (1.0 - target) * yes, EPSILON)
        focal = missed ** jnp.asarray(self.gamma, plain.dtype) * plain
        if self.apply_class_balancing:
            alpha = jnp.asarray(self.alpha, plain.dtype)
            focal = focal * (target * alpha + (1.0 - target) * (1.0 - alpha))
        return row_means(focal)

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form over potentials where the last activation is the sigmoid."""
        return _on_sigmoid(self, activation)


def check_share(owner: str, field: str, value: float) -> None:
    """Raise InvalidValue unless the value is a share of 1."""
    if not 0 <= value <= 1:
        raise InvalidValue(f"{owner}: {field}={value!r}; a number from 0 to 1 is expected.")


def check_gamma(owner: str, gamma: float) -> None:
    """Raise InvalidValue unless the focus is 0 or more."""
    if not gamma >= 0:
        raise InvalidValue(f"{owner}: gamma={gamma!r}; 0 (no focus) or more is expected.")


def _smooth(target: jax.Array, share: float) -> jax.Array:
    share_ = jnp.asarray(share, target.dtype)
    return target * (1.0 - share_) + 0.5 * share_


def _crossentropy(target: jax.Array, prediction: jax.Array, from_logits: bool) -> jax.Array:
    if from_logits:
        # Softplus has the true slope at 0 too, where maximum and abs have none.
        return Softplus()(prediction) - prediction * target
    kept = jnp.clip(prediction, EPSILON, 1.0 - EPSILON)
    return -(target * jnp.log(kept) + (1.0 - target) * jnp.log(1.0 - kept))


def _on_sigmoid(loss: BinaryCrossentropy | BinaryFocalCrossentropy, activation: Activation | None) -> Loss | None:
    if loss.from_logits or not isinstance(activation, Sigmoid):
        return None
    return replace(loss, from_logits=True)
