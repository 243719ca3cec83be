"""What every optimizer is: from a direction for each parameter to a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ..declaration import Declaration, declaration
from ..errors import InvalidValue
from ..schedules import Schedule
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, FRACTION, require_numbers
from ..schedules.schedule import checked_rate
from .clipping import clip

OptimizerState = dict[str, Any]
ValueFunction = Callable[[Any], jax.Array]


@declaration
class Optimizer(Declaration):
    """An optimizer: turns a direction for each parameter into a step.

    A step does, in this order: average the directions of ``accumulate`` batches, clip them, shrink the
    weights (weight decay), move them, average the weights. All of it runs inside a compiled loop with the
    optimizer as an argument: another learning rate compiles nothing, and a vector of them under ``jax.vmap``
    is a population.

    Args:
        learning_rate: A number, a schedule, or a function of the step; the step is the optimizer's own count.
        weight_decay: Each step takes ``learning_rate * weight_decay`` of every parameter away, biases too
            (decoupled from the gradient, as in Keras). None takes nothing.
        clipnorm: Largest norm of the direction of each parameter array.
        clipvalue: Largest magnitude of each element of the direction.
        global_clipnorm: Largest norm of all directions together. One of the three clippings at most.
        use_ema: Whether a moving average of the weights is kept; see :meth:`averaged`.
        ema_momentum: How much of the average stays at each step; the first step sets it to the weights.
        accumulate: Of how many batches the mean direction is taken before one step is made. Schedules and the
            moving average go by steps, not by batches, so that 4 batches of 8 are one batch of 32.

    Raises:
        InvalidValue: For a number outside its range, or two clippings at once.
    """

    full_batch: ClassVar[bool] = False  # whether a step wants all rows at once

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

    def init(self, params: Any) -> OptimizerState:
        """Return the state to start from: a dict of arrays, with the count of steps under ``step``."""
        state: OptimizerState = {"step": np.zeros((), np.int32), "memory": self.begin(params)}
        if self.use_ema:
            state["average"] = jax.tree.map(_copy, params)
        if self.accumulate > 1:
            state["seen"] = np.zeros((), np.int32)
            state["total"] = jax.tree.map(lambda w: np.zeros(w.shape, w.dtype), params)
        return state

    def update(
        self,
        direction: Any,
        state: OptimizerState,
        params: Any,
        value: Any = None,
        value_fn: ValueFunction | None = None,
    ) -> tuple[Any, OptimizerState]:
        """Take in one batch's direction and, but for ``accumulate``, make a step against it.

        Args:
            direction: For backprop the gradient, in the parameters' structure.
            state: From :meth:`init` or the step before.
            params: The parameters.
            value: The loss at ``params``; only some optimizers ask for it.
            value_fn: The loss at any parameters; only some optimizers ask for it.

        Returns:
            The new parameters and the new state.
        """
        dtype = _precision(params)
        cast = jax.tree.map(lambda number: jnp.asarray(number, dtype), self)
        direction = jax.tree.map(lambda g, w: jnp.asarray(g, w.dtype), direction, params)
        if self.accumulate == 1:
            return cast._step(direction, state, params, value, value_fn)
        return cast._gather(direction, state, params, value, value_fn)

    def averaged(self, params: Any, state: OptimizerState) -> Any:
        """Return the moving average of the weights, or ``params`` themselves where none is kept."""
        return state["average"] if self.use_ema else params

    def current_rate(self, step: Any) -> Any:
        """Return the learning rate at a step; the first step is 0."""
        return self.learning_rate(step) if isinstance(self.learning_rate, Schedule) else self.learning_rate

    def begin(self, params: Any) -> Any:
        """Return what a new optimizer keeps from step to step, a pytree of arrays."""
        raise NotImplementedError

    def advance(
        self,
        direction: Any,
        memory: Any,
        params: Any,
        rate: jax.Array,
        value: Any,
        value_fn: ValueFunction | None,
    ) -> tuple[Any, Any]:
        """Return the moved parameters and the new memory; clipping and weight decay are done already."""
        raise NotImplementedError

    def _step(
        self, direction: Any, state: OptimizerState, params: Any, value: Any, value_fn: ValueFunction | None
    ) -> tuple[Any, OptimizerState]:
        step = state["step"]
        rate = jnp.asarray(self.current_rate(step), _precision(params))
        direction = clip(direction, self.clipnorm, self.clipvalue, self.global_clipnorm)
        if self.weight_decay is not None:
            params = _mix(params, params, 1, -rate * self.weight_decay)
        params, memory = self.advance(direction, state["memory"], params, rate, value, value_fn)
        # Beyond what it holds the count stands still: schedules are over by then, and it must not turn negative.
        counted = step + (step < np.iinfo(np.int32).max)
        new: OptimizerState = {**state, "step": counted, "memory": strong(memory, state["memory"])}
        if self.use_ema:
            kept = jnp.where(step == 0, 0, self.ema_momentum)
            new["average"] = _mix(state["average"], params, kept, 1 - kept)
        return params, new

    def _gather(
        self, direction: Any, state: OptimizerState, params: Any, value: Any, value_fn: ValueFunction | None
    ) -> tuple[Any, OptimizerState]:
        seen = state["seen"] + 1
        total = jax.tree.map(jnp.add, state["total"], direction)

        def step() -> tuple[Any, OptimizerState]:
            mean = jax.tree.map(lambda t: t / self.accumulate, total)
            zero = {"seen": jnp.zeros_like(seen), "total": jax.tree.map(jnp.zeros_like, total)}
            return self._step(mean, {**state, **zero}, params, value, value_fn)

        def wait() -> tuple[Any, OptimizerState]:
            return params, {**state, "seen": seen, "total": total}

        return jax.lax.cond(seen == self.accumulate, step, wait)


def strong(tree: Any, like: Any = None) -> Any:
    """Return a tree of arrays in the types of another or their own, none weak: weak ones are traced anew."""
    return jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), tree, tree if like is None else like)


def _precision(params: Any) -> Any:
    """Return the type in which an optimizer's numbers are computed: the parameters', at least float32."""
    return jnp.result_type(jnp.float32, *jax.tree.leaves(params))


def _mix(one: Any, other: Any, part: Any, other_part: Any) -> Any:
    return jax.tree.map(lambda a, b: (a * part + b * other_part).astype(b.dtype), one, other)


def _copy(array: Any) -> Any:
    """Return a copy, so that a program may take both the weights and their average as its own buffers."""
    return jnp.copy(array) if isinstance(array, Tracer) else np.array(array)
