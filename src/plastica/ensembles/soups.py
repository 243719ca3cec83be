"""One model from the mean weights of several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import ShapeError
from ..model import Model
from ..training.monitor import Mode, direction_of, require_figure
from .copying import as_models, copy_of


def average_weights(models: Sequence[Model]) -> Model:
    """Return a model whose weights and running statistics are the means of those of several models.

    It answers as fast as one model, and often better than each, if the models were fine-tuned from the same weights or
    are stages of one training run. Models trained from different initial weights must not be averaged: their hidden
    units do not correspond to each other.

    Args:
        models: Models of one network.

    Raises:
        InvalidValue: If there are no models.
        ShapeError: If their weights differ in name or shape.

    Reference:
        M. Wortsman et al. (2022), Model soups: averaging weights of multiple fine-tuned models improves accuracy
        without increasing inference time, table 2 ("uniform soup").
    """
    given = as_models("average_weights", models)
    weights = [model.snapshot() for model in given]
    shapes = [{name: array.shape for name, array in each.items()} for each in weights]
    for place, own in enumerate(shapes):
        if own != shapes[0]:
            differ = sorted(name for name in own.keys() | shapes[0].keys() if own.get(name) != shapes[0].get(name))
            raise ShapeError(
                f"average_weights: model {place} differs from the first one in {', '.join(differ[:5])}; expected "
                "models of one network."
            )
    return copy_of(given[0], {name: _mean([each[name] for each in weights]) for name in weights[0]})


def greedy_soup(
    models: Sequence[Model], x: object, y: object, *, monitor: str = "loss", mode: Mode = "auto"
) -> tuple[Model, list[int]]:
    """Return the mean of those models that improve it on held-out rows, and their places in the list.

    The best model begins; from the best to the worst, each other one is kept if the mean with it is at least as good.
    The result is never worse than the best model on these rows.

    Args:
        models: Compiled models of one network, fine-tuned from the same weights.
        x: Inputs that no model was trained on.
        y: Targets.
        monitor: The metric, as ``evaluate`` names it.
        mode: ``"min"`` if lower is better, ``"max"`` if higher is, ``"auto"`` to infer it from the name.

    Raises:
        InvalidValue: If ``mode`` is unknown, or the direction cannot be inferred from the name.
        UnknownName: If there is no such metric.

    Reference:
        M. Wortsman et al. (2022), Model soups, recipe 1.
    """
    given = as_models("greedy_soup", models)
    sign = 1 if direction_of("greedy_soup", monitor, mode) == "min" else -1

    def error(model: Model) -> float:
        found = model.evaluate(x, y, verbose=0, return_dict=True)
        require_figure("greedy_soup", monitor, found)
        return sign * found[monitor]

    errors = [error(model) for model in given]
    first, *others = sorted(range(len(given)), key=errors.__getitem__)
    chosen, soup, least = [first], copy_of(given[first]), errors[first]
    for place in others:
        mixed = average_weights([given[each] for each in (*chosen, place)])
        if (found := error(mixed)) <= least:
            chosen, soup, least = [*chosen, place], mixed, found
    return soup, chosen


def _mean(arrays: Sequence[np.ndarray]) -> np.ndarray:
    first = arrays[0]
    if first.dtype.kind != "f":  # counters and tables of words are not averaged
        return first
    return np.mean(arrays, axis=0, dtype=np.float64).astype(first.dtype)
