"""Traces: the input, potential and activity of each layer and, with targets, its error and gradients."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import jax
import numpy as np
from jax import Array
from markupsafe import Markup

from ..errors import InvalidValue, UnknownName
from ..layers.layer import Context, Layer, Record
from ..layers.walk import walk
from ..losses import Objective
from ..notebook import html
from ..notebook.chart import histogram
from ..notebook.html import shown
from ..rules.alignment import whole_batch
from ..rules.backprop import send_back
from ..rules.masking import for_loss, real_steps
from ..training.cache import keep_compiled_programs
from ..training.compiled import to_run_once
from ..typing import ArrayTree, Float, Params, PyTree, State, Tree
from ..views.seen import Seen
from .inputs import HostArrays
from .weights import holders

if TYPE_CHECKING:
    from ..drawing.figure import Drawing

STATISTICS = ("array", "shape", "min", "mean", "max", "standard deviation", "histogram")
MOST_VALUES = 100_000  # number of values used for the table in notebooks


@dataclass(frozen=True)
class LayerTrace:
    """The computation of one layer for a batch.

    Attributes:
        path: The index and class of the layer: ``"layer 0, Dense"``.
        input: The input, ``(batch, ...)``; like all arrays of a layer with several, a tuple of them.
        potential: z = W a + b, ``(batch, ...)``.
        activity: a = f(z), ``(batch, ...)``.
        delta: dC/dz, the error at the potential, ``(batch, ...)``; None without targets.
        gradient: dC/dW under the parameter's name (``kernel``, ``bias``); empty without targets.
        details: What else the layer shows, by name: ``"attention weights"``, ``(batch, heads, steps, other steps)``.
        trajectory: For a layer that remembers, what it did at every step, by name: ``pre``, ``potential`` and ``post``,
            and every gate, each ``(batch, time, ...)``; empty for others.
    """

    path: str
    input: HostArrays
    potential: HostArrays
    activity: HostArrays
    delta: HostArrays | None = None
    gradient: dict[str, np.ndarray] = field(default_factory=dict)
    details: dict[str, np.ndarray] = field(default_factory=dict)
    trajectory: dict[str, np.ndarray] = field(default_factory=dict)

    def __repr__(self) -> str:
        shown = [f"{name} {array.shape}" for name, array in self.arrays().items()]
        return f"{self.path}: {', '.join(shown)}"

    @shown
    def _repr_html_(self) -> str:
        return html.block(html.heading(self.path), _table(self.arrays()))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all arrays by name; gradients as ``dC/dkernel``."""
        found = {**_each("input", self.input), **_each("potential", self.potential), **_each("activity", self.activity)}
        found |= self.details
        found |= {f"every step/{name}": array for name, array in self.trajectory.items()}
        if self.delta is not None:
            found |= _each("delta", self.delta)
        return found | {f"dC/d{name}": array for name, array in self.gradient.items()}


