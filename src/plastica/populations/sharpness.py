"""The largest eigenvalue of the Hessian of the loss, which bounds the learning rate of gradient descent."""

from __future__ import annotations

import numpy as np

from ..errors import InvalidValue
from ..model import Model
from ..model.loss_of_weights import ROWS, loss_of_weights
from .lanczos import STEPS, largest_eigenvalue


def sharpness(model: Model, x: object, y: object, rows: int = ROWS, steps: int = STEPS, seed: int = 0) -> float:
    """Return the largest eigenvalue of the Hessian of the loss at the weights of a model.

    Use it to see how large a learning rate may be: along the eigenvector, gradient descent multiplies the distance from
    the minimum of a quadratic loss by 1 - rate * lambda in each step, so that it grows if

        rate > 2 / lambda_max.

    The eigenvalue is found by the Lanczos method from products of the Hessian with vectors, each of which costs about
    two gradients: the derivative of the gradient along the vector. The Hessian itself is never computed.

    Args:
        model: A compiled model with a loss; without weights, it gets its initial ones.
        x, y: Inputs and targets, ``(rows, ...)``.
        rows: How many rows the loss is the mean of, evenly spaced among those given.
        steps: The most products; fewer are made once the eigenvalue changes by less than a ten-thousandth.
        seed: The seed of the first vector.

    Raises:
        InvalidValue: If the model has no loss or the Hessian is not finite.

    Example:
        >>> from plastica import Dense, Sequential
        >>> model = Sequential([Dense(1, use_bias=False)])
        >>> model.compile("sgd", "mse")
        >>> x = np.array([[1.0, 0.0], [0.0, 2.0]])
        >>> round(sharpness(model, x, x.sum(1)), 3)  # of x'x, the eigenvalues are 1 and 4
        4.0

    Reference:
        C. Lanczos, 1950, An iteration method for the solution of the eigenvalue problem; B. Pearlmutter, 1994, Fast
        exact multiplication by the Hessian.
    """
    loss = loss_of_weights("sharpness", model, x, y, rows)
    start = np.random.default_rng(seed).normal(size=loss.flat.size)
    with np.errstate(all="ignore"):  # what is not finite is refused below
        found = largest_eigenvalue(loss.hessian_product, start, steps)
    if not np.isfinite(found):
        raise InvalidValue("sharpness: the second derivatives of the loss are not finite at these weights.")
    return found
