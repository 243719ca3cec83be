"""Branches: layers side by side on one input."""

from __future__ import annotations

from functools import reduce
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..typing import Mask
from .composition import applied, no_pull, placed, same, within
from .in_time import Carry, any_real, whole_sequence
from .layer import INFERENCE, Context, Errors, Layer, Params, Record, Shape, State
from .records import Variables
from .sequential import checked_layers
from .stepping import start_all


@declaration
class Branches(Layer):
    """Apply several branches to the same input and concatenate their outputs.

    For inception blocks, wide-and-deep networks, and dense connections (with ``Sequential(())`` as one branch, which
    passes the input on).

    Args:
        branches: The branches, each a layer.
        axis: The axis of concatenation, negative and counted from the end.

    Shapes:
        ``(batch, ..., n)`` to ``(batch, ..., sum of the branches' last sizes)``.

    Raises:
        ShapeError: If the shapes of the branches differ in another axis.

    Reference:
        Szegedy et al. (2015), Going deeper with convolutions, figure 2.
    """

    flow: ClassVar[str] = "fork"

    branches: tuple[Layer, ...]
    axis: int = -1

    def __post_init__(self) -> None:
        object.__setattr__(self, "branches", checked_layers("Branches", self.branches))
        if not self.branches:
            raise InvalidValue("Branches(()): at least one branch is needed.")
        if self.axis >= 0:
            raise InvalidValue(f"Branches(axis={self.axis}): count the axis from the end, -1 for the last.")

    @property
    def children(self) -> tuple[Layer, ...]:
        return self.branches

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        return (shape,) * len(self.branches)

    def output_shape(self, shape: Shape) -> Shape:
        shapes = [placed(place, branch.output_shape, shape) for place, branch in enumerate(self.branches)]
        rest = {(s[: self.axis], s[len(s) + self.axis + 1 :]) for s in shapes}
        if len(rest) > 1:
            raise ShapeError(
                f"Branches: the branches give shapes {', '.join(map(str, shapes))}, which can only be joined along "
                f"axis {self.axis} when their other sizes agree."
            )
        joined = list(shapes[0])
        joined[self.axis] = sum(s[self.axis] for s in shapes)
        return tuple(joined)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        found = [branch.init(rng, shape) for branch in self.branches]
        return Variables(tuple(v.params for v in found), tuple(v.state for v in found))

    def check_input(self, x: np.ndarray) -> None:
        for place, branch in enumerate(self.branches):
            placed(place, branch.check_input, x)

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        parts = [branch.passed_on(x) for branch in self.branches]
        found = [part for part in parts if part is not None]
        return np.concatenate(found, self.axis) if len(found) == len(parts) else None

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        answers = [
            applied(place, branch, params[place], x, state[place], within(context, place, context.steps))
            for place, branch in enumerate(self.branches)
        ]
        return jnp.concatenate([a for a, _ in answers], self.axis), tuple(s for _, s in answers)

    @property
    def stepwise(self) -> bool:
        return self.axis == -1 and all(branch.stepwise for branch in self.branches)

    @property
    def keeps_time(self) -> bool:
        return self.axis == -1 and all(branch.keeps_time for branch in self.branches)

    def start(self, params: Params, batch: int) -> Carry:
        return start_all(self.branches, params, batch)

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        if self.axis != -1:
            raise InvalidValue(whole_sequence(self))
        found = [
            branch.step(params[place], carry[place], x_t, state[place], within(context, place, context.steps))
            for place, branch in enumerate(self.branches)
        ]
        answers = [branch.activate(z) for branch, (_, z) in zip(self.branches, found, strict=True)]
        return tuple(new for new, _ in found), jnp.concatenate(answers, -1)

    @property
    def loses_mask(self) -> bool:
        return self.axis != -1

    def mask_of(self, x: jax.Array | None, mask: Mask) -> Mask:
        masks = [branch.mask_of(x, mask) for branch in self.branches]
        return any_real(masks) if self.keeps_time else None

    def penalty(self, params: Params) -> jax.Array | float:
        return sum(branch.penalty(own) for branch, own in zip(self.branches, params, strict=True))

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        answers = [
            branch.forward(
                params[place],
                x,
                state[place],
                within(context, place, context.steps),
                None if feedback is None else feedback[place],
            )
            for place, branch in enumerate(self.branches)
        ]
        records = tuple(record for record, _ in answers)
        potential = jnp.concatenate([record.activity for record in records], self.axis)
        return Record(x, potential, potential, no_pull, same, records), tuple(s for _, s in answers)

    def backward_potential(self, record: Record, delta: jax.Array) -> Errors:
        sizes = np.cumsum([child.activity.shape[self.axis] for child in record.children])[:-1]
        deltas = jnp.split(delta, sizes, self.axis)
        errors = tuple(
            branch.backward(child, own)
            for branch, child, own in zip(self.branches, record.children, deltas, strict=True)
        )
        return Errors(
            delta, tuple(e.gradient for e in errors), reduce(jnp.add, (e.input_delta for e in errors)), errors
        )
