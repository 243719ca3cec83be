"""The largest eigenvalue of the Hessian of the loss, which bounds the learning rate of gradient descent."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree

from ..declaration import replace
from ..errors import InvalidValue
from ..model import Model
from ..model.examples import take
from ..rules import Batch
from ..training.program import Program
from ..training.rows import Rows
from ..typing import Float, Memory, Params, State

ROWS = 1000  # more change the largest eigenvalue by less than other initial weights do
STEPS = 40
TOLERANCE = 1e-4


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
    if model.compiled.own is not None or model.compiled.loss is None or y is None:
        raise InvalidValue("sharpness: this model has no loss as a function of its weights; compile it with one.")
    examples = take(model, x, y)
    if examples.rows > rows:
        places = np.linspace(0, examples.rows - 1, rows).astype(int)  # data may be sorted
        examples = jax.tree.map(lambda part: part[places], examples)
    program: Program = replace(model.program, metrics=(), weighted_metrics=())
    _, params, state, memory = model.answering()
    flat, rebuilt = ravel_pytree(params)
    data = jax.device_put(Rows(examples.x, examples.y, examples.weight))

    def product(vector: np.ndarray) -> np.ndarray:
        along = rebuilt(jnp.asarray(vector, flat.dtype))
        return np.asarray(ravel_pytree(_product(program, params, along, state, memory, data))[0], np.float64)

    start = np.random.default_rng(seed).normal(size=flat.size)
    with np.errstate(all="ignore"):  # what is not finite is refused below
        found = largest_eigenvalue(product, start, steps)
    if not np.isfinite(found):
        raise InvalidValue("sharpness: the second derivatives of the loss are not finite at these weights.")
    return found


def largest_eigenvalue(
    product: Callable[[np.ndarray], np.ndarray], start: Float[np.ndarray, "weights"], steps: int = STEPS
) -> float:
    """Return the largest eigenvalue of a symmetric matrix, given its product with a vector.

    Args:
        product: A function of a vector ``(weights,)``.
        start: The first vector.
        steps: The most products.
    """
    basis = [start / np.linalg.norm(start)]
    diagonal: list[float] = []
    beside: list[float] = []
    largest = np.nan
    for _ in range(min(steps, len(start))):
        new = product(basis[-1])
        diagonal.append(float(new @ basis[-1]))
        before, largest = largest, _largest(diagonal, beside)
        # Orthogonal to all vectors, twice: rounding would bring found directions back in.
        for _ in range(2):
            new = new - np.stack(basis).T @ (np.stack(basis) @ new)
        length = float(np.linalg.norm(new))
        is_settled = abs(largest - before) <= TOLERANCE * abs(largest)
        if not np.isfinite(length) or is_settled or length <= np.finfo(np.float32).eps * abs(largest):
            break
        basis.append(new / length)
        beside.append(length)
    return float(largest)


def _largest(diagonal: list[float], beside: list[float]) -> float:
    """Return the largest eigenvalue of a tridiagonal matrix."""
    if not np.isfinite(diagonal).all():
        return np.nan
    return float(np.linalg.eigvalsh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))[-1])


@jax.jit
def _product(program: Program, params: Params, along: Params, state: State, memory: Memory, rows: Rows) -> Params:
    """Return the product of the Hessian with a vector: the derivative of the gradient along it."""
    x, y = program.cast(rows)
    count = jax.tree.leaves(rows)[0].shape[0]
    weight, within = jnp.ones(count, jnp.float32), None
    if rows.weight is not None:
        given = jnp.asarray(rows.weight)
        weight, within = (given, None) if given.ndim == 1 else (weight, given)
    batch = Batch(x, y, weight, jnp.float32(count), within=within)

    def loss(params: Params) -> Array:
        return program.judge(params, state, memory, batch).loss

    return jax.jvp(jax.grad(loss), (params,), (along,))[1]
