"""Weights of several models in their common forecast, from forecasts of rolling origins."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from ..typing import Float

LEAST_WEIGHT = 0.03  # models with less are left out
ROUNDS = 12  # of reweighting for absolute errors
STRENGTH = 4.0  # of the prior: as many horizons of validation weigh as much as it does
SHARPNESS = 4  # of the prior: the weight falls with this power of the mean absolute error
GROUPS = 4  # of steps of the horizon, each twice as long as the one before
SMALL = 1e-3  # of the mean absolute error: residuals below count as this


def combination_weights(
    forecasts: Float[np.ndarray, "models windows horizon"],
    truth: Float[np.ndarray, "windows horizon"],
    horizons: float,
    loss: str = "mae",
) -> Float[np.ndarray, "models horizon"]:
    r"""Return weights of at least 0 with a sum of 1 that make the error of the weighted mean small.

    The weights minimize the loss of the combined forecast and their distance from a prior, the more the fewer forecasts
    there are to tell models apart. The prior of all steps has weights that fall with the error of each model; that of a
    group of steps has the weights of all. Absolute errors are minimized by weighted squares, the weights being
    :math:`1 / |e|` for the error :math:`e` of the round before.

    Args:
        forecasts: The scaled forecasts of each model.
        truth: What happened, NaN where it is not known.
        horizons: How many validation horizons do not overlap.
        loss: "mse" for squared errors; absolute errors otherwise.

    Reference:
        J. M. Bates, C. W. J. Granger (1969), The combination of forecasts, section 3 (weights by inverse errors).
        L. Breiman (1996), Stacked regressions, section 3. F. X. Diebold, P. Pauly (1990), The use of prior information
        in forecast combination, equation 7 (shrinkage).
    """
    models, _, horizon = forecasts.shape
    if models == 1:
        return np.ones((1, horizon))
    errors = truth - forecasts
    sizes = np.nanmean(np.abs(errors), axis=(1, 2))
    prior = (sizes.min() / np.maximum(sizes, 1e-12)) ** SHARPNESS if sizes.min() > 0 else (sizes == 0).astype(float)
    strength = STRENGTH / max(horizons, 1.0)
    whole = _weights(errors.reshape(models, -1), prior / prior.sum(), strength, loss)
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
