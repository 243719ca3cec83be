"""Correlation of the outputs of a row with its targets."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import ShapeError
from ..losses.regression import EPSILON
from ..losses.shapes import matched_rows, row_means
from ..typing import Float, Num
from .mean import RowMean
from .metric import Wants


@declaration
class PearsonCorrelation(RowMean):
    """The correlation coefficient of a row's outputs with its targets, averaged over the rows, as in Keras.

    For networks with many outputs, such as a curve or a spectrum for each row. For the correlation over all rows of one
    output, see :class:`R2Score`.

    Args:
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ..., outputs)`` with at least 2 outputs. NaN for a row whose targets
        or outputs are all equal.

    Raises:
        ShapeError: If there is one output.

    Example:
        >>> PearsonCorrelation().compute([[0.0, 1.0, 2.0]], [[1.0, 3.0, 5.0]])
        1.0
    """

    default_label: ClassVar[str] = "pearson_correlation"
    defined_on: ClassVar[Wants] = "targets"
    name: str | None = None

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the correlation of each row."""
        y, a = (_deviations(self.label, each) for each in (matched_rows(self.label, target, prediction), prediction))
        spread = jnp.sqrt(jnp.mean(jnp.square(y), axis=-1)) * jnp.sqrt(jnp.mean(jnp.square(a), axis=-1))
        return row_means(jnp.mean(y * a, axis=-1) / spread)


@declaration
class ConcordanceCorrelation(RowMean):
    """The concordance correlation of a row's outputs with its targets, averaged over the rows, as in Keras.

    Unlike :class:`PearsonCorrelation` it is 1 only if outputs equal targets, also in scale and offset.

        2 cov(y, a) / (var(y) + var(a) + (mean(y) - mean(a))^2)

    Args:
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ..., outputs)`` with at least 2 outputs.

    Raises:
        ShapeError: If there is one output.

    Example:
        >>> round(ConcordanceCorrelation().compute([[0.0, 1.0, 2.0]], [[1.0, 2.0, 3.0]]), 4)  # off by 1
        0.5714

    Reference:
        L. I-K. Lin, 1989, A concordance correlation coefficient to evaluate reproducibility.
    """

    default_label: ClassVar[str] = "concordance_correlation"
    defined_on: ClassVar[Wants] = "targets"
    name: str | None = None

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the concordance correlation of each row."""
        target = matched_rows(self.label, target, prediction)
        y, a = (_deviations(self.label, each) for each in (target, prediction))
        apart = jnp.mean(target, axis=-1) - jnp.mean(prediction, axis=-1)
        spread = jnp.mean(jnp.square(y), axis=-1) + jnp.mean(jnp.square(a), axis=-1) + jnp.square(apart)
        return row_means(2 * jnp.mean(y * a, axis=-1) / (spread + EPSILON))


def _deviations(name: str, given: jax.Array) -> jax.Array:
    if given.shape[-1] < 2:
        raise ShapeError(
            f"{name}: got one output per row; it correlates the outputs of a row with its targets, so it needs at "
            'least two. For one output over all rows take "r2_score".'
        )
    return given - jnp.mean(given, axis=-1, keepdims=True)
