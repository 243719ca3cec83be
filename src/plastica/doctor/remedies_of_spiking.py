"""Remedies of networks that spike: other weights, thresholds, surrogates and refractory periods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from ..declaration import replace
from ..layers import LIF, ArcTangent, Dense, Refractory, Spiking
from ..layers.layer import Layer
from ..layers.spiking.neuron import Neuron
from .remedy import Complaint, Remedy

LOWER = 0.5  # of the way from rest to the threshold
PERIODS = 2  # steps of refractoriness, which leave at most every third step


def usual_spiking_start(asked: Complaint) -> Iterator[Remedy]:
    """Yield the usual initial weights of what neurons read."""

    def renewed(layers: tuple[Layer, ...]) -> list[Layer]:
        usual = {"kernel_initializer": "glorot_uniform", "bias_initializer": "zeros"}
        return [replace(layer, **usual) if isinstance(layer, Dense | Spiking) else layer for layer in layers]

    yield asked.remedy('kernel_initializer="glorot_uniform", bias_initializer="zeros"', layers=renewed)


def lower_thresholds(asked: Complaint) -> Iterator[Remedy]:
    """Yield a threshold half as far from rest."""
    yield from _with_neurons(asked, "LIF(threshold=0.5)", _lower)


def wider_surrogates(asked: Complaint) -> Iterator[Remedy]:
    """Yield the surrogate that reaches farther, which deep spiking networks use (Fang et al. 2021)."""
    yield from _with_neurons(asked, "LIF(surrogate=ArcTangent(2.0))", _wider)


def refractory(asked: Complaint) -> Iterator[Remedy]:
    """Yield a refractory period of two steps."""
    yield from _with_neurons(asked, "Refractory(LIF(), 2.0)", _pausing)


def _lower(neuron: LIF) -> Neuron:
    return replace(neuron, threshold=neuron.rest + LOWER * (neuron.threshold - neuron.rest))


def _wider(neuron: LIF) -> Neuron:
    return replace(neuron, surrogate=ArcTangent(2.0))


def _pausing(neuron: LIF) -> Neuron:
    return Refractory(neuron, PERIODS * neuron.dt)


def _with_neurons(asked: Complaint, name: str, change: Callable[[LIF], Neuron]) -> Iterator[Remedy]:
    """Yield a change of the leaky neurons of a network, if it has any."""

    def changed(layers: tuple[Layer, ...]) -> list[Layer]:
        return [_changed(layer, change) for layer in layers]

    if any(map(_is_leaky, getattr(asked.model.network, "layers", ()))):
        yield asked.remedy(name, layers=changed)


def _is_leaky(layer: Layer) -> bool:
    return isinstance(layer, LIF) or (isinstance(layer, Spiking) and isinstance(layer.neuron, LIF))


def _changed(layer: Layer, change: Callable[[LIF], Neuron]) -> Layer:
    if isinstance(layer, LIF):
        return change(layer)
    own: Any = layer
    return cast(Layer, replace(own, neuron=change(own.neuron))) if _is_leaky(layer) else layer
