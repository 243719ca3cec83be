"""The uncertainty of contributions that is due to the choice of background rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..typing import Float
from .attribution import Attribution

BLOCKS = 5
Ask = Callable[[object, object, np.ndarray], Attribution]


def by_blocks(ask: Ask, model: object, x: object, background: Float[np.ndarray, "rows *shape"]) -> Attribution:
    """Explain with the whole background, and with each fifth of it for standard errors.

    The values of methods that average over the background are the mean of those for its parts, so that errors cost
    nothing more. With K parts of the shares w_k, for which the values are phi_k,

        phi = sum_k w_k phi_k,   error^2 = sampling^2 + K / (K - 1) sum_k w_k^2 (phi_k - phi)^2.

    Args:
        ask: Explains rows of a model with a background by such a method.
        model: The model.
        x: The rows.
        background: The background; fewer than 10 rows are not divided.

    Returns:
        The attribution; its errors contain those of the method, which the parts share.
    """
    if len(background) < 2 * BLOCKS:
        return replace(ask(model, x, background), again=lambda model, x: ask(model, x, background))
    parts = [background[start::BLOCKS] for start in range(BLOCKS)]
    found = [ask(model, x, part) for part in parts]
    shares = np.array([len(part) for part in parts]) / len(background)
    values = np.tensordot(shares, [each.values for each in found], 1)
    far = np.array([each.values for each in found]) - values
    error = np.tensordot(np.square(shares), np.square(far), 1) * BLOCKS / (BLOCKS - 1)
    drawn = [each.error for each in found if each.error is not None]
    if len(drawn) == BLOCKS:
        error = error + np.square(np.tensordot(shares, drawn, 1))
    first = found[0]
    return replace(
        first,
        values=values,
        baseline=np.tensordot(shares, [each.baseline for each in found], 1),
        error=np.sqrt(error),
        evaluations=sum(each.evaluations for each in found),
        asked=replace(first.asked, background=background),
        again=lambda model, x: by_blocks(ask, model, x, background),
    )
