"""The layers of a network for a table in words."""

from __future__ import annotations

from .. import layers
from ..language import WORDS
from ..layers import Layer
from ..model import Sequential


def outline_of(model: Sequential) -> list[str]:
    """Describe the layers between the features and the predictions, one short text each, in the current language."""
    return [text for layer, copies in _unpacked(model)[:-1] if (text := _outlined(layer, copies))]


def _outlined(layer: Layer, copies: int) -> str:
    """Describe a layer; empty for auxiliary layers such as Dropout."""
    if isinstance(layer, layers.PiecewiseLinearEmbedding):
        return WORDS("pieces", count=len(layer.columns))
    if isinstance(layer, layers.PeriodicEmbedding):
        return WORDS("waves", count=len(layer.columns))
    if isinstance(layer, layers.CategoryEmbedding):
        return WORDS("vectors", count=len(layer.codes))
    if isinstance(layer, layers.WideAndDeep):
        return WORDS("linear_part")
    if isinstance(layer, layers.Members):
        return WORDS("members", count=layer.members * copies)
    return f"{layer.units} {layer.activation.name}" if isinstance(layer, layers.Dense | layers.MemberDense) else ""


def _unpacked(model: Sequential) -> list[tuple[Layer, int]]:
    """Return all layers of a network, including those in an ensemble, each with the number of its copies."""
    found: list[tuple[Layer, int]] = []
    for layer in model.layers:
        inside = layer.layers if isinstance(layer, layers.Ensemble) else (layer,)
        deep = [one for part in inside if isinstance(part, layers.WideAndDeep) for one in part.deep]
        found += [(part, layer.copies if isinstance(layer, layers.Ensemble) else 1) for part in (*inside, *deep)]
    return found
