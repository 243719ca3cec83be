"""Remedies of training: other rates, starts, activations, layers and sizes."""

from __future__ import annotations

from collections.abc import Iterator

from ..activations import ReLU
from ..declaration import Declaration, replace
from ..layers import GRU, LSTM, BatchNormalization, Dense, Dropout, SimpleRNN
from ..layers import Sequential as Network
from ..layers.layer import Layer
from ..layers.recurrent_base import Recurrent
from ..layers.walk import walk
from ..losses import CategoricalGeneralizedCrossEntropy, SparseCategoricalCrossentropy
from .remedy import RATE, Complaint, Remedy

FASTER, SLOWER = (10.0, 100.0), (0.1, 0.01)
SHARE = 0.3  # of dropout


def slower(asked: Complaint) -> Iterator[Remedy]:
    """Yield smaller learning rates."""
    yield from _rates(asked, SLOWER)


def faster(asked: Complaint) -> Iterator[Remedy]:
    """Yield larger learning rates, and Adam."""
    yield from _rates(asked, FASTER)
    if asked.rate is not None:
        yield asked.remedy("Adam(0.003)", settings={"optimizer": _adam(0.003)})


def _rates(asked: Complaint, factors: tuple[float, ...]) -> Iterator[Remedy]:
    if (rate := asked.rate) is not None:
        rates = [rate * times for times in factors] + ([asked.bound / 2] if asked.bound else [])
        yield from (asked.remedy(f"learning_rate={each:.2g}", settings={RATE: each}) for each in rates)


def _adam(rate: float) -> Declaration:
    from ..optimizers import Adam

    return Adam(rate)


def clipped(asked: Complaint) -> Iterator[Remedy]:
    """Yield a limit of the gradient's norm."""
    compiled = asked.model.compiled
    if compiled.own is None and compiled.optimizer.clipnorm is compiled.optimizer.clipvalue is None:
        yield asked.remedy("global_clipnorm=1.0", settings={"optimizer.global_clipnorm": 1.0})


def unclipped(asked: Complaint) -> Iterator[Remedy]:
    """Yield a limit that is rarely reached: twice the median norm of the gradient."""
    for each in asked.findings:
        limit = 2 * float(each.data["norm"])
        yield asked.remedy(f"global_clipnorm={limit:.2g}", settings={"optimizer.global_clipnorm": limit})


def larger_batches(asked: Complaint) -> Iterator[Remedy]:
    """Yield the batch size that the noise of the gradient advises."""
    for each in asked.findings:
        size = int(each.remedy.rpartition("=")[2])
        yield asked.remedy(each.remedy, fit={"batch_size": size})


def rectified(asked: Complaint) -> Iterator[Remedy]:
    """Yield rectified units with the initial weights that suit them; not for what neurons read that spike."""
    changes = {f"{place}.activation": "relu" for place in asked.hidden}
    changes |= {f"{place}.kernel_initializer": "he_normal" for place in asked.hidden}
    changes |= {f"{place}.bias_initializer": "zeros" for place in asked.hidden}
    if changes and not asked.spikes:
        yield asked.remedy('activation="relu", kernel_initializer="he_normal"', settings=changes)


def leaky(asked: Complaint) -> Iterator[Remedy]:
    """Yield units whose slope is never 0."""
    layers = [layer for _, layer, _ in walk(asked.model.network) if type(layer) is Dense]
    changes = {
        f"{place}.activation": "leaky_relu"
        for place, layer in zip(asked.hidden, layers, strict=False)
        if isinstance(layer.output_activation, ReLU)
    }
    if changes:
        yield asked.remedy('activation="leaky_relu"', settings=changes)


def usual_start(asked: Complaint) -> Iterator[Remedy]:
    """Yield the usual initial weights."""
    changes: dict[str, object] = {f"layers.{place}.kernel_initializer": "glorot_uniform" for place in asked.dense}
    changes |= {f"layers.{place}.bias_initializer": "zeros" for place in asked.dense}
    if changes:
        yield asked.remedy('kernel_initializer="glorot_uniform", bias_initializer="zeros"', settings=changes)


def linear_end(asked: Complaint) -> Iterator[Remedy]:
    """Yield a last layer without an activation."""
    network = asked.model.network
    if type(network) is Network and type(network.layers[-1]) is Dense:
        last = len(network.layers) - 1
        yield asked.remedy('activation="linear" in the last layer', settings={f"layers.{last}.activation": "linear"})


def regular(asked: Complaint) -> Iterator[Remedy]:
    """Yield dropout and a penalty of the weights."""

    def dropped(layers: tuple[Layer, ...]) -> list[Layer]:
        places = [place for place, layer in enumerate(layers) if type(layer) is Dense][:-1]
        return [
            each
            for place, layer in enumerate(layers)
            for each in ([layer, Dropout(SHARE)] if place in places else [layer])
        ]

    if asked.hidden:
        yield asked.remedy(f"Dropout({SHARE}) behind hidden layers", layers=dropped)
        penalties = {f"{place}.kernel_regularizer": "l2" for place in asked.hidden}
        yield asked.remedy('kernel_regularizer="l2"', settings=penalties)


