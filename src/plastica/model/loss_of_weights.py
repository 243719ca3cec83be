"""The loss and the metrics of a network on fixed rows, as a function of its weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree

from ..declaration import replace
from ..errors import InvalidValue
from ..rules import Batch
from ..training.cache import keep_compiled_programs
from ..training.program import Program
from ..training.sums import FigureReader, row_sums
from ..typing import Float, Memory, Params, PyTree, State
from .base import BaseModel
from .compiling import widths_for
from .examples import take
from .settling import settled

ROWS = 1000  # more rows change losses and eigenvalues by less than other initial weights do
# From what all points have in common and what one point is, to its weights and state. A function of a module, so that
# its program is compiled once.
WeightsOfPoint: TypeAlias = Callable[[PyTree, PyTree], tuple[Params, State]]


@dataclass(frozen=True, eq=False)
class LossOfWeights:
    """What the loss and the metrics of a network are computed from, apart from its weights.

    Attributes:
        program: The program, whose ``judge`` gives the loss and the metrics.
        params: The weights of the model.
        state: What its layers carry, such as running statistics.
        memory: What its rule carries.
        batch: The rows.
        widths: The number of sums of each metric.
    """

    program: Program
    params: Params
    state: State
    memory: Memory
    batch: Batch
    widths: tuple[int, ...]

    def figures(
        self, make: WeightsOfPoint, common: PyTree, points: PyTree, together: int = 1
    ) -> dict[str, Float[np.ndarray, "points"]]:
        """Return the loss and each metric for many weights, in one compiled program.

        Args:
            make: Returns the weights and the state of a point.
            common: What all points have in common.
            points: In what they differ: arrays with an entry for each along the first axis.
            together: How many are computed side by side.
        """
        keep_compiled_programs()
        count = len(jax.tree.leaves(points)[0])
        sums = np.asarray(_sums(make, self.program, common, points, self.memory, self.batch, min(together, count)))
        read = FigureReader(self.program, self.widths)
        found = [read(each) for each in sums]
        return {name: np.array([each[name] for each in found]) for name in found[0]}

    @property
    def own(self) -> dict[str, float]:
        """The loss and the metrics of the model itself."""
        found = self.figures(_as_given, (), jax.tree.map(lambda leaf: leaf[None], (self.params, self.state)))
        return {name: float(values[0]) for name, values in found.items()}

    @property
    def flat(self) -> Float[Array, "weights"]:
        """All weights as one vector."""
        return ravel_pytree(self.params)[0]

    @property
    def fixed(self) -> PyTree:
        """What :func:`linearized_gradient` takes: all that the Hessian of the loss at these weights depends on."""
        program = replace(self.program, metrics=(), weighted_metrics=())
        return program, self.params, self.state, self.memory, self.batch

    def hessian_product(self, vector: Float[np.ndarray, "weights"]) -> Float[np.ndarray, "weights"]:
        """Return the product of the Hessian of the loss with a vector, at the cost of about two gradients."""
        along = jnp.asarray(vector, self.flat.dtype)
        return np.asarray(_hessian_product(self.fixed, along), np.float64)


def loss_of_weights(owner: str, model: BaseModel, x: object, y: object, rows: int = ROWS) -> LossOfWeights:
    """Return the loss of a model as a function of its weights.

    Args:
        owner: The name of the function that asks, for messages.
        model: A compiled model with a loss; without weights, it gets its initial ones.
        x, y: Inputs and targets, ``(rows, ...)``.
        rows: How many rows the loss is the mean of, evenly spaced among those given.

    Raises:
        InvalidValue: If the model has no loss.
    """
    if model.compiled.own is not None or model.compiled.loss is None or y is None:
        raise InvalidValue(f"{owner}: this model has no loss as a function of its weights; compile it with one.")
    examples = take(model, x, y)
    if examples.rows > rows:
        places = np.linspace(0, examples.rows - 1, rows).astype(int)  # data may be sorted
        examples = jax.tree.map(lambda part: part[places], examples)
    shape = model.output_shape_for(examples.x)
    program, _ = settled(model.program, examples.y, shape, examples.rows, (examples.rows,))
    widths = widths_for(program, examples.y, shape)
    _, params, state, memory = model.answering()
    return LossOfWeights(program, params, state, memory, _batch(program, examples), widths)


def _batch(program: Program, examples: PyTree) -> Batch:
    """Return rows as one batch, in the types that the program computes with."""
    x, y = program.cast(jax.device_put(examples))
    ones = jnp.ones(examples.rows, jnp.float32)
    weight, within = (ones, None) if examples.weight is None else (jnp.asarray(examples.weight), None)
    if weight.ndim > 1:
        weight, within = ones, weight
    return Batch(x, y, weight, jnp.float32(examples.rows), within=within)


def _as_given(_: PyTree, point: PyTree) -> tuple[Params, State]:
    return point


@partial(jax.jit, static_argnames=("make", "together"))
def _sums(
    make: WeightsOfPoint,
    program: Program,
    common: PyTree,
    points: PyTree,
    memory: Memory,
    batch: Batch,
    together: int,
) -> Float[Array, "points sums"]:
    """Return the sums of the loss and the metrics at each point."""

    def one(point: PyTree) -> Array:
        params, state = make(common, point)
        return row_sums(program.judge(params, state, memory, batch), program.means, batch.size)

    return jax.lax.map(one, points, batch_size=together if together > 1 else None)


def linearized_gradient(fixed: PyTree) -> Callable[[Float[Array, "weights"]], Float[Array, "weights"]]:
    """Return the function that multiplies a vector by the Hessian of the loss.

    What does not depend on the vector is computed once. A function of a module, so that programs that contain it are
    compiled once.

    Args:
        fixed: See :attr:`LossOfWeights.fixed`.

    Reference:
        B. Pearlmutter (1994), Fast exact multiplication by the Hessian.
    """
    program, params, state, memory, batch = fixed
    flat, rebuilt = ravel_pytree(params)

    def loss(weights: Array) -> Array:
        return program.judge(rebuilt(weights), state, memory, batch).loss

    return jax.linearize(jax.grad(loss), flat)[1]


@jax.jit
def _hessian_product(fixed: PyTree, along: Float[Array, "weights"]) -> Float[Array, "weights"]:
    """Return the derivative of the gradient along a vector."""
    return linearized_gradient(fixed)(along)
