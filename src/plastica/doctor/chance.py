"""The loss of the best constant answer, which says what a network has learned beyond the frequencies of the targets."""

from __future__ import annotations

from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import PlasticaError
from ..losses import Loss
from ..model import Model
from ..training.compiled import to_run_once
from ..typing import AnyArray

ROWS = 2000
LEAST = 1e-6  # the least probability of a constant answer


def chance_loss(model: Model, y: np.ndarray) -> float | None:
    """Return the mean loss of the best constant answer; None for losses without one, such as those of margins.

    It is the entropy of the classes for cross-entropy, and the variance of the targets for the squared error.

    Args:
        model: A compiled and built model with one output.
        y: Targets as in training, ``(rows, ...)``.

    Example:
        >>> from plastica import Dense, Sequential
        >>> model = Sequential([Dense(1, input_dim=2)])
        >>> model.compile("sgd", "mse")
        >>> chance_loss(model, np.array([[1.0], [3.0]]))
        1.0
    """
    loss = model.compiled.loss if model.compiled.own is None else None
    if not isinstance(loss, Loss) or not isinstance(y, np.ndarray) or not len(y):
        return None
    known = model.output_shape[1:]
    # Sequences of any length have as many steps as their targets.
    loss, shape = loss.for_one_answer(tuple(y.shape[n + 1] if size is None else size for n, size in enumerate(known)))
    target = jnp.asarray(y[np.linspace(0, len(y) - 1, min(len(y), ROWS)).astype(np.int64)], jnp.float32)
    try:
        spread = np.asarray(loss.meaning.targets.spread("doctor", target, jnp.zeros((len(target), *shape))))
        found = [
            float(to_run_once(_mean_loss)(loss, target, np.broadcast_to(answer, spread.shape)))
            for answer in _answers(loss, spread)
        ]
    except (PlasticaError, TypeError, ValueError):  # targets of a kind of their own, such as labels of CTC
        return None
    found = [value for value in found if np.isfinite(value)]
    return min(found) if found else None


def _mean_loss(loss: Loss, target: AnyArray, answers: AnyArray) -> Array:
    target, answers = jnp.asarray(target), jnp.asarray(answers)
    return loss.values(target, answers).mean()


def _answers(loss: Loss, target: np.ndarray) -> Iterator[np.ndarray]:
    """Yield constant answers, one of which is the best."""
    meaning = loss.meaning
    if meaning.outputs == "values":
        yield target.mean(0)
        yield np.median(target, axis=0)
    elif meaning.outputs in ("probabilities", "potentials"):
        shares = np.clip(target.reshape(-1, target.shape[-1]).mean(0), LEAST, 1 - LEAST)
        if meaning.outputs == "probabilities":
            yield shares
        else:
            yield np.log(shares) if meaning.exclusive else np.log(shares) - np.log1p(-shares)
