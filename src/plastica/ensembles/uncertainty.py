"""How uncertain an ensemble is, and how much of it is disagreement."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..calibration.checking import as_probabilities
from ..errors import ShapeError
from ..typing import Float


class ClassUncertainty(NamedTuple):
    """The uncertainty about the class of each row, in nats: ``total = data + disagreement``.

    Attributes:
        total: The entropy of the mean probabilities, ``(rows,)``.
        data: The mean entropy of the members: what remains if all members agree, as classes overlap.
        disagreement: The mutual information of class and member; large for rows unlike those learned, and what more
            training data would reduce.
    """

    total: Float[np.ndarray, "rows"]
    data: Float[np.ndarray, "rows"]
    disagreement: Float[np.ndarray, "rows"]


def class_uncertainty(probabilities: ArrayLike) -> ClassUncertainty:
    """Split the uncertainty of an ensemble about the class of each row into its parts.

    With the probabilities p_m of member m and their mean p:

        H[p] = mean over m of H[p_m] + I,    H[p] = -sum over k of p_k log p_k

    Args:
        probabilities: ``(members, rows, classes)``; ``(members, rows)`` for the probability of yes.

    Raises:
        ShapeError: If there is no axis of members.
        DataError: If they are not probabilities.

    Example:
        >>> agree, differ = class_uncertainty([[[0.5, 0.5], [1, 0]], [[0.5, 0.5], [0, 1]]]).disagreement
        >>> round(float(agree), 3), round(float(differ), 3)
        (0.0, 0.693)

    Reference:
        S. Depeweg, J. Hernández-Lobato, F. Doshi-Velez, S. Udluft (2018), Decomposition of uncertainty in Bayesian deep
        learning, equation 4. B. Lakshminarayanan, A. Pritzel, C. Blundell (2017), Simple and scalable predictive
        uncertainty estimation using deep ensembles.
    """
    given = np.asarray(probabilities, np.float64)
    if given.ndim not in (2, 3) or not len(given):
        raise ShapeError(f"probabilities of shape {given.shape}; expected (members, rows, classes).")
    shares = np.stack(
        [as_probabilities(f"class_uncertainty, member {member}", own) for member, own in enumerate(given)]
    )
    total, data = _entropy(shares.mean(0)), _entropy(shares).mean(0)
    return ClassUncertainty(total, data, np.maximum(total - data, 0))


def _entropy(shares: Float[np.ndarray, "... classes"]) -> Float[np.ndarray, "..."]:
    return -(shares * np.log(np.where(shares > 0, shares, 1))).sum(-1)
