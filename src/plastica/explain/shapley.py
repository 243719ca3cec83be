"""Shapley values of the features of a row: exact, by regression (KernelSHAP), and by random orders."""

from __future__ import annotations

import math
from typing import Unpack

import numpy as np

from ..errors import InvalidValue
from ..model.options import whole
from ..notes import Note, note
from ..typing import Bool, Float
from .attribution import Attribution, attribution, repeatable
from .coalitions import Coalitions, coalition_answers, every_coalition, kernel_coalitions
from .explained import Explained, ExplainOptions, explained

MOST_EXACT = 15  # features: 32,768 coalitions
USUAL_EVALUATIONS = 2_048  # and two for each feature, as in shap
USUAL_ORDERS = 32
WAITS_FOR = 30  # features: 2^30 coalitions take hours


@repeatable
def exact_shap(
    model: object, x: object, background: object, *, most: int = MOST_EXACT, **options: Unpack[ExplainOptions]
) -> Attribution:
    """Return the Shapley values of the features of each row, by enumerating all coalitions.

    Use it for up to about 15 features, or groups of features; beyond, :func:`kernel_shap` and :func:`permutation_shap`
    estimate the same. With v(S) the mean answer if the features in S have the values of the row and the others those of
    the background rows,

        phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S)).

    The values add up to the answer minus the mean answer for the background. Those of correlated features are computed
    from rows that may not occur; put them into one group.

    Args:
        model: A plastica model, an estimator with ``predict_proba`` or ``predict``, or a function from rows to answers.
        x: The rows to explain, ``(rows, *shape)``, or a data frame.
        background: The rows that they are compared with, ``(background, *shape)``: about 100 of the training rows.
        most: The largest number of features, since the coalitions double with each.
        options: See :class:`ExplainOptions`.

    Returns:
        The values, ``(rows, *shape, outputs)``.

    Raises:
        InvalidValue: If there are more features than ``most``.

    Example:
        >>> import numpy as np, plastica as pl
        >>> background = np.array([[0.0, 0.0], [2.0, 2.0]])
        >>> found = pl.explain.exact_shap(lambda x: 3 * x[:, 0] + x[:, 1], [[2.0, 5.0]], background)
        >>> found.values[0, :, 0].tolist(), found.baseline[0, 0].item()
        ([3.0, 4.0], 4.0)

    Reference:
        L. Shapley (1953), A value for n-person games. E. Strumbelj, I. Kononenko (2010), An efficient explanation of
        individual classifications using game theory, equation 3.
    """
    asked = explained("exact_shap", model, x, background, options)
    groups = asked.count
    if groups > most:
        wait = note("explain.too_many_wait", groups=groups) if groups <= WAITS_FOR else ""
        effort = _effort(groups, _height(asked))
        raise InvalidValue(note("explain.too_many", groups=groups, effort=effort, wait=wait))
    masks = every_coalition(groups)
    answers = coalition_answers(asked, masks)  # (rows, coalitions, outputs)
    values = np.einsum("gc,rco->rgo", exact_weights(masks), answers)
    return attribution(asked, "exact_shap", values, answers[:, 0], len(masks) * _height(asked) * len(asked.x))


def _effort(groups: int, height: int) -> Note:
    """Return what enumerating takes."""
    if groups > WAITS_FOR:
        return note("explain.effort_power", groups=str(groups))
    return note("explain.effort", coalitions=2**groups, height=height, evaluations=f"{2**groups * height:.3g}")


def exact_weights(masks: Bool[np.ndarray, "coalitions groups"]) -> Float[np.ndarray, "groups coalitions"]:
    """Return the weight of each coalition in the Shapley value of each group."""
    groups = masks.shape[1]
    sizes = masks.sum(1)
    # |S|! (n - |S| - 1)! / n! = 1 / (n C(n - 1, |S|))
    weight = np.array([1 / (groups * math.comb(groups - 1, size)) for size in range(groups)])
    inside, beside = weight[np.maximum(sizes - 1, 0)], -weight[np.minimum(sizes, groups - 1)]
    return np.where(masks.T, inside, beside)


