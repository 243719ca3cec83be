"""Looks: what the probe measured at some steps of training, as numbers on the host."""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import numpy as np

from ..layers.walk import walk
from ..random import Key
from ..rules import Batch
from ..training import Learner, Supervised
from ..training.compiled import to_run_once
from ..typing import Int
from .probe import probe


@dataclass(frozen=True)
class LayerLook:
    """What was measured of a layer; NaN where it has no such quantity.

    Attributes:
        path: The index and class of the layer: ``"layer 0, Dense"``.
        activation: The name of its activation; empty if it has none.
        learns: Whether it has parameters that training changes.
        activity, spread, dead, saturated, error, gradient, weight, update, silent, exploding, rate: See
            :class:`~plastica.doctor.probe.LayerMeasures`.
    """

    path: str
    activation: str
    learns: bool
    activity: float
    spread: float
    dead: float
    saturated: float
    error: float
    gradient: float
    weight: float
    update: float
    silent: float = math.nan
    exploding: float = math.nan
    rate: float = math.nan

    @property
    def spikes(self) -> bool:
        """Whether its units spike."""
        return not math.isnan(self.silent)

    @property
    def ratio(self) -> float:
        """How much of their size the weights change in a step; NaN if there are none, or all are 0."""
        return self.update / self.weight if self.weight > 0 else math.nan


@dataclass(frozen=True)
class StepLook:
    """What was measured before a step.

    Attributes:
        step: The number of steps made before.
        rows: The number of rows of the batch.
        loss: The loss of the batch.
        gradient: The norm of the gradient; NaN unless the rule follows it.
        along: The loss with steps of 0, 0.1, 1, 10 and 100 times the length that training makes.
        layers: What was measured of each layer.
    """

    step: int
    rows: int
    loss: float
    gradient: float
    along: tuple[float, ...]
    layers: tuple[LayerLook, ...]

    @property
    def hidden(self) -> tuple[LayerLook, ...]:
        """The layers before the last one that learns, whose units serve other units."""
        last = max((place for place, layer in enumerate(self.layers) if layer.learns), default=0)
        return self.layers[:last]

    @property
    def learning(self) -> tuple[LayerLook, ...]:
        """The layers with parameters that training changes."""
        return tuple(layer for layer in self.layers if layer.learns)

    def to_dict(self) -> dict[str, object]:
        """Return everything as JSON-serializable values; numbers that are not finite become None."""
        layers = [
            {
                name: value if not isinstance(value, float) or math.isfinite(value) else None
                for name, value in vars(layer).items()
            }
            for layer in self.layers
        ]
        figures = {"loss": self.loss, "gradient": self.gradient}
        kept = {name: value if math.isfinite(value) else None for name, value in figures.items()}
        return {"step": self.step, "rows": self.rows, **kept, "layers": layers}


def take_look(program: Supervised, learner: Learner, batch: Batch, key: Key, step: int) -> StepLook:
    """Measure a step that is not made, and return what was measured as numbers.

    Args:
        program: What is trained.
        learner: The state before the step.
        batch: The rows of the step.
        key: The randomness of the step.
        step: The number of steps made before.
    """
    found = jax.device_get(to_run_once(probe)(program, learner, batch, jax.device_put(key)))
    layers = []
    for (path, layer, params), own in zip(walk(program.network, learner.params), found.layers, strict=True):
        function = layer.output_activation
        learns = layer.trainable and any(leaf.size for leaf in jax.tree.leaves(params))
        name = "" if function is None else function.name
        layers.append(LayerLook(path, name, learns, *(float(value) for value in own)))
    along = tuple(float(value) for value in np.asarray(found.along))
    return StepLook(step, int(batch.size), float(found.loss), float(found.gradient), along, tuple(layers))


def evenly(rows: int, wanted: int) -> Int[np.ndarray, "chosen"]:
    """Return the numbers of rows at even distances, since data may be sorted.

    Example:
        >>> evenly(10, 3).tolist(), evenly(2, 3).tolist()
        ([0, 4, 9], [0, 1])
    """
    return np.linspace(0, rows - 1, min(rows, wanted)).astype(np.int32)
