"""The program and the preprocessing of models for tables, and of estimators.

Everything between features and answers is part of the program: members of an ensemble and folds are averaged, the
probabilities of classes corrected and made to sum to 1, and numbers given in the unit of the targets.
"""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .. import losses
from ..data.encoding import FeatureLayout
from ..data.target import Target
from ..estimators.base import NetworkEstimator
from ..estimators.class_decision import target_of
from ..estimators.parameters import ClassifierParameters
from ..estimators.regressor import NetworkRegressor
from ..model import Sequential
from ..tables.base import BaseTableNetwork
from ..tables.coupling import CERTAIN
from ..tables.selection import answers_of as answers_of_model
from ..tables.trees import LEAF, BoostedTrees
from ..typing import Document
from .pairs import coupled
from .preprocessing import VERSION, answers_of, columns_of, plain_columns
from .program import ArrayProgram
from .tracing import traced

FeatureAnswers = Callable[[jax.Array], jax.Array]


class TableExport(NamedTuple):
    """The model of a table, or an estimator.

    Attributes:
        program: The inference, from features to probabilities or numbers.
        table: What happens around it; see :mod:`.preprocessing`.
        answer: What plastica answers for features.
        draw: Random features of so many rows.
    """

    program: ArrayProgram
    table: Document
    answer: Callable[[Sequence[np.ndarray]], list[np.ndarray]]
    draw: Callable[[int], list[np.ndarray]]


def of_table(network: BaseTableNetwork, rows: int | None) -> TableExport:
    """Return the program and the preprocessing of a model for a table."""
    members = network.members or (network,)
    answers = [_answers(each.model, each.target, each.facts.shift) for each in members]
    layouts = [each.encoder.layout for each in members]

    def mean(*features: jax.Array) -> jax.Array:
        found = [own(x) for own, x in zip(answers, features, strict=True)]
        return sum(found[1:], start=found[0]) / len(found) if len(found) > 1 else found[0]

    def answer(features: Sequence[np.ndarray]) -> list[np.ndarray]:
        found = [own.answers(x) for own, x in zip(members, features, strict=True)]
        return [np.mean(found, axis=0).reshape(len(features[0]), -1)]

    around = _around(
        network.facts.source,
        [columns_of(each.encoder) for each in members],
        answers_of(network.target, network.facts.decision),
        [column.name for column in network.facts.columns if column.kind == "identifier"],
    )
    program = _traced(mean, layouts, rows, type(network.model).__name__)
    return TableExport(program, around, answer, lambda count: [_drawn(each, count) for each in layouts])


