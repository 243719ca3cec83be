"""The base of SimpleRNN, LSTM and GRU: a cell of gates, and a fast kernel for the whole sequence."""

from __future__ import annotations

from typing import Any, ClassVar

import jax

from .. import activations
from ..typing import by_name
from .gated_cell import GatedCell, check_units, dropped_inputs
from .layer import Context, Params
from .recurrent_base import Carried, Recurrent, cell_of


class GatedRecurrent(Recurrent):
    """Base of SimpleRNN, LSTM and GRU, which have kernels for a whole sequence."""

    units: int

    cell_type: ClassVar[type[GatedCell]]
    starts_fast: ClassVar[bool] = True  # whether the kernel takes initial states

    def __post_init__(self) -> None:
        check_units(self)

    @property
    def cell(self) -> GatedCell:
        """One step of the layer: ``RNN(layer.cell)`` answers the same."""
        return cell_of(self, self.cell_type)

    @property
    def _cell(self) -> GatedCell:
        return self.cell

    @property
    def _called(self) -> str:
        return f"{type(self).__name__}({self.units})"

    def gates(self, params: Params, x: jax.Array) -> dict[str, jax.Array]:
        """Return what every gate and state does at every time step, by name.

        Computed by a plain loop over the layer's equations, apart from the fast one that training takes.

        Args:
            params: The layer's parameters.
            x: Inputs, ``(batch, time, features)``.

        Shapes:
            Each ``(batch, time, units)``, in the order in which the steps were taken: from the last one with
            ``go_backwards``.
        """
        found = self.trajectory(params, x)
        return {name: found[name] for name in self.cell_type.gate_names}

    @property
    def _has_fast_path(self) -> bool:
        return True

    def _is_fast(self, given: Carried | None, real: jax.Array | None) -> bool:
        cell: Any = self.cell
        gate = getattr(cell, "recurrent_activation", activations.Sigmoid())
        # At padding before the first real step the answer is 0 as in Keras, which a kernel with initial states is not.
        return (
            self._has_fast_path
            and (given is None or (self.starts_fast and real is None))
            and cell.recurrent_dropout is None
            and cell.activation == activations.Tanh()
            and gate == activations.Sigmoid()
        )

    def _run_fast(
        self, params: Params, steps: jax.Array, given: Carried | None, real: jax.Array | None, context: Context
    ) -> tuple[jax.Array, Carried]:
        rate = self.cell.dropout
        steps = steps if rate is None else dropped_inputs(steps, rate, context)
        start = None if given is None else tuple(part.astype(steps.dtype) for part in given)
        arguments = (steps, params["kernel"], params["recurrent_kernel"], by_name(params).get("bias"))
        return self._fast(*arguments, self.return_sequences, start, None if real is None else real[..., None])

    def _fast(self, *arguments: Any) -> tuple[jax.Array, Carried]:
        """Return the same as the cell in a loop, for tanh and sigmoid, and what is carried after the last step.

        Takes time-major inputs, kernel, recurrent kernel, bias or None, whether all steps are wanted, the initial
        states or None, and which steps are real, ``(time, batch, 1)``, or None.
        """
        raise NotImplementedError
