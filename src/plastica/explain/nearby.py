"""Explanations from answers nearby: occlusion, and a local linear model (LIME)."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from ..errors import InvalidValue
from ..model.options import whole
from ..notes import note
from .attribution import Attribution, attribution, repeatable
from .coalitions import coalition_answers
from .explained import ExplainOptions, explained

KERNEL_WIDTH = 0.75  # times the square root of the number of features, as in the authors' program


@repeatable
def occlusion(model: object, x: object, background: object, **options: Unpack[ExplainOptions]) -> Attribution:
    """Return by how much the answer falls if a feature, or a group, has the values of background rows.

    Use it for a quick look at any model: one evaluation for each feature and background row. Features that say the same
    hide each other, since either suffices; put them into one group. For images pass :func:`patches` as ``groups``.

        phi_i = f(x) - 1/B sum_b f(x with the i-th feature of b)

    Args:
        model: A plastica model, an estimator with ``predict_proba`` or ``predict``, or a function from rows to answers.
        x: The rows to explain, ``(rows, *shape)``, or a data frame.
        background: The rows whose values stand for "not known": about 100 of the training rows, or a single grey image.
        options: See :class:`ExplainOptions`.

    Returns:
        The values, ``(rows, *shape, outputs)``; they add up to the answer only for additive models.

    Reference:
        M. Zeiler, R. Fergus (2014), Visualizing and understanding convolutional networks, section 4.2. M.
        Robnik-Sikonja, I. Kononenko (2008), Explaining classifications for individual instances.
    """
    asked = explained("occlusion", model, x, background, options)
    assert asked.background is not None
    groups = asked.count
    masks = np.concatenate([np.ones((1, groups), bool), np.zeros((1, groups), bool), ~np.eye(groups, dtype=bool)])
    answers = coalition_answers(asked, masks)
    times = len(masks) * len(asked.x) * len(asked.background)
    values = answers[:, :1] - answers[:, 2:]
    return attribution(asked, "occlusion", values, answers[:, 1], times, additive=False)


@repeatable
def lime(
    model: object,
    x: object,
    background: object,
    *,
    samples: int = 1_000,
    kernel_width: float | None = None,
    ridge: float = 0.0,
    seed: int = 0,
    **options: Unpack[ExplainOptions],
) -> Attribution:
    """Fit a linear model to the answers for rows near each row, with some features of the background.

    Use it where a straight-line summary of the neighbourhood is wanted; ``fidelity`` says how well it fits. With z in
    {0, 1}^n for which features keep their values, and d the number of those that do not,

        min over c, phi of sum_z exp(-d / (2 w^2)) (v(z) - c - sum_i z_i phi_i)^2 + ridge |phi|^2.

    v(z) is the mean answer over all background rows, where the authors' program has that of one random row: the same in
    expectation, with less noise.

    Args:
        model, x, background: As for :func:`occlusion`.
        samples: Random z, shared by all rows; more than there are features.
        kernel_width: w. Default: 0.75 sqrt(n), as in the authors' program.
        ridge: The weight of the penalty. Default: none, so that linear models are explained exactly.
        seed: The seed of the draws.
        options: See :class:`ExplainOptions`.

    Returns:
        The values phi, ``(rows, *shape, outputs)``, with standard errors, and in ``fidelity`` R2 of the fit.

    Raises:
        InvalidValue: If there are too few samples, or width or ridge are out of range.

    Reference:
        M. Ribeiro, S. Singh, C. Guestrin (2016), "Why should I trust you?": explaining the predictions of any
        classifier, equation 1 and algorithm 1.
    """
    count = whole("samples", samples, 1)
    assert count is not None
    asked = explained("lime", model, x, background, options)
    assert asked.background is not None
    groups = asked.count
    if count < groups + 2:
        raise InvalidValue(note("explain.lime_samples", samples=str(count), groups=str(groups), least=str(groups + 2)))
    width = KERNEL_WIDTH * np.sqrt(groups) if kernel_width is None else kernel_width
    if not width > 0 or not 0 <= ridge < np.inf:
        raise InvalidValue(note("explain.lime_kernel", width=str(kernel_width), ridge=str(ridge)))
    masks = np.random.default_rng(seed).random((count, groups)) < 0.5
    masks[0] = True
    answers = coalition_answers(asked, masks)
    weight = np.exp(-(~masks).sum(1) / (2 * width**2))
    design = np.concatenate([np.ones((count, 1)), masks], 1)
    penalty = ridge * np.diag([0.0, *np.ones(groups)])
    inverse = np.linalg.pinv(design.T @ (design * weight[:, None]) + penalty, hermitian=True)
    influence = (design * weight[:, None]) @ inverse  # (samples, 1 + groups)
    found = np.einsum("sg,rso->rgo", influence, answers)
    residual = answers - np.einsum("sg,rgo->rso", design, found)
    # Robust to unequal variances, with the correction for few samples (HC1).
    error = np.sqrt(np.einsum("sg,rso->rgo", np.square(influence), np.square(residual)) * count / (count - groups - 1))
    mean = np.average(answers, axis=1, weights=weight)[:, None]
    spread = np.einsum("s,rso->ro", weight, np.square(answers - mean))
    left = np.einsum("s,rso->ro", weight, np.square(residual))
    fidelity = 1 - np.divide(left, spread, out=np.zeros_like(left), where=spread > 1e-12)
    times = count * len(asked.x) * len(asked.background)
    return attribution(
        asked, "lime", found[:, 1:], found[:, 0], times, error=error[:, 1:], additive=False, fidelity=fidelity
    )
