"""Which share of its run a step comes after, also in runs of more steps than an int32 counts."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

# What an int32 counts: epochs of a run, rows of an array.
MOST_COUNTED = 2**31 - 1


def made_before(first_epoch: int, batches: int, step: int, epochs: int) -> np.ndarray:
    """Return where a plan's first step stands in the whole run, as :class:`~plastica.training.program.Plan` has it.

    Args:
        first_epoch: How many epochs the network was trained before this run.
        batches: Batches in an epoch.
        step: Steps of this run made before.
        epochs: Epochs of this run.

    Example:
        >>> made_before(2, 10, 35, 5).tolist(), made_before(0, 10, 35, 10**9).tolist()
        ([5, 35, 50], [3, 3, 5, 10, 1000000000])
    """
    done, rest = divmod(step, batches)
    if epochs * batches <= MOST_COUNTED:
        return np.array([first_epoch + done, step, epochs * batches], np.int32)
    return np.array([first_epoch + done, done, rest, batches, epochs], np.int32)


def progress_of(before: Any, epoch: Any, batch: Any, batches: Any) -> jax.Array:
    """Return which share of the run was made before a step; see :class:`Plan` for ``before``."""
    if len(before) == 3:
        _, made, total = before
        return (made + epoch * batches + batch) / jnp.maximum(total, 1)
    _, epochs, extra, each, total = before
    return (epochs + epoch + (extra + batch) / each) / total