@repeatable
def kernel_shap(
    model: object,
    x: object,
    background: object,
    *,
    evaluations: int | None = None,
    seed: int = 0,
    **options: Unpack[ExplainOptions],
) -> Attribution:
    """Estimate Shapley values by a weighted linear regression on coalitions of features (KernelSHAP).

    Use it for any model with up to some dozens of features. The values solve

        min over phi of sum_S (n - 1) / (C(n, |S|) |S| (n - |S|)) (v(S) - v(none) - sum_{i in S} phi_i)^2

    such that they add up to v(all) - v(none). Coalitions are enumerated from the smallest and largest as far as
    ``evaluations`` go, and drawn in pairs with their complements beyond; with all of them, the values are those of
    :func:`exact_shap`. All rows share the coalitions.

    Args:
        model, x, background: As for :func:`exact_shap`.
        evaluations: The number of coalitions. Default: 2 * features + 2048, as in shap.
        seed: The seed of the draws.
        options: See :class:`ExplainOptions`.

    Returns:
        The values, ``(rows, *shape, outputs)``, with standard errors if coalitions were drawn: those of the regression,
        robust to unequal variances and clustered by pairs.

    Raises:
        InvalidValue: If the evaluations are fewer than twice the features.

    Example:
        >>> import numpy as np, plastica as pl
        >>> found = pl.explain.kernel_shap(lambda x: x[:, 0] * x[:, 1], [[2.0, 3.0]], np.zeros((1, 2)))
        >>> found.values[0, :, 0].round(6).tolist()
        [3.0, 3.0]

    Reference:
        S. Lundberg, S.-I. Lee (2017), A unified approach to interpreting model predictions, theorem 2. I. Covert, S.-I.
        Lee (2021), Improving KernelSHAP: practical Shapley value estimation using linear regression (pairs).
    """
    asked = explained("kernel_shap", model, x, background, options)
    groups = asked.count
    asked_for = 2 * groups + USUAL_EVALUATIONS if evaluations is None else whole("evaluations", evaluations, 1)
    assert asked_for is not None
    if groups == 1:
        ends = coalition_answers(asked, every_coalition(1))
        return attribution(
            asked, "kernel_shap", ends[:, 1:] - ends[:, :1], ends[:, 0], 2 * len(asked.x) * _height(asked)
        )
    if asked_for < 2 * groups:
        least, better = 2 * groups, 2 * groups + USUAL_EVALUATIONS
        told = {"evaluations": asked_for, "groups": groups, "least": least, "better": better}
        raise InvalidValue(note("explain.few_evaluations", **told))
    chosen = kernel_coalitions(groups, asked_for, seed)
    ends = np.array([np.zeros(groups, bool), np.ones(groups, bool)])
    answers = coalition_answers(asked, np.concatenate([ends, chosen.masks]))
    baseline, whole_answer, between = answers[:, :1], answers[:, 1:2], answers[:, 2:]
    values, error = solve(chosen, between - baseline, (whole_answer - baseline)[:, 0])
    times = (len(chosen.masks) + 2) * len(asked.x) * _height(asked)
    return attribution(asked, "kernel_shap", values, baseline[:, 0], times, error=error)


def solve(
    chosen: Coalitions, gains: Float[np.ndarray, "rows coalitions outputs"], total: Float[np.ndarray, "rows outputs"]
) -> tuple[Float[np.ndarray, "rows groups outputs"], Float[np.ndarray, "rows groups outputs"] | None]:
    """Solve the weighted least squares with a given sum, and return values and standard errors.

    Args:
        chosen: The coalitions.
        gains: v(S) - v(none).
        total: v(all) - v(none), the sum of the values.
    """
    z = chosen.masks.astype(np.float64)
    weighted = z * chosen.weights[:, None]
    inverse = np.linalg.pinv(z.T @ weighted, hermitian=True)
    ones = inverse.sum(1)
    # Without the constraint, then moved along A^-1 1 until the sum is right (Covert and Lee, equation 7).
    free = np.einsum("gh,ch,rco->rgo", inverse, weighted, gains, optimize=True)
    values = free + (ones / ones.sum())[None, :, None] * (total - free.sum(1))[:, None]
    if not chosen.is_sampled:
        return values, None
    influence = weighted @ (inverse - np.outer(ones, ones) / ones.sum())  # (coalitions, groups)
    residual = gains - np.einsum("cg,rgo->rco", z, values)
    drawn = chosen.draws >= 0
    count = int(drawn.sum()) // 2
    a = influence[drawn].reshape(count, 2, -1)  # (pairs, members, groups)
    r = np.moveaxis(residual[:, drawn], 2, 1).reshape(*residual.shape[::2], count, 2)  # (rows, outputs, pairs, members)
    # sum over pairs of (a1 r1 + a2 r2)^2, as three products instead of an array for each row, pair and group.
    square = np.square(r[..., 0]) @ np.square(a[:, 0]) + np.square(r[..., 1]) @ np.square(a[:, 1])
    square += 2 * (r[..., 0] * r[..., 1]) @ (a[:, 0] * a[:, 1])
    total_of = r[..., 0] @ a[:, 0] + r[..., 1] @ a[:, 1]
    spread = np.moveaxis(np.maximum(square - np.square(total_of) / count, 0), 1, 2)  # (rows, groups, outputs)
    return values, np.sqrt(spread * count / max(1, count - 1))


