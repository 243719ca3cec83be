"""The network that a table gets where a person says no more than how it should learn."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import layers, losses, optimizers, rules
from ..data.encoding import FeatureLayout
from ..errors import InvalidValue
from ..initializers import HeUniform
from ..layers import Layer
from ..losses import Loss
from ..model import Sequential
from ..optimizers import Adam, AdamW, Optimizer
from ..registry import look_up
from ..rules import Backprop, Rule
from ..training.batches import room_for
from .coupling import shares_of_pairs, shares_of_questions
from .settings import Settings

PLAIN_UNITS = (64, 64)


class Recipe(NamedTuple):
    """What the best network for tables is made of; docs/table_network.md measures its parts.

    Attributes:
        members: How many networks are averaged.
        copies: How many of them share nothing, at most; the others share the weights of one of these.
        units: Of each hidden layer.
        activation: Of the hidden layers.
        bins, pieces: Of the :class:`~plastica.layers.PiecewiseLinearEmbedding`: how many pieces the functions of each
            number have, and how many functions there are; 0 for none.
        waves: How many units of waves stand beside each number; 0 for none.
        frequencies, deviation: As for :class:`~plastica.layers.PeriodicEmbedding`.
        category_units: How long a category's vector is.
        scale: Whether each feature has a learned factor in front of all members.
        adapters: Whether each member has factors and biases of its own in the hidden layers.
        dropout: Of the hidden layers.
        label_smoothing: How much of a label is shared out among all classes.
        learning_rate, weight_decay: Of AdamW.
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


class End(NamedTuple):
    """How a network ends.

    Attributes:
        units: How many units the last layer has.
        activation: Its activation.
        loss: What one answer is judged by.
        metric: A figure to be shown beside it.
    """

    units: int
    activation: str
    loss: Loss
    metric: str | None


def recipe_for(task: str) -> Recipe:
    """Return what the best network for a task is made of."""
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

    "best": numbers beside piecewise linear functions of them, categories as vectors, then many members that share
    dense layers and are trained each for itself and averaged. "mlp": relu layers, behind vectors for categories. Both
    end as the task needs it: sigmoid units under binary cross-entropy for two classes and for labels, softmax under
    categorical cross-entropy for more classes, linear units under the mean squared error of standardised numbers.
    A rule that cannot train "best" gets the layers that suit it in the place of the relu layers, behind a column for
    each code of a category.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        outputs: How many classes, labels or target columns; 1 for "binary".
        layout: What stands where among the features.
        settings: How the network is made and trained.
        recipe: What the best network is made of, where that is not :func:`recipe_for`; settings come first.
        rule: The learning rule, where it is not the one that the settings name.
        rows: Features of the training rows, ``(rows, features)``, whose quantiles are the knots of "best"; without
            them the knots suit numbers of a standard normal distribution.

    Raises:
        UnknownName: For an optimizer, a loss or a rule that is not known, with the nearest that is.
        InvalidValue: For a strategy or a loss that the task does not take, or a rule that is not defined for it.

    Reference:
        Gorishniy, Kotelnikov, Babenko (2025), TabM; Holzmueller, Grinsztajn, Steinwart (2024), Better by default.
    """
    rule = rules.get(settings.rule) if rule is None else rule
    if settings.network == "mlp" or not trains_any_network(rule):
        end = end_for(task, outputs, settings)
        units = PLAIN_UNITS if settings.layers is None else settings.layers
        last = layers.Dense(end.units, activation=end.activation)
        made = [layers.Input((layout.width,)), *_front(rule, layout), *rule.layers_for(units, last)]
        return _compiled(made, end.loss, [end.metric], settings, optimizer_for(settings, rule), rule)
    recipe = _chosen(recipe or recipe_for(task), settings)
    end = end_for(task, outputs, settings, recipe.label_smoothing)
    made = [layers.Input((layout.width,)), *_ensemble([*_embeddings(layout, recipe)], end, recipe)]
    optimizer = optimizer_for(settings, rule)
    if type(optimizer) is Adam:  # the best network's Adam decays weights
        optimizer = AdamW(settings.learning_rate or recipe.learning_rate, weight_decay=recipe.weight_decay)
    # What training stops on weighs rows as the loss does.
    model = _compiled(made, losses.MemberLoss(end.loss), [end.metric], settings, optimizer, rule, [end.loss])
    if rows is not None:
        model.adapt(rows)
    return model


def trains_any_network(rule: Rule) -> bool:
    """Return whether a rule sends errors back through layers of any kind, and wants none of its own."""
    return isinstance(rule, Backprop) and type(rule).layers_for is Rule.layers_for


def monitor_of(model: Sequential) -> str:
    """Return the figure to stop on: the loss of the members' mean answer, else the validation loss."""
    loss = model.compiled.loss
    return f"val_{losses.name_of(loss.loss)}" if isinstance(loss, losses.MemberLoss) else "val_loss"


