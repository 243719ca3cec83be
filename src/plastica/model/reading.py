"""Loading of networks from files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import jax
import numpy as np

from ..errors import FileError
from ..layers.layer import Layer
from ..losses import Loss
from ..metrics import Metric, MetricLike
from ..optimizers import Optimizer
from ..rules import Rule
from ..specification import from_spec
from ..storage import read_model
from ..storage.trees import unflatten
from ..training.program import Learner, Program
from ..typing import AnyShape, Document
from . import cautions, kinds
from .compiling import Compiled, own_program
from .model import Model, empty_model
from .saving import under

FEW_ELEMENTS = 1 << 16
# What files with other contents are called, and how they are read.
OTHER_CONTENTS = {
    "weights": ("weights", " Load them into a network with the same layers: model.load_weights(path)."),
    kinds.FORECASTER: (
        "a forecaster",
        " Open it with plastica.load(path); plastica predict goes on from its series.",
    ),
}
_KINDS = {"name": str, "seed": int, "epochs_trained": int, "input_shape": list, "extra": dict}


class Saved(NamedTuple):
    """The contents of a file.

    Attributes:
        model: The network.
        around: The description of what surrounded it, under a key of :mod:`plastica.model.kinds`; empty for a network
            alone. A person's own extras are the model's.
    """

    model: Model
    around: Document


def read_network(path: str | Path, custom: Mapping[str, type] = MappingProxyType({})) -> Saved:
    """Return the network of a file that ``save`` wrote, and what surrounded it.

    Args:
        path: The file.
        custom: User-defined functions by name, if the network uses any. Files contain no code.

    Raises:
        FileError: If the file is missing, damaged, of another format or from a newer version of plastica, or if it
            needs a function that is not in ``custom``.
    """
    return network_from(*read_model(path), path, custom)


def network_from(
    arrays: Mapping[str, np.ndarray],
    document: Document,
    path: str | Path,
    custom: Mapping[str, type] = MappingProxyType({}),
) -> Saved:
    """Return the network described by the arrays and the document of a file; see :func:`read_network`."""
    if document.get("kind") != "network":
        kind = document.get("kind", "something else")
        contents, hint = OTHER_CONTENTS.get(kind, (kind, ""))
        raise FileError(f"{path}: this file contains {contents}, not a network.{hint}")
    try:
        _check_kinds(document)
        network = from_spec(document["network"], custom, Layer)
        model = empty_model(network, document["name"], document["seed"])
        weights = under("model/", arrays)
        # No numbers are drawn for weights that are read from the file anyway, and no file can declare arrays larger
        # than it is.
        model.build_undrawn(_with_batch(document["input_shape"]), _most_elements(weights))
        model.restore(weights)
        cautions.of_weights(model.network, model.params, model.state, str(path))
        model.epochs_trained = document["epochs_trained"]
        around, model.extra = kinds.parted(document["extra"])
        if "compiled" in document:
            model.set_compiled(_compiled_from(document["compiled"], custom))
            _restore_training(model, under("training/", arrays))
    except FileError as error:
        raise FileError(f"{path}: {error}") from None
    # A file may come from anywhere: whatever it breaks becomes one error that names it.
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, MemoryError) as error:
        raise FileError(f"{path}: the network in this file cannot be built ({error}).") from None
    return Saved(model, around)


def _check_kinds(document: Document) -> None:
    """Check the types of values in the document."""
    for name, kind in _KINDS.items():
        if type(document[name]) is not kind:
            raise TypeError(f"{name} is of type {type(document[name]).__name__}, expected {kind.__name__}")
    if document["epochs_trained"] < 0:
        raise ValueError("epochs_trained is below 0")


def _compiled_from(spec: Document, custom: Mapping[str, type]) -> Compiled:
    def metrics_from(given: Iterable[object]) -> tuple[MetricLike, ...]:
        return tuple(metric if isinstance(metric, str) else from_spec(metric, custom, Metric) for metric in given)

    if "program" in spec:
        return own_program(from_spec(spec["program"], custom, Program))
    return Compiled(
        from_spec(spec["optimizer"], custom, Optimizer),
        None if spec["loss"] is None else from_spec(spec["loss"], custom, Loss),
        metrics_from(spec["metrics"]),
        from_spec(spec["rule"], custom, Rule),
        metrics_from(spec.get("weighted_metrics", ())),
    )


def _restore_training(model: Model, arrays: dict[str, np.ndarray]) -> None:
    if not arrays:
        return
    laid_out = model.laid_out_learner()
    beside = {"memory": laid_out.memory, "optimizer": laid_out.optimizer, "step": laid_out.step}
    found = unflatten(beside, arrays)
    sums = np.zeros(laid_out.sums.shape, np.float32)
    begun = jax.device_put((model.params, model.state, found["memory"], found["optimizer"], found["step"], sums))
    model.learner = Learner(*begun)


def _with_batch(shape: AnyShape) -> AnyShape:
    """Return the shape of one input, or of several, with a batch axis: only behind it may a None be a size."""
    if shape and all(isinstance(each, list) for each in shape):
        return [_with_batch(each) for each in shape]
    return [None, *shape]


def _most_elements(arrays: Mapping[str, np.ndarray]) -> int:
    """Return the maximum number of elements that the network in a file may declare."""
    return 2 * sum(array.size for array in arrays.values()) + FEW_ELEMENTS
