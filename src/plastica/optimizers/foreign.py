"""Any optax transformation as an optimizer."""

from __future__ import annotations

from dataclasses import field
from typing import Any

import jax
import optax

from ..declaration import declaration
from ..errors import InvalidValue
from ..schedules import Schedule
from .optimizer import Optimizer, ValueFunction, strong


@declaration
class Optax(Optimizer):
    """Any optax transformation, with clipping, averages and accumulation around it.

    When to use: for an optimizer that plastica does not have: ``compile(optimizer=optax.adan(1e-3))``. Two
    transformations are never equal by value, so each compiles its own program and its numbers are constants.

    Args:
        learning_rate: By what the transformation's own steps are multiplied.
        transformation: What ``optax.adan(1e-3)`` and its like return.
    """

    learning_rate: float | Schedule = 1.0
    transformation: Any = field(kw_only=True)

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        if not isinstance(self.transformation, optax.GradientTransformation):
            raise InvalidValue(
                f"Optax(transformation={self.transformation!r}): transformation must be an "
                "optax.GradientTransformation, such as optax.adan(1e-3)."
            )

    def begin(self, params: Any) -> Any:
        """Return the transformation's own state."""
        return jax.jit(lambda tree: strong(self.transformation.init(tree)))(params)

    def advance(
        self,
        direction: Any,
        memory: Any,
        params: Any,
        rate: jax.Array,
        value: Any,
        value_fn: ValueFunction | None,
    ) -> tuple[Any, Any]:
        """Add the transformation's steps to the parameters."""
        extra = {"value": value, "grad": direction, "value_fn": value_fn}
        update = optax.with_extra_args_support(self.transformation).update
        steps, memory = update(direction, memory, params, **extra)
        return jax.tree.map(lambda w, s: (w + rate * s).astype(w.dtype), params, steps), memory
