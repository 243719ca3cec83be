"""TimeDistributed: a layer applied to every step of a sequence."""

from __future__ import annotations

from typing import cast

import jax
import jax.numpy as jnp
import numpy as np

from ..activations import Activation
from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..typing import Mask
from .composition import no_pull, within
from .layer import Context, Errors, Layer, Params, Record, Shape, State
from .records import Variables


@declaration
class TimeDistributed(Layer):
    """Apply a layer to every step of a sequence, with the same weights.

    For layers whose inputs have axes of their own at each step, such as a convolution over the images of a film. Dense
    and other layers that work on the last axis need it not.

    Args:
        layer: The layer.

    Shapes:
        ``(batch, time, ...)`` to ``(batch, time, ...)``, the rest as in the layer; the weights are the layer's.

    Raises:
        InvalidValue: If ``layer`` is not a layer with one input and one output.
        ShapeError: If inputs have no axis for time.

    Example:
        >>> from plastica.layers import Conv2D
        >>> TimeDistributed(Conv2D(4, 3)).output_shape((10, 8, 8, 1))
        (10, 6, 6, 4)
    """

    layer: Layer

    def __post_init__(self) -> None:
        if not isinstance(self.layer, Layer) or self.layer.reads != 1 or self.layer.num_outputs != 1:
            raise InvalidValue(f"TimeDistributed({self.layer!r}): give a layer with one input and one output.")

    @property
    def children(self) -> tuple[Layer, ...]:
        return (self.layer,)

    @property
    def stepwise(self) -> bool:
        return True

    @property
    def takes_integers(self) -> bool | tuple[bool, ...]:
        return self.layer.takes_integers

    def mask_of(self, x: jax.Array | None, mask: Mask) -> Mask:
        # Steps that are sequences themselves are real if any of their own steps is.
        mask = cast("jax.Array | None", mask)
        return mask if mask is None or mask.ndim == 2 else mask.any(tuple(range(2, mask.ndim)))

    def output_shape(self, shape: Shape) -> Shape:
        if not shape:
            raise ShapeError(f"TimeDistributed: got inputs of shape {shape}, which have no axis for time.")
        return (shape[0], *self.layer.output_shape(tuple(shape[1:])))

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        return (tuple(shape[1:]),)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        params, state = self.layer.init(rng, tuple(shape[1:]))
        return Variables((params,), (state,))

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        potential, inner = self.layer.synapse(params[0], _rows(x), state[0], _for_rows(context, x.shape[1]))
        return _steps(potential, x), (inner,)

    def activate(self, potential: jax.Array) -> jax.Array:
        return _steps(self.layer.activate(_rows(potential)), potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.layer.output_activation

    def penalty(self, params: Params) -> jax.Array | float:
        return self.layer.penalty(params[0])

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        back = None if feedback is None else feedback[0]
        inner, new_state = self.layer.forward(params[0], _rows(x), state[0], _for_rows(context, x.shape[1]), back)

        def pull(delta: jax.Array) -> jax.Array:
            return _steps(inner.pull_activation(_rows(delta)), delta)

        potential, activity = _steps(inner.potential, x), _steps(inner.activity, x)
        return Record(x, potential, activity, no_pull, pull, (inner,)), (new_state,)

    def backward_potential(self, record: Record, delta: jax.Array) -> Errors:
        inner = self.layer.backward_potential(record.children[0], _rows(delta))
        return Errors(delta, (inner.gradient,), _steps(inner.input_delta, record.input), (inner,))


def _rows(x: jax.Array) -> jax.Array:
    """Return each step as a row, ``(batch, time, ...)`` to ``(batch * time, ...)``."""
    return x.reshape(-1, *x.shape[2:])  # (batch * time, ...)


def _steps(rows: jax.Array, like: jax.Array) -> jax.Array:
    """Return rows as the steps that they are in ``like``, ``(batch, time, ...)``."""
    return rows.reshape(*like.shape[:2], *rows.shape[1:])  # (batch, time, ...)


def _for_rows(context: Context, time: int) -> Context:
    """Return the context for rows that are steps: those of padding rows and masked steps enter no statistics."""
    real = None if context.mask is None else jnp.repeat(context.mask, time)
    if context.steps is None:
        return within(context._replace(mask=real), 0)
    inner = _rows(context.steps)  # (batch * time, ...)
    own = inner.reshape(len(inner), -1).any(1)
    real = own if real is None else real & own
    return within(context._replace(mask=real), 0, inner if inner.ndim > 1 else None)
