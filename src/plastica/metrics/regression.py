"""The fraction of variance explained."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import warnings
from typing import ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..errors import PlasticaWarning
from ..losses.shapes import matched
from ..typing import Float, Num
from .mean import Named
from .metric import Wants

# float32 sums have about 6 digits, so smaller fractions of sum t^2 are lost.
RESOLUTION = 1e-6


@declaration
class R2Score(Named):
    """The coefficient of determination: 1 for perfect predictions, 0 for predicting the mean, negative for worse ones.

        R^2 = 1 - sum w (y - a)^2 / sum w (y - mean(y))^2,   averaged over outputs

    The variance is computed from float32 sums of (y - offset) and (y - offset)^2. Rounding changes the result by about
    1e-6 (1 + mean^2 / variance) of ``y - offset``. This is negligible for scaled targets; for targets such as years
    (mean 2000, standard deviation 5) an offset is needed, and a warning is given.

    Args:
        offset: A number close to the mean of the targets, in their unit. 0, the default, is sufficient if the mean is
            not more than some tens of standard deviations from 0.
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ...)``.

    Example:
        >>> R2Score().compute([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
        0.5
    """

    default_label: ClassVar[str] = "r2_score"
    defined_on: ClassVar[Wants] = "targets"
    offset: float = 0.0
    name: str | None = None

    def sums(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
    ) -> Float[Array, "sums"]:
        """Return the sums in :class:`Moments`, flattened, ``(1 + 5 outputs,)``."""
        return _moments(self.label, target, prediction, weight, self.offset)

    def of_sums(self, sums: Float[np.ndarray, "sums"]) -> float:
        """Return R^2 averaged over outputs; a constant output counts 1 if predicted exactly, otherwise 0."""
        parts = _parts(sums)
        return _share_explained(parts.error2, _spread(self.label, parts))


@declaration
class ExplainedVariance(Named):
    """R^2 that ignores a constant error (bias).

        1 - Var(y - a) / Var(y),   averaged over outputs

    Args:
        offset: A number close to the mean of the targets, in their unit; see :class:`R2Score`.
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ...)``.

    Example:
        >>> ExplainedVariance().compute([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])  # always too high by 1
        1.0
    """

    default_label: ClassVar[str] = "explained_variance"
    defined_on: ClassVar[Wants] = "targets"
    offset: float = 0.0
    name: str | None = None

    def sums(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
    ) -> Float[Array, "sums"]:
        """Return the sums in :class:`Moments`, flattened, ``(1 + 5 outputs,)``."""
        return _moments(self.label, target, prediction, weight, self.offset)

    def of_sums(self, sums: Float[np.ndarray, "sums"]) -> float:
        """Return the mean over outputs."""
        parts = _parts(sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            unexplained = np.maximum(parts.error2 - parts.error**2 / parts.total, 0.0)
        return _share_explained(unexplained, _spread(self.label, parts))


class Moments(NamedTuple):
    """Weighted sums; all but the first have one value per output.

    Attributes:
        total: Sum of the weights.
        y: Sum of y - offset.
        y2: Sum of (y - offset)^2.
        within: Sum of (y - mean of its batch)^2. It has no rounding error from a large mean, but depends on the
            batches.
        error: Sum of y - a.
        error2: Sum of (y - a)^2.
    """

    total: np.ndarray
    y: np.ndarray
    y2: np.ndarray
    within: np.ndarray
    error: np.ndarray
    error2: np.ndarray


def _moments(
    name: str,
    target: Num[Array, "batch *shape"],
    prediction: Float[Array, "batch *shape"],
    weight: Float[Array, "batch"],
    offset: float,
) -> Float[Array, "sums"]:
    y = matched(name, target, prediction)
    rows = y.shape[0]
    y, error = (x.reshape(rows, -1) for x in (y - jnp.asarray(offset, y.dtype), y - prediction))  # (batch, outputs)
    column = weight.astype(y.dtype)[:, None]
    error = jnp.where(column == 0, 0.0, error)
    total = jnp.sum(column)
    mean = jnp.sum(column * y, axis=0) / jnp.where(total == 0, 1.0, total)
    five = jnp.stack([y, y * y, jnp.square(y - mean), error, error * error])  # (5, batch, outputs)
    return jnp.concatenate([total[None], jnp.sum(five * column, axis=1).reshape(-1)])


def _parts(sums: np.ndarray) -> Moments:
    sums = np.asarray(sums, np.float64)
    return Moments(sums[0], *sums[1:].reshape(5, -1))


def _spread(name: str, sums: Moments) -> np.ndarray:
    """Return the sum of squared deviations from the mean of each output; 0 if all targets are equal."""
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.maximum(sums.y2 - sums.y**2 / sums.total, sums.within)
    constant = (spread <= RESOLUTION * sums.y2) & (sums.within <= RESOLUTION**2 * sums.y2)
    unseen = (spread < 100 * RESOLUTION * sums.y2) & ~constant
    if np.any(unseen):
        far = np.max(np.abs(sums.y[unseen] / sums.total) / np.sqrt(spread[unseen] / sums.total))
        warnings.warn(
            f"{name}: the mean of the targets is about {far:.0f} standard deviations away from the offset, too far for "
            "float32 sums; the result may be wrong in the second digit. Scale the targets, or set an offset close "
            "to their mean: R2Score(offset=...).",
            PlasticaWarning,
            stacklevel=3,
        )
    return np.where(constant, 0.0, spread)


def _share_explained(unexplained: np.ndarray, spread: np.ndarray) -> float:
    if np.any(np.isnan(spread)):
        return float("nan")
    without = np.where(unexplained == 0, 1.0, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.mean(np.where(spread == 0, without, 1.0 - unexplained / spread)))
