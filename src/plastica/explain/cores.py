"""Rows that a compiled program answers side by side, a share on each core."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
from jax import Array

from ..training.calls import count_cores
from ..typing import Float, Num

FEWEST = 100_000  # evaluations in a share: some milliseconds, beside which starting a thread takes no time


def on_each_core(
    program: Callable[[np.ndarray], Array], x: Num[np.ndarray, "rows *shape"], evaluations: int
) -> Float[np.ndarray, "rows *answers"]:
    """Return what a program computes for rows, of which each core takes a share.

    The loop over rows inside of a program runs on one core, and only its products on all of them, so that half of two
    cores would be idle. On accelerators, and of few rows, it is one call.

    Args:
        program: From rows to an array with a row for each. It must not mix rows.
        x: The rows.
        evaluations: The work for all rows, in rows that are answered.
    """
    shares = 1 if jax.default_backend() != "cpu" else min(count_cores(), len(x), max(1, evaluations // FEWEST))
    if shares <= 1:
        return np.asarray(program(x), np.float64)
    size = -(-len(x) // shares)
    # Shares of one size are one program; rows that fill up the last one are dropped again.
    places = np.minimum(np.arange(shares * size), len(x) - 1).reshape(shares, size)
    x64 = bool(jax.config.jax_enable_x64)  # pyright: ignore[reportAttributeAccessIssue]

    def compute(place: np.ndarray) -> np.ndarray:
        with jax.enable_x64(x64):  # each thread has a precision of its own
            return np.asarray(program(x[place]), np.float64)

    with ThreadPoolExecutor(shares) as pool:
        return np.concatenate(list(pool.map(compute, places)))[: len(x)]
