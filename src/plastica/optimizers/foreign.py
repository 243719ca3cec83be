"""Any optax transformation as an optimizer."""

from __future__ import annotations

from dataclasses import field
from typing import TypeGuard

import jax
import optax
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..schedules import Schedule
from ..typing import Float, Memory, Params
from .optimizer import Optimizer, ValueFunction, strong


@declaration
class Optax(Optimizer):
    """Any optax transformation, with clipping, moving averages and accumulation added.

    When to use: for an optimizer that plastica does not have, as in ``compile(optimizer=optax.adan(1e-3))``. Two
    transformations never compare equal, so each compiles its own program, and its numbers are constants in it.

    Args:
        learning_rate: A factor for the steps of the transformation.
        transformation: An optax transformation, such as ``optax.adan(1e-3)``.

    Raises:
        InvalidValue: If ``transformation`` is not an optax transformation.

    Example:
        >>> import numpy as np
        >>> optimizer = Optax(transformation=optax.sgd(0.5))
        >>> weights = {"w": np.array([1.0, 2.0], np.float32)}
        >>> moved, state = optimizer.update({"w": np.array([2.0, 0.0])}, optimizer.init(weights), weights)
        >>> moved["w"].tolist()
        [0.0, 2.0]
    """

    learning_rate: float | Schedule = 1.0
    transformation: optax.GradientTransformation = field(kw_only=True)

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        if not is_transformation(self.transformation):
            raise InvalidValue(
                f"Optax(transformation={self.transformation!r}): transformation must be an "
                "optax.GradientTransformation, such as optax.adan(1e-3)."
            )

    def begin(self, params: Params) -> Memory:
        """Return the initial state of the transformation."""
        return jax.jit(lambda tree: strong(self.transformation.init(tree)))(params)

    def advance(
        self,
        direction: Params,
        memory: Memory,
        params: Params,
        rate: Float[Array, ""],
        value: Float[Array, ""] | None,
        value_fn: ValueFunction | None,
    ) -> tuple[Params, Memory]:
        """Add the steps of the transformation to the parameters."""
        extra = {"value": value, "grad": direction, "value_fn": value_fn}
        update = optax.with_extra_args_support(self.transformation).update
        steps, memory = update(direction, memory, params, **extra)
        return jax.tree.map(lambda w, s: (w + rate * s).astype(w.dtype), params, steps), memory


def is_transformation(value: object) -> TypeGuard[optax.GradientTransformation]:
    """Return whether a value is an optax transformation."""
    return isinstance(value, optax.GradientTransformation)
