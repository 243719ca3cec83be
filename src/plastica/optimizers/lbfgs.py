"""L-BFGS: Newton's steps from a few remembered gradients, for the whole data at once."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree

from ..declaration import declaration
from ..errors import InvalidValue
from ..schedules import Schedule
from .optimizer import Optimizer, ValueFunction, strong

WITHOUT = ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm")


@declaration
class LBFGS(Optimizer):
    """Newton's steps from a few remembered gradients, each as long as a line search finds good.

    When to use: for small networks and little data, with the whole data as one batch; converges in tens of
    steps to an accuracy that the other optimizers do not reach. Not with random layers or mini-batches.

    w ← w - α H g, with H from the last ``memory_size`` changes of weights and gradients, and α from a search
    that meets the strong Wolfe conditions.

    Args:
        learning_rate: The first length the search tries; 1 is Newton's.
        memory_size: How many changes are remembered; each costs two arrays of the parameters' size.
        max_linesearch_steps: How often the search may compute loss and gradient in one step.

    Raises:
        InvalidValue: With clipping or weight decay, which would make the direction another one than the
            search's loss has; and in ``update`` without ``value_fn``.

    Reference:
        J. Nocedal, S. J. Wright, 1999, Numerical optimization, algorithms 7.4, 7.5, 3.5 and 3.6.
    """

    full_batch: ClassVar[bool] = True

    learning_rate: float | Schedule = 1.0
    memory_size: int = 10
    max_linesearch_steps: int = 20

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        for name in ("memory_size", "max_linesearch_steps"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise InvalidValue(
                    f"LBFGS({name}={getattr(self, name)!r}): {name} must be a whole number of at least 1."
                )
        given = [name for name in WITHOUT if getattr(self, name) is not None]
        if given or self.accumulate != 1:
            raise InvalidValue(
                f"LBFGS({', '.join(given or ['accumulate'])}): LBFGS searches along the loss itself and takes the "
                "whole data as one batch; put a penalty on the weights by kernel_regularizer instead."
            )

    def begin(self, params: Any) -> Any:
        """Return the empty memory of changes and the search's state."""
        return jax.jit(lambda tree: strong(self._solver(1.0).init(ravel_pytree(tree)[0])))(params)

    def advance(
        self,
        direction: Any,
        memory: Any,
        params: Any,
        rate: jax.Array,
        value: Any,
        value_fn: ValueFunction | None,
    ) -> tuple[Any, Any]:
        """Search along the quasi-Newton direction."""
        if value_fn is None:
            raise InvalidValue(
                "LBFGS: update got no value_fn; LBFGS needs the loss as a function of the parameters for its search."
            )
        vector, unravel = ravel_pytree(params)
        gradient = ravel_pytree(direction)[0]

        def loss(flat: jax.Array) -> jax.Array:
            return value_fn(unravel(flat)).astype(vector.dtype)

        value = loss(vector) if value is None else jnp.asarray(value, vector.dtype)
        solver: Any = self._solver(rate)
        step, memory = solver.update(gradient, memory, vector, value=value, grad=gradient, value_fn=loss)
        return unravel(vector + step), memory

    def _solver(self, rate: Any) -> optax.GradientTransformationExtraArgs:
        search = optax.scale_by_zoom_linesearch(self.max_linesearch_steps, initial_guess_strategy="one")
        return optax.chain(optax.scale_by_lbfgs(self.memory_size), optax.scale(-rate), search)
