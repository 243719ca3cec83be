"""How much of the targets' spread a network explains."""

from __future__ import annotations

import warnings
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import declaration
from ..errors import PlasticaWarning
from ..losses.shapes import matched
from .mean import Named
from .metric import Wants

# float32 sums carry about 6 digits; this share of sum t^2 is what they cannot see.
RESOLUTION = 1e-6


@declaration
class R2Score(Named):
    """The coefficient of determination: 1 is perfect, 0 no better than the mean, below 0 worse.

        R^2 = 1 - sum w (y - a)^2 / sum w (y - mean(y))^2,   the mean over outputs

    The spread comes from float32 sums of (y - offset) and (y - offset)^2. Their rounding moves the figure by
    about 1e-6 (1 + mean^2 / variance) of ``y - offset``: nothing to see for scaled targets, but for targets
    such as years (mean 2000, spread 5) an offset is needed, and a warning says so.

    Args:
        offset: A number near the targets' mean, in their unit. 0 suits targets whose mean is not above some
            tens of times their spread.
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ...)``.

    Example:
        >>> metric = R2Score()
        >>> y, a = jnp.array([[1.0], [2.0], [3.0]]), jnp.array([[1.0], [2.0], [4.0]])
        >>> metric.result(np.asarray(metric.sums(y, a, jnp.ones(3))))
        0.5
    """

    default_label: ClassVar[str] = "r2_score"
    defined_on: ClassVar[Wants] = "targets"
    offset: float = 0.0
    name: str | None = None

    def sums(self, target: jax.Array, prediction: jax.Array, weight: jax.Array) -> jax.Array:
        """Return the sums of :class:`Moments`, flat, ``(1 + 5 outputs,)``."""
        return _moments(self.label, target, prediction, weight, self.offset)

    def result(self, sums: np.ndarray) -> float:
        """Return the mean of R^2 over outputs; an output without spread counts 1 if met exactly, else 0."""
        parts = _parts(sums)
        return _share_explained(parts.error2, _spread(self.label, parts))


@declaration
class ExplainedVariance(Named):
    """R^2 that forgives a constant error: how well the ups and downs are met.

        1 - Var(y - a) / Var(y),   the mean over outputs

    The limits of float32 sums are those of :class:`R2Score`.

    Args:
        offset: A number near the targets' mean, in their unit.
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "explained_variance"
    defined_on: ClassVar[Wants] = "targets"
    offset: float = 0.0
    name: str | None = None

    def sums(self, target: jax.Array, prediction: jax.Array, weight: jax.Array) -> jax.Array:
        """Return the sums of :class:`Moments`, flat, ``(1 + 5 outputs,)``."""
        return _moments(self.label, target, prediction, weight, self.offset)

    def result(self, sums: np.ndarray) -> float:
        """Return the mean over outputs."""
        parts = _parts(sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            unexplained = np.maximum(parts.error2 - parts.error**2 / parts.total, 0.0)
        return _share_explained(unexplained, _spread(self.label, parts))


class Moments(NamedTuple):
    """Weighted sums; all but the first one number an output.

    Attributes:
        total: Of the weights.
        y: Of y - offset.
        y2: Of (y - offset)^2.
        within: Of (y - mean of its batch)^2: no rounding of a far mean is in it, but it depends on batches.
        error: Of y - a.
        error2: Of (y - a)^2.
    """

    total: np.ndarray
    y: np.ndarray
    y2: np.ndarray
    within: np.ndarray
    error: np.ndarray
    error2: np.ndarray


def _moments(name: str, target: jax.Array, prediction: jax.Array, weight: jax.Array, offset: float) -> jax.Array:
    y = matched(name, target, prediction)
    rows = y.shape[0]
    y, error = (x.reshape(rows, -1) for x in (y - jnp.asarray(offset, y.dtype), y - prediction))
    column = weight.astype(y.dtype)[:, None]
    error = jnp.where(column == 0, 0.0, error)  # (batch, outputs)
    total = jnp.sum(column)
    mean = jnp.sum(column * y, axis=0) / jnp.where(total == 0, 1.0, total)
    five = jnp.stack([y, y * y, jnp.square(y - mean), error, error * error])  # (5, batch, outputs)
    return jnp.concatenate([total[None], jnp.sum(five * column, axis=1).reshape(-1)])


def _parts(sums: np.ndarray) -> Moments:
    sums = np.asarray(sums, np.float64)
    return Moments(sums[0], *sums[1:].reshape(5, -1))


def _spread(name: str, sums: Moments) -> np.ndarray:
    """Return each output's sum of squares around the mean; 0 where all targets are one."""
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.maximum(sums.y2 - sums.y**2 / sums.total, sums.within)
    constant = (spread <= RESOLUTION * sums.y2) & (sums.within <= RESOLUTION**2 * sums.y2)
    unseen = (spread < 100 * RESOLUTION * sums.y2) & ~constant
    if np.any(unseen):
        far = np.max(np.abs(sums.y[unseen] / sums.total) / np.sqrt(spread[unseen] / sums.total))
        warnings.warn(
            f"{name}: the targets' mean lies about {far:.0f} times their spread away from the offset, too far for "
            "float32 sums; the figure may be wrong in its second digit. Scale the targets, or give "
            f"{name} an offset near their mean: R2Score(offset=...).",
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
