"""The base of layers whose units each have a state of their own in time, and no weights between them."""

from __future__ import annotations

from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ...errors import ShapeError
from ...typing import Float, Mask
from ..in_time import Carry
from ..layer import INFERENCE, Context, Layer, Params, Record, Shape, State

# What units carry from step to step, by name, each (batch, ...).
UnitState: TypeAlias = dict[str, Array]


class KeepsTime(Layer):
    """Base of layers whose outputs have a step for each step of their inputs."""

    @property
    def keeps_time(self) -> bool:
        return True

    @property
    def loses_mask(self) -> bool:
        return False

    def mask_of(self, x: jax.Array | None, mask: Mask) -> Mask:
        return mask


class UnitsInTime(KeepsTime):
    """Base of neurons, synapses and other units with a state in time, which see one step of inputs after another.

    A subclass defines ``at_rest`` and ``advance``. Inputs are ``(batch, time, ...)`` with any number of axes for units;
    outputs have the same shape.
    """

    dt: float

    @property
    def walks_steps(self) -> bool:
        return True

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        """Return what the units carry before the first step.

        Args:
            like: Inputs of one step, for their shape and dtype.
        """
        raise NotImplementedError

    def advance(
        self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]
    ) -> tuple[UnitState, Float[Array, "batch *units"]]:
        """Return what the units carry after one step, and their potential."""
        raise NotImplementedError

    def paused(self, carry: UnitState) -> Float[Array, "batch *units"]:
        """Return the potential at a step of padding."""
        raise NotImplementedError

    def output_shape(self, shape: Shape) -> Shape:
        return in_time(self, shape)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        steps = time_major(x)
        return jnp.swapaxes(self.run(params, steps, real_steps(steps, context)), 0, 1), state

    def run(
        self, params: Params, steps: Float[Array, "time batch *units"], real: Array | None
    ) -> Float[Array, "time batch *units"]:
        """Return the potentials of all steps, time-major."""

        def step(carry: UnitState, now: tuple[Array, Array | None]) -> tuple[UnitState, Array]:
            return self.kept(params, carry, *now)

        return jax.lax.scan(step, self.at_rest(steps[0]), (steps, real))[1]

    def kept(
        self, params: Params, carry: UnitState, drive: Array, real: Array | None
    ) -> tuple[UnitState, Float[Array, "batch *units"]]:
        """Return the same as ``advance``; padding leaves what is carried as it is."""
        new, potential = self.advance(params, carry, drive)
        if real is None:
            return new, potential
        held = {name: jnp.where(real, value, carry[name]) for name, value in new.items()}
        return held, jnp.where(real, potential, self.paused(held))

    def start(self, params: Params, batch: int) -> Carry:
        # How many units there are is known with the first inputs.
        return ()

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State | None = None, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        x_t = as_floats(x_t)
        held: Any = carry if len(carry) else self.at_rest(x_t)
        real = None if context.steps is None else context.steps[:, 0].reshape(-1, *[1] * (x_t.ndim - 1))
        return self.kept(params, held, x_t, real)

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        record, state = super().forward(params, x, state, context, feedback)
        return record._replace(trajectory=lambda: self.trajectory(params, x)), state

    def trajectory(self, params: Params, x: jax.Array) -> dict[str, jax.Array]:
        """Return what the units do at every step, by name: ``pre``, ``potential``, ``post`` and all they carry.

        Args:
            params: The parameters of the layer.
            x: Inputs, ``(batch, time, ...)``.

        Shapes:
            Each ``(batch, time, ...)``.
        """
        steps = time_major(x)

        def step(carry: UnitState, drive: Array) -> tuple[UnitState, UnitState]:
            new, potential = self.advance(params, carry, drive)
            return new, {**new, "potential": potential, "post": self.activate(potential)}

        found = jax.lax.scan(step, self.at_rest(steps[0]), steps)[1]
        return {name: jnp.swapaxes(values, 0, 1) for name, values in {"pre": steps, **found}.items()}


def fading(dt: float, tau: float, dtype: Any) -> Array:
    """Return exp(-dt / tau), the fraction that a step leaves of what fades with a time constant."""
    return jnp.exp(-dt / jnp.asarray(tau, dtype))


def mean_of_fading(dt: float, tau: float, dtype: Any) -> Array:
    """Return the mean of exp(-t / tau) over a step: as a fraction of that at its beginning."""
    elapsed = dt / jnp.asarray(tau, dtype)
    return -jnp.expm1(-elapsed) / elapsed


def as_floats(x: Array) -> Float[Array, "*shape"]:
    """Return inputs as floating point numbers."""
    return jnp.asarray(x, jnp.result_type(x, jnp.float32))


def time_major(x: Array) -> Float[Array, "time batch *units"]:
    """Return inputs ``(batch, time, ...)`` with time first, as floating point numbers."""
    return jnp.swapaxes(as_floats(x), 0, 1)


def real_steps(steps: Float[Array, "time batch *units"], context: Context) -> Array | None:
    """Return which steps are real, shaped to broadcast with time-major steps; None for all."""
    if context.steps is None:
        return None
    return jnp.swapaxes(context.steps, 0, 1).reshape(*steps.shape[:2], *[1] * (steps.ndim - 2))


def in_time(layer: object, shape: Shape) -> Shape:
    """Return the shape of one input if it begins with an axis of time.

    Raises:
        ShapeError: If it has no such axis, or no step.
    """
    shape = tuple(shape)
    if len(shape) < 2:
        raise ShapeError(
            f"{type(layer).__name__}: got inputs of shape {shape}; it needs an axis of time: (batch, time, features), "
            "so (time, features) for each input. Put RateEncoder(100) or RepeatVector(100) before it."
        )
    if shape[0] == 0:
        raise ShapeError(f"{type(layer).__name__}: got inputs of shape {shape}, without a time step.")
    return shape
