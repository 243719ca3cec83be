"""How far errors come while activities settle, and how many steps a network of some depth wants."""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import jax.numpy as jnp

from ..errors import PlasticaWarning

# Which part of a fixed-prediction error may be missing: about the rounding of single precision.
MISSING = 1e-6
# What a person is warned of: less than this part arrives, or more than this part is missing.
_SPREAD_AT_LEAST, _MISSING_AT_MOST = 0.05, 0.01
_FEWEST = 12  # steps for shallow networks, with which handwritten digits are learned as well as with more


class Reach(NamedTuple):
    """How far errors come.

    Attributes:
        steps: How many steps there are.
        arrives: Which part of the error arrives at the first layer.
        enough: Whether the first layer learns from that as it should.
        wanted: How many steps suit the depth.
    """

    steps: int
    arrives: float
    enough: bool
    wanted: int


def spreading(steps: int, pace: float, distance: int) -> Reach:
    """Return how far errors come where predictions follow the activities.

    Every activity then lies between its neighbours', and errors spread over the links as heat does over a rod: after t
    steps of a size, of what is held at one end the part erfc(distance / (2 sqrt(size t))) is found at a distance.

    Example:
        >>> found = spreading(12, 0.2, 7)
        >>> round(found.arrives, 4), found.enough, found.wanted
        (0.0014, False, 37)
    """
    wanted = int(steps_to_spread(pace, distance))
    arrives = math.erfc(distance / (2 * math.sqrt(pace * steps)))
    return Reach(steps, arrives, steps >= wanted or arrives >= _SPREAD_AT_LEAST, wanted)


def steps_to_spread(pace: Any, distance: int) -> Any:
    """Return how many steps suit a distance where errors spread; the pace may be traced.

    One step of size 1 goes one link, and so many in the mean go one over the size. From 16 links on the front thins out
    sooner than it arrives, unless steps grow with the square: then erfc(2), half a percent, arrives.
    """
    # A little less than the quotient, which may be a whole number but for its rounding.
    links = jnp.ceil(distance * max(1.0, distance / 16) / pace - 1e-3)
    return jnp.maximum(_FEWEST, 2 + links).astype(jnp.int32)


def passing(steps: int, pace: float, distance: int) -> Reach:
    """Return how far errors come beside fixed predictions.

    Each error goes by the step size towards what comes from the one above. What is there after t steps is the part
    P(at least ``distance`` of t trials succeed), with the step size as the probability of a success.

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


def passed_on(missing: list[Any], pace: Any) -> list[Any]:
    """Return which part of each error, first link to last, is missing after one more step."""
    return [own + pace * (above - own) for own, above in zip(missing, [*missing[1:], 0.0], strict=True)]


def warn_of_depth(rule: Any, reach: Reach, distance: int) -> None:
    """Warn where the steps that a person chose leave the first layer without most of its error."""
    if reach.enough:
        return
    own = f"inference={rule.inference!r}, steps={reach.steps}, step_size={rule.step_size:g}"
    warnings.warn(
        f"{type(rule).__name__}({own}): about {reach.arrives:.2g} of the error reaches the first layer that learns, "
        f"{distance} links below the last, so it learns poorly or not at all. Set steps={reach.wanted}, or leave out "
        "steps to adapt them to the depth.",
        PlasticaWarning,
        stacklevel=2,
    )
