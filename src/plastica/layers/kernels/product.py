"""Matrix products and sums whose results have the same bits however many threads compute them.

XLA on the CPU shares large operations out among its threads. A product with a transposed side, and a sum over
rows, are then added up in another order than by one thread; a product of two plain sides is not. So the
gradients of kernels and biases are written here as plain products. For few outputs these are also faster.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

import jax
import jax.numpy as jnp

# Seen from 2.7 million multiplications and from some ten thousand numbers on; below, nothing is shared out.
SHARED_PRODUCT = 1 << 20
SHARED_SUM = 1 << 12
# With at most this many outputs, a plain product took a fifth to two thirds less time from FEW_OUTPUTS_PRODUCT on; with
# more outputs there was no difference.
FEW_OUTPUTS = 32
FEW_OUTPUTS_PRODUCT = 1 << 16
# Seen from 26 million multiplications on: XLA shares a batch of products out among its threads, and their bits would
# depend on them. Such products are made one by one, which takes longer to compile, or in groups where there are many:
# 800 of them, as for a table of 800 columns, took minutes.
SHARED_BATCH = 1 << 21
MOST_ONE_BY_ONE = 64

# Below this many columns, products of networks side by side are computed with the rows along the last axis. Measured
# for 16 networks and 32 rows: 8 inputs and 10 units 2.8 us instead of 8.9, 10 and 2 1.6 instead of 7.9, 32 and 10 8.2
# instead of 25; 64 and 32 the same.
FEW_COLUMNS = 32

# Sums over so many numbers are first folded this often, which computes what is summed in passing: a product would have
# it written to memory and read again.
_FOLDED_SUM = 1 << 18
_FOLDS = 8


# Whether what is traced computes several networks side by side.
_side_by_side: ContextVar[bool] = ContextVar("side_by_side", default=False)


@contextmanager
def side_by_side() -> Generator[None, None, None]:
    """Trace products of several small networks at once: a batch of products with a transposed side is slow on the CPU.

    Measured for 64 networks of 8 inputs and 10 units, 32 rows: 120 us with a transposed side, 41 without. Vectors run
    along the last axis of a product, so that few columns leave most of each unused: see :data:`FEW_COLUMNS`.
    """
    before = _side_by_side.set(True)
    try:
        yield
    finally:
        _side_by_side.reset(before)


def product(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Return ``x @ kernel``.

    Large products have a gradient of their own, :func:`row_products`; small ones stay open to forward-mode
    differentiation too.

    Args:
        x: ``(rows, inputs)``.
        kernel: ``(inputs, outputs)``.
    """
    return _large_product(x, kernel) if _is_plain(x, kernel) else x @ kernel


def add_bias(x: jax.Array, bias: jax.Array) -> jax.Array:
    """Return ``x + bias``; the bias's gradient is :func:`row_sum` where ``x`` is large.

    Args:
        x: ``(..., outputs)``.
        bias: ``(outputs,)``.
    """
    return _add_bias(x, bias) if x.size >= SHARED_SUM else x + bias


def scale(x: jax.Array, gain: jax.Array) -> jax.Array:
    """Return ``x * gain``; the gain's gradient is :func:`row_sum` where ``x`` is large.

    Args:
        x: ``(..., outputs)``.
        gain: ``(outputs,)``.
    """
    return _scale(x, gain) if x.size >= SHARED_SUM else x * gain


