"""Histograms of the weights and the activities of each layer, beside the diagnosis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..inside.activities import opened
from ..layers.layer import Context, Layer
from ..layers.walk import walk
from ..model import Sequential
from ..training.cache import keep_compiled_programs
from ..training.compiled import to_run_once
from ..typing import Float, Params, State
from . import formats
from .importance import some
from .material import bars_of
from .wording import plain

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..model import Model
    from ..tables import TableNetwork

ROWS = 200
MOST_LAYERS = 20


@dataclass(frozen=True)
class LayerHistogram:
    """A layer with weights.

    Args:
        place, kind: Its number in the network, such as "1.0", and its class.
        weights: Bars from the least to the largest weight of its kernel; ``weight`` is their standard deviation.
        activity: Bars from the least to the largest activity; ``zeros`` is the share that is 0, None for layers without
            activities of their own.
    """

    place: str
    kind: str
    weights: tuple[float, ...]
    weight: str
    activity: tuple[float, ...]
    zeros: float | None


def layer_histograms(network: TableNetwork, prepared: Prepared) -> tuple[LayerHistogram, ...]:
    """Return the histograms of the layers with a kernel, for rows of the training set; none without one network."""
    if not isinstance(network.model, Sequential) or network.members:
        return ()
    train = prepared.split.train
    x = prepared.x[train[some(len(train), ROWS)]]
    return tuple(_histograms(opened(network.model), x))[:MOST_LAYERS]


def _histograms(model: Model, x: np.ndarray) -> Iterator[LayerHistogram]:
    keep_compiled_programs()
    activities = to_run_once(_activities)(model.network, model.params, model.state, jnp.asarray(x))
    for path, _, own in walk(model.network, model.params):
        kernel = None if not own else own.get("kernel")
        if kernel is None:
            continue
        values = np.asarray(kernel, np.float64).ravel()
        activity = None if path not in activities else np.asarray(activities[path], np.float64).ravel()
        shown = () if activity is None else bars_of(activity)
        zeros = None if activity is None else float((activity == 0).mean())
        place, _, kind = path.removeprefix("layer ").rpartition(", ")
        size = formats.number(float(values.std()), 3)
        yield LayerHistogram(place, plain(kind, 60), bars_of(values), size, shown, zeros)


def _activities(network: Layer, params: Params, state: State, x: Float[Array, "rows features"]) -> dict[str, Array]:
    """Return the activity of each layer by path, in one program."""
    record, _ = network.forward(params, network.cast_inputs(x), state, Context())
    return {path: part.activity for path, _, part in walk(network, record) if isinstance(part.activity, jax.Array)}
