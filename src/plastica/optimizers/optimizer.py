"""What every optimizer is: from a direction for each parameter to a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import Declaration, declaration
from ..errors import InvalidValue
from ..schedules import ABOVE_ZERO, AT_LEAST_ZERO, FRACTION, Schedule, get, require_numbers
from .clipping import clip
from .packing import Packing, plan

State = dict[str, Any]
ValueFunction = Callable[[Any], jax.Array]


@declaration
class Optimizer(Declaration):
    """An optimizer: turns a direction for each parameter into a step.

    A step does, in this order: average the directions of ``accumulate`` batches, clip, shrink the weights
    (weight decay), move, average the weights. All of it runs inside a compiled loop with the optimizer as an
    argument: another learning rate compiles nothing, a vector of them under ``jax.vmap`` is a population.

    Args:
        learning_rate: A number, or a schedule evaluated at the optimizer's own count of steps.
        weight_decay: Each step takes ``learning_rate * weight_decay`` of every parameter away, biases too
            (decoupled, as in Keras). None takes nothing.
        clipnorm: Largest norm of the direction of each parameter array.
        clipvalue: Largest magnitude of each element of the direction.
        global_clipnorm: Largest norm of all directions together. One of the three clippings at most.
        use_ema: Whether a moving average of the weights is kept; see :meth:`averaged`.
        ema_momentum: How much of the average stays at each step; the first step sets it to the weights.
        accumulate: From how many batches the mean direction is taken before one step is made. Step count,
            schedule and moving average go by steps, so that 4 batches of 8 are one batch of 32.

    Raises:
        InvalidValue: For a number outside its range, or two clippings at once.
    """

    packing: ClassVar[Literal["small", "all", "none"]] = "small"

    learning_rate: float | Schedule = 0.001
    weight_decay: float | None = field(default=None, kw_only=True)
    clipnorm: float | None = field(default=None, kw_only=True)
    clipvalue: float | None = field(default=None, kw_only=True)
    global_clipnorm: float | None = field(default=None, kw_only=True)
    use_ema: bool = field(default=False, kw_only=True)
    ema_momentum: float = field(default=0.99, kw_only=True)
    accumulate: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        if callable(self.learning_rate) or isinstance(self.learning_rate, str):
            object.__setattr__(self, "learning_rate", get(self.learning_rate))
        else:
            require_numbers(self, {"learning_rate": AT_LEAST_ZERO})
        require_numbers(
            self,
            {
                "weight_decay": AT_LEAST_ZERO,
                "clipnorm": ABOVE_ZERO,
                "clipvalue": ABOVE_ZERO,
                "global_clipnorm": ABOVE_ZERO,
                "ema_momentum": FRACTION,
            },
        )
        name = type(self).__name__
        clips = [c for c in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, c) is not None]
        if len(clips) > 1:
            raise InvalidValue(f"{name}({', '.join(clips)}): only one clipping can be set; leave the others out.")
        if isinstance(self.accumulate, bool) or not isinstance(self.accumulate, int) or self.accumulate < 1:
            raise InvalidValue(
                f"{name}(accumulate={self.accumulate!r}): accumulate must be a whole number of at least 1."
            )

    def init(self, params: Any) -> State:
        """Return the state to start from: a dict of arrays, with the count of steps under ``step``."""
        packing = self._plan(params)
        weights = packing.pack(params)
        state: State = {"step": np.zeros((), np.int32), "memory": self.begin(weights)}
        if self.use_ema:
            state["average"] = jax.tree.map(_copy, weights)
        if self.accumulate > 1:
            state["seen"] = np.zeros((), np.int32)
            state["total"] = jax.tree.map(lambda w: np.zeros(w.shape, w.dtype), weights)
        return state

    def update(
        self,
        direction: Any,
        state: State,
        params: Any,
        value: jax.Array | None = None,
        value_fn: ValueFunction | None = None,
    ) -> tuple[Any, State]:
        """Make one step against ``direction``.

        Args:
            direction: For backprop the gradient, in the parameters' structure.
            state: From :meth:`init` or the step before.
            params: The parameters.
            value: The loss at ``params``; only :class:`LBFGS` asks for it.
            value_fn: The loss of any parameters; only :class:`LBFGS` asks for it.

        Returns:
            The new parameters and the new state.
        """
        packing = self._plan(params)
        weights = packing.pack(params)
        gradients = jax.tree.map(lambda g, w: jnp.asarray(g, w.dtype), packing.pack(direction), weights)
        packed_fn = None if value_fn is None else lambda packed: value_fn(packing.unpack(packed))
        self = self._cast(weights)  # noqa: PLW0642

        def step() -> tuple[Any, State]:
            return self._step(gradients, state, weights, value, packed_fn)

        weights, state = step() if self.accumulate == 1 else self._gather(gradients, state, weights, value, packed_fn)
        return packing.unpack(weights), state

    def averaged(self, params: Any, state: State) -> Any:
        """Return the moving average of the weights, or ``params`` themselves where none is kept."""
        return self._plan(params).unpack(state["average"]) if self.use_ema else params

    def current_rate(self, step: Any) -> Any:
        """Return the learning rate at a step; the first step is 0."""
        return self.learning_rate(step) if isinstance(self.learning_rate, Schedule) else self.learning_rate

    def begin(self, weights: Any) -> Any:
        """Return the memory of a new optimizer for (packed) weights."""
        raise NotImplementedError

    def advance(
        self,
        weights: Any,
        gradients: Any,
        memory: Any,
        step: jax.Array,
        rate: jax.Array,
        value: jax.Array | None,
        value_fn: ValueFunction | None,
    ) -> tuple[Any, Any]:
        """Return the moved (packed) weights and the new memory; clipping and decay are done already."""
        raise NotImplementedError

    def _step(
        self, gradients: Any, state: State, weights: Any, value: Any, value_fn: ValueFunction | None
    ) -> tuple[Any, State]:
        count = state["step"]
        rate = self.current_rate(count)
        gradients = clip(gradients, self.clipnorm, self.clipvalue, self.global_clipnorm)
        if self.weight_decay is not None:
            kept = 1 - rate * self.weight_decay
            weights = jax.tree.map(lambda w: (w * kept).astype(w.dtype), weights)
        weights, memory = self.advance(weights, gradients, state["memory"], count, rate, value, value_fn)
        new: State = {**state, "step": count + 1, "memory": memory}
        if self.use_ema:
            kept = jnp.where(count == 0, 0.0, self.ema_momentum)
            new["average"] = jax.tree.map(
                lambda a, w: (a * kept + w * (1 - kept)).astype(w.dtype), state["average"], weights
            )
        return weights, new

    def _gather(
        self, gradients: Any, state: State, weights: Any, value: Any, value_fn: ValueFunction | None
    ) -> tuple[Any, State]:
        """Add a batch's direction to the running total; at the last of ``accumulate`` batches make the step."""
        seen = state["seen"] + 1
        total = jax.tree.map(jnp.add, state["total"], gradients)

        def step() -> tuple[Any, State]:
            mean = jax.tree.map(lambda t: t / self.accumulate, total)
            new_weights, new = self._step(mean, state, weights, value, value_fn)
            return new_weights, {**new, "seen": jnp.zeros_like(seen), "total": jax.tree.map(jnp.zeros_like, total)}

        def wait() -> tuple[Any, State]:
            return weights, {**state, "seen": seen, "total": total}

        return jax.lax.cond(seen == self.accumulate, step, wait)

    def _plan(self, params: Any) -> Packing:
        if self.packing == "all":
            return plan(params, small=2**62, few=0)
        if self.packing == "none" or self.clipnorm is not None:  # the norm of each array is asked for
            return plan(params, small=0)
        return plan(params)

    def _cast(self, weights: Any) -> Any:
        """Return the optimizer with its numbers in the weights' precision, at least float32."""
        dtype = jnp.result_type(jnp.float32, *jax.tree.leaves(weights))
        return jax.tree.map(lambda number: jnp.asarray(number, dtype), self)


