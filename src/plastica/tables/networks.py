"""The default networks for tables."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .. import layers, losses, optimizers, rules
from ..data.encoding import FeatureLayout
from ..errors import InvalidValue
from ..initializers import GlorotUniform, HeUniform, Zeros
from ..layers import Layer
from ..losses import Loss
from ..model import Sequential
from ..optimizers import Adam, AdamW, Optimizer
from ..registry import look_up
from ..rules import Rule
from ..settings import Settings
from ..training.batches import room_for
from .coupling import shares_of_pairs, shares_of_questions
from .linear_part import with_linear_part
from .output_layer import End, end_for

if TYPE_CHECKING:
    from ..checks.prepared import Prepared

PLAIN_UNITS = (64, 64)


class Recipe(NamedTuple):
    """The hyperparameters of the "best" network; docs/table_network.md describes their effect.

    Attributes:
        members: The number of networks in the ensemble.
        copies: The maximum number of groups of members with separate weights; members within a group share weights.
        units: The units of each hidden layer.
        activation: The activation of the hidden layers.
        bins, pieces: Of the :class:`~plastica.layers.PiecewiseLinearEmbedding`: the number of bins per number, and
            the number of functions; 0 for none.
        waves: The units of the periodic embedding of each number; 0 for none.
        frequencies, deviation: As for :class:`~plastica.layers.PeriodicEmbedding`.
        category_units: The dimension of the embedding of a category.
        scale: Whether each feature has a learned factor in front of all members.
        adapters: Whether each member has separate scale factors and biases in the hidden layers.
        dropout: The dropout rate of the hidden layers.
        label_smoothing: The probability that is moved from the true class to all classes.
        learning_rate, weight_decay: The options of AdamW.
    """

    members: int = 8
    copies: int = 4
    units: tuple[int, ...] = (128, 128)
    activation: str = "relu"
    bins: int = 16
    pieces: int = 4
    waves: int = 0
    frequencies: int = 16
    deviation: float = 0.25
    category_units: int = 8
    scale: bool = False
    adapters: bool = False
    dropout: float = 0.2
    label_smoothing: float = 0.0
    learning_rate: float = 2e-3
    weight_decay: float = 3e-4


FOR_CLASSES = Recipe()
FOR_NUMBERS = Recipe(deviation=0.7, dropout=0.05)


def recipe_for(task: str) -> Recipe:
    """Return the hyperparameters of the "best" network for a task."""
    return FOR_NUMBERS if task == "regression" else FOR_CLASSES


def network_for(
    task: str,
    outputs: int,
    layout: FeatureLayout,
    settings: Settings,
    recipe: Recipe | None = None,
    rule: Rule | None = None,
    rows: np.ndarray | None = None,
) -> Sequential:
    """Return a compiled network.

    "best": numbers with their piecewise linear embeddings, embeddings of categories, and an ensemble of members that
    share dense layers; each member has its own loss, and predictions are averaged. "mlp": embeddings of categories
    and plain relu layers. The output depends on the task: sigmoid with binary cross-entropy for two classes and for
    labels, softmax with categorical cross-entropy for more classes, linear with mean squared error of standardized
    numbers. A rule that cannot train "best" uses its own hidden layers, with one-hot encoded categories.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        outputs: The number of classes, labels or target columns; 1 for "binary".
        layout: The layout of the features.
        settings: The settings.
        recipe: The hyperparameters of "best". Default: :func:`recipe_for`. Settings take precedence.
        rule: The learning rule. Default: from the settings.
        rows: Features of the training rows, ``(rows, features)``, whose quantiles are the knots of "best". Without
            them, the knots are quantiles of the standard normal distribution.

    Raises:
        UnknownName: If an optimizer, a loss or a rule is unknown.
        InvalidValue: If a strategy, a loss or a rule does not suit the task.

    Reference:
        Gorishniy, Kotelnikov, Babenko (2025), TabM; Holzmueller, Grinsztajn, Steinwart (2024), Better by default.
    """
    rule = rules.get(settings.rule) if rule is None else rule
    if settings.linear_part and (task != "regression" or not rule.suits_all_layers):
        raise InvalidValue(f"linear_part=True is for numbers and rule='backprop'; got {task} and {rule!r}.")
    if settings.network == "mlp" or not rule.suits_all_layers:
        end = end_for(task, outputs, settings)
        units = PLAIN_UNITS if settings.layers is None else settings.layers
        last = layers.Dense(end.units, activation=end.activation)
        hidden = _thinned(rule.layers_for(units, last), settings.dropout)
        made = [layers.Input((layout.width,)), *_front(rule, layout), *hidden]
        return _compiled(made, end.loss, [end.metric], settings, optimizer_for(settings, rule), rule)
    recipe = _chosen(recipe or recipe_for(task), settings)
    end = end_for(task, outputs, settings, recipe.label_smoothing)
    wide = layout if settings.linear_part else None
    made = [layers.Input((layout.width,)), *_ensemble([*_embeddings(layout, recipe)], end, recipe, wide)]
    optimizer = optimizer_for(settings, rule)
    if type(optimizer) is Adam:  # "best" uses weight decay
        optimizer = AdamW(settings.learning_rate or recipe.learning_rate, weight_decay=recipe.weight_decay)
    # The metric for early stopping is weighted like the loss.
    model = _compiled(made, losses.MemberLoss(end.loss), [end.metric], settings, optimizer, rule, [end.loss])
    if rows is not None:
        model.adapt(rows)
    return model


def network_of(prepared: Prepared, settings: Settings) -> Sequential:
    """Return the network for a prepared table, as :func:`network_for` makes it."""
    target, rows = prepared.target, prepared.x[prepared.split.train]
    return network_for(target.task, target.outputs, prepared.layout, settings, rows=rows)


def monitor_of(model: Sequential) -> str:
    """Return the metric for early stopping: the loss of the averaged prediction, or else the validation loss."""
    loss = model.compiled.loss
    return f"val_{losses.name_of(loss.loss)}" if isinstance(loss, losses.MemberLoss) else "val_loss"


def units_of(task: str, outputs: int, settings: Settings) -> int:
    """Return the units of the last layer."""
    return end_for(task, outputs, settings).units


def optimizer_for(settings: Settings, rule: Rule) -> Optimizer:
    """Return the optimizer named in the settings, or the default of the rule, with the learning rate if given.

    Raises:
        UnknownName: If the name is unknown.
    """
    if settings.optimizer is None:
        found = rule.usual_optimizer
    else:
        found = look_up("optimizer", settings.optimizer, optimizers.NAMES)()
    own = {name: getattr(settings, name) for name in ("learning_rate", "weight_decay")}
    return dataclasses.replace(found, **{name: value for name, value in own.items() if value is not None})


def answers_from(model: Sequential, x: np.ndarray, task: str, chosen: np.ndarray | None = None) -> np.ndarray:
    """Return the predictions of a network, ``(rows, outputs)``: probabilities or scaled numbers.

    The members of an ensemble are averaged. For "binary" and "multiclass", the probabilities of the classes sum to 1;
    for "multilabel", each label has an independent probability; for "regression", numbers are scaled as the targets.

    Args:
        model: The network.
        x: Features, ``(rows, features)``.
        task: The task.
        chosen: Which members to average for each row, ``(rows, members)``; None for all.
    """
    answers = model.predict(x).astype(np.float64)
    loss = model.compiled.loss
    if isinstance(loss, losses.MemberLoss):
        weight = None if chosen is None else np.broadcast_to(chosen[:, :, None], answers.shape)
        answers, loss = np.average(answers, axis=1, weights=weight), loss.loss
    if task == "binary" and answers.shape[1] == 1:
        return np.concatenate([1 - answers, answers], axis=1)
    if task not in ("binary", "multiclass"):
        return answers
    return (
        shares_of_pairs(answers) if loss is not None and loss.meaning.targets.paired else shares_of_questions(answers)
    )


def _chosen(recipe: Recipe, settings: Settings) -> Recipe:
    """Return the recipe updated from the settings."""
    return recipe._replace(
        members=settings.members or recipe.members,
        units=recipe.units if settings.layers is None else settings.layers,
        dropout=recipe.dropout if settings.dropout is None else settings.dropout,
        weight_decay=recipe.weight_decay if settings.weight_decay is None else settings.weight_decay,
    )


def _thinned(made: Sequence[Layer], dropout: float | None) -> list[Layer]:
    """Return layers with dropout behind each of the dense ones but the last."""
    thin = [layers.Dropout(dropout)] if dropout else []
    return [part for layer in made[:-1] for part in (layer, *(thin if isinstance(layer, layers.Dense) else ()))] + [
        made[-1]
    ]


def _embeddings(layout: FeatureLayout, recipe: Recipe) -> list[Layer]:
    found: list[Layer] = []
    if layout.numbers and recipe.pieces:
        found.append(layers.PiecewiseLinearEmbedding(layout.numbers, bins=recipe.bins, units=recipe.pieces))
    if layout.numbers and recipe.waves:
        waves = layers.PeriodicEmbedding(
            layout.numbers, units=recipe.waves, frequencies=recipe.frequencies, deviation=recipe.deviation
        )
        found.append(waves)
    found += _vectors(layout, recipe)
    return [*found, layers.Scale()] if recipe.scale else found


def _front(rule: Rule, layout: FeatureLayout) -> list[Layer]:
    """Return the layers before the hidden ones: embeddings of categories, or one-hot codes if the rule needs them."""
    if rule.suits_all_layers:
        return _vectors(layout, FOR_CLASSES)
    return [layers.CategoryIndicators(layout.codes)] if layout.codes else []


def _vectors(layout: FeatureLayout, recipe: Recipe) -> list[Layer]:
    """Return the embedding of categories, if there are any."""
    # A category more or less among the rows of another split is then the same program.
    codes = tuple((column, room_for(count)) for column, count in layout.codes)
    return [layers.CategoryEmbedding(codes, units=recipe.category_units)] if codes else []


def _ensemble(front: list[Layer], end: End, recipe: Recipe, wide: FeatureLayout | None = None) -> list[Layer]:
    """Return groups of members with separate weights; members of a group share all but their last layers.

    With ``wide``, the layout of the features, each group has a linear part, and all else begins at zero.
    """
    copies = math.gcd(recipe.members, recipe.copies)
    inside: list[Layer] = [*front, *_members(end, recipe, recipe.members // copies, zero=wide is not None)]
    if wide is not None:
        codes = next((layer.codes for layer in front if isinstance(layer, layers.CategoryEmbedding)), ())
        inside = [with_linear_part(tuple(inside), wide, codes, end.units)]
    return [layers.Ensemble(tuple(inside), copies)] if copies > 1 else inside


def _members(end: End, recipe: Recipe, members: int, zero: bool) -> list[Layer]:
    found: list[Layer] = [layers.Members(members)]
    for units in recipe.units:
        found.append(
            layers.MemberDense(
                units, activation=recipe.activation, adapters=recipe.adapters, kernel_initializer=HeUniform()
            )
        )
        found += [layers.Dropout(recipe.dropout)] * bool(recipe.dropout)
    start = Zeros() if zero else GlorotUniform()
    last = layers.MemberDense(end.units, activation=end.activation, shared=False, kernel_initializer=start)
    return [*found, last]


def _compiled(
    made: list[Layer],
    loss: Loss,
    metrics: list[str | None],
    settings: Settings,
    optimizer: Optimizer,
    rule: Rule,
    weighted: Sequence[Loss] = (),
) -> Sequential:
    model = Sequential(made, seed=settings.seed)
    shown = [metric for metric in metrics if metric is not None]
    model.compile(optimizer, loss, shown, weighted_metrics=list(weighted), rule=rule)
    _ = model.program  # lets the rule check the network before training
    return model
