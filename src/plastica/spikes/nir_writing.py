"""Spiking networks as files of NIR, the format that spiking libraries and neuromorphic chips exchange."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
from __future__ import annotations

import io
import os
import warnings
from itertools import pairwise
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidValue, MissingExtra, PlasticaWarning
from ..layers import LIF, Dense, Dropout, Input, Layer, LeakyReadout, Spiking, walk
from ..layers.spiking.decoders import Decoder
from ..storage.atomic import replace_file

if TYPE_CHECKING:
    from ..model import Model

PER_SECOND = 1000  # NIR has seconds, plastica milliseconds


def write_nir(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a spiking network as a NIR file, which snnTorch, Norse, Spyx, Lava and others read.

    ``Dense`` becomes an affine map, ``LIF`` and ``LeakyReadout`` their differential equations in seconds, recurrent
    ``Spiking`` a subgraph. A jump of the potential by x is written as a current with the resistance 1 / (1 - beta),
    which is the same for plastica's step. The step is in the metadata. Decoders at the end, such as ``SpikeCount``,
    have no place in NIR: they are left out with a warning.

    Args:
        model: A sequence of ``Dense``, ``LIF``, ``LeakyReadout`` and ``Spiking``, with weights.
        path: The file.

    Raises:
        InvalidValue: If a layer has no counterpart in NIR.
        MissingExtra: If ``plastica[nir]`` is not installed.
        FileError: If the file cannot be written.

    Reference:
        J. E. Pedersen et al., 2024, Neuromorphic intermediate representation: a unified instruction set for
        interoperable brain-inspired computing.
    """
    nir = nir_package()
    nodes: dict[str, Any] = {}
    steps: set[float] = set()
    layers = [(path, layer, params) for path, layer, params in walk(model.network, model.params)]
    while layers and isinstance(layers[-1][1], Decoder):
        where, layer, _ = layers.pop()
        warnings.warn(
            f"write_nir: {where}: NIR has no {type(layer).__name__}; the file ends before it.",
            PlasticaWarning,
            stacklevel=2,
        )
    for where, layer, params in layers:
        for made in _nodes(nir, where, layer, params, nodes):
            nodes[str(len(nodes))] = made
        if isinstance(layer, LIF | LeakyReadout | Spiking):
            steps.add(float(layer.spike_step if isinstance(layer, Spiking) else layer.dt))
    if not nodes or len(steps) > 1:
        raise InvalidValue(
            f"write_nir: got {len(nodes)} layers with the steps {sorted(steps)} ms; expected layers of one step."
        )
    first, last = next(iter(nodes.values())), list(nodes.values())[-1]
    whole = {
        "input": nir.Input(input_type=first.input_type),
        **nodes,
        "output": nir.Output(output_type=last.output_type),
    }
    names = list(whole)
    metadata = {"dt": next(iter(steps)) / PER_SECOND} if steps else {}
    graph = nir.NIRGraph(whole, list(pairwise(names)), metadata=metadata)
    buffer = io.BytesIO()
    nir.write(buffer, graph)
    replace_file(path, [buffer.getvalue()])


def nir_package() -> ModuleType:
    """Return the package that reads and writes the format.

    Raises:
        MissingExtra: If it is not installed.
    """
    try:
        import nir
    except ImportError as error:
        raise MissingExtra("NIR files need another package: pip install 'plastica[nir]'.") from error
    return nir


def _nodes(nir: ModuleType, where: str, layer: Layer, params: Any, before: dict[str, Any]) -> list[Any]:
    if isinstance(layer, Input | Dropout):
        return []
    if type(layer) is Dense and layer.activation.name == "linear":
        return [_map(nir, params["kernel"], params.get("bias"))]
    if type(layer) is LIF and before:
        return [_lif(nir, where, layer, params, _width(before))]
    if type(layer) is LeakyReadout and before:
        full = np.full(_width(before), 1.0)
        gain = 1 / (1 - np.exp(-layer.dt / layer.tau))
        return [nir.LI(tau=full * layer.tau / PER_SECOND, r=full * gain, v_leak=full * 0)]
    if type(layer) is Spiking and type(layer.neuron) is LIF and layer.return_sequences:
        own = _lif(nir, where, layer.neuron, params, layer.units)
        nodes = [_map(nir, params["kernel"], params.get("bias"))]
        return [*nodes, _recurrent(nir, own, params["recurrent_kernel"]) if layer.recurrent else own]
    raise InvalidValue(
        f"write_nir: {where}: {layer!r} has no counterpart in NIR here; Dense without activation, LIF, LeakyReadout "
        "and Spiking with LIF have, behind a Dense."
    )


def _width(before: dict[str, Any]) -> int:
    return int(np.prod(next(iter(list(before.values())[-1].output_type.values()))))


def _map(nir: ModuleType, kernel: Any, bias: Any) -> Any:
    weight = np.asarray(kernel).T
    return nir.Linear(weight=weight) if bias is None else nir.Affine(weight=weight, bias=np.asarray(bias))


def _lif(nir: ModuleType, where: str, layer: LIF, params: Any, units: int) -> Any:
    if layer.reset != "zero":
        raise InvalidValue(
            f"write_nir: {where}: NIR resets a potential to a value, and this LIF has reset={layer.reset!r}. Train "
            'with LIF(reset="zero").'
        )
    full = np.full(units, 1.0)
    tau = np.maximum(np.asarray(params["tau"]), layer.dt) if layer.learn_tau else full * layer.tau
    resistance = layer.resistance if layer.inputs == "current" else 1 / (1 - np.exp(-layer.dt / tau))
    return nir.LIF(
        tau=tau / PER_SECOND, r=full * resistance, v_leak=full * layer.rest, v_threshold=full * layer.threshold,
        v_reset=full * layer.rest,
    )  # fmt: skip


def _recurrent(nir: ModuleType, lif: Any, kernel: Any) -> Any:
    nodes = {
        "input": nir.Input(input_type=lif.input_type),
        "lif": lif,
        "w_rec": _map(nir, kernel, None),
        "output": nir.Output(output_type=lif.output_type),
    }
    return nir.NIRGraph(nodes, [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")])
