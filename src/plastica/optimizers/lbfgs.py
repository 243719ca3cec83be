"""L-BFGS: quasi-Newton steps on the whole data set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp
from jax import Array
from jax.flatten_util import ravel_pytree

from ..declaration import declaration
from ..errors import InvalidValue
from ..schedules import Schedule
from ..typing import Float, Memory, Params
from .optimizer import Optimizer, ValueFunction, strong

if TYPE_CHECKING:
    import optax

WITHOUT = ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm")


@declaration
class LBFGS(Optimizer):
    """Quasi-Newton steps from the most recent gradients, with a line search for the length of each step.

    When to use: for small networks and small data sets, with all rows in one batch. It converges in tens of steps to a
    precision that the other optimizers do not reach. It is not suitable for random layers or mini-batches.

    w ← w - α H g, with H from the last ``memory_size`` changes of weights and gradients and α from a search that
    satisfies the strong Wolfe conditions.

    Args:
        learning_rate: The first step length that the search tries; 1, the default, is Newton's step.
        memory_size: The number of changes to remember; each needs two arrays of the size of the parameters.
        max_linesearch_steps: The maximum number of evaluations of loss and gradient in one step.

    Raises:
        InvalidValue: With clipping, accumulation or weight decay, since the direction would not match the loss of the
            search; and in ``update`` without ``value_fn``.

    Example:
        >>> optimizer = LBFGS()
        >>> weights, loss = {"w": jnp.array([3.0])}, lambda p: jnp.sum((p["w"] - 1.0) ** 2)
        >>> state = optimizer.init(weights)
        >>> for _ in range(3):
        ...     weights, state = optimizer.update(jax.grad(loss)(weights), state, weights, loss(weights), loss)
        >>> [round(float(w), 4) for w in weights["w"]]
        [1.0]

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
                f"LBFGS({', '.join(given or ['accumulate'])}): LBFGS uses the loss itself in its line search, with the "
                "whole data set as one batch. To penalize large weights, set kernel_regularizer on the layers."
            )

    def begin(self, params: Params) -> Memory:
        """Return the empty memory and the initial state of the search."""
        return jax.jit(lambda tree: strong(self._solver(1.0).init(ravel_pytree(tree)[0])))(params)

    def advance(
        self,
        direction: Params,
        memory: Memory,
        params: Params,
        rate: Float[Array, ""],
        value: Float[Array, ""] | None,
        value_fn: ValueFunction | None,
    ) -> tuple[Params, Memory]:
        """Search along the quasi-Newton direction."""
        if value_fn is None:
            raise InvalidValue(
                "LBFGS: update() needs value_fn, the loss as a function of the parameters, for the line search."
            )
        vector, unravel = ravel_pytree(params)
        gradient = ravel_pytree(direction)[0]

        def loss(flat: Float[Array, "size"]) -> Float[Array, ""]:
            return value_fn(unravel(flat)).astype(vector.dtype)

        value = loss(vector) if value is None else jnp.asarray(value, vector.dtype)
        solver: Any = self._solver(rate)  # for type checkers, its steps are any trees
        step, memory = solver.update(gradient, memory, vector, value=value, grad=gradient, value_fn=loss)
        return unravel(vector + step), memory

    def _solver(self, rate: Float[Array, ""] | float) -> optax.GradientTransformationExtraArgs:
        import optax

        search = optax.scale_by_zoom_linesearch(self.max_linesearch_steps, initial_guess_strategy="one")
        return optax.chain(optax.scale_by_lbfgs(self.memory_size), optax.scale(-rate), search)
