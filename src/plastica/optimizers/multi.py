"""MultiOptimizer: an optimizer for each part of a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TypeVar

import jax
from jax import Array

from ..declaration import declaration, replace
from ..errors import InvalidValue
from ..schedules import Schedule
from ..typing import Float, Memory, Num, Params, PyTree
from .optimizer import Optimizer, OptimizerState, ValueFunction

DEFAULT = "default"

T = TypeVar("T")


@declaration
class MultiOptimizer(Optimizer):
    """An optimizer for each part of a network: ``compile(optimizer={"encoder": Adam(1e-4), "head": "sgd"})``.

    When to use: to fine-tune a trained part with small steps beside a new one, or for optimizers that suit some layers
    only.

    A name is that of a layer in ``summary``, of a composition (all layers inside it) or of an array
    (``"head/kernel"``). ``"default"`` stands for everything else. Each trainable array has exactly one optimizer.

    The options of one optimizer are about its part alone: its ``global_clipnorm`` limits the norm over the arrays of
    the part. Those given here are about the whole network: ``global_clipnorm`` is the norm over all arrays,
    ``accumulate`` counts for all, and ``learning_rate`` is a factor of all learning rates, which is what
    ``ReduceLROnPlateau`` and ``LearningRateScheduler`` change.

    Args:
        learning_rate: A factor of all learning rates, a number or a schedule.
        names: The names of the parts.
        optimizers: The optimizer of each part.
        labels: Which optimizer each array has, in the order of the parameters; set when a network is compiled.

    Raises:
        InvalidValue: If there is not one optimizer for each name, or one needs all rows in a batch (L-BFGS).

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Dense(8, activation="tanh", name="code"), pl.Dense(1, name="head")])
        >>> model.compile(optimizer={"code": pl.optimizers.Adam(1e-4), "head": "sgd"}, loss="mse")
        >>> model.optimizer
        MultiOptimizer({'code': Adam(learning_rate=0.0001), 'head': SGD()})
    """

    learning_rate: float | Schedule = 1.0
    names: tuple[str, ...] = field(kw_only=True)
    optimizers: tuple[Optimizer, ...] = field(kw_only=True)
    labels: tuple[int, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        Optimizer.__post_init__(self)
        if not self.names or len(set(self.names)) != len(self.names) or len(self.names) != len(self.optimizers):
            raise InvalidValue(
                f"MultiOptimizer: got the names {self.names} and {len(self.optimizers)} optimizers; expected an "
                "optimizer for each name, and each name once."
            )
        for name, own in zip(self.names, self.optimizers, strict=True):
            if own.full_batch or isinstance(own, MultiOptimizer):
                raise InvalidValue(
                    f"optimizer[{name!r}]: {type(own).__name__} trains a whole network; it cannot be one of several "
                    "optimizers."
                )

    def __repr__(self) -> str:
        """Show the optimizers by name."""
        return f"MultiOptimizer({dict(zip(self.names, self.optimizers, strict=True))})"

    def placed(self, names: Callable[[], tuple[Sequence[str], Sequence[str]]]) -> MultiOptimizer:
        """Return the optimizer for a network.

        Args:
            names: Returns the names of the trainable arrays, in the order of the parameters, and those of frozen ones.

        Raises:
            InvalidValue: If an array has no optimizer or several, or a name is not that of a layer.
        """
        arrays, frozen = names()
        owners = [[place for place, name in enumerate(self.names) if _holds(name, array)] for array in arrays]
        for name in self.names:
            if name != DEFAULT and not any(_holds(name, array) for array in (*arrays, *frozen)):
                known = ", ".join(dict.fromkeys(array.rpartition("/")[0] for array in (*arrays, *frozen)))
                raise InvalidValue(f"optimizer: there is no layer {name!r} with weights. The layers are {known}.")
        for array, own in zip(arrays, owners, strict=True):
            if len(own) > 1:
                several = " and ".join(repr(self.names[place]) for place in own)
                raise InvalidValue(f"optimizer: {array} belongs to {several}; give it to one of them.")
        rest = self.names.index(DEFAULT) if DEFAULT in self.names else None
        left = [array for array, own in zip(arrays, owners, strict=True) if not own]
        if left and rest is None:
            raise InvalidValue(
                f"optimizer: {', '.join(left)} has no optimizer. Name its layer as well, or give one for all others: "
                f'"{DEFAULT}": "adam".'
            )
        return replace(self, labels=tuple(own[0] if own else rest for own in owners))

    def begin(self, params: Params) -> Memory:
        """Return the initial state of each optimizer."""
        arrays = self._parts(jax.tree.leaves(params))
        return tuple(own.init(part) for own, part in zip(self.optimizers, arrays, strict=True))

    def advance(
        self,
        direction: Params,
        memory: Memory,
        params: Params,
        rate: Float[Array, ""],
        value: Float[Array, ""] | None,
        value_fn: ValueFunction | None,
    ) -> tuple[Params, Memory]:
        """Let each optimizer step in its part."""
        weights, structure = jax.tree.flatten(params)
        pairs = zip(self.optimizers, self._parts(structure.flatten_up_to(direction)), memory, strict=True)
        moved, kept = list(weights), []
        for place, (own, along, state) in enumerate(pairs):
            numbers = [number for number, label in enumerate(self.labels) if label == place]
            part = tuple(weights[number] for number in numbers)
            part, carried = _scaled(own, rate).update(along, state, part, value)
            kept.append(carried)
            for number, weight in zip(numbers, part, strict=True):
                moved[number] = weight
        return structure.unflatten(moved), tuple(kept)

    def averaged(self, params: Params, state: OptimizerState) -> Params:
        """Return the moving average of the weights of each part that keeps one, or of all."""
        if self.use_ema:
            return super().averaged(params, state)
        weights, structure = jax.tree.flatten(params)
        parts = zip(self.optimizers, self._parts(weights), state["memory"], strict=True)
        found = [iter(own.averaged(part, carried)) for own, part, carried in parts]
        return structure.unflatten(next(found[label]) for label in self.labels)

    @property
    def keeps_average(self) -> bool:
        """Whether the weights, or those of a part, are averaged."""
        return self.use_ema or any(own.keeps_average for own in self.optimizers)

    def gathered(self, state: OptimizerState) -> PyTree:
        """Return the directions that are not yet steps, here and in the parts."""
        parts = zip(self.optimizers, state["memory"], strict=True)
        return super().gathered(state), [own.gathered(carried) for own, carried in parts]

    def _parts(self, arrays: Sequence[T]) -> list[tuple[T, ...]]:
        """Divide the leaves of a tree among the optimizers."""
        pairs = list(zip(self.labels, arrays, strict=True))
        return [tuple(array for label, array in pairs if label == place) for place in range(len(self.optimizers))]


def by_part(given: Mapping[object, object], get: Callable[[object], Optimizer]) -> MultiOptimizer:
    """Return the optimizer of ``compile(optimizer={...})``; ``None`` as a name is the default, too.

    Args:
        given: Names or instances of optimizers, by the names of parts.
        get: Reads one of them.
    """
    named = {DEFAULT if name is None else name: get(each) for name, each in given.items()}
    if not all(isinstance(name, str) for name in named):
        raise InvalidValue(f"optimizer={dict(given)!r}: the names of parts are those of layers, as strings.")
    return MultiOptimizer(names=tuple(map(str, named)), optimizers=tuple(named.values()))


@declaration
class _Scaled(Schedule):
    """A schedule times a factor."""

    schedule: Schedule
    factor: float

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        return self.schedule(step) * self.factor


def _scaled(own: Optimizer, factor: Float[Array, ""] | float) -> Optimizer:
    rate = own.learning_rate
    scheduled = isinstance(rate, Schedule)
    scaled = replace(_Scaled(rate, 1.0), factor=factor) if scheduled else rate * factor  # traced: no checks
    return replace(own, learning_rate=scaled)


def _holds(name: str, array: str) -> bool:
    return array == name or array.startswith(f"{name}/")
