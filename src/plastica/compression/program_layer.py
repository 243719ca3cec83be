"""A program as a layer, so that everything that trains networks trains it too."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..export.program import ArrayProgram, Operation
from ..export.quantization import MOST
from ..layers.layer import Context, Layer, Params, State
from ..layers.records import Variables
from ..random import Shape
from .interpretation import Operands, ProgramRun, computed
from .jax_functions import FUNCTIONS
from .kernels import ProgramWeights, constants_of, weights_of

RANGES = "ranges"


@declaration
class ProgramLayer(Layer):
    r"""The inference of a network as a layer: its kernels and biases are parameters, all else stays as it is.

    With ``fake_quantized``, products with kernels are computed as files with weights of 8 bits compute them: inputs and
    weights are rounded to whole numbers from -127 to 127, with the scales of
    :mod:`plastica.export.quantization`. The gradient passes the rounding as if it were not there (the straight-through
    estimator), and is 0 where an input is clipped.

    .. math:: \hat x = s_x\,\mathrm{round}(\mathrm{clip}(x / s_x, -127, 127)), \qquad
        \frac{\partial \hat x}{\partial x} = [|x / s_x| \le 127]

    Args:
        program: The program; it has one output.
        products: The products that are fake-quantized, in the order of their scales in the state; none for exact ones.
        units: What each output, or all, are divided by, so that the loss of numbers does not depend on their units.

    Shapes:
        ``(batch, numbers)`` in, the inputs of the program beside each other; ``(batch, *output)`` out.

    Reference:
        B. Jacob et al. (2018), Quantization and training of neural networks for efficient integer-arithmetic-only
        inference, section 3 and equation 12. Y. Bengio, N. Leonard, A. Courville (2013), Estimating or propagating
        gradients through stochastic neurons.
    """

    program: ArrayProgram
    products: tuple[Operation, ...] = ()
    units: tuple[float, ...] = (1.0,)

    @cached_property
    def weights(self) -> ProgramWeights:
        """The weights by name."""
        return weights_of(self.program)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        arrays = constants_of(self.program)
        params = {name: arrays[value].copy() for name, value in self.weights.items()}
        return Variables(params, {RANGES: np.ones(len(self.products), np.float32)})

    def output_shape(self, shape: Shape) -> Shape:
        return tuple(self.program.outputs[0].shape[1:])  # pyright: ignore[reportReturnType]

    def synapse(self, params: Params, x: Array, state: State, context: Context) -> tuple[Array, State]:
        places = {operation: place for place, operation in enumerate(self.products)}

        def product(operation: Operation, operands: Operands) -> Array | None:
            if operation not in places:
                return None
            return fake_quantized_product(operation, operands, state[RANGES][places[operation]])

        learned = {value: params[name] for name, value in self.weights.items()}
        given = ProgramRun(learned, x.shape[0], product)
        return computed(self.program, apart(self.program, x), given)[0] / jnp.asarray(self.units, x.dtype), state


def beside(inputs: Sequence[np.ndarray]) -> np.ndarray:
    """Return the inputs of a program as one array, ``(rows, numbers)``."""
    return np.concatenate([np.asarray(x, np.float32).reshape(len(x), -1) for x in inputs], 1)


def apart(program: ArrayProgram, x: Array) -> list[Array]:
    """Return the inputs of a program from one array, ``(rows, numbers)``."""
    found, start = [], 0
    for value in program.inputs:
        shape: tuple[int, ...] = value.shape[1:]  # pyright: ignore[reportAssignmentType]
        size = int(np.prod(shape, dtype=int))
        found.append(x[:, start : start + size].reshape(x.shape[0], *shape).astype(value.dtype))
        start += size
    return found


def fake_quantized_product(operation: Operation, operands: Operands, largest: Array) -> Array:
    """Return a product of whole numbers, through whose rounding gradients pass.

    Args:
        operation: The product.
        operands: Inputs and kernel.
        largest: The largest absolute input.
    """
    x, kernel = operands
    summed = (-2,) if operation.name == "matmul" else tuple(range(kernel.ndim - 1))
    most = jax.lax.stop_gradient(jnp.max(jnp.abs(kernel), summed, keepdims=True))
    of_channel = jnp.where(most > 0, most / MOST, 1.0)
    of_input = jnp.where(largest > 0, largest / MOST, 1.0)
    scaled = x * (1 / of_input)
    # Not jnp.clip, which halves the gradient of numbers that are just at the end.
    inside = jnp.where(jnp.abs(scaled) <= MOST, scaled, jnp.sign(scaled) * MOST)
    whole = FUNCTIONS[operation.name](_rounded(inside), _rounded(kernel / of_channel), **operation.parameters)
    scales = of_channel if operation.name == "matmul" and kernel.ndim > 2 else of_channel.reshape(-1)
    return whole * (scales * of_input)  # pyright: ignore[reportOperatorIssue, reportReturnType]


def _rounded(x: Array) -> Array:
    """Return whole numbers, with the gradient of what was rounded."""
    return x + jax.lax.stop_gradient(jnp.round(x) - x)
