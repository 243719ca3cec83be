"""Saving of networks, in files with checksums and without executable code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from .. import metrics
from ..errors import FileError
from ..metrics import MetricLike
from ..specification import to_spec
from ..storage import read_model, write_model
from ..storage.atomic import as_path
from ..storage.trees import flatten
from ..typing import AnyShape, Document
from ..version import __version__
from . import cautions
from .base import BaseModel
from .compiling import Compiled


def save(model: BaseModel, path: str | Path, around: Mapping[str, object] = MappingProxyType({})) -> Path:
    """Write a network, with its compile settings and training state if it has them.

    Args:
        model: The network.
        path: The file.
        around: Further content, such as an estimator, under a key of :mod:`plastica.model.kinds`.

    Raises:
        NotFitted: If the network has no weights yet.
        FileError: If the file cannot be written; an existing file is then unchanged.
    """
    target = as_path(path)
    write_model(target, *contents(model, around))
    return target


def contents(
    model: BaseModel, around: Mapping[str, object] = MappingProxyType({})
) -> tuple[dict[str, np.ndarray], Document]:
    """Return the arrays and the document of a network's file; see :func:`save`."""
    shape: AnyShape = model.declared_shape or ()
    arrays = {f"model/{name}": array for name, array in model.snapshot().items()}
    document: Document = {
        "kind": "network",
        "version": __version__,
        "name": model.name,
        "network": to_spec(model.network),
        "input_shape": [list(each) if isinstance(each, tuple) else each for each in shape],
        "seed": model.seed,
        "epochs_trained": model.epochs_trained,
        "extra": {**model.extra, **around},
    }
    if model.is_compiled:
        document["compiled"] = _compiled_spec(model.compiled)
    if model.is_trained:
        learner = model.learner
        beside = {"memory": learner.memory, "optimizer": learner.optimizer, "step": learner.step}
        arrays |= {f"training/{name}": array for name, array in flatten(beside).items()}
    return arrays, document


def save_weights(model: BaseModel, path: str | Path) -> Path:
    """Write only the weights."""
    target = as_path(path)
    write_model(target, {f"model/{name}": array for name, array in model.snapshot().items()}, {"kind": "weights"})
    return target


def load_weights(model: BaseModel, path: str | Path) -> None:
    """Load the weights from a file.

    Raises:
        FileError: If the file is damaged, or its weights belong to another network.
    """
    arrays, _ = read_model(path)
    try:
        model.restore(under("model/", arrays))
    except FileError as error:
        raise FileError(f"{path}: {error}") from None
    cautions.of_weights(model.network, model.params, model.state, str(path))


def under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays whose names begin with a prefix, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _compiled_spec(compiled: Compiled) -> Document:
    if compiled.own is not None:
        return {"program": to_spec(compiled.own)}
    return {
        "optimizer": to_spec(compiled.optimizer),
        "loss": None if compiled.loss is None else to_spec(compiled.loss),
        "rule": to_spec(compiled.rule),
        "metrics": [_metric_spec(metric) for metric in compiled.metrics],
        "weighted_metrics": [_metric_spec(metric) for metric in compiled.weighted_metrics],
    }


def _metric_spec(metric: MetricLike) -> object:
    return metric if isinstance(metric, str) else to_spec(metrics.get(metric))
