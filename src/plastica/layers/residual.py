"""Residual: a short cut around layers."""

from __future__ import annotations

from typing import ClassVar

import jax
import numpy as np

from .. import activations
from ..activations import Activation
from ..declaration import declaration, named_field
from ..errors import ShapeError
from ..typing import Mask
from .composition import applied, no_pull
from .in_time import Carry
from .kernels.once import computed_once
from .layer import INFERENCE, Context, Errors, Layer, Params, Record, Shape, State
from .records import Variables
from .sequential import Sequential, checked_layers
from .stepping import start_all


@declaration
class Residual(Layer):
    """A residual block: a = f(x + branch(x)).

    The skip connection passes signals and gradients unchanged, which makes very deep networks trainable.

    Args:
        layers: The branch, a sequence of layers whose output has the shape of the input.
        activation: f, applied to the sum. Default: the identity, as in pre-activation residual networks.

    Shapes:
        ``(batch, ...)`` in and out.

    Raises:
        ShapeError: If the branch changes the shape.

    Reference:
        He, Zhang, Ren, Sun (2016), Deep residual learning for image recognition, equation 1.
    """

    flow: ClassVar[str] = "skip"

    layers: tuple[Layer, ...]
    activation: Activation = named_field(default="linear", converter=activations.get)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", checked_layers("Residual", self.layers))

    @property
    def branch(self) -> Sequential:
        """The layers as one."""
        return Sequential(self.layers)

    @property
    def children(self) -> tuple[Layer, ...]:
        return (self.branch,)

    def inside(
        self, params: Params | None, state: State | None
    ) -> tuple[tuple[Layer, ...], Params | None, State | None]:
        return self.layers, None if params is None else params[0], None if state is None else state[0]

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        return self.branch.child_shapes(shape)

    def output_shape(self, shape: Shape) -> Shape:
        found = self.branch.output_shape(shape)
        if found != tuple(shape):
            raise ShapeError(
                f"Residual: the branch turns inputs of shape {tuple(shape)} into {found}, which cannot be added to "
                "them. End it with a layer that gives the input's shape back."
            )
        return found

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        params, state = self.branch.init(rng, shape)
        return Variables((params,), (state,))

    def check_input(self, x: np.ndarray) -> None:
        self.branch.check_input(x)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        answer, inner = applied(0, self.branch, params[0], x, state[0], context)
        return x + answer, (inner,)

    @property
    def stepwise(self) -> bool:
        return self.branch.stepwise

    @property
    def keeps_time(self) -> bool:
        return self.branch.keeps_time

    def start(self, params: Params, batch: int) -> Carry:
        return start_all(self.children, params, batch)

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        new, potential = self.branch.step(params[0], carry[0], x_t, state[0], context)
        return (new,), x_t + self.branch.activate(potential)

    def mask_of(self, x: jax.Array | None, mask: Mask) -> Mask:
        return self.branch.mask_of(x, mask)

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.activation(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.activation

    def penalty(self, params: Params) -> jax.Array | float:
        return self.branch.penalty(params[0])

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        back = None if feedback is None else feedback[0]
        x = computed_once(x)
        inner, inner_state = self.branch.forward(params[0], x, state[0], context, back)
        potential = x + inner.activity
        activity, pull = jax.vjp(self.activate, potential)
        record = Record(x, potential, activity, no_pull, lambda delta: pull(delta)[0], (inner,))
        return record, (inner_state,)

    def backward_potential(self, record: Record, delta: jax.Array) -> Errors:
        delta = computed_once(delta)
        inner = self.branch.backward(record.children[0], delta)
        return Errors(delta, (inner.gradient,), delta + inner.input_delta, (inner,))
