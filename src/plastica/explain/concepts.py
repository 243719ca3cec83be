"""Concept activation vectors (TCAV): whether a class depends on a concept that examples define."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..drawing.pictured import PicturedResult
from ..errors import DataError, ShapeError
from ..language import Texts
from ..layers.layer import INFERENCE, Layer
from ..model import Model
from ..model.options import whole
from ..notes import note
from ..training.cache import keep_compiled_programs
from ..typing import Float, Int, Params, State
from .explained import WITHOUT, Explained, explained
from .hidden_layers import CutNetwork, activity, cut_behind

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

SAY = Texts("explain")
RUNS = 20
FEWEST = 10  # examples of a concept, and of each random set
HELD_OUT = 1 / 3
RIDGE = 0.01  # of the mean variance of the activity
LEVEL = 0.05
AT_ONCE = 64  # rows whose gradients are computed at once


@dataclass(frozen=True, eq=False, repr=False)
class ConceptScores(PicturedResult):
    """How often a concept raises an answer, beside random concepts.

    Attributes:
        concepts: The name of each concept.
        output_names: The name of each output.
        scores: The share of the rows whose potential rises in the direction of the concept, for each set of random
            examples, ``(concepts, outputs, runs)``.
        random_scores: The same for random concepts, ``(outputs, runs)``.
        accuracy: How well a linear classifier tells held-out examples of each concept from random ones, from the
            activity of the layer: near 0.5, the layer does not know the concept.
        p_values: Of two-sided t-tests between the scores of a concept and those of random ones, times the number of
            tests (Bonferroni), ``(concepts, outputs)``.
        layer: The number and the class of the layer.
    """

    concepts: tuple[str, ...]
    output_names: tuple[str, ...]
    scores: Float[np.ndarray, "concepts outputs runs"]
    random_scores: Float[np.ndarray, "outputs runs"]
    accuracy: Float[np.ndarray, "concepts"]
    p_values: Float[np.ndarray, "concepts outputs"]
    layer: str

    @property
    def is_significant(self) -> np.ndarray:
        """Whether the scores of a concept differ from those of random ones, ``(concepts, outputs)``; level 0.05."""
        return self.p_values < LEVEL

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each concept and output.

        The columns are concept, output, score, deviation (over runs), random (the mean score of random concepts), p,
        significant, and accuracy (of the classifier).
        """
        import polars as pl

        rows = [
            (
                name, output, self.scores[place, number].mean(), self.scores[place, number].std(ddof=1),
                self.random_scores[number].mean(), self.p_values[place, number],
                bool(self.is_significant[place, number]), self.accuracy[place],
            )
            for place, name in enumerate(self.concepts)
            for number, output in enumerate(self.output_names)
        ]  # fmt: skip
        heads = ["concept", "output", "score", "deviation", "random", "p", "significant", "accuracy"]
        return pl.DataFrame(rows, heads, orient="row")

    def sentences(self) -> list[str]:
        """Return what it shows, in the current language."""
        told = [SAY("concepts_in", layer=self.layer)]
        for name, output, score, _, by_chance, p, significant, _ in self.to_frame().rows():
            key = "concept_none" if not significant else "concept_for" if score > by_chance else "concept_against"
            told.append(
                SAY(key, concept=name, output=output, p=f"{p:.2g}", score=f"{score:.0%}", chance=f"{by_chance:.0%}")
            )
        return told

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw the scores as bars with their deviation, beside those of random concepts; pale if not significant.

        Args:
            path: Where to write the figure (``.svg``, ``.png``, ``.pdf``). None only returns it.
        """
        from .concept_pictures import draw_concepts

        return draw_concepts(self).save(path)


class _Direction(NamedTuple):
    """The unit normal of the boundary between two sets of examples, and the accuracy on held-out ones."""

    vector: Float[np.ndarray, "units"]
    accuracy: float


def tcav(
    model: object,
    x: object,
    concepts: Mapping[str, object],
    random_examples: object,
    *,
    layer: int | str | None = None,
    output: int | str | list[int | str] | None = None,
    runs: int = RUNS,
    seed: int = 0,
) -> ConceptScores:
    """Test whether answers depend on concepts that are given by examples, such as stripes for zebras (TCAV).

    Use it to ask for a property that is no input, such as "striped" or "blurred". A linear classifier tells the
    examples of a concept from random ones by the activity h of a layer; v is the normal of its boundary, and

        score = share of the rows x with  grad z_k(h(x)) . v > 0,

    with z_k the potential of output k. The classifier is fitted with several sets of random examples, and the scores
    are compared with those of random examples against other random ones: a direction that separates random sets also
    has a score.

    Args:
        model: A plastica model whose layers follow each other.
        x: The rows, usually those of one class.
        concepts: Rows that show each concept, by its name; at least 10 each.
        random_examples: Rows that do not, such as 200 random images; at least 20.
        layer: The number, name or class of the layer. Default: the last hidden one.
        output: The outputs, by number or name. Default: all.
        runs: Random sets for each concept, at least 2.
        seed: The seed of the sets.

    Raises:
        DataError: If there are too few examples.
        ShapeError: If examples and rows differ in shape.
        InvalidValue: If the layers do not follow each other, or nothing follows the layer.
        UnknownName: If there is no such layer or output.

    Reference:
        B. Kim, M. Wattenberg, J. Gilmer, C. Cai, J. Wexler, F. Viegas, R. Sayres (2018), Interpretability beyond
        feature attribution: quantitative testing with concept activation vectors, equations 1 and 2, section 3.2.
    """
    count = whole("runs", runs, 2)
    assert count is not None
    if not concepts:
        raise DataError(note("explain.tcav_none"))
    network = cut_behind("tcav", model, layer)
    asked = explained("tcav", model, x, WITHOUT, {} if output is None else {"output": output})
    own = cast(Model, model)
    keep_compiled_programs()
    chance = _examples(own, network, random_examples, "random_examples", asked, 2 * FEWEST)
    shown = {name: _examples(own, network, each, name, asked, FEWEST) for name, each in concepts.items()}
    slopes = _slopes(asked, network)  # (rows, outputs, units)
    random = np.random.default_rng(seed)
    scores, accuracy = [], []
    for each in shown.values():
        directions = [_direction(each, _drawn(chance, len(each), random)[0], random) for _ in range(count)]
        scores.append(_scores(slopes, directions))
        accuracy.append(np.mean([one.accuracy for one in directions]))
    size = min(*map(len, shown.values()), len(chance) // 2)
    by_chance = _scores(slopes, [_direction(*_drawn(chance, size, random), random) for _ in range(count)])
    tests = len(scores) * len(asked.outputs)
    p = [[min(1.0, tests * _p_value(a, b)) for a, b in zip(each, by_chance, strict=True)] for each in scores]
    return ConceptScores(
        tuple(map(str, shown)), asked.output_names, np.array(scores), by_chance, np.array(accuracy), np.array(p),
        network.layer,
    )  # fmt: skip


def _examples(
    model: Model, network: CutNetwork, rows: object, name: str, asked: Explained, fewest: int
) -> Float[np.ndarray, "rows units"]:
    """Return the activity of the layer for examples."""
    shape = np.asarray(rows).shape
    if shape[1:] != asked.x.shape[1:]:
        raise ShapeError(
            note("explain.tcav_shape", concept=repr(name), shape=str(shape[1:]), wanted=str(asked.x.shape[1:]))
        )
    if shape[0] < fewest:
        raise DataError(note("explain.tcav_few", concept=repr(name), rows=str(shape[0]), least=str(fewest)))
    return activity(model, network, rows, f"tcav: {name}").reshape(shape[0], -1)


def _drawn(
    rows: Float[np.ndarray, "rows units"], size: int, random: np.random.Generator
) -> tuple[Float[np.ndarray, "drawn units"], Float[np.ndarray, "drawn units"]]:
    """Return two sets of random rows without a row in common."""
    size = min(size, len(rows) // 2)
    order = random.permutation(len(rows))
    return rows[order[:size]], rows[order[size : 2 * size]]


def _direction(
    examples: Float[np.ndarray, "rows units"], others: Float[np.ndarray, "others units"], random: np.random.Generator
) -> _Direction:
    from sklearn.linear_model import RidgeClassifier

    x = np.concatenate([examples, others])
    y = np.repeat([1, 0], [len(examples), len(others)])
    held = np.zeros(len(x), bool)
    for places in (np.arange(len(examples)), np.arange(len(examples), len(x))):
        held[random.permutation(places)[: round(HELD_OUT * len(places))]] = True
    penalty = RIDGE * len(x) * max(float(x.var(0).mean()), 1e-12)
    classifier = RidgeClassifier(alpha=penalty, class_weight="balanced").fit(x[~held], y[~held])
    vector = np.ravel(classifier.coef_)
    return _Direction(vector / max(float(np.linalg.norm(vector)), 1e-12), float(classifier.score(x[held], y[held])))


def _scores(
    slopes: Float[np.ndarray, "rows outputs units"], directions: list[_Direction]
) -> Float[np.ndarray, "outputs runs"]:
    rising = slopes @ np.stack([each.vector for each in directions], 1) > 0  # (rows, outputs, runs)
    return rising.mean(0)


def _p_value(one: Float[np.ndarray, "runs"], other: Float[np.ndarray, "runs"]) -> float:
    """Return that of a two-sided t-test of unequal variances."""
    from scipy.stats import ttest_ind_from_stats

    if one.std() == 0 and other.std() == 0:
        return float(one[0] == other[0])
    ends = [(each.mean(), each.std(ddof=1), len(each)) for each in (one, other)]
    return float(ttest_ind_from_stats(*ends[0], *ends[1], equal_var=False).pvalue)


def _slopes(asked: Explained, network: CutNetwork) -> Float[np.ndarray, "rows outputs units"]:
    """Return the gradients of the potentials by the activity of the layer."""
    found = _gradients(asked.x, network.params, network.state, asked.outputs, links=network.links, at_once=AT_ONCE)
    return np.asarray(found, np.float64).reshape(len(asked.x), len(asked.outputs), -1)


@partial(jax.jit, static_argnames=("links", "at_once"))
def _gradients(
    x: Array,
    params: tuple[Params, ...],
    state: tuple[State, ...],
    outputs: Int[Array, "outputs"],
    *,
    links: tuple[Layer, ...],
    at_once: int,
) -> Float[Array, "rows outputs *units"]:
    front, back = links

    def of_row(row: Array) -> Array:
        seen = front.apply(params[0], front.cast_inputs(row[None]), state[0], INFERENCE)[0]

        def potential(at: Array) -> Array:
            return back.synapse(params[1], at, state[1], INFERENCE)[0].reshape(-1)[outputs]

        return jax.jacrev(potential)(seen)[:, 0]

    return jax.lax.map(of_row, jnp.asarray(x), batch_size=at_once)