def units_of(task: str, outputs: int, settings: Settings) -> int:
    """Return how many units a network's last layer has."""
    return end_for(task, outputs, settings).units


def unpacked(model: Sequential) -> list[tuple[Layer, int]]:
    """Return the layers of a network, those inside an ensemble too, each with the number of copies there are."""
    found: list[tuple[Layer, int]] = []
    for layer in model.layers:
        inside = layer.layers if isinstance(layer, layers.Ensemble) else (layer,)
        found += [(part, layer.copies if isinstance(layer, layers.Ensemble) else 1) for part in inside]
    return found


def outline_of(model: Sequential) -> list[str]:
    """Return in a few words each what lies between the features and the answers."""
    found: list[str] = []
    for layer, copies in unpacked(model)[:-1]:
        if isinstance(layer, layers.PiecewiseLinearEmbedding):
            found.append(f"piecewise linear functions of {_counted(len(layer.columns), 'number', 'numbers')}")
        elif isinstance(layer, layers.PeriodicEmbedding):
            found.append(f"waves of {_counted(len(layer.columns), 'number', 'numbers')}")
        elif isinstance(layer, layers.CategoryEmbedding):
            found.append(f"vectors of {_counted(len(layer.codes), 'category', 'categories')}")
        elif isinstance(layer, layers.Members):
            found.append(_counted(layer.members * copies, "member", "members"))
        elif isinstance(layer, layers.Dense | layers.MemberDense):
            found.append(f"{layer.units} {layer.activation.name}")
    return found


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def optimizer_for(settings: Settings, rule: Rule) -> Optimizer:
    """Return the optimizer of the settings' name or else the rule's usual one, with the learning rate if one is given.

    Raises:
        UnknownName: When there is none of this name.
    """
    if settings.optimizer is None:
        found = rule.usual_optimizer
    else:
        found = look_up("optimizer", settings.optimizer, optimizers.NAMES)()
    return found if settings.learning_rate is None else dataclasses.replace(found, learning_rate=settings.learning_rate)