def own_products(x: jax.Array, kernels: jax.Array) -> jax.Array:
    """Return ``x[:, k] @ kernels[k]`` for each k.

    Args:
        x: ``(rows, k, inputs)``.
        kernels: ``(k, inputs, outputs)``.

    Returns:
        ``(rows, k, outputs)``.
    """
    count = kernels.shape[0]
    multiplications = x.size * kernels.shape[-1]
    if multiplications < SHARED_BATCH:
        return jax.vmap(jnp.matmul, in_axes=(1, 0), out_axes=1)(x, kernels)
    if count <= MOST_ONE_BY_ONE:
        return jnp.stack([product(x[:, k], kernels[k]) for k in range(count)], axis=1)
    group = max(SHARED_BATCH * count // multiplications, 1)
    each = jax.lax.map(lambda pair: product(*pair), (jnp.moveaxis(x, 1, 0), kernels), batch_size=group)
    return jnp.moveaxis(each, 0, 1)  # (rows, k, outputs)


def row_products(x: jax.Array, delta: jax.Array) -> jax.Array:
    """Return the sum over rows of x_i delta_i', as a kernel's gradient wants it: ``x.T @ delta``.

    Args:
        x: ``(rows, inputs)``.
        delta: ``(rows, outputs)``.

    Returns:
        ``(inputs, outputs)``.
    """
    if not _is_plain(x, delta):
        return x.T @ delta
    return jax.lax.platform_dependent(x, delta, cpu=_plain_product, default=lambda x, delta: x.T @ delta)


def row_sum(x: jax.Array) -> jax.Array:
    """Return the sum over all axes but the last, ``(..., outputs)`` to ``(outputs,)``."""
    rows = x.reshape(-1, x.shape[-1])
    if rows.size < SHARED_SUM:
        return rows.sum(0)
    return jax.lax.platform_dependent(rows, cpu=_plain_sum, default=lambda rows: rows.sum(0))


def _is_plain(x: jax.Array, other: jax.Array) -> bool:
    """Whether a kernel's gradient is to be a product of two plain sides."""
    return _side_by_side.get() or _is_shared(x, other) or _is_faster_plain(x, other)


def _is_shared(x: jax.Array, other: jax.Array) -> bool:
    """Whether XLA may share a kernel's gradient out: a large one, or one that adds up very many rows."""
    return x.size * other.shape[1] >= SHARED_PRODUCT or x.shape[0] >= SHARED_SUM


def _is_faster_plain(x: jax.Array, other: jax.Array) -> bool:
    """Whether a kernel's gradient is faster as a plain product: one of few outputs that is not tiny."""
    outputs = other.shape[1]
    return outputs <= FEW_OUTPUTS and x.size * outputs >= FEW_OUTPUTS_PRODUCT


def _forward_product(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Return ``x @ kernel``, with the rows along the last axis where that is faster."""
    if not (_side_by_side.get() and kernel.shape[1] < min(FEW_COLUMNS, x.shape[0])):
        return x @ kernel
    return jax.lax.platform_dependent(x, kernel, cpu=_rows_last, default=jnp.matmul)


def _rows_last(x: jax.Array, kernel: jax.Array) -> jax.Array:
    # The barriers keep XLA from folding the transpositions into the product.
    left, right = _kept_apart(kernel.T, x.T)
    return jax.lax.optimization_barrier(left @ right).T


def _plain_product(x: jax.Array, delta: jax.Array) -> jax.Array:
    # The smaller side is transposed in memory; the barriers keep XLA from folding that into the product.
    if x.shape[1] <= delta.shape[1]:
        left, right = _kept_apart(x.T, delta)
        return left @ right
    left, right = _kept_apart(delta.T, x)
    return jax.lax.optimization_barrier(left @ right).T


def _kept_apart(left: jax.Array, right: jax.Array) -> tuple[jax.Array, jax.Array]:
    if _side_by_side.get():  # the right side may come from a product with the rows last, as its transposition
        return jax.lax.optimization_barrier((left, right))
    return jax.lax.optimization_barrier(left), right


def _plain_sum(rows: jax.Array) -> jax.Array:
    if rows.size >= _FOLDED_SUM and rows.shape[0] % _FOLDS == 0:
        parts = rows.reshape(_FOLDS, -1, rows.shape[1])
        rows = sum((parts[place] for place in range(1, _FOLDS)), start=parts[0])
    return (jnp.ones((1, rows.shape[0]), rows.dtype) @ rows)[0]


@jax.custom_vjp
def _large_product(x: jax.Array, kernel: jax.Array) -> jax.Array:
    return _forward_product(x, kernel)


def _product_backward(saved: tuple[jax.Array, jax.Array], delta: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, kernel = saved
    return _forward_product(delta, kernel.T), row_products(x, delta)


_large_product.defvjp(lambda x, kernel: (_forward_product(x, kernel), (x, kernel)), _product_backward)


@jax.custom_vjp
def _add_bias(x: jax.Array, bias: jax.Array) -> jax.Array:
    return x + bias


_add_bias.defvjp(lambda x, bias: (x + bias, None), lambda _, delta: (delta, row_sum(delta)))


@jax.custom_vjp
def _scale(x: jax.Array, gain: jax.Array) -> jax.Array:
    return x * gain


def _scale_backward(saved: tuple[jax.Array, jax.Array], delta: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, gain = saved
    return delta * gain, row_sum(delta * x)


_scale.defvjp(lambda x, gain: (x * gain, (x, gain)), _scale_backward)