@repeatable
def permutation_shap(
    model: object,
    x: object,
    background: object,
    *,
    orders: int = USUAL_ORDERS,
    seed: int = 0,
    **options: Unpack[ExplainOptions],
) -> Attribution:
    """Estimate Shapley values by adding the features in random orders, each forwards and backwards.

    Use it for many features: an order takes twice as many evaluations as there are features, the values always add up
    to the answer, and each has a standard error that says whether more orders are needed.

        phi_i = mean over orders of v(features before i, and i) - v(features before i)

    Args:
        model, x, background: As for :func:`exact_shap`.
        orders: The number of orders, each with its reverse; at least 2. 32 are usually within a few per cent.
        seed: The seed of the orders.
        options: See :class:`ExplainOptions`.

    Returns:
        The values, ``(rows, *shape, outputs)``, with standard errors over the orders.

    Example:
        >>> import numpy as np, plastica as pl
        >>> found = pl.explain.permutation_shap(lambda x: x[:, 0] * x[:, 1], [[2.0, 3.0]], np.zeros((1, 2)))
        >>> found.values[0, :, 0].tolist()
        [3.0, 3.0]

    Reference:
        J. Castro, D. Gomez, J. Tejada (2009), Polynomial calculation of the Shapley value based on sampling. R.
        Mitchell, J. Cooper, E. Frank, G. Holmes (2022), Sampling permutations for Shapley value estimation (reverses).
    """
    count = whole("orders", orders, 2)
    assert count is not None
    asked = explained("permutation_shap", model, x, background, options)
    groups = asked.count
    random = np.random.default_rng(seed)
    forwards = np.array([random.permutation(groups) for _ in range(count)])
    drawn = np.stack([forwards, forwards[:, ::-1]], 1).reshape(-1, groups)  # (2 orders, groups)
    # Before the first feature, behind the first, ..., behind the last.
    ranks = drawn.argsort(1)
    masks = ranks[:, None, :] < np.arange(groups + 1)[:, None]  # (2 orders, groups + 1, groups)
    different, place = np.unique(masks.reshape(-1, groups), axis=0, return_inverse=True)
    answers = coalition_answers(asked, different)
    baseline = answers[:, np.flatnonzero(~different.any(1))[0]]
    places, orders_of = place.reshape(count, 2, groups + 1), ranks.reshape(count, 2, groups)
    values = squares = np.zeros((len(asked.x), groups, len(asked.outputs)))
    for steps, rank in zip(places, orders_of, strict=True):
        # The gain of a feature stands at its rank in the order.
        gains = [np.diff(answers[:, step], axis=1)[:, own] for step, own in zip(steps, rank, strict=True)]
        mean = (gains[0] + gains[1]) / 2
        values, squares = values + mean / count, squares + np.square(mean) / count
    error = np.sqrt(np.maximum(squares - np.square(values), 0) / (count - 1))
    times = len(different) * len(asked.x) * _height(asked)
    return attribution(asked, "permutation_shap", values, baseline, times, error=error)


def _height(asked: Explained) -> int:
    return 1 if asked.background is None else len(asked.background)
