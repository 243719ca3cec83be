"""Weights of several models in their common forecast, from forecasts of rolling origins."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from ..typing import Float, Int

LEAST_WEIGHT = 0.03  # models with less are left out
ROUNDS = 12  # of reweighting for absolute errors
STRENGTH = 4.0  # of the prior: as many horizons of validation weigh as much as it does
SHARPNESS = 4  # of the prior: the weight falls with this power of the mean absolute error
GROUPS = 4  # of steps of the horizon, each twice as long as the one before
SMALL = 1e-3  # of the mean absolute error: residuals below count as this
# Of short series; chosen on stretches of city data outside of all test spans, and on planted walks and level shifts.
SHORT_STRENGTH = 8.0  # of the prior
BREAK = 2.5  # times the usual error, from which the end of the span counts as a change of the series
BREAK_STRENGTH = 50.0  # of the prior after a change, of which there are few forecasts


class ShortSpan(NamedTuple):
    """What is known of forecasts of a short series, besides their errors.

    Attributes:
        trust: The factor of each model's weight in the prior: below 1 for one that learns many weights.
        ages: How many steps before the last one each value was forecast for.
    """

    trust: Float[np.ndarray, "models"]
    ages: Int[np.ndarray, "windows horizon"]


def combination_weights(
    forecasts: Float[np.ndarray, "models windows horizon"],
    truth: Float[np.ndarray, "windows horizon"],
    horizons: float,
    loss: str = "mae",
    short: ShortSpan | None = None,
) -> Float[np.ndarray, "models horizon"]:
    r"""Return weights of at least 0 with a sum of 1 that make the error of the weighted mean small.

    The weights minimize the loss of the combined forecast and their distance from a prior, the more the fewer forecasts
    there are to tell models apart. The prior of all steps has weights that fall with the error of each model; that of a
    group of steps has the weights of all. Absolute errors are minimized by weighted squares, the weights being
    :math:`1 / |e|` for the error :math:`e` of the round before.

    A short series tells less of models that learn many weights than their errors say, so that these weigh less in the
    prior. Where the last errors of the prior are far above the usual ones, the series has changed, and models must have
    been good since then, too: a last value is right after a change of the level, and a mean of the past is not.

    Args:
        forecasts: The scaled forecasts of each model.
        truth: What happened, NaN where it is not known.
        horizons: How many validation horizons do not overlap.
        loss: "mse" for squared errors; absolute errors otherwise.
        short: For a short series.

    Reference:
        J. M. Bates, C. W. J. Granger (1969), The combination of forecasts, section 3 (weights by inverse errors).
        L. Breiman (1996), Stacked regressions, section 3. F. X. Diebold, P. Pauly (1990), The use of prior information
        in forecast combination, equation 7 (shrinkage). M. H. Pesaran, A. Timmermann (2007), Selection of estimation
        window in the presence of breaks, section 3 (weights from errors after a break).
    """
    models, _, horizon = forecasts.shape
    if models == 1:
        return np.ones((1, horizon))
    errors = truth - forecasts
    sizes = np.nanmean(np.abs(errors), axis=(1, 2))
    prior, strength = _prior(sizes), STRENGTH / max(horizons, 1.0)
    if short is not None:
        prior, strength = _short_prior(errors, sizes, short, horizons)
    whole = _weights(errors.reshape(models, -1), prior, strength, loss)
    whole = _pruned(whole)
    made = np.zeros((models, horizon))
    kept = whole > 0
    for steps in step_groups(horizon):
        own = errors[kept][:, :, steps].reshape(int(kept.sum()), -1)
        made[np.ix_(kept, np.arange(horizon)[steps])] = _weights(own, whole[kept], strength, loss)[:, None]
    return made


def step_groups(horizon: int) -> list[slice]:
    """Return groups of steps with their own weights, later ones being longer.

    Example:
        >>> [(each.start, each.stop) for each in step_groups(24)]
        [(0, 3), (3, 6), (6, 12), (12, 24)]
    """
    ends = sorted({max(1, round(horizon / 2**power)) for power in range(GROUPS)})
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def _prior(sizes: Float[np.ndarray, "models"]) -> Float[np.ndarray, "models"]:
    """Return weights that fall with the errors of models."""
    found = (sizes.min() / np.maximum(sizes, 1e-12)) ** SHARPNESS if sizes.min() > 0 else (sizes == 0).astype(float)
    return found / found.sum()


def _short_prior(
    errors: Float[np.ndarray, "models windows horizon"],
    sizes: Float[np.ndarray, "models"],
    short: ShortSpan,
    horizons: float,
) -> tuple[Float[np.ndarray, "models"], float]:
    """Return the prior of a short series and its strength; after a change, from errors before and after it."""
    horizon, strength = errors.shape[2], SHORT_STRENGTH / max(horizons, 1.0)
    mixed = np.abs(np.einsum("m,mwh->wh", _prior(sizes), errors))
    last, known = mixed[short.ages < max(2, horizon // 4)], mixed[np.isfinite(mixed)]
    if np.isfinite(last).any() and sizes.min() > 0 and np.nanmean(last) > BREAK * np.median(known):
        since = np.nanmean(np.abs(errors[:, short.ages < max(2, horizon // 2)]), axis=1)
        sizes = np.maximum(sizes / sizes.min(), since / max(float(since.min()), 1e-12))
        strength = BREAK_STRENGTH
    prior = _prior(sizes) * short.trust
    return prior / prior.sum(), strength


def _weights(
    errors: Float[np.ndarray, "models values"], prior: Float[np.ndarray, "models"], strength: float, loss: str
) -> Float[np.ndarray, "models"]:
    known = np.isfinite(errors).all(0)
    errors = errors[:, known]
    if not errors.size or len(prior) == 1:
        return prior
    weights, rounds = prior, 1 if loss == "mse" else ROUNDS
    for _ in range(rounds):
        rest = np.abs(weights @ errors)
        each = np.ones_like(rest) if loss == "mse" else 1 / np.maximum(rest, SMALL * rest.mean() + 1e-12)
        square = (errors * each) @ errors.T
        sizes = np.diag(square)
        square /= max(float(sizes.min()), 1e-9 * float(sizes.max()), 1e-300)
        weights = _on_simplex(square + strength * np.eye(len(prior)), strength * prior)
    return weights


def _on_simplex(square: np.ndarray, linear: np.ndarray) -> Float[np.ndarray, "models"]:
    """Return the weights w of at least 0 with a sum of 1 that minimize w' square w - 2 linear' w."""
    factor = np.linalg.cholesky(square + 1e-9 * np.trace(square) * np.eye(len(square)))
    heavy = 1e4 * float(np.abs(factor).max())
    design = np.vstack([factor.T, np.full(len(square), heavy)])
    found, _ = nnls(design, np.append(np.linalg.solve(factor, linear), heavy))
    return found / found.sum()


def _pruned(weights: Float[np.ndarray, "models"]) -> Float[np.ndarray, "models"]:
    kept = np.where(weights >= min(LEAST_WEIGHT, weights.max()), weights, 0.0)
    return kept / kept.sum()
