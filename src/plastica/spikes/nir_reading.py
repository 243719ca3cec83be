"""Networks from files of NIR."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType
from typing import Any, Literal

import numpy as np

from ..errors import DataError, InvalidValue
from ..layers import LIF, Dense, Input, Layer, LeakyReadout, Spiking
from ..model import Sequential
from .nir_writing import PER_SECOND, nir_package


def read_nir(source: Any, dt: float | None = None, discretization: Literal["exact", "euler"] = "exact") -> Sequential:
    """Return a network from a NIR file or graph, with its weights.

    Args:
        source: A file, or a ``nir.NIRGraph``: a chain of ``Affine``, ``Linear``, ``LIF``, ``LI``, and recurrent
            subgraphs of ``LIF`` with its weights.
        dt: The duration of a step, in milliseconds. None: that of the file, if plastica wrote it.
        discretization: "exact" for the solution of the equations at any step; "euler" for potentials that lose dt / tau
            in a step, as in snnTorch, whose files are meant for a dt of 0.1 ms.

    Raises:
        DataError: If the file cannot be read.
        InvalidValue: If a node has no counterpart, the graph is no chain, or the step is not known.
        MissingExtra: If ``plastica[nir]`` is not installed.
    """
    nir = nir_package()
    graph = source if isinstance(source, nir.NIRGraph) else _read(nir, source)
    if dt is None:
        dt = PER_SECOND * float(graph.metadata["dt"]) if "dt" in graph.metadata else None
    if dt is None or not dt > 0:
        raise InvalidValue(f"read_nir(dt={dt!r}): the graph has equations in seconds; give dt in milliseconds.")
    if discretization not in ("exact", "euler"):
        raise InvalidValue(f"read_nir(discretization={discretization!r}): expected 'exact' or 'euler'.")
    reader = _NirReader(nir, dt, discretization)
    chain = _chain(nir, graph)
    for name, node in chain:
        reader.add(name, node)
    features = int(np.prod(next(iter(chain[0][1].input_type.values()))))
    model = Sequential([Input((None, features)), *reader.layers])
    model.set_weights([np.asarray(each, np.float32) for each in reader.weights])
    return model


def _read(nir: ModuleType, path: Any) -> Any:
    try:
        return nir.read(os.fspath(path))
    except (OSError, KeyError, ValueError, TypeError, AssertionError) as error:
        raise DataError(f"{path} cannot be read as a NIR file: {error}.") from error


def _chain(nir: ModuleType, graph: Any) -> list[tuple[str, Any]]:
    """Return the nodes between input and output, first to last."""
    after: dict[str, list[str]] = {}
    for one, other in graph.edges:
        after.setdefault(one, []).append(other)
    inputs = [name for name, node in graph.nodes.items() if isinstance(node, nir.Input)]
    found: list[tuple[str, Any]] = []
    place = inputs[0] if len(inputs) == 1 else None
    while place is not None:
        ahead = after.get(place, [])
        if len(ahead) != 1 or len(found) > len(graph.nodes):
            break
        place = ahead[0]
        if isinstance(graph.nodes[place], nir.Output):
            break
        found.append((place, graph.nodes[place]))
    if len(found) != len([node for node in graph.nodes.values() if not isinstance(node, nir.Input | nir.Output)]):
        raise InvalidValue("read_nir: this graph is no chain from one input to one output, which is all that is read.")
    if not found:
        raise InvalidValue("read_nir: this graph has no nodes between its input and its output.")
    return found


class _NirReader:
    """The layers of a chain of nodes, with their weights in the order of ``set_weights``."""

    def __init__(self, nir: ModuleType, dt: float, discretization: str) -> None:
        self.nir, self.dt, self.euler = nir, dt, discretization == "euler"
        self.layers: list[Layer] = []
        self.weights: list[np.ndarray] = []

    def add(self, name: str, node: Any) -> None:
        """Append the layers of a node."""
        nir = self.nir
        kinds: dict[type, Callable[[str, Any], None]] = {
            nir.Affine: self._map, nir.Linear: self._map, nir.LIF: self._lif, nir.LI: self._li,
            nir.NIRGraph: self._recurrent,
        }  # fmt: skip
        if type(node) not in kinds:
            known = ", ".join(kind.__name__ for kind in kinds)
            raise InvalidValue(f"read_nir: node {name!r} is a {type(node).__name__}; {known} are read.")
        kinds[type(node)](name, node)

    def _map(self, name: str, node: Any) -> None:
        weight = np.asarray(node.weight)
        if weight.ndim != 2:
            raise InvalidValue(f"read_nir: node {name!r} has weights of shape {weight.shape}; expected two axes.")
        bias = getattr(node, "bias", None)
        self.layers.append(Dense(len(weight), use_bias=bias is not None))
        self.weights += [weight.T] if bias is None else [weight.T, np.asarray(bias)]

    def _lif(self, name: str, node: Any) -> None:
        layer, tau = self._neuron(name, node)
        self.layers.append(layer)
        self.weights += [] if tau is None else [tau]

    def _li(self, name: str, node: Any) -> None:
        if np.any(np.asarray(node.v_leak) != 0):
            raise InvalidValue(f"read_nir: node {name!r} leaks to {node.v_leak}; LeakyReadout leaks to 0.")
        tau = self._one(name, "tau", self._tau(name, node))
        self.layers.append(LeakyReadout(tau, self.dt))
        self._scale(name, np.asarray(node.r) * (1 - np.exp(-self.dt / tau)))

    def _recurrent(self, name: str, node: Any) -> None:
        parts = [each for each in node.nodes.values() if not isinstance(each, self.nir.Input | self.nir.Output)]
        lif = [each for each in parts if isinstance(each, self.nir.LIF)]
        maps = [each for each in parts if isinstance(each, self.nir.Linear | self.nir.Affine)]
        if len(parts) != 2 or not lif or not maps or not (self.layers and type(self.layers[-1]) is Dense):
            raise InvalidValue(
                f"read_nir: node {name!r} is a subgraph of {len(parts)} nodes; a LIF with its recurrent weights behind "
                "an Affine is read."
            )
        if np.any(np.asarray(getattr(maps[0], "bias", 0)) != 0):
            raise InvalidValue(f"read_nir: node {name!r} has a bias in its recurrent weights; add it to the inputs'.")
        recurrent = np.array(maps[0].weight).T
        neuron, tau = self._neuron(name, lif[0], recurrent)
        dense: Any = self.layers.pop()
        self.layers.append(Spiking(dense.units, neuron, use_bias=dense.use_bias))
        bias = [self.weights.pop()] if dense.use_bias else []
        self.weights += [recurrent, *bias, *([] if tau is None else [tau])]

    def _neuron(self, name: str, node: Any, recurrent: np.ndarray | None = None) -> tuple[LIF, np.ndarray | None]:
        """Return the neuron of a node, and the time constant of each unit if they differ."""
        rest, threshold = (self._one(name, each, getattr(node, each)) for each in ("v_leak", "v_threshold"))
        if self._one(name, "v_reset", node.v_reset) != rest:
            raise InvalidValue(f"read_nir: node {name!r} resets to another potential than its rest, {rest:g}.")
        tau, r = self._tau(name, node), np.asarray(node.r, float)
        if not np.allclose(r, r.flat[0]):
            if recurrent is not None:
                recurrent *= r
            self._scale(name, r)
            r = np.ones(1)
        same = np.allclose(tau, tau.flat[0], rtol=1e-6)
        layer = LIF(
            float(tau.flat[0]), threshold, rest, "zero", "current", float(r.flat[0]), self.dt, learn_tau=not same
        )
        return layer, None if same else tau

    def _tau(self, name: str, node: Any) -> np.ndarray:
        tau = PER_SECOND * np.asarray(node.tau, float)
        if not np.all(tau > self.dt):
            raise InvalidValue(
                f"read_nir: node {name!r} has a time constant of {tau.min():g} ms, which is no longer than the step of "
                f"{self.dt:g} ms. Give a shorter dt."
            )
        return -self.dt / np.log1p(-self.dt / tau) if self.euler else tau

    def _one(self, name: str, what: str, values: Any) -> float:
        values = np.asarray(values, float)
        if not np.allclose(values, values.flat[0]):
            raise InvalidValue(f"read_nir: node {name!r} has a {what} for each unit; one for all is read.")
        return float(values.flat[0])

    def _scale(self, name: str, factors: np.ndarray) -> None:
        """Multiply what the weights before a node bring to each unit."""
        before: Any = next((each for each in reversed(self.layers) if isinstance(each, Dense)), None)
        if before is None:
            raise InvalidValue(f"read_nir: node {name!r} scales its inputs, and no Affine before it takes that over.")
        for place in range(-2 if before.use_bias else -1, 0):
            self.weights[place] = self.weights[place] * factors
