"""A pole on a cart, which falls unless the cart is pushed the right way."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..declaration import declaration
from ..random import Key, Shape
from ..typing import Float, Int
from .environment import Environment, StepOutcome

# The constants of the paper: in kilograms, metres, newtons and seconds.
_GRAVITY, _CART, _POLE, _HALF_LENGTH, _FORCE, _STEP = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02
_FARTHEST, _STEEPEST = 2.4, 12 * np.pi / 180


@declaration
class CartPole(Environment):
    """Keep a pole upright on a cart that is pushed to the left (0) or to the right (1) at every step of 20 ms.

    The network sees the position and the velocity of the cart, and the angle and the angular velocity of the pole. The
    reward is 1 for each step; the episode ends when the pole leans by more than 12 degrees or the cart leaves the track
    of 4.8 m. The equations are those of Gymnasium's ``CartPole-v1``, where an episode has 500 steps.

    Example:
        >>> CartPole().observation_shape
        (4,)

    Reference:
        A. G. Barto, R. S. Sutton, C. W. Anderson, 1983, Neuronlike adaptive elements that can solve difficult learning
        control problems, appendix; without friction.
    """

    actions: ClassVar[int] = 2  # pyright: ignore[reportIncompatibleMethodOverride]
    observation_shape: ClassVar[Shape] = (4,)  # pyright: ignore[reportIncompatibleMethodOverride]

    @property
    def usual_length(self) -> int:
        return 500

    def reset(self, key: Key) -> Float[Array, "4"]:
        return 0.1 * random.uniform(key, (4,)) - 0.05

    def observe(self, world: Float[Array, "4"]) -> Float[Array, "4"]:
        return world

    def step(self, world: Float[Array, "4"], action: Int[Array, ""], key: Key) -> StepOutcome:
        _, velocity, angle, turning = world
        mass, force = _CART + _POLE, jnp.where(action == 1, _FORCE, -_FORCE)
        sine, cosine = jnp.sin(angle), jnp.cos(angle)
        pushed = (force + _POLE * _HALF_LENGTH * turning**2 * sine) / mass
        turned = (_GRAVITY * sine - cosine * pushed) / (_HALF_LENGTH * (4 / 3 - _POLE * cosine**2 / mass))
        moved = pushed - _POLE * _HALF_LENGTH * turned * cosine / mass
        slopes = jnp.stack([velocity, moved, turning, turned])
        after = world + _STEP * slopes
        ended = (jnp.abs(after[0]) > _FARTHEST) | (jnp.abs(after[2]) > _STEEPEST)
        return StepOutcome(after, jnp.ones(()), ended)
