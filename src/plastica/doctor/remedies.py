"""Remedies: what mends a finding, as settings of a network or changes of its data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..activations import ReLU
from ..checks.findings import Finding
from ..declaration import Declaration, replace
from ..layers import LSTM, BatchNormalization, Dense, Dropout, SimpleRNN
from ..layers import Sequential as Network
from ..layers.layer import Layer
from ..layers.walk import walk
from ..losses import Loss
from ..model import Model
from ..training.early_stopping import EarlyStopping

FASTER, SLOWER = (10.0, 100.0), (0.1, 0.01)
RATE = "optimizer.learning_rate"


@dataclass(frozen=True, eq=False)
class TrialData:
    """What a network is trained on.

    Attributes:
        x, y: Training rows.
        val_x, val_y: Validation rows.
    """

    x: np.ndarray
    y: np.ndarray
    val_x: np.ndarray
    val_y: np.ndarray


@dataclass(frozen=True, eq=False)
class Remedy:
    """What may mend a finding.

    Attributes:
        code: The finding.
        name: The remedy as a line of code.
        settings: Values by the place of a field, as for :class:`~plastica.Population`; such remedies are members of one
            population.
        layers: From the layers of a sequence to others.
        data: From the data to others.
        fit: Further arguments of ``fit``.
        longer: By how much more epochs.
    """

    code: str
    name: str
    settings: Mapping[str, object] = field(default_factory=dict)
    layers: Callable[[tuple[Layer, ...]], list[Layer]] | None = None
    data: Callable[[TrialData], TrialData] | None = None
    fit: Mapping[str, object] = field(default_factory=dict)
    longer: float = 1.0

    @property
    def is_setting(self) -> bool:
        """Whether it is one of a population."""
        return bool(self.settings) and self.layers is None and self.data is None and not self.fit and self.longer == 1


def remedies_for(model: Model, findings: Sequence[Finding], bound: float | None) -> list[Remedy]:
    """Return the remedies of findings that training can try, each once.

    Findings about the data themselves, such as a leak or drift, have none: the validation loss would not judge them.

    Args:
        model: The model.
        findings: What was found.
        bound: The largest stable learning rate, if it is known.
    """
    found: dict[str, Remedy] = {}
    for each in findings:
        for family in FAMILIES.get(each.code, ()):
            for remedy in family(model, each.code, bound):
                found.setdefault(remedy.name, remedy)
    return list(found.values())


def _rate(model: Model) -> float | None:
    rate = getattr(model.compiled.optimizer, "learning_rate", None)
    return rate if model.compiled.own is None and isinstance(rate, float) else None


def _slower(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    if (rate := _rate(model)) is not None:
        rates = [rate * times for times in SLOWER] + ([bound / 2] if bound else [])
        yield from (Remedy(code, f"learning_rate={each:.2g}", {RATE: each}) for each in rates)


def _faster(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    if (rate := _rate(model)) is not None:
        rates = [rate * times for times in FASTER] + ([bound / 2] if bound else [])
        yield from (Remedy(code, f"learning_rate={each:.2g}", {RATE: each}) for each in rates)
        yield Remedy(code, "Adam(0.003)", {"optimizer": _adam(0.003)})


def _adam(rate: float) -> Declaration:
    from ..optimizers import Adam

    return Adam(rate)


def _clipped(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    if model.compiled.own is None and model.compiled.optimizer.clipnorm is model.compiled.optimizer.clipvalue is None:
        yield Remedy(code, "global_clipnorm=1.0", {"optimizer.global_clipnorm": 1.0})


def _hidden(model: Model) -> list[str]:
    """Return the places of the hidden dense layers of a sequence."""
    if type(model.network) is not Network:
        return []
    places = [place for place, layer in enumerate(model.network.layers) if type(layer) is Dense]
    return [f"layers.{place}" for place in places[:-1]]


def _rectified(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    changes = {f"{place}.activation": "relu" for place in _hidden(model)}
    changes |= {f"{place}.kernel_initializer": "he_normal" for place in _hidden(model)}
    changes |= {f"{place}.bias_initializer": "zeros" for place in _hidden(model)}
    if changes:
        yield Remedy(code, 'activation="relu", kernel_initializer="he_normal"', changes)


def _leaky(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    changes = {
        f"{place}.activation": "leaky_relu"
        for place, (_, layer, _) in zip(_hidden(model), _dense(model), strict=False)
        if isinstance(layer.output_activation, ReLU)
    }
    if changes:
        yield Remedy(code, 'activation="leaky_relu"', changes)


def _dense(model: Model) -> list[tuple[str, Layer, object]]:
    return [part for part in walk(model.network) if type(part[1]) is Dense]


def _usual_start(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    if type(model.network) is not Network:
        return
    places = [place for place, layer in enumerate(model.network.layers) if type(layer) is Dense]
    changes: dict[str, object] = {f"layers.{place}.kernel_initializer": "glorot_uniform" for place in places}
    changes |= {f"layers.{place}.bias_initializer": "zeros" for place in places}
    if changes:
        yield Remedy(code, 'kernel_initializer="glorot_uniform", bias_initializer="zeros"', changes)


def _scaled_inputs(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    def scaled(data: TrialData) -> TrialData:
        axes = tuple(range(data.x.ndim - 1))
        middle, spread = data.x.mean(axes), data.x.std(axes)
        spread = np.where(spread > 0, spread, 1.0)
        return TrialData((data.x - middle) / spread, data.y, (data.val_x - middle) / spread, data.val_y)

    yield Remedy(code, "x = (x - x.mean(0)) / x.std(0)", data=scaled)


def _scaled_targets(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    def scaled(data: TrialData) -> TrialData:
        middle, spread = data.y.mean(0), np.where(data.y.std(0) > 0, data.y.std(0), 1.0)
        return TrialData(data.x, (data.y - middle) / spread, data.val_x, (data.val_y - middle) / spread)

    loss = model.compiled.loss
    if isinstance(loss, Loss) and not loss.meaning.decides:
        yield Remedy(code, "y = (y - y.mean(0)) / y.std(0)", data=scaled)


def _linear_end(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    if type(model.network) is Network and type(model.network.layers[-1]) is Dense:
        last = len(model.network.layers) - 1
        yield Remedy(code, 'activation="linear" in the last layer', {f"layers.{last}.activation": "linear"})


def _stop_early(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    yield Remedy(
        code,
        "callbacks=[pl.EarlyStopping(patience=5, restore_best_weights=True)]",
        fit={"callbacks": lambda: [EarlyStopping(patience=5, restore_best_weights=True)]},
    )


def _regular(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    def dropped(layers: tuple[Layer, ...]) -> list[Layer]:
        places = [place for place, layer in enumerate(layers) if type(layer) is Dense][:-1]
        return [
            each
            for place, layer in enumerate(layers)
            for each in ([layer, Dropout(0.3)] if place in places else [layer])
        ]

    if _hidden(model):
        yield Remedy(code, "Dropout(0.3) behind hidden layers", layers=dropped)
        l2 = {f"{place}.kernel_regularizer": "l2" for place in _hidden(model)}
        yield Remedy(code, 'kernel_regularizer="l2"', l2)


def _larger(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    def widened(layers: tuple[Layer, ...]) -> list[Layer]:
        places = [place for place, layer in enumerate(layers) if type(layer) is Dense]
        made = [
            replace(layer, units=4 * layer.units) if place in places[:-1] and isinstance(layer, Dense) else layer
            for place, layer in enumerate(layers)
        ]
        if len(places) == 1:
            made.insert(places[0], Dense(64, activation="relu"))
        return made

    yield Remedy(code, "four times as many units", layers=widened)
    if isinstance(rate := _rate(model), float):
        yield Remedy(code, "four times as many units, Adam(0.003)", {"optimizer": _adam(max(rate, 0.003))}, widened)


def _longer(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    yield Remedy(code, "three times as many epochs", longer=3.0)


def _balanced(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    yield Remedy(code, "class_weight inverse to the frequency of classes", fit={"class_weight": "balanced"})


def _gates(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    def gated(layers: tuple[Layer, ...]) -> list[Layer]:
        return [
            LSTM(layer.units, return_sequences=layer.return_sequences) if isinstance(layer, SimpleRNN) else layer
            for layer in layers
        ]

    if any(isinstance(layer, SimpleRNN) for _, layer, _ in walk(model.network)):
        yield Remedy(code, "LSTM instead of SimpleRNN", layers=gated)


def _settled_statistics(model: Model, code: str, bound: float | None) -> Iterator[Remedy]:
    if type(model.network) is Network:
        places = [place for place, layer in enumerate(model.network.layers) if isinstance(layer, BatchNormalization)]
        changes: dict[str, object] = {f"layers.{place}.momentum": 0.9 for place in places}
        if changes:
            yield Remedy(code, "BatchNormalization(momentum=0.9)", changes)


Family = Callable[[Model, str, float | None], Iterator[Remedy]]
FAMILIES: dict[str, tuple[Family, ...]] = {
    "dead_units": (_leaky, _rectified, _slower, _scaled_inputs),
    "saturated_units": (_scaled_inputs, _usual_start),
    "vanishing_gradients": (_rectified,),
    "exploding_gradients": (_rectified, _clipped),
    "rate_too_large": (_slower, _clipped),
    "overwritten_weights": (_slower,),
    "rate_above_bound": (_slower,),
    "growth_ahead": (_slower, _clipped),
    "oscillating_loss": (_slower,),
    "always_clipped": (_slower,),
    "rate_too_small": (_faster,),
    "stuck_loss": (_faster, _slower, _rectified, _scaled_inputs),
    "stopped_early": (_longer, _faster),
    "poor_start": (_usual_start, _scaled_targets),
    "batch_statistics": (_settled_statistics,),
    "vanishing_in_time": (_gates, _clipped),
    "exploding_in_time": (_clipped,),
    "stuck_gates": (_scaled_inputs, _slower),
    "unscaled_inputs": (_scaled_inputs,),
    "unscaled_targets": (_scaled_targets,),
    "targets_out_of_reach": (_linear_end, _scaled_targets),
    "overfitting": (_stop_early, _regular),
    "train_test_gap": (_regular, _stop_early),
    "many_parameters": (_regular,),
    "underfitting": (_larger, _faster, _longer),
    "rare_class": (_balanced,),
    "class_never_predicted": (_balanced,),
}
