"""The base class of optimizers, which turn a direction for each parameter into a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from ..declaration import Declaration, declaration
from ..errors import InvalidValue
from ..schedules import Schedule
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, FRACTION, require_numbers
from ..schedules.schedule import checked_rate
from ..typing import Float, Int, Memory, Params, PyTree
from .clipping import clip

OptimizerState = dict[str, PyTree]
ValueFunction = Callable[[Params], Array]


@declaration
class Optimizer(Declaration):
    """The base class of optimizers: turns a direction for each parameter into a step.

    A step averages the directions of ``accumulate`` batches, clips them, applies weight decay, updates the weights and
    averages them, in this order. All of it runs in a compiled loop that takes the optimizer as an argument. Changing
    the learning rate therefore compiles nothing, and a vector of learning rates under ``jax.vmap`` is a population.

    Args:
        learning_rate: A number, a schedule, or a function of the number of steps made by the optimizer.
        weight_decay: Each step subtracts ``learning_rate * weight_decay`` times each parameter, including biases
            (decoupled from the gradient, as in Keras). None: no weight decay.
        clipnorm: The largest norm of the direction of each parameter array.
        clipvalue: The largest magnitude of each element of the direction.
        global_clipnorm: The largest norm of all directions together. Only one kind of clipping can be used.
        use_ema: Whether to keep a moving average of the weights; see :meth:`averaged`.
        ema_momentum: Decay of the moving average; the first step sets it to the weights.
        accumulate: The number of batches whose mean direction makes one step. Schedules and moving averages count
            steps, not batches, so 4 batches of 8 are equivalent to one batch of 32.

    Raises:
        InvalidValue: For a number outside its range, or more than one kind of clipping.
    """

    full_batch: ClassVar[bool] = False  # whether a step requires all rows
    keeps_zero: ClassVar[bool] = False  # whether weights that are 0 and have the gradient 0 stay 0

    learning_rate: float | Schedule = 0.001
    weight_decay: float | None = field(default=None, kw_only=True)
    clipnorm: float | None = field(default=None, kw_only=True)
    clipvalue: float | None = field(default=None, kw_only=True)
    global_clipnorm: float | None = field(default=None, kw_only=True)
    use_ema: bool = field(default=False, kw_only=True)
    ema_momentum: float = field(default=0.99, kw_only=True)
    accumulate: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "learning_rate", checked_rate(self))
        clips = ("clipnorm", "clipvalue", "global_clipnorm")
        require_numbers(self, dict.fromkeys(clips, ABOVE_ZERO))
        require_numbers(self, {"weight_decay": AT_LEAST_ZERO, "ema_momentum": FRACTION})
        name = type(self).__name__
        given = [clip for clip in clips if getattr(self, clip) is not None]
        if len(given) > 1:
            raise InvalidValue(f"{name}: got {' and '.join(given)}; only one of {', '.join(clips)} can be set.")
        if isinstance(self.accumulate, bool) or not isinstance(self.accumulate, int) or self.accumulate < 1:
            raise InvalidValue(
                f"{name}(accumulate={self.accumulate!r}): accumulate must be a whole number of at least 1."
            )

    def init(self, params: Params) -> OptimizerState:
        """Return the initial state: a dictionary of arrays, with the number of steps as ``step``."""
        state: OptimizerState = {"step": np.zeros((), np.int32), "memory": self.begin(params)}
        if self.use_ema:
            state["average"] = jax.tree.map(_copy, params)
        if self.accumulate > 1:
            state["seen"] = np.zeros((), np.int32)
            state["total"] = jax.tree.map(lambda w: np.zeros(w.shape, w.dtype), params)
        return state

    def update(
        self,
        direction: Params,
        state: OptimizerState,
        params: Params,
        value: Float[Array, ""] | None = None,
        value_fn: ValueFunction | None = None,
    ) -> tuple[Params, OptimizerState]:
        """Process the direction of one batch and, once ``accumulate`` batches are complete, step against it.

        Args:
            direction: The direction, which is the gradient for backprop, with the structure of the parameters.
            state: The state from :meth:`init` or from the previous step.
            params: The parameters.
            value: The loss at ``params``; only some optimizers use it.
            value_fn: The loss as a function of the parameters; only some optimizers use it.

        Returns:
            The new parameters and the new state.

        Raises:
            InvalidValue: If the optimizer needs ``value_fn`` and there is none.
        """
        dtype = _precision(params)
        cast = jax.tree.map(lambda number: jnp.asarray(number, dtype), self)
        direction = jax.tree.map(lambda g, w: jnp.asarray(g, w.dtype), direction, params)
        if self.accumulate == 1:
            return cast._step(direction, state, params, value, value_fn)
        return cast._gather(direction, state, params, value, value_fn)

    def averaged(self, params: Params, state: OptimizerState) -> Params:
        """Return the moving average of the weights, or ``params`` if there is none."""
        return state["average"] if self.use_ema else params

    @property
    def is_elementwise(self) -> bool:
        """Whether each weight moves by its own direction alone, so that arrays can be divided. Default: no."""
        return False

    @property
    def keeps_average(self) -> bool:
        """Whether the weights are averaged."""
        return self.use_ema

    def gathered(self, state: OptimizerState) -> PyTree:
        """Return the directions of batches that have not made a step yet; None if there are none."""
        return state.get("total")

    def placed(self, names: Callable[[], tuple[Sequence[str], Sequence[str]]]) -> Optimizer:
        """Return the optimizer for a network; ``names`` returns those of its trainable and its frozen arrays."""
        return self

    def current_rate(self, step: Int[Array, ""] | int) -> Float[Array, ""] | float:
        """Return the learning rate at a step; the first step is 0."""
        return self.learning_rate(step) if isinstance(self.learning_rate, Schedule) else self.learning_rate

    def stable_rate(self, curvature: float) -> float | None:
        """Return the largest learning rate with which a quadratic loss does not grow; None if it is not known.

        Args:
            curvature: The second derivative of the loss, or the largest eigenvalue of its Hessian; above 0.
        """
        return None

    def begin(self, params: Params) -> Memory:
        """Return the initial memory of the optimizer, a pytree of arrays."""
        raise NotImplementedError

    def advance(
        self,
        direction: Params,
        memory: Memory,
        params: Params,
        rate: Float[Array, ""],
        value: Float[Array, ""] | None,
        value_fn: ValueFunction | None,
    ) -> tuple[Params, Memory]:
        """Return the updated parameters and the new memory; clipping and weight decay are already applied."""
        raise NotImplementedError

    def _step(
        self,
        direction: Params,
        state: OptimizerState,
        params: Params,
        value: Float[Array, ""] | None,
        value_fn: ValueFunction | None,
    ) -> tuple[Params, OptimizerState]:
        step = state["step"]
        rate = jnp.asarray(self.current_rate(step), _precision(params))
        direction = clip(direction, self.clipnorm, self.clipvalue, self.global_clipnorm)
        if self.weight_decay is not None:
            params = _mix(params, params, 1, -rate * self.weight_decay)
        params, memory = self.advance(direction, state["memory"], params, rate, value, value_fn)
        # The count stops at its maximum: schedules have ended by then, and it must not become negative.
        counted = step + (step < np.iinfo(np.int32).max)
        # The new memory keeps the types of the old one: a loop compiles only if its types do not change.
        new: OptimizerState = {**state, "step": counted, "memory": strong(memory, state["memory"])}
        if self.use_ema:
            kept = jnp.where(step == 0, 0, self.ema_momentum)
            new["average"] = _mix(state["average"], params, kept, 1 - kept)
        return params, new

    def _gather(
        self,
        direction: Params,
        state: OptimizerState,
        params: Params,
        value: Float[Array, ""] | None,
        value_fn: ValueFunction | None,
    ) -> tuple[Params, OptimizerState]:
        seen = state["seen"] + 1
        total = jax.tree.map(jnp.add, state["total"], direction)

        def step() -> tuple[Params, OptimizerState]:
            mean = jax.tree.map(lambda t: t / self.accumulate, total)
            zero = {"seen": jnp.zeros_like(seen), "total": jax.tree.map(jnp.zeros_like, total)}
            return self._step(mean, {**state, **zero}, params, value, value_fn)

        def wait() -> tuple[Params, OptimizerState]:
            return params, {**state, "seen": seen, "total": total}

        return jax.lax.cond(seen == self.accumulate, step, wait)


def strong(tree: PyTree, like: PyTree = None) -> PyTree:
    """Return a tree of arrays with the types of another tree or their own, but no weak types, which are retraced."""
    return jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), tree, tree if like is None else like)


def _precision(params: Params) -> np.dtype:
    """Return the type in which an optimizer's numbers are computed: that of the parameters, at least float32."""
    return jnp.result_type(jnp.float32, *jax.tree.leaves(params))


def _mix(one: Params, other: Params, part: Array | float, other_part: Array | float) -> Params:
    return jax.tree.map(lambda a, b: (a * part + b * other_part).astype(b.dtype), one, other)


def _copy(array: Array | np.ndarray) -> Array | np.ndarray:
    """Return a copy, so that a program can take ownership of the buffers of both the weights and their average."""
    return jnp.copy(array) if isinstance(array, Tracer) else np.array(array)
