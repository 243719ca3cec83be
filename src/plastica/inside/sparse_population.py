"""Pruned networks trained side by side in one program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..errors import InvalidValue
from ..model import Model
from ..populations import Population
from ..populations.results import PopulationHistory
from ..typing import Params, State
from .sparse_rule import SparseBackprop


def sparse_copies(
    owner: str, model: Model, weights: Sequence[tuple[Params, State]], seeds: Sequence[int]
) -> list[Model]:
    """Return networks with pruned weights, compiled so that pruned weights stay 0.

    Args:
        owner: The name of the function that asks, for messages.
        model: The model whose network and settings of ``compile`` they have.
        weights: The weights and the state of each.
        seeds: The seed of each, which orders the rows of its batches.

    Raises:
        InvalidValue: If the model is trained by another rule than backpropagation.
    """
    compiled = model.compiled
    if compiled.own is not None or not compiled.rule.follows_gradient:
        raise InvalidValue(
            f"{owner}: pruned networks are trained by backpropagation, and this model by "
            f'{type(compiled.own or compiled.rule).__name__}. Compile it with rule="backprop".'
        )
    found = []
    for (params, state), seed in zip(weights, seeds, strict=True):
        made = Model(model.network, seed=seed)
        if not made.built:
            made.build(model.input_shape)
        made.set_compiled(replace(compiled, rule=SparseBackprop()))
        made.replace_weights(params, state)
        found.append(made)
    return found


def train_together(
    models: Sequence[Model], train: tuple[object, object], epochs: int, options: Mapping[str, Any]
) -> PopulationHistory:
    """Train networks side by side in one program; each goes on from its weights.

    Args:
        models: The networks.
        train: Inputs and targets.
        epochs: The number of epochs.
        options: Further options of ``Population.fit``.
    """
    population = Population(models[0], seeds=len(models))
    population.models = list(models)
    return population.fit(*train, epochs=epochs, **{"verbose": 0, **options})
