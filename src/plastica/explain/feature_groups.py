"""Features that are explained as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

import numpy as np

from ..errors import InvalidValue, ShapeError
from ..notes import note
from ..typing import Int, Shaped
from .correlated import correlated_groups
from .named_places import default_names, place_of


class FeatureGroups(NamedTuple):
    """The groups of the features of a row.

    Attributes:
        labels: For each feature of a flattened row the number of its group.
        names: The name of each group.
        shape: The shape of the attributions of a row: that of the row, or ``(groups,)``.
    """

    labels: Int[np.ndarray, "features"]
    names: tuple[str, ...]
    shape: tuple[int, ...]


def feature_groups(
    method: str, groups: object, rows: Shaped[np.ndarray, "rows *shape"], names: tuple[str, ...]
) -> FeatureGroups:
    """Return the groups of features that are asked for.

    Args:
        method: The name of the method, for messages.
        groups: See :class:`~plastica.explain.ExplainOptions`.
        rows: The background, or the rows, in which correlations are looked for.
        names: The names of the features; none for the usual ones.

    Raises:
        InvalidValue: If a feature is in two groups, or the groups are neither names nor numbers.
        ShapeError: If an array of numbers has another shape than a row.
        UnknownName: If there is no such feature.
    """
    shape = rows.shape[1:]
    known = names or default_names(shape)
    if groups is None:
        return FeatureGroups(np.arange(len(known)), known, shape)
    if isinstance(groups, str):
        groups = _correlated(method, groups, rows, known)
    if isinstance(groups, Mapping):
        return _named(method, cast("Mapping[str, Sequence[int | str]]", groups), known)
    labels = np.asarray(groups)
    if labels.shape != shape or labels.dtype.kind not in "iu":
        told = {"got": str(labels.shape), "kind": str(labels.dtype), "shape": str(shape)}
        raise ShapeError(note("explain.groups_shape", method=method, **told))
    each, numbers = np.unique(labels, return_inverse=True)
    return FeatureGroups(numbers.reshape(-1), tuple(f"group {number}" for number in each), (len(each),))


def _correlated(
    method: str, groups: str, rows: Shaped[np.ndarray, "rows *shape"], known: tuple[str, ...]
) -> dict[str, list[int | str]]:
    """Return the groups of correlated features, named after them."""
    if groups != "correlated":
        raise InvalidValue(note("explain.groups_unknown", method=method, groups=repr(groups)))
    labels = correlated_groups(method, rows)
    members = [np.flatnonzero(labels == label).tolist() for label in dict.fromkeys(labels.tolist())]
    return {", ".join(known[place] for place in each): list(each) for each in members}


def _named(method: str, groups: Mapping[str, Sequence[int | str]], known: tuple[str, ...]) -> FeatureGroups:
    taken: dict[int, str] = {}
    for group, features in groups.items():
        for feature in features:
            place = place_of(method, "feature", feature, known)
            if place in taken:
                told = {"feature": repr(known[place]), "one": repr(taken[place]), "other": repr(group)}
                raise InvalidValue(note("explain.two_groups", method=method, **told))
            taken[place] = str(group)
    # A group stands where its first feature does.
    member_of = [taken.get(place, name) for place, name in enumerate(known)]
    made = tuple(dict.fromkeys(member_of))
    number = {name: place for place, name in enumerate(made)}
    return FeatureGroups(np.array([number[name] for name in member_of]), made, (len(made),))
