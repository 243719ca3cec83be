"""The sparseness of the hidden units of a network."""

from __future__ import annotations

import jax
import numpy as np
from jax import Array

from ..errors import InvalidValue
from ..layers.layer import INFERENCE, Layer, Params, State
from ..rules.chain import chain

LEAST = 1e-6  # a unit whose activity never exceeds this is silent


def sparseness(activity: np.ndarray) -> tuple[float, float]:
    """Return the mean lifetime sparseness of the units of a layer and the fraction of silent units.

    The lifetime sparseness of a unit with activities of magnitude r for n rows is

        S = (1 - (sum r / n)^2 / (sum r^2 / n)) / (1 - 1 / n)

    It is 0 for a unit that responds equally to all rows and 1 for a unit that responds to a single row. Silent units
    are not included in the mean.

    Args:
        activity: The activities, ``(rows, ...)``, of at least two rows.

    Returns:
        The mean sparseness (NaN if all units are silent) and the fraction of silent units.

    Example:
        >>> sparseness(np.array([[1.0, 0.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0]]))
        (0.5, 0.5)

    Reference:
        Treves, Rolls (1991), What determines the capacity of autoassociative memories in the brain?, equation 2
        (the measure a); Vinje, Gallant (2000), Sparse coding and decorrelation in primary visual cortex during
        natural vision, note 12 (S).
    """
    answers = np.abs(activity.reshape(len(activity), -1).astype(np.float64))
    count, speaks = len(answers), answers.max(0) > LEAST
    if not speaks.any():
        return float("nan"), 1.0
    heard = answers[:, speaks]
    found = (1 - heard.mean(0) ** 2 / (heard**2).mean(0)) / (1 - 1 / count)
    return float(found.mean()), float(1 - speaks.mean())


def hidden_activities(network: Layer, params: Params, state: State, x: np.ndarray) -> list[np.ndarray]:
    """Return the activity of each trained layer except the last in a forward pass; empty if layers form no chain."""
    try:
        places = chain(network, params).places
    except InvalidValue:
        return []
    found = _activities(network, tuple(place.stop - 1 for place in places[:-1]), params, state, x)
    return [np.asarray(each) for each in found]


@jax.jit(static_argnames="places")
def _activities(network: Layer, places: tuple[int, ...], params: Params, state: State, x: Array) -> tuple[Array, ...]:
    record, _ = network.forward(params, x, state, INFERENCE)
    return tuple(record.children[place].activity for place in places)
