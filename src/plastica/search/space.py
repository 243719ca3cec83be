"""The space of a search: the distribution of each setting, checked against the model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import TypeAlias

import numpy as np

from ..errors import InvalidValue
from ..typing import SettingValue
from .distributions import Choice, Distribution

# Settings by name; a trial is one of these.
TrialSettings: TypeAlias = dict[str, SettingValue]


class Space:
    """The distribution of each setting, by name.

    Args:
        given: Distributions, lists of values, or single values.

    Raises:
        InvalidValue: If there is none.

    Example:
        >>> space = Space({"units": [16, 32], "rate": 0.1})
        >>> list(space.combinations(5))
        [{'units': 16, 'rate': 0.1}, {'units': 32, 'rate': 0.1}]
    """

    def __init__(self, given: Mapping[str, object]) -> None:
        if not isinstance(given, Mapping) or not given:
            raise InvalidValue(
                f"the space of this search is {given!r}; give settings by name, such as "
                '{"learning_rate": LogUniform(1e-4, 1e-1)}.'
            )
        self.distributions = {str(name): _distribution(name, value) for name, value in given.items()}

    def __len__(self) -> int:
        """Return the number of settings."""
        return len(self.distributions)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.distributions)

    def __getitem__(self, name: str) -> Distribution:
        """Return the distribution of a setting."""
        return self.distributions[name]

    def __repr__(self) -> str:
        """Show the distributions."""
        return f"Space({self.distributions!r})"

    def draw(self, rng: np.random.Generator) -> TrialSettings:
        """Return random settings."""
        return {name: each.draw(rng) for name, each in self.distributions.items()}

    def combinations(self, points: int) -> Iterator[TrialSettings]:
        """Yield every combination of the grids of all settings."""
        for values in product(*(each.grid(points) for each in self.distributions.values())):
            yield dict(zip(self.distributions, values, strict=True))

    def count(self, points: int) -> int:
        """Return the number of combinations."""
        return math.prod(len(each.grid(points)) for each in self.distributions.values())

    def places(self, settings: TrialSettings) -> list[float]:
        """Return the place of each setting, from 0 to 1."""
        return [each.place_of(settings[name]) for name, each in self.distributions.items()]

    def check(self, build: Callable[[TrialSettings], object], start: TrialSettings) -> None:
        """Build a model with another value of each setting, so that one that cannot vary is found before training.

        Args:
            build: Returns the model of a trial.
            start: Settings to begin from.

        Raises:
            UnknownName: If a name stands for nothing; the message suggests the nearest.
            InvalidValue: If a setting does not take its values.
        """
        for name, each in self.distributions.items():
            for value in dict.fromkeys([each.at(0.381), *(each.options if isinstance(each, Choice) else ())]):
                try:
                    build({**start, name: value})
                except InvalidValue as error:
                    raise InvalidValue(f'space: "{name}" does not take {value!r} of {each!r}. {error}') from error
        build({**start, **{name: each.at(0.5) for name, each in self.distributions.items()}})  # names that collide


def _distribution(name: object, given: object) -> Distribution:
    if isinstance(given, Distribution):
        return given
    if isinstance(given, str) or not isinstance(given, Iterable):
        return Choice([given])
    found = list(given)
    if not found:
        raise InvalidValue(f"space: {name}=[]: an empty grid has no member; give at least one value.")
    return Choice(found)
