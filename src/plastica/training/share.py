"""The finished share of a run at a step, also for runs with more steps than the range of int32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..typing import AnyArray, Float, Int, Integer

# The range of int32, which limits the epochs of a run and the rows of an array.
MOST_COUNTED = 2**31 - 1

# Numbers of a plan: compiled in, or arguments of the program.
PlanCount: TypeAlias = "AnyArray | np.integer | int"
PlanCounts: TypeAlias = "Sequence[PlanCount] | AnyArray"


def made_before(first_epoch: int, batches: int, step: int, epochs: int) -> Int[np.ndarray, "counts"]:
    """Return the position of a plan's first step in the whole run, for :class:`~plastica.training.rows.Plan`.

    Args:
        first_epoch: The number of epochs of training before this run.
        batches: The number of batches in an epoch.
        step: The number of steps of this run before the plan.
        epochs: The number of epochs of this run.

    Example:
        >>> made_before(2, 10, 35, 5).tolist(), made_before(0, 10, 35, 10**9).tolist()
        ([5, 35, 50], [3, 3, 5, 10, 1000000000])
    """
    done, rest = divmod(step, batches)
    if epochs * batches <= MOST_COUNTED:
        return np.array([first_epoch + done, step, epochs * batches], np.int32)
    return np.array([first_epoch + done, done, rest, batches, epochs], np.int32)


def progress_of(
    before: PlanCounts, epoch: Integer[Array, ""], batch: Integer[Array, ""], batches: PlanCount
) -> Float[AnyArray, ""]:
    """Return the finished share of the run before a step; see :class:`Plan` for ``before``."""
    if len(before) == 3:
        _, made, total = before
        return (made + epoch * batches + batch) / jnp.maximum(total, 1)
    _, epochs, extra, each, total = before
    return (epochs + epoch + (extra + batch) / each) / total
