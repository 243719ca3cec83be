"""RNN: any cell as a layer; and cells on top of each other as one."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from ..activations import Activation
from ..declaration import declaration, named_field
from ..errors import InvalidValue
from .cell import Cell
from .composition import within
from .in_time import Carry
from .layer import INFERENCE, Context, Params, Shape, State
from .records import Variables
from .recurrent_base import Recurrent


def as_cell(given: Any) -> Any:
    """Return a cell; several in a list become one."""
    return StackedRNNCells(tuple(given)) if isinstance(given, list | tuple) else given


@declaration
class RNN(Recurrent):
    """Run a cell through a sequence, step by step: carry_t, z_t = cell(carry_(t-1), x_t), a_t = f(z_t).

    For cells of your own, and for several cells on top of each other. ``RNN(LSTMCell(8))`` answers as ``LSTM(8)``,
    which is faster.

    Args:
        cell: The cell, or a list of cells on top of each other.
        return_sequences: Whether to return the output of all steps or only the last.
        return_state: Whether to return what is carried after the last step as further outputs, in a graph.
        go_backwards: Whether to process the sequence in reverse; outputs are then in reverse order.
        stateful: Whether each row of a batch goes on where the same row of the last batch ended; see LSTM.

    Shapes:
        ``(batch, time, features) -> (batch, units)``, with ``return_sequences`` ``(batch, time, units)``; the weights
        are those of the cell.

    Raises:
        InvalidValue: If ``cell`` is not a cell.
        ShapeError: If inputs are not (batch, time, features).

    Example:
        >>> from plastica.layers import GRUCell
        >>> RNN([GRUCell(8), GRUCell(4)], return_sequences=True).output_shape((50, 3))
        (50, 4)
    """

    cell: Cell = named_field(converter=as_cell)
    return_sequences: bool = False
    return_state: bool = False
    stateful: bool = False
    go_backwards: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.cell, Cell):
            raise InvalidValue(f"RNN({self.cell!r}): give a cell, such as LSTMCell(8), or a list of cells.")

    @property
    def _cell(self) -> Cell:
        return self.cell

    def penalty(self, params: Params) -> jax.Array | float:
        return self.cell.penalty(params)

    def constrain(self, params: Params, state: State) -> Params:
        return self.cell.constrain(params, state) if self.trainable else params


@declaration
class StackedRNNCells(Cell):
    """Cells on top of each other as one cell: each reads the output of the one below at the same step.

    Args:
        cells: The cells, first to last.

    Shapes:
        ``(batch, features) -> (batch, units of the last cell)`` at each step; parameters a tuple with those of each.

    Raises:
        InvalidValue: If there is no cell, or something else is among them.

    Example:
        >>> from plastica.layers import LSTMCell
        >>> StackedRNNCells([LSTMCell(8), LSTMCell(4)]).output_shape((3,))
        (4,)
    """

    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        if not self.cells or not all(isinstance(cell, Cell) for cell in self.cells):
            raise InvalidValue(f"StackedRNNCells({self.cells!r}): give cells in a list, such as [LSTMCell(8)].")

    def output_shape(self, shape: Shape) -> Shape:
        for cell in self.cells:
            shape = cell.output_shape(shape)
        return shape

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        drawn = []
        for cell in self.cells:
            drawn.append(cell.init(rng, shape).params)
            shape = cell.output_shape(shape)
        return Variables(tuple(drawn), {})

    @property
    def carried_shapes(self) -> tuple[Shape, ...]:
        return tuple(shape for cell in self.cells for shape in cell.carried_shapes)

    def start(self, params: Params, batch: int) -> Carry:
        return tuple(cell.start(own, batch) for cell, own in zip(self.cells, params, strict=True))

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State | None = None, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        return self.advance(params, carry, self.project(params, x_t, context), context)

    def project(self, params: Params, x: jax.Array, context: Context) -> jax.Array:
        return self.cells[0].project(params[0], x, within(context, 0))

    def advance(self, params: Params, carry: Carry, projected: jax.Array, context: Context) -> tuple[Carry, jax.Array]:
        new, potential = self.cells[0].advance(params[0], carry[0], projected, within(context, 0))
        carried = [new]
        for place, cell in enumerate(self.cells[1:], 1):
            x_t, own = self.cells[place - 1].activate(potential), within(context, place)
            new, potential = cell.advance(params[place], carry[place], cell.project(params[place], x_t, own), own)
            carried.append(new)
        return tuple(carried), potential

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.cells[-1].activate(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.cells[-1].output_activation

    def penalty(self, params: Params) -> jax.Array | float:
        return sum(cell.penalty(own) for cell, own in zip(self.cells, params, strict=True))

    def constrain(self, params: Params, state: State) -> Params:
        return tuple(cell.constrain(own, state) for cell, own in zip(self.cells, params, strict=True))
