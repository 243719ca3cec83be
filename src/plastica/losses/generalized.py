"""Cross-entropy that tolerates wrong labels."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float, Num
from .class_targets import CLASS_NUMBERS
from .loss import Loss
from .meaning import Meaning, of_shares
from .shapes import class_numbers, row_means


@declaration
class CategoricalGeneralizedCrossEntropy(Loss):
    """Between cross-entropy (q near 0) and absolute error (q near 1), for classes of which some labels are wrong.

        C = (1 - p^q) / q,   p the probability of the true class

    Rows whose true class has a low probability count less than under cross-entropy, so that wrong labels do less harm.

    Args:
        q: Between 0 and 1; the larger, the less wrong labels count.

    Shapes: targets ``(batch, ...)``, class numbers; predictions ``(batch, ..., classes)``.

    Raises:
        InvalidValue: If q is not between 0 and 1.
        ShapeError: If there is not one label for each row.

    Example:
        >>> CategoricalGeneralizedCrossEntropy().values(jnp.array([1]), jnp.array([[0.75, 0.25]]))
        Array([1.], dtype=float32)

    Reference:
        Z. Zhang, M. R. Sabuncu, 2018, Generalized cross entropy loss for training deep neural networks with noisy
        labels, eq. 6.
    """

    q: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.q < 1:
            raise InvalidValue(f"CategoricalGeneralizedCrossEntropy: q={self.q!r}; expected a number between 0 and 1.")

    @property
    def meaning(self) -> Meaning:
        """Probabilities of mutually exclusive classes, whose number is the target."""
        return of_shares(False, CLASS_NUMBERS)

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the loss of each row."""
        number = class_numbers("categorical_generalized_cross_entropy", target, prediction)
        share = jnp.take_along_axis(prediction, number[..., None], axis=-1, mode="clip")[..., 0]
        # The derivative of p^q is infinite at 0.
        power = jnp.where(share > 0, jnp.where(share > 0, share, 1.0) ** self.q, 0.0)
        return row_means((1 - power) / self.q)