class Leafwise(Optimizer):
    """An optimizer that moves each array by itself, element by element."""

    def slots(self) -> dict[str, Any]:
        """Return the names of the arrays kept beside each weight array, and the number each starts from."""
        return {}

    def scalars(self) -> dict[str, Any]:
        """Return the names of the scalars kept from step to step, and the number each starts from."""
        return {}

    def pace(self, step: jax.Array, rate: jax.Array, scalars: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return what :meth:`move` needs of this step, the same for all arrays, and the new scalars."""
        return rate, scalars

    def move(
        self, weight: jax.Array, gradient: jax.Array, slots: dict[str, jax.Array], pace: Any
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        """Return one moved array and its new slots."""
        raise NotImplementedError

    def begin(self, weights: Any) -> Any:
        """Return slots filled with the numbers they start from."""
        dtype = jnp.result_type(jnp.float32, *jax.tree.leaves(weights))
        return {
            "slots": {
                name: jax.tree.map(lambda w, start=start: _full(w.shape, start, w.dtype), weights)
                for name, start in self.slots().items()
            },
            "scalars": {name: _full((), start, dtype) for name, start in self.scalars().items()},
        }

    def advance(
        self, weights: Any, gradients: Any, memory: Any, step: Any, rate: Any, value: Any, value_fn: Any
    ) -> tuple[Any, Any]:
        """Move array after array."""
        pace, scalars = self.pace(step, rate, memory["scalars"])
        leaves, structure = jax.tree.flatten(weights)
        columns = {name: structure.flatten_up_to(tree) for name, tree in memory["slots"].items()}
        moved = []
        for i, (weight, gradient) in enumerate(zip(leaves, structure.flatten_up_to(gradients), strict=True)):
            new, slots = self.move(weight, gradient, {name: column[i] for name, column in columns.items()}, pace)
            moved.append(new.astype(weight.dtype))
            for name, column in columns.items():
                column[i] = slots[name].astype(column[i].dtype)
        slots = {name: structure.unflatten(column) for name, column in columns.items()}
        return structure.unflatten(moved), {"slots": slots, "scalars": scalars}


def _full(shape: tuple[int, ...], value: Any, dtype: Any) -> Any:
    """Return an array filled on the host where that is possible: each eager JAX call compiles by itself."""
    numpy: Any = jnp if isinstance(value, jax.Array) else np
    return numpy.full(shape, value, dtype)


def _copy(array: Any) -> Any:
    """Return a copy, so that weights and average may both be donated."""
    return jnp.copy(array) if isinstance(array, jax.core.Tracer) else np.array(array)
