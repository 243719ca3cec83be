"""Connectionist temporal classification: labels without their times."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import ShapeError
from ..typing import Float, Num
from .loss import Loss
from .meaning import Meaning
from .targets import UNKNOWN


@declaration
class CTC(Loss):
    """The negative logarithm of the probability of a sequence of labels, summed over all ways to spread it over time.

    For speech and handwriting, where it is known which letters occur in which order, but not when.

    Shapes: targets ``(batch, length)``, labels from 1, with 0 behind the last one; predictions
    ``(batch, steps, labels + 1)``, logits without softmax, of which the first is for "no label".

    Raises:
        ShapeError: If targets or predictions have other shapes.

    Example:
        >>> logits = jnp.log(jnp.array([[[0.5, 0.5], [0.5, 0.5]]]))  # label 1 twice, or beside a blank: 3 of 4 ways
        >>> round(float(jnp.exp(-CTC().values(jnp.array([[1]]), logits)[0])), 4)
        0.75

    Reference:
        A. Graves, S. Fernández, F. Gomez, J. Schmidhuber, 2006, Connectionist temporal classification, eq. 14.
    """

    @property
    def meaning(self) -> Meaning:
        """Logits at each step, and labels without steps."""
        return Meaning("potentials", UNKNOWN)

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the loss of each row."""
        import optax  # here, since it takes a tenth of a second

        if prediction.ndim != 3 or target.ndim != 2:
            raise ShapeError(
                f"CTC: got targets of shape {target.shape} for predictions of shape {prediction.shape}; expected "
                "(batch, length) and (batch, steps, labels + 1)."
            )
        labels = target.astype(jnp.int32)
        steps = jnp.zeros(prediction.shape[:2], prediction.dtype)
        return optax.ctc_loss(prediction, steps, labels, (labels == 0).astype(prediction.dtype))