def answers_from(model: Sequential, x: np.ndarray, task: str, chosen: np.ndarray | None = None) -> np.ndarray:
    """Return what a network answers, ``(rows, outputs)``: shares of classes, of labels, or scaled numbers.

    The members of an ensemble are averaged. "binary" and "multiclass": shares of the classes, each row of sum 1.
    "multilabel": each label's own share. "regression": numbers as the targets were scaled.

    Args:
        model: The network.
        x: Features, ``(rows, features)``.
        task: The task.
        chosen: Which members answer for which row, ``(rows, members)``; None for all of them.
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
    return shares_of_pairs(answers) if isinstance(loss, losses.OneVsOne) else shares_of_questions(answers)


def _chosen(recipe: Recipe, settings: Settings) -> Recipe:
    """Return the recipe with what a person asked for."""
    return recipe._replace(
        members=settings.members or recipe.members,
        units=recipe.units if settings.layers is None else settings.layers,
    )


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
    """Return what stands before the hidden layers: vectors for codes, where the rule can learn them."""
    if trains_any_network(rule):
        return _vectors(layout, FOR_CLASSES)
    return [layers.CategoryIndicators(layout.codes)] if layout.codes else []


def _vectors(layout: FeatureLayout, recipe: Recipe) -> list[Layer]:
    """A code is a name, not an amount: every network gets a vector in its place."""
    # A category more or less among the rows of another split is then the same program.
    codes = tuple((column, room_for(count)) for column, count in layout.codes)
    return [layers.CategoryEmbedding(codes, units=recipe.category_units)] if codes else []


def _ensemble(front: list[Layer], end: End, recipe: Recipe) -> list[Layer]:
    """Return copies that share nothing, each of several members that share all but their ends."""
    copies = math.gcd(recipe.members, recipe.copies)
    inside = [*front, *_members(end, recipe, recipe.members // copies)]
    return [layers.Ensemble(tuple(inside), copies)] if copies > 1 else inside


def _members(end: End, recipe: Recipe, members: int) -> list[Layer]:
    found: list[Layer] = [layers.Members(members)]
    for units in recipe.units:
        found.append(
            layers.MemberDense(
                units, activation=recipe.activation, adapters=recipe.adapters, kernel_initializer=HeUniform()
            )
        )
        found += [layers.Dropout(recipe.dropout)] * bool(recipe.dropout)
    return [*found, layers.MemberDense(end.units, activation=end.activation, shared=False)]


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
    _ = model.program  # the rule looks at the network now, while nothing has been trained yet
    return model


def end_for(task: str, outputs: int, settings: Settings, smoothing: float = 0.0) -> End:
    """Return how a network for a task ends.

    Args:
        task, outputs, settings: As for :func:`network_for`.
        smoothing: How much of a label is shared out where the settings say nothing.
    """
    strategy = settings.strategy or "softmax"
    if task != "multiclass" and settings.strategy not in (None, "softmax"):
        raise InvalidValue(f"strategy={strategy!r} is for three classes or more; this task is {task}.")
    if task == "regression":
        return End(outputs, "linear", _loss_of_numbers(settings), "mae")
    if task == "multiclass" and strategy == "softmax":
        return End(outputs, "softmax", _loss_of_classes(settings, smoothing, SOFTMAX_LOSSES), "accuracy")
    binary = _loss_of_classes(settings, smoothing, SIGMOID_LOSSES)
    if strategy == "one_vs_one":
        return End(outputs * (outputs - 1) // 2, "sigmoid", losses.OneVsOne(binary), None)
    if strategy == "one_vs_rest":
        return End(outputs, "sigmoid", losses.OneVsRest(binary), "accuracy")
    return End(outputs, "sigmoid", binary, "binary_accuracy" if task == "multilabel" else "accuracy")


SIGMOID_LOSSES = {
    "crossentropy": losses.BinaryCrossentropy,
    "binary_crossentropy": losses.BinaryCrossentropy,
    "focal": losses.BinaryFocalCrossentropy,
    "binary_focal_crossentropy": losses.BinaryFocalCrossentropy,
}
SOFTMAX_LOSSES = {
    "crossentropy": losses.SparseCategoricalCrossentropy,
    "sparse_categorical_crossentropy": losses.SparseCategoricalCrossentropy,
    "focal": losses.SparseCategoricalFocalCrossentropy,
    "sparse_categorical_focal_crossentropy": losses.SparseCategoricalFocalCrossentropy,
}


NUMBER_LOSSES = ("mse", "mae", "huber", "log_cosh", "half_squared_error")  # defined and small at the truth below 0 too


def _loss_of_numbers(settings: Settings) -> Loss:
    loss = losses.get(settings.loss or "mse")
    if type(loss) not in {type(losses.get(name)) for name in NUMBER_LOSSES}:
        raise InvalidValue(
            f"loss={settings.loss!r} does not fit numbers, which are learned standardised, above and below 0. "
            f"Choose one of {', '.join(NUMBER_LOSSES)}."
        )
    return loss


def _loss_of_classes(settings: Settings, smoothing: float, known: dict[str, Any]) -> Loss:
    kind = look_up("loss", settings.loss or "crossentropy", known)
    return kind(label_smoothing=settings.label_smoothing or smoothing)
