"""The area under a curve of all thresholds, from a fine histogram."""

from __future__ import annotations

from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue
from .counts import labels
from .mean import Named
from .metric import Wants

# Logits beyond this are one bin: float32 holds no probability between sigmoid(17) and 1.
FARTHEST = 17.0


@declaration
class AUC(Named):
    """The area under the ROC curve (or the precision-recall curve).

    How well the predictions rank: the ROC area is the chance that a yes is ranked above a no.

    Predictions are counted in ``bins`` steps of a scale that is even in the mean of probability and logit, so
    that crowds near 0 and 1 are kept apart too. The figure is exactly scikit-learn's ``roc_auc_score``
    (``average_precision_score`` for ``"PR"``) of predictions rounded to these steps. Against the exact
    predictions the ROC area is off by at most ``sum_b P_b N_b / (2 P N)``, the yes-no pairs that share a bin:
    mostly below 0.001 with 1024 bins. ``error_bound`` gives it for the sums at hand. For ``"PR"`` the bound
    is wider, as the first few rows decide; on 50,000 rows the figure was off by 0.0002.

    Args:
        curve: ``"ROC"`` or ``"PR"``.
        bins: Steps of the scale. 1024 keeps what a run carries at 2048 numbers.
        multi_label: False pools all outputs, as Keras does; True takes each output's own area and their mean
            (scikit-learn's one-versus-rest macro), with ``bins`` steps for each: ask for fewer then.
        from_logits: Whether predictions are potentials and not probabilities.
        name: The key in the history; Keras's by default.

    Shapes: predictions ``(batch, ..., outputs)`` in [0, 1]; targets alike, or ``(batch, ...)`` class numbers.

    Raises:
        InvalidValue: If ``curve`` is unknown or ``bins`` below 2.

    Reference:
        T. Fawcett, 2006, An introduction to ROC analysis.
    """

    default_label: ClassVar[str] = "auc"
    defined_on: ClassVar[Wants] = "decisions"
    counts: ClassVar[bool] = True
    curve: Literal["ROC", "PR"] = "ROC"
    bins: int = 1024
    multi_label: bool = False
    from_logits: bool = False
    name: str | None = None

    def __post_init__(self) -> None:
        if self.curve not in ("ROC", "PR"):
            raise InvalidValue(f'AUC: curve={self.curve!r}; "ROC" or "PR" is expected.')
        if isinstance(self.bins, bool) or not isinstance(self.bins, int) or self.bins < 2:
            raise InvalidValue(f"AUC: bins={self.bins!r}; a whole number of 2 or more is expected.")

    def sums(self, target: jax.Array, prediction: jax.Array, weight: jax.Array) -> jax.Array:
        """Return the histograms of no and of yes, flat: ``(outputs * 2 * bins,)``, pooled ``(2 * bins,)``."""
        wanted = labels(self.label, target, prediction).astype(jnp.int32)
        outputs = prediction.shape[-1] if self.multi_label and prediction.ndim > 1 else 1
        histogram = 2 * jnp.arange(outputs, dtype=jnp.int32) + wanted.reshape(-1, outputs)
        step = _steps(prediction, self.bins, self.from_logits).reshape(-1, outputs)
        rows = jnp.broadcast_to(weight.reshape(-1, *[1] * (prediction.ndim - 1)), prediction.shape)
        empty = jnp.zeros(outputs * 2 * self.bins, prediction.dtype)
        place = (histogram * self.bins + step).reshape(-1)
        return empty.at[place].add(rows.reshape(-1).astype(prediction.dtype), mode="promise_in_bounds")

    def result(self, sums: np.ndarray) -> float:
        """Return the area, the mean over outputs; NaN where yes or no never occurs."""
        area = _roc if self.curve == "ROC" else _precision_recall
        return float(np.mean([area(no, yes)[0] for no, yes in self._histograms(sums)]))

    def error_bound(self, sums: np.ndarray) -> float:
        """Return how far the area may be from that of the exact predictions, at most."""
        area = _roc if self.curve == "ROC" else _precision_recall
        return float(np.mean([area(no, yes)[1] for no, yes in self._histograms(sums)]))

    def _histograms(self, sums: np.ndarray) -> np.ndarray:
        return np.asarray(sums, np.float64).reshape(-1, 2, self.bins)


def _steps(prediction: jax.Array, bins: int, from_logits: bool) -> jax.Array:
    if from_logits:
        probability, logit = jax.nn.sigmoid(prediction), prediction
    else:
        probability = jnp.clip(prediction, 0.0, 1.0)
        logit = jnp.log(probability) - jnp.log1p(-probability)
    scale = 0.5 * probability + 0.25 * (jnp.clip(logit, -FARTHEST, FARTHEST) / FARTHEST + 1.0)
    return jnp.clip((scale * bins).astype(jnp.int32), 0, bins - 1)


def _roc(no: np.ndarray, yes: np.ndarray) -> tuple[float, float]:
    """Return the area and its error bound from histograms in rising order of prediction."""
    pairs = np.sum(no) * np.sum(yes)
    if pairs == 0:
        return float("nan"), float("nan")
    below = np.cumsum(no) - no
    return float(np.sum(yes * (below + 0.5 * no)) / pairs), float(0.5 * np.sum(yes * no) / pairs)


def _precision_recall(no: np.ndarray, yes: np.ndarray) -> tuple[float, float]:
    """Return the average precision and its error bound from histograms in rising order of prediction."""
    if np.sum(yes) == 0:
        return float("nan"), float("nan")
    no, yes = no[::-1], yes[::-1]
    right, wrong = np.cumsum(yes), np.cumsum(no)
    before, earlier = right - yes, wrong - no
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(yes > 0, right / (right + wrong), 0.0)
        # Inside a step precision is least when every no comes first and greatest when every no comes last.
        least = np.where(wrong > 0, before / (before + wrong), 1.0)
        most = np.where(yes > 0, right / (right + earlier), 0.0)
    share = yes / np.sum(yes)
    off = np.maximum(most - precision, precision - least)
    return float(np.sum(share * precision)), float(np.sum(share * np.where(yes > 0, off, 0.0)))
