"""Several representations of the same stimuli beside each other: layers, networks, seeds, rules and recordings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import InvalidValue
from ...model import Model
from ...typing import Float
from .representation import (
    centered_kernel_alignment,
    dissimilarity_matrix,
    participation_ratio,
    representational_similarity,
    sparseness,
)

if TYPE_CHECKING:
    import polars

    from ...drawing.figure import Drawing

KINDS = ("rsa", "cka")


class RepresentationMap(NamedTuple):
    """How alike representations are.

    Attributes:
        names: Their names.
        similarity: Of each pair, 1 on the diagonal.
        dissimilarities: The dissimilarity of each pair of stimuli, by representation.
        table: A polars data frame with a row for each representation: name, units, dimensions (participation ratio),
            and the mean sparseness of its units over stimuli (lifetime) and of stimuli over units (population).
        kind: ``"rsa"`` or ``"cka"``.
    """

    names: list[str]
    similarity: Float[np.ndarray, "representations representations"]
    dissimilarities: dict[str, Float[np.ndarray, "stimuli stimuli"]]
    table: polars.DataFrame
    kind: str

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw the dissimilarities of stimuli in each representation, and how alike representations are.

        Args:
            path: The file to write, ``.svg``, ``.png`` or ``.pdf``. Default: none.
        """
        from .representation_picture import draw_map

        return draw_map(self).save(path)


def compare_representations(
    activities: Mapping[str, object], kind: str = "rsa", measure: str = "correlation"
) -> RepresentationMap:
    """Compare representations of the same stimuli: of layers, networks, seeds, rules, or recorded neurons.

    Args:
        activities: ``(stimuli, units)`` by name, such as ``layer_activities(model, x)`` and
            ``read_recordings("neurons.csv")``; the stimuli in the same order.
        kind: ``"rsa"``: Spearman's correlation of dissimilarities; ``"cka"``: linear centered kernel alignment.
        measure: The dissimilarity of stimuli, as for ``dissimilarity_matrix``.

    Raises:
        InvalidValue: If there are fewer than two representations, or the kind is unknown.
        ShapeError, DataError: As for ``representational_similarity``.

    Reference:
        N. Kriegeskorte, M. Mur, P. Bandettini, 2008, Representational similarity analysis.
        S. Kornblith, M. Norouzi, H. Lee, G. Hinton, 2019, Similarity of neural network representations revisited.
    """
    import polars

    if kind not in KINDS:
        raise InvalidValue(f"compare_representations(kind={kind!r}): expected one of {', '.join(KINDS)}.")
    names = list(activities)
    if len(names) < 2:
        raise InvalidValue(
            f"compare_representations: got {len(names)} representations; expected at least two, by name."
        )
    given = {name: np.asarray(each, np.float64) for name, each in activities.items()}
    given = {name: each.reshape(len(each), -1) if each.ndim > 2 else each for name, each in given.items()}
    similarity = np.eye(len(names))
    for row, first in enumerate(names):
        for column in range(row):
            a, b = given[first], given[names[column]]
            alike = representational_similarity(a, b, measure) if kind == "rsa" else centered_kernel_alignment(a, b)
            similarity[row, column] = similarity[column, row] = alike
    rows: list[dict[str, object]] = []
    for name in names:
        size, dimensions = given[name].shape[1], participation_ratio(given[name])
        rows.append({"name": name, "units": size, "dimensions": dimensions, **_sparseness(given[name])})
    dissimilarities = {name: dissimilarity_matrix(each, measure) for name, each in given.items()}
    return RepresentationMap(names, similarity, dissimilarities, polars.DataFrame(rows), kind)


def layer_activities(model: Model, x: object) -> dict[str, Float[np.ndarray, "stimuli units"]]:
    """Return what each layer of a network computes for stimuli, by path; steps and pixels count as units.

    Args:
        model: A built network.
        x: The stimuli.
    """
    found: dict[str, Float[np.ndarray, "stimuli units"]] = {}
    for each in model.trace(x):
        if not isinstance(each.activity, tuple):
            values = np.asarray(each.activity, np.float64)
            found[each.path] = values.reshape(len(values), -1)
    return found


def _sparseness(activities: Float[np.ndarray, "stimuli units"]) -> dict[str, float]:
    """Return the mean sparseness of units and of stimuli; NaN where activities are negative or silent."""
    if (activities < 0).any():
        return {"lifetime": float("nan"), "population": float("nan")}
    lifetime, population = sparseness(activities)
    means = [
        float(each[np.isfinite(each)].mean()) if np.isfinite(each).any() else float("nan")
        for each in (lifetime, population)
    ]
    return {"lifetime": means[0], "population": means[1]}
