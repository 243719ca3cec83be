"""Layers that work on text or identifiers before the compiled program: they turn them into numbers on the host."""

from __future__ import annotations

from typing import Any, cast

import jax
import numpy as np

from ..declaration import replace
from ..typing import Params, State
from .adapting import FOUND
from .layer import Context, Layer
from .node import NodeLike
from .on_arrays import is_for_graph, the_one


class Hosted(Layer):
    """Base class of layers that read what no compiled program holds, such as text, and give numbers.

    They stand first in a network. The rows pass through :meth:`transform` when they are given to the model; inside the
    compiled program the layer passes them on. A subclass has fields for what ``adapt`` finds in data.
    """

    def transform(self, x: object) -> np.ndarray:
        """Return the numbers for rows of text or identifiers, an array ``(rows, ...)``."""
        raise NotImplementedError

    def note(self, **found: object) -> None:
        """Note on this object the values of fields that were found in data; the layer as a value does not change."""
        object.__setattr__(self, FOUND, found)

    def completed(self) -> Layer:
        """Return the layer with what ``adapt`` found in its fields, as networks take it."""
        found = self.__dict__.get(FOUND)
        return replace(self, **found) if found else self

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        return x

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x, state

    def __call__(self, *inputs: object) -> Any:
        """Return the output as a node of a graph; for text or identifiers, the numbers."""
        if is_for_graph(inputs):
            return super().__call__(*cast("tuple[NodeLike, ...]", inputs))
        return self.transform(the_one(self, inputs))
