"""What the cells of SimpleRNN, LSTM and GRU share: weights with a block for each gate, and dropout."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from .. import random
from ..activations import Activation
from ..errors import InvalidValue
from ..initializers import Initializer
from ..typing import by_name
from .cell import Cell
from .in_time import Carry
from .layer import INFERENCE, Context, Params, Shape, State
from .noise import dropped
from .records import Variables

Quantities = dict[str, jax.Array]

# What the masks of dropout fold into the key of the pass: one number for each gate.
INPUT_MASKS, RECURRENT_MASKS = 0, 16


class GatedCell(Cell):
    """Base of the cells whose kernels hold a block of units for each gate.

    Attributes:
        num_gates: How many blocks the kernels have side by side.
        num_carried: How many arrays travel from step to step.
        answer: Which of the quantities is the potential of the layer.
        gate_names: The quantities that are worth a name, without the potentials of gates.
    """

    units: int
    activation: Activation
    use_bias: bool
    kernel_initializer: Initializer
    recurrent_initializer: Initializer
    bias_initializer: Initializer
    dropout: float | None
    recurrent_dropout: float | None

    num_gates: ClassVar[int]
    num_carried: ClassVar[int] = 1
    answer: ClassVar[str] = "hidden"
    gate_names: ClassVar[tuple[str, ...]]

    def __post_init__(self) -> None:
        check_units(self)

    def output_shape(self, shape: Shape) -> Shape:
        return (self.units,)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        width = self.num_gates * self.units
        params = {
            "kernel": self.kernel_initializer(rng, (shape[-1], width)),
            "recurrent_kernel": self.recurrent_initializer(rng, (self.units, width)),
        }
        if self.use_bias:
            params["bias"] = self.initial_bias(rng)
        return Variables(params, {})

    def initial_bias(self, rng: np.random.Generator) -> np.ndarray:
        """Return the initial bias."""
        return self.bias_initializer(rng, (self.num_gates * self.units,))

    def start(self, params: Params, batch: int) -> Carry:
        dtype = jnp.result_type(*by_name(params).values())
        return (jnp.zeros((batch, self.units), dtype),) * self.num_carried

    @property
    def carried_shapes(self) -> tuple[Shape, ...]:
        return ((self.units,),) * self.num_carried

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State | None = None, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        return self.advance(params, carry, self.project(params, x_t, context), context)

    def project(self, params: Params, x: jax.Array, context: Context) -> jax.Array:
        gates = 1 if self.recurrent_dropout is None else self.num_gates  # as in Keras
        product = dropped_product(x, params["kernel"], self.dropout, gates, context, INPUT_MASKS)
        return product + self.input_bias(params)

    def advance(self, params: Params, carry: Carry, projected: jax.Array, context: Context) -> tuple[Carry, jax.Array]:
        carry, named = self.observe(params, carry, projected, context)
        return carry, named[self.answer]

    def input_bias(self, params: Params) -> jax.Array | float:
        """Return the bias that is added to the product of the inputs."""
        return by_name(params).get("bias", 0.0)

    def recurrent(self, params: Params, hidden: jax.Array, context: Context) -> jax.Array:
        """Return the product of the hidden state with the recurrent kernel, ``(batch, gates * units)``."""
        kernel, rate = params["recurrent_kernel"], self.recurrent_dropout
        return dropped_product(hidden, kernel, rate, self.num_gates, context, RECURRENT_MASKS)

    def observe(self, params: Params, carry: Carry, projected: jax.Array, context: Context) -> tuple[Carry, Quantities]:
        raise NotImplementedError


def check_units(layer: Any) -> None:
    """Check the units and the rates of dropout of a cell or a recurrent layer."""
    name = type(layer).__name__
    if layer.units < 1:
        raise InvalidValue(f"{name}(units={layer.units!r}): units must be a whole number of at least 1.")
    for field in ("dropout", "recurrent_dropout"):
        rate = getattr(layer, field)
        if rate is not None and not np.all((np.asarray(rate) >= 0) & (np.asarray(rate) < 1)):
            raise InvalidValue(f"{name}({field}={rate!r}): the rate must be at least 0 and below 1.")


def dropped_inputs(x: jax.Array, rate: float, context: Context) -> jax.Array:
    """Return inputs ``(..., batch, features)`` as a cell sees them in training, if all its gates share a mask."""
    if not context.training or context.key is None:
        return x
    return dropped(x, rate, x.shape[-2:], context._replace(key=random.fold(context.key, INPUT_MASKS)))


def dropped_product(
    x: jax.Array, kernel: jax.Array, rate: float | None, gates: int, context: Context, place: int
) -> jax.Array:
    """Return ``x @ kernel``, in training with one mask of dropout for each gate and sequence.

    Args:
        x: ``(..., batch, features)``.
        kernel: ``(features, gates * units)``.
        rate: The rate of dropout; None for none.
        gates: How many parts of the kernel have a mask of their own.
        context: The options of the pass; its key is the same at all steps, and so are the masks.
        place: What the first mask folds into the key.
    """
    if context.cut and place >= RECURRENT_MASKS:
        x = jax.lax.stop_gradient(x)
    if rate is None or not context.training or context.key is None:
        return x @ kernel
    # A mask for each gate and sequence, the same at all steps (Gal and Ghahramani 2016, as in Keras).
    contexts = (context._replace(key=random.fold(context.key, place + gate)) for gate in range(gates))
    parts = zip(contexts, jnp.split(kernel, gates, axis=-1), strict=True)
    return jnp.concatenate([dropped(x, rate, x.shape[-2:], own) @ part for own, part in parts], axis=-1)
