"""How far errors propagate while activities relax, and the number of steps for a given depth."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from ..errors import PlasticaWarning
from ..typing import Float, Int, PyTree

# The fraction of an error that may be missing with fixed predictions: about the rounding error of float32.
MISSING = 1e-6
# Below this fraction that arrives, or above this fraction that is missing, there is a warning.
_SPREAD_AT_LEAST, _MISSING_AT_MOST = 0.05, 0.01
FEWEST_STEPS = 12  # steps for shallow networks; more do not improve the accuracy on handwritten digits


class Reach(NamedTuple):
    """How far errors propagate.

    Attributes:
        steps: The number of steps.
        arrives: The fraction of the error that arrives at the first layer.
        enough: Whether that suffices for the first layer to learn.
        wanted: The number of steps that suits the depth.
    """

    steps: int
    arrives: float
    enough: bool
    wanted: int


def spreading(steps: int, pace: float, distance: int) -> Reach:
    """Return how far errors propagate if predictions follow the activities.

    Every activity then lies between its neighbours, and errors diffuse over the links like heat in a rod: after t steps
    of a given size, the fraction erfc(distance / (2 sqrt(size t))) of the value at one end is found at a distance.

    Example:
        >>> found = spreading(12, 0.2, 7)
        >>> round(found.arrives, 4), found.enough, found.wanted
        (0.0014, False, 37)
    """
    wanted = int(steps_to_spread(pace, distance))
    arrives = math.erfc(distance / (2 * math.sqrt(pace * steps)))
    return Reach(steps, arrives, steps >= wanted or arrives >= _SPREAD_AT_LEAST, wanted)


def steps_to_spread(pace: Float[Array, ""] | float, distance: int) -> Int[Array, ""]:
    """Return the number of steps for a distance over which errors diffuse; the step size may be traced.

    A step of size 1 reaches the next link, so 1 / size steps do on average. From 16 links on, the front becomes too
    weak before it arrives, unless the number of steps grows with the square of the distance: then erfc(2), half a per
    cent, arrives.
    """
    # 1e-3 keeps a quotient that is whole up to rounding errors from being rounded up.
    links = jnp.ceil(distance * max(1.0, distance / 16) / pace - 1e-3)
    return jnp.maximum(FEWEST_STEPS, 2 + links).astype(jnp.int32)


def passing(steps: int, pace: float, distance: int) -> Reach:
    """Return how far errors propagate if predictions are fixed.

    In each step, every error moves by the step size towards the error from above. The fraction after t steps is P(at
    least ``distance`` of t trials succeed), where the step size is the probability of success.

    Example:
        >>> found = passing(40, 0.5, 15)
        >>> round(1 - found.arrives, 3), found.enough, found.wanted
        (0.04, False, 67)
    """
    missing, made, found = [1.0] * distance, 0, 0.0
    while made < steps or (0 < pace < 2 and missing[0] > MISSING and made < 100_000):
        missing, made = passed_on(missing, pace), made + 1
        found = missing[0] if made == steps else found
    return Reach(steps, 1 - found, abs(found) <= _MISSING_AT_MOST, made)


def passed_on(missing: Sequence[PyTree], pace: Array | float) -> list[PyTree]:
    """Return the missing fraction of each error, first link to last, after one more step; floats or traced numbers."""
    return [own + pace * (above - own) for own, above in zip(missing, [*missing[1:], 0.0], strict=True)]


def warn_of_depth(rule: str, reach: Reach, distance: int) -> None:
    """Warn if most of the error does not reach the first layer within the given steps."""
    if reach.enough:
        return
    warnings.warn(
        f"{rule}: about {reach.arrives:.2g} of the error reaches the first layer that learns, "
        f"{distance} links below the last, so it learns poorly or not at all. Set steps={reach.wanted}, or leave out "
        "steps to adapt them to the depth.",
        PlasticaWarning,
        stacklevel=2,
    )