def larger(asked: Complaint) -> Iterator[Remedy]:
    """Yield more units; a hidden layer if there is none."""

    def widened(layers: tuple[Layer, ...]) -> list[Layer]:
        made = _resized(layers, 4.0)
        places = [place for place, layer in enumerate(made) if type(layer) is Dense]
        if len(places) == 1:
            made.insert(places[0], Dense(64, activation="relu"))
        return made

    yield asked.remedy("four times as many units", layers=widened)
    if (rate := asked.rate) is not None:
        better = {"optimizer": _adam(max(rate, 0.003))}
        yield asked.remedy("four times as many units, Adam(0.003)", settings=better, layers=widened)


def smaller(asked: Complaint) -> Iterator[Remedy]:
    """Yield fewer units."""
    if asked.hidden:
        yield asked.remedy("a quarter of the units", layers=lambda layers: _resized(layers, 0.25))


def _resized(layers: tuple[Layer, ...], times: float) -> list[Layer]:
    """Return layers whose hidden dense ones have so many times the units."""
    hidden = [place for place, layer in enumerate(layers) if type(layer) is Dense][:-1]
    return [
        replace(layer, units=max(1, round(times * layer.units)))
        if place in hidden and isinstance(layer, Dense)
        else layer
        for place, layer in enumerate(layers)
    ]


def longer(asked: Complaint) -> Iterator[Remedy]:
    """Yield more epochs."""
    yield asked.remedy("three times as many epochs", longer=3.0)


def gated(asked: Complaint) -> Iterator[Remedy]:
    """Yield layers with gates, which carry a state over many steps."""
    if not any(isinstance(layer, SimpleRNN) for _, layer, _ in walk(asked.model.network)):
        return
    for kind in (LSTM, GRU):

        def changed(layers: tuple[Layer, ...], kind: type[LSTM | GRU] = kind) -> list[Layer]:
            return [
                kind(layer.units, return_sequences=layer.return_sequences) if isinstance(layer, SimpleRNN) else layer
                for layer in layers
            ]

        yield asked.remedy(f"{kind.__name__} instead of SimpleRNN", layers=changed)
        yield asked.remedy(
            f"{kind.__name__} instead of SimpleRNN, three times as many epochs", layers=changed, longer=3
        )


def orthogonal(asked: Complaint) -> Iterator[Remedy]:
    """Yield recurrent weights with which a state neither shrinks nor grows (Saxe et al. 2014; Le et al. 2015)."""
    if type(asked.model.network) is not Network:
        return
    layers = asked.model.network.layers
    simple = [f"layers.{place}" for place, layer in enumerate(layers) if isinstance(layer, SimpleRNN)]
    if simple:
        start = {f"{place}.recurrent_initializer": "orthogonal" for place in simple}
        yield asked.remedy('recurrent_initializer="orthogonal"', settings=start)
        kept = {f"{place}.recurrent_initializer": "identity" for place in simple}
        kept |= {f"{place}.activation": "relu" for place in simple} | {"optimizer.global_clipnorm": 1.0}
        yield asked.remedy('SimpleRNN(units, "relu", recurrent_initializer="identity")', settings=kept)


def new_gates(asked: Complaint) -> Iterator[Remedy]:
    """Yield the usual initial weights of recurrent layers, with which gates begin half open."""

    def renewed(layers: tuple[Layer, ...]) -> list[Layer]:
        return [
            type(layer)(layer.units, return_sequences=layer.return_sequences)
            if isinstance(layer, LSTM | GRU)
            else layer
            for layer in layers
        ]

    if any(isinstance(layer, Recurrent) for _, layer, _ in walk(asked.model.network)):
        yield asked.remedy('bias_initializer="zeros"', layers=renewed)


def settled_statistics(asked: Complaint) -> Iterator[Remedy]:
    """Yield running statistics that settle in some dozen steps."""
    if type(asked.model.network) is Network:
        layers = asked.model.network.layers
        places = [place for place, layer in enumerate(layers) if isinstance(layer, BatchNormalization)]
        changes: dict[str, object] = {f"layers.{place}.momentum": 0.9 for place in places}
        if changes:
            yield asked.remedy("BatchNormalization(momentum=0.9)", settings=changes)


def surer_loss(asked: Complaint) -> Iterator[Remedy]:
    """Yield a loss that gives up on labels that contradict everything else (Zhang and Sabuncu 2018)."""
    loss = asked.model.compiled.loss
    if isinstance(loss, SparseCategoricalCrossentropy) and loss.meaning.outputs == "probabilities":
        yield asked.remedy("loss=CategoricalGeneralizedCrossEntropy()", loss=CategoricalGeneralizedCrossEntropy())