def of_estimator(estimator: NetworkEstimator, rows: int | None) -> TableExport:
    """Return the program and the preprocessing of a fitted estimator."""
    if isinstance(estimator, ClassifierParameters):
        target, shift, decision = target_of(estimator.task_, estimator.classes_), estimator.shift_, estimator.decision_
    else:
        assert isinstance(estimator, NetworkRegressor)
        target, shift, decision = _numbers_of(estimator), (), None
    if estimator.encoder_ is None:
        width = estimator.n_features_in_
        layout = FeatureLayout(width, tuple(range(width)))
        names = getattr(estimator, "feature_names_in_", [f"x{place}" for place in range(width)])
        columns = plain_columns(tuple(map(str, names)))
    else:
        layout, columns = estimator.encoder_.layout, columns_of(estimator.encoder_)

    def answer(features: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [answers_of_model(estimator.model_, features[0], target, shift).reshape(len(features[0]), -1)]

    program = _traced(_answers(estimator.model_, target, shift), [layout], rows, type(estimator.model_).__name__)
    targets = {**answers_of(target, decision), "names": list(estimator.target_names_)}
    around = _around(type(estimator).__name__, [columns], targets, [])
    return TableExport(program, around, answer, lambda count: [_drawn(layout, count)])


def _drawn(layout: FeatureLayout, count: int) -> np.ndarray:
    """Return random features: numbers within the limits of their scale, 0 or 1, and codes."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (count, layout.width)).astype(np.float32)
    x[:, list(layout.numbers)] = np.clip(rng.standard_normal((count, len(layout.numbers))), -3, 3)
    for place, codes in layout.codes:
        x[:, place] = rng.integers(0, codes, count)
    return x


def _traced(
    function: Callable[..., jax.Array], layouts: list[FeatureLayout], rows: int | None, name: str
) -> ArrayProgram:
    names = [f"features_{place}" for place in range(len(layouts))] if len(layouts) > 1 else ["features"]
    inputs = [(own, (layout.width,), "float32") for own, layout in zip(names, layouts, strict=True)]
    return traced(function, inputs, ["answers"], rows=rows, name=name)


def _around(source: str, inputs: list[list[Document]], answers: Document, identifiers: list[str]) -> Document:
    return {"version": VERSION, "source": source, "inputs": inputs, "answers": answers, "identifiers": identifiers}


def _answers(model: Sequential | BoostedTrees, target: Target, shift: tuple[float, ...]) -> FeatureAnswers:
    """Return a function from features to probabilities of classes or labels, or numbers in the unit of the targets."""
    if isinstance(model, BoostedTrees):
        return lambda x: _of_trees(model, x)
    answering, params, state, memory = model.answering()
    loss = model.compiled.loss
    averaged = isinstance(loss, losses.MemberLoss)
    inner = loss.loss if isinstance(loss, losses.MemberLoss) else loss
    paired = inner is not None and inner.meaning.targets.paired

    def answer(x: jax.Array) -> jax.Array:
        y = answering.respond(params, state, memory, answering.cast_inputs(x))
        y = y.mean(1) if averaged else y
        if target.task == "regression":
            return y * jnp.asarray(target.scales, y.dtype) + jnp.asarray(target.means, y.dtype)
        if target.task == "binary" and y.shape[1] == 1:
            y = jnp.concatenate([1 - y, y], 1)
        elif target.task != "multilabel" and paired:
            y = coupled(y)
        elif target.task != "multilabel":
            y = _shares(jnp.maximum(y, CERTAIN))
        return _shares(y / jnp.asarray(shift, y.dtype)) if shift else y

    return answer


def _shares(y: jax.Array) -> jax.Array:
    return y / y.sum(1, keepdims=True)


def _of_trees(trees: BoostedTrees, x: jax.Array) -> jax.Array:
    """Return the answers of boosted trees: all walk down at once, one decision at a time."""
    is_leaf = trees.feature == LEAF
    own = np.arange(len(trees.feature), dtype=np.int32)
    feature = jnp.asarray(np.where(is_leaf, 0, trees.feature), jnp.int32)
    # A double threshold lies between two floats: x <= threshold asks the same of a float as the one below it.
    below = trees.threshold.astype(np.float32)
    below = np.where(below > trees.threshold, np.nextafter(below, np.float32(-np.inf)), below)
    left, right = (jnp.asarray(np.where(is_leaf, own, side), jnp.int32) for side in (trees.left, trees.right))
    gone_left = jnp.asarray(trees.missing_left.astype(bool))
    threshold, value = jnp.asarray(below), jnp.asarray(trees.value, jnp.float32)
    flat, width = x.reshape(-1), x.shape[1]
    first = width * jax.lax.broadcasted_iota(jnp.int32, (x.shape[0], 1), 0)

    def descend(node: jax.Array, _: None) -> tuple[jax.Array, None]:
        asked = _at(flat, first + _at(feature, node))
        goes_left = (asked <= _at(threshold, node)) | (jnp.isnan(asked) & _at(gone_left, node))
        return jnp.where(goes_left, _at(left, node), _at(right, node)), None

    roots = jnp.asarray(trees.starts[:-1], jnp.int32)
    start = jnp.broadcast_to(roots, (x.shape[0], len(roots)))
    leaves = jax.lax.scan(descend, start, None, length=max(_depth(trees), 1))[0]
    base = jnp.asarray(trees.base, jnp.float32)
    to = np.equal.outer(trees.outputs, np.arange(len(base))).astype(np.float32)  # (trees, outputs)
    sums = base + _at(value, leaves) @ to if len(roots) else jnp.broadcast_to(base, (x.shape[0], len(base)))
    if trees.task == "regression":
        return sums
    if trees.task == "multiclass":
        return jax.nn.softmax(sums, 1)
    yes = jax.nn.sigmoid(sums)
    return jnp.concatenate([1 - yes, yes], 1) if trees.task == "binary" else yes


def _at(array: jax.Array, places: jax.Array) -> jax.Array:
    return array.at[places].get(mode="promise_in_bounds", wrap_negative_indices=False)


def _depth(trees: BoostedTrees) -> int:
    depth = np.zeros(len(trees.feature), np.int64)
    for node in np.flatnonzero(trees.feature != LEAF):  # children follow their parents
        depth[[trees.left[node], trees.right[node]]] = depth[node] + 1
    return int(depth.max(initial=0))


def _numbers_of(estimator: NetworkRegressor) -> Target:
    from ..data.column import Column

    names = tuple(estimator.target_names_)
    means, scales = (tuple(map(float, np.ravel(each))) for each in (estimator.target_mean_, estimator.target_scale_))
    return Target(tuple(Column(name, "number") for name in names), "regression", means=means, scales=scales)