@dataclass(frozen=True)
class Trace:
    """The computation of all layers for a batch, accessible as ``trace[0]`` or ``trace["layer 0, Dense"]``.

    Attributes:
        layers: A record for each layer.
        network: The network.
        params: The parameters that it had.
        loss: The mean loss of the batch; None without targets.
    """

    layers: tuple[LayerTrace, ...]
    network: Layer
    params: Params
    loss: float | None = None

    def __getitem__(self, key: int | str) -> LayerTrace:
        if isinstance(key, int):
            return self.layers[key]
        for layer in self.layers:
            if key in (layer.path, layer.path.rpartition(", ")[2]):
                return layer
        raise UnknownName(f'no layer "{key}" in this trace; there are: {", ".join(t.path for t in self.layers)}.')

    def __iter__(self) -> Iterator[LayerTrace]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __repr__(self) -> str:
        head = [] if self.loss is None else [f"loss {self.loss:.6g}"]
        return "\n".join([*head, *map(repr, self.layers)])

    @shown
    def _repr_html_(self) -> str:
        loss = "" if self.loss is None else f"loss {self.loss:.6g}"
        title = html.heading("Trace", f"{len(self.layers)} layers", loss)
        return html.block(title, *(html.details(layer.path, _table(layer.arrays())) for layer in self.layers))

    def draw(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        row: int = 0,
        features: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
    ) -> Drawing:
        """Draw the network with what each layer did with one row: its activity and, with targets, its error delta.

        A dense network of up to ten units a layer is drawn as by ``model.draw``, with a value in each unit. Any other
        has a box for each layer, next to its values as bars or images. Blue is above 0, orange below.

        Args:
            path: Where to write the figure; the suffix determines the format (``.svg``, ``.png``, ``.pdf``). None only
                returns it.
            row: Which row of the batch.
            features: A name for each input.
            classes: A name for each output.

        Returns:
            A matplotlib figure, which a notebook shows.

        Raises:
            InvalidValue: If there is no such row, for another ending, or if the network has several inputs.
            ShapeError: If there is not one name for each input or output.

        Example:
            >>> import numpy as np, plastica as pl
            >>> model = pl.Sequential([pl.Dense(3, activation="tanh"), pl.Dense(1)])
            >>> model.compile("sgd", "mse")
            >>> drawing = model.trace(np.eye(2), np.ones(2)).draw(row=1, features=["a", "b"])
        """
        from ..views.trace import draw_trace

        if self.network.reads != 1:
            raise InvalidValue("draw: the network has several inputs; a trace is drawn for one. See trace.arrays().")
        count = len(self.layers[0].input) if self.layers else 0
        if not 0 <= row < count:
            raise InvalidValue(f"draw: row={row}; the trace has rows 0 to {count - 1}.")
        seen = [
            Seen(_first(layer.activity)[row], None if layer.delta is None else _first(layer.delta)[row])
            for layer in self.layers
        ]
        inputs, title = self.layers[0].input[row], f"row {row} of {count}"
        drawing = draw_trace(self.network, self.params, inputs, seen, title=title, features=features, classes=classes)
        return drawing.save(path)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all arrays by names such as ``"layer 0, Dense/potential"``."""
        return {f"{layer.path}/{name}": array for layer in self.layers for name, array in layer.arrays().items()}


def _each(name: str, value: HostArrays) -> dict[str, np.ndarray]:
    """Return an array, or each of several, by name."""
    arrays = value if isinstance(value, tuple) else (value,)
    return {f"{name} {place}" if place else name: array for place, array in enumerate(arrays)}


def _first(value: HostArrays) -> np.ndarray:
    """Return an array, or the first of several."""
    return value[0] if isinstance(value, tuple) else value


def _table(arrays: dict[str, np.ndarray]) -> Markup:
    """Return shape, range and histogram of each array; large arrays are subsampled evenly."""
    return html.table(STATISTICS, [_row(name, array) for name, array in arrays.items()], numbers=(2, 3, 4, 5))


def _row(name: str, array: np.ndarray) -> tuple[str | Markup, ...]:
    # Every n-th value: a random sample would make a different page for the same trace.
    values = array.ravel()[:: max(1, array.size // MOST_VALUES)].astype(np.float64)
    finite = values[np.isfinite(values)]
    shape = str(array.shape)
    if not finite.size:
        return name, shape, "-", "-", "-", "-", ""
    numbers = (f"{number:.4g}" for number in (finite.min(), finite.mean(), finite.max(), finite.std()))
    return name, shape, *numbers, histogram(np.histogram(finite, 24)[0].tolist())


def _by_name(gradient: Tree) -> dict[str, np.ndarray]:
    found = list(holders(gradient))
    return {
        f"{place}/{name}" if len(found) > 1 else name: array
        for place, holder in enumerate(found)
        for name, array in holder.items()
    }


def trace(
    network: Layer, params: Params, state: State, x: HostArrays, y: HostArrays | None, objective: Objective | None
) -> Trace:
    """Run a batch through the network and, with targets, propagate the error back; the weights do not change."""
    keep_compiled_programs()
    x, y = jax.tree.map(np.asarray, (x, y))
    if y is None or objective is None:
        loss, values = None, jax.device_get(to_run_once(_forward)(network, params, state, x))
        errors = [(None, {})] * len(values)
    else:
        loss, values, errors = jax.device_get(to_run_once(_forward_and_back)(network, params, state, x, y, objective))
    layers = tuple(
        LayerTrace(
            path,
            seen.input,
            seen.potential,
            seen.activity,
            delta,
            _by_name(gradient),
            dict(seen.details),
            dict(seen.trajectory),
        )
        for (path, _, _), seen, (delta, gradient) in zip(walk(network), values, errors, strict=True)
    )
    return Trace(layers, network, params, None if loss is None else float(loss))


class _Values(NamedTuple):
    """What a layer computed, as in :class:`LayerTrace`."""

    input: ArrayTree
    potential: ArrayTree
    activity: ArrayTree
    # A compiled program returns a plain dict with its names sorted.
    details: OrderedDict[str, Array]
    trajectory: OrderedDict[str, Array]


def _forward(network: Layer, params: Params, state: State, x: PyTree) -> list[_Values]:
    """Return what each layer computed, in the order of :func:`~plastica.layers.walk.walk`."""
    return _values(network, network.forward(params, x, state, Context())[0])


def _forward_and_back(
    network: Layer, params: Params, state: State, x: PyTree, y: PyTree, objective: Objective
) -> tuple[Float[Array, ""], list[_Values], list[tuple[ArrayTree, Params]]]:
    """Return the loss, what each layer computed, and for each layer its error and its gradient."""
    batch = whole_batch(x, y, 0)
    batch = for_loss(batch, real_steps(network, batch))
    record, _ = network.forward(params, batch.x, state, Context())
    loss, errors = send_back(network, record, batch, objective)
    return loss, _values(network, record), [(each.delta, each.gradient) for _, _, each in walk(network, errors)]


def _values(network: Layer, record: Record) -> list[_Values]:
    return [
        _Values(
            part.input,
            part.potential,
            part.activity,
            OrderedDict() if part.details is None else OrderedDict(part.details()),
            OrderedDict() if part.trajectory is None else OrderedDict(part.trajectory()),
        )
        for _, _, part in walk(network, record)
    ]
