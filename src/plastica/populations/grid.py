"""The members of a population: every combination of settings, seeds and parts of the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from ..errors import InvalidValue
from ..model import Model
from .architecture import OF_ARCHITECTURE
from .places import resolve_place, varied

MOST_MEMBERS = 100_000


class MemberSettings(NamedTuple):
    """What one member has of its own.

    Attributes:
        chosen: The values by the names that were given.
        values: The values by place.
        seed: The seed of its weights, the order of its rows and its dropout.
        part: The number of its fold or subset; None if all train on the same rows.
        batch_size: Its batch size, if it has one of its own.
    """

    chosen: dict[str, object]
    values: dict[str, object]
    seed: int
    part: int | None = None
    batch_size: int | None = None

    def columns(self, part: str) -> dict[str, object]:
        """Return the columns of a table, where ``part`` names that of the folds or subsets; none if it is empty."""
        shown = {
            name: value if isinstance(value, int | float | str) else repr(value) for name, value in self.chosen.items()
        }
        return {**shown, "seed": self.seed, **({part: self.part} if part and self.part is not None else {})}

    def words(self) -> str:
        """Return the settings as a person would write them."""
        return ", ".join(f"{name}={value!r}" for name, value in self.chosen.items()) or f"seed={self.seed}"


def combinations(grid: Mapping[str, object] | Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return every combination of the values of a grid; of a list of settings the list.

    Raises:
        InvalidValue: If there is none.

    Example:
        >>> combinations({"learning_rate": [0.1, 0.01], "dropout": 0.5})
        [{'learning_rate': 0.1, 'dropout': 0.5}, {'learning_rate': 0.01, 'dropout': 0.5}]
    """
    if not isinstance(grid, Mapping):
        found = list(grid)
        if not found or not all(isinstance(each, Mapping) for each in found):
            raise InvalidValue(
                f"the settings of members are {grid!r}; give at least one dict, such as {{'dropout': 0.5}}."
            )
        return [dict(each) for each in found]
    lists = {name: _values(name, given) for name, given in grid.items()}
    return [dict(zip(lists, values, strict=True)) for values in product(*lists.values())]


def seeds_of(seeds: int | Iterable[int] | None, first: int) -> list[int]:
    """Return the seeds of members: so many from the model's own on, or those given.

    Raises:
        InvalidValue: If there is none, or one is not a whole number of at least 0.
    """
    if seeds is None:
        return [first]
    if isinstance(seeds, int | np.integer) and not isinstance(seeds, bool):
        found = list(range(first, first + int(seeds)))
    else:
        found = list(seeds) if isinstance(seeds, Iterable) and not isinstance(seeds, str) else [seeds]
    good = all(isinstance(seed, int | np.integer) and not isinstance(seed, bool) and seed >= 0 for seed in found)
    if not found or not good:
        raise InvalidValue(f"seeds={seeds!r}: give how many, at least 1, or a list of whole numbers of at least 0.")
    return [int(seed) for seed in found]


def members_of(
    model: Model,
    grid: Mapping[str, object] | Sequence[Mapping[str, object]],
    seeds: Sequence[int],
    parts: Sequence[Mapping[str, object]] | None,
    own_parts: bool = False,
) -> list[MemberSettings]:
    """Return the settings of each member: combination by combination, seed by seed, part by part.

    Args:
        model: The model.
        grid: The values by name, or the settings one by one.
        seeds: The seeds.
        parts: What the tables of settings say of each part of the rows; None without parts.
        own_parts: Whether each seed has parts of its own, which are numbered seed by seed.

    Raises:
        UnknownName: If a name stands for nothing.
        InvalidValue: If there are too many members, or two names stand for the same field.
    """
    chosen = combinations(grid)
    count = len(chosen) * len(seeds) * len(parts or [0])
    if count > MOST_MEMBERS:
        raise InvalidValue(f"this population has {count:,} members; give at most {MOST_MEMBERS:,}.")
    said: Sequence[Mapping[str, object]] = [{}] if parts is None else parts
    return [
        MemberSettings({**each, **own}, values, seed, None if parts is None else part + place * own_parts * len(parts))
        for each, values in ((each, placed(model, each)) for each in chosen)
        for place, seed in enumerate(seeds)
        for part, own in enumerate(said)
    ]


def placed(model: Model, chosen: Mapping[str, object]) -> dict[str, object]:
    """Return the values by place, given those by name.

    Raises:
        UnknownName: If a name stands for nothing.
        InvalidValue: If two names stand for the same field.
    """
    found: dict[str, object] = {}
    for name, values_for in OF_ARCHITECTURE.items():
        if name in chosen:
            # The depth comes first, and decides which layers have a width.
            found |= values_for(varied(model, found, model.seed), chosen[name])
    for name, value in chosen.items():
        for place in () if name in OF_ARCHITECTURE else resolve_place(model, name):
            if place in found:
                raise InvalidValue(f'two names stand for "{place}"; give each field once.')
            found[place] = value
    return found


def _values(name: str, given: object) -> list[object]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        return [given]
    found = [value.item() if isinstance(value, np.generic) else value for value in given]
    if not found:
        raise InvalidValue(f"{name}=[]: an empty grid has no member; give at least one value.")
    return found
