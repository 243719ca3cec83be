"""One step of a differential equation for every unit: Euler, exponential Euler, Runge-Kutta."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ...errors import InvalidValue
from .units_in_time import UnitState

# From quantities to their derivatives in time, per millisecond.
Flow: TypeAlias = Callable[[UnitState], UnitState]
INTEGRATORS = ("euler", "exponential_euler", "rk4")


def integrate(flow: Flow, carry: UnitState, dt: float, integrator: str) -> UnitState:
    """Return quantities one step later.

    Args:
        flow: Returns the derivative of each quantity that changes.
        carry: The quantities.
        dt: The duration of the step.
        integrator: "euler", with an error of order dt; "exponential_euler", of order dt too, but exact where an
            equation is linear in its own quantity, and stable for steps near the time constants; "rk4", of order dt^4
            between spikes.
    """
    return {**carry, **_STEPS[integrator](flow, carry, dt)}


def require_integrator(layer: Any) -> None:
    """Check the name of an integrator.

    Raises:
        InvalidValue: If it is unknown.
    """
    if layer.integrator not in INTEGRATORS:
        known = ", ".join(map(repr, INTEGRATORS))
        raise InvalidValue(f"{type(layer).__name__}(integrator={layer.integrator!r}): expected one of {known}.")


def _euler(flow: Flow, carry: UnitState, dt: float) -> UnitState:
    return {name: carry[name] + dt * slope for name, slope in flow(carry).items()}


def _exponential_euler(flow: Flow, carry: UnitState, dt: float) -> UnitState:
    new = {}
    for name in flow(carry):

        def along(own: Array, name: str = name) -> Array:
            return flow({**carry, name: own})[name]

        own = carry[name]
        slope, rate = jax.jvp(along, (own,), (jnp.ones_like(own),))
        # x' = f + a (x - x0) has the solution x0 + f (exp(a dt) - 1) / a, which is f dt where a is 0.
        product = rate * dt
        small = jnp.abs(product) < 1e-6
        factor = jnp.where(small, 1 + product / 2, jnp.expm1(product) / jnp.where(small, 1, product))
        new[name] = own + dt * slope * factor
    return new


def _rk4(flow: Flow, carry: UnitState, dt: float) -> UnitState:
    def later(slopes: UnitState, time: float) -> UnitState:
        return {**carry, **{name: carry[name] + time * slope for name, slope in slopes.items()}}

    first = flow(carry)
    second = flow(later(first, dt / 2))
    third = flow(later(second, dt / 2))
    fourth = flow(later(third, dt))
    return {
        name: carry[name] + dt / 6 * (first[name] + 2 * second[name] + 2 * third[name] + fourth[name]) for name in first
    }


_STEPS = {"euler": _euler, "exponential_euler": _exponential_euler, "rk4": _rk4}
