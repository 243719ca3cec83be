"""The base of layers whose units each have a state of their own in time, and no weights between them."""

from __future__ import annotations

from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...errors import InvalidValue, ShapeError
from ...schedules.checks import ABOVE_ZERO, is_number, require_numbers
from ...typing import Float, Mask
from ..in_time import Carry
from ..layer import INFERENCE, Context, Layer, Params, Record, Shape, State

# What units carry from step to step, by name, each (batch, ...).
UnitState: TypeAlias = dict[str, Array]
# A number of milliseconds that decides about shapes, and so is none that may be traced, as floats of layers are.
StaticTime: TypeAlias = Any


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


def require_times(layer: object, *names: str) -> None:
    """Check time constants in milliseconds against the step ``dt``.

    Raises:
        InvalidValue: If one is not above 0, or shorter than a step, which is also how seconds show themselves.
    """
    owner, dt = type(layer).__name__, getattr(layer, "dt", None)
    for name in ("dt", *names) if dt is not None else names:
        require_time(owner, name, getattr(layer, name), dt)


def require_time(owner: str, name: str, value: object, dt: object) -> None:
    """Check one time constant in milliseconds against a step; a population's is accepted, and one that is not given.

    Raises:
        InvalidValue: If it is not above 0, or shorter than the step.
    """
    if not isinstance(value, float | int):
        return
    if not (is_number(value) and 0 < value < float("inf")):
        raise InvalidValue(f"{owner}({name}={value!r}): {name} must be a time above 0, in milliseconds.")
    if isinstance(dt, float | int) and value < dt:
        seconds = f" Times are in milliseconds: write {name}={1000 * value:g} for {value:g} s," if value < 1 else ""
        end = " or take a shorter step." if seconds else " Take a shorter step, or a longer time constant."
        raise InvalidValue(f"{owner}({name}={value:g}, dt={dt:g}): the step is longer than {name}.{seconds}{end}")


def require_millivolts(layer: object, *names: str) -> None:
    """Check that potentials are in millivolts and not in volts.

    Raises:
        InvalidValue: If all of them are below 0.5 in size, or one lies just below 0, where no potential of a neuron is.
    """
    values = {name: getattr(layer, name) for name in names}
    known = {name: value for name, value in values.items() if isinstance(value, float | int)}
    small = {name: value for name, value in known.items() if -0.5 < value < 0}
    if any(known.values()) and all(abs(value) < 0.5 for value in known.values()):
        small = known
    if small:
        name, value = max(small.items(), key=lambda pair: abs(pair[1]))
        raise InvalidValue(
            f"{type(layer).__name__}({name}={value:g}): potentials are in millivolts, and these look like volts: write "
            f"{name}={1000 * value:g}."
        )


def require_membrane(layer: Any) -> None:
    """Check the time constant of a membrane, C / g_L, against the step.

    Raises:
        InvalidValue: If it is shorter than the step, or one of both is not above 0.
    """
    require_numbers(layer, dict.fromkeys(("capacitance", "leak"), ABOVE_ZERO))
    given = layer.capacitance, layer.leak, layer.dt
    if all(isinstance(each, float | int) for each in given) and layer.capacitance < layer.leak * layer.dt:
        raise InvalidValue(
            f"{type(layer).__name__}(capacitance={layer.capacitance:g}, leak={layer.leak:g}, dt={layer.dt:g}): the "
            f"step is longer than the time constant of the membrane, {layer.capacitance / layer.leak:g} ms. "
            "Capacitances are in picofarads and conductances in nanosiemens; take a shorter step if both are."
        )


def whole_steps(owner: str, name: str, time: StaticTime, dt: StaticTime) -> int:
    """Return how many steps a time has.

    Raises:
        InvalidValue: If it is not a whole number of steps.
    """
    numbers = all(is_number(each) and np.ndim(each) == 0 for each in (time, dt))
    if not (numbers and time >= 0 and dt > 0):
        raise InvalidValue(f"{owner}({name}={time!r}, dt={dt!r}): expected a time and a step above 0, in milliseconds.")
    steps = round(time / dt)
    if abs(steps * dt - time) > 1e-6 * max(dt, abs(time)):
        raise InvalidValue(
            f"{owner}({name}={time:g}, dt={dt:g}): {name} must be a whole number of steps of {dt:g} ms; "
            f"{steps * dt:g} is one."
        )
    return steps
