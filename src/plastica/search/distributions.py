"""Distributions of hyper-parameters: which values a search may try, and how often."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import InvalidValue
from ..typing import SettingValue


class Distribution(ABC):
    """The values that a search may try for a setting.

    Each value has a place between 0 and 1: that of a value drawn at random is uniform there. Distributions are values:
    two with the same bounds are equal.
    """

    @abstractmethod
    def at(self, place: float) -> SettingValue:
        """Return the value at a place, from 0 to below 1."""

    @abstractmethod
    def place_of(self, value: SettingValue) -> float:
        """Return the place of a value; those outside of the bounds are at the nearest bound."""

    @abstractmethod
    def grid(self, points: int) -> list[SettingValue]:
        """Return evenly spaced values from one bound to the other, at most so many."""

    def draw(self, rng: np.random.Generator) -> SettingValue:
        """Return a random value."""
        return self.at(float(rng.random()))

    def scaled(self, value: SettingValue, factor: float) -> SettingValue:
        """Return a value multiplied by a factor, within the bounds; only of distributions of floats.

        Raises:
            InvalidValue: If values are not floats.
        """
        raise InvalidValue(f"{self!r} has no values that can change during training; those of floats can.")


@dataclass(frozen=True)
class Uniform(Distribution):
    """Numbers between two bounds, all equally likely.

    Args:
        low, high: The bounds.

    Raises:
        InvalidValue: If ``low`` is not below ``high``.

    Example:
        >>> Uniform(0, 0.5).at(0.5), Uniform(0, 1).grid(3)
        (0.25, [0.0, 0.5, 1.0])
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        """Check the bounds."""
        _check_bounds(self)

    def at(self, place: float) -> float:
        """Return the value at a place."""
        return float(min(max(_rounded(self.low + place * (self.high - self.low)), self.low), self.high))

    def place_of(self, value: SettingValue) -> float:
        """Return the place of a value."""
        return _within((float(value) - self.low) / (self.high - self.low))

    def grid(self, points: int) -> list[float]:
        """Return evenly spaced values."""
        return [self.at(place) for place in np.linspace(0, 1, points)]

    def scaled(self, value: SettingValue, factor: float) -> float:
        """Return a value multiplied by a factor, within the bounds."""
        return float(min(max(value * factor, self.low), self.high))


@dataclass(frozen=True)
class LogUniform(Distribution):
    """Numbers between two bounds above 0 whose logarithms are equally likely: for learning rates and weight decay.

    Args:
        low, high: The bounds.

    Raises:
        InvalidValue: If ``low`` is not above 0 or not below ``high``.

    Example:
        >>> LogUniform(1e-4, 1e-2).at(0.5), LogUniform(0.01, 1).place_of(0.1)
        (0.001, 0.5)
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        """Check the bounds."""
        _check_bounds(self, above=0)

    def at(self, place: float) -> float:
        """Return the value at a place."""
        value = math.exp(math.log(self.low) + place * math.log(self.high / self.low))
        return float(min(max(_rounded(value), self.low), self.high))

    def place_of(self, value: SettingValue) -> float:
        """Return the place of a value."""
        return _within(math.log(max(float(value), self.low) / self.low) / math.log(self.high / self.low))

    def grid(self, points: int) -> list[float]:
        """Return values at equal ratios."""
        return [self.at(place) for place in np.linspace(0, 1, points)]

    def scaled(self, value: SettingValue, factor: float) -> float:
        """Return a value multiplied by a factor, within the bounds."""
        return float(min(max(value * factor, self.low), self.high))


@dataclass(frozen=True)
class IntUniform(Distribution):
    """Whole numbers from one bound to the other, both included.

    Args:
        low, high: The bounds.
        log: Whether the logarithms are equally likely, as for units; ``low`` is then at least 1.

    Raises:
        InvalidValue: If the bounds are not whole numbers, or ``low`` is not below ``high``.

    Example:
        >>> IntUniform(1, 4).grid(4), IntUniform(16, 256, log=True).grid(3)
        ([1, 2, 3, 4], [16, 64, 256])
    """

    low: int
    high: int
    log: bool = False

    def __post_init__(self) -> None:
        """Check the bounds."""
        _check_bounds(self, above=0 if self.log else None)
        if self.low != int(self.low) or self.high != int(self.high):
            raise InvalidValue(f"{self!r}: give whole numbers, or take Uniform for numbers between them.")

    def at(self, place: float) -> int:
        """Return the value at a place."""
        low, high = self._edges
        value = math.exp(low + place * (high - low)) if self.log else low + place * (high - low)
        return min(max(math.floor(value + 0.5), self.low), self.high)

    def place_of(self, value: SettingValue) -> float:
        """Return the place of a value."""
        low, high = self._edges
        number = min(max(value, self.low), self.high)
        return _within(((math.log(number) if self.log else number) - low) / (high - low))

    def grid(self, points: int) -> list[int]:
        """Return evenly spaced values, each once."""
        if self.log:
            found = np.round(np.geomspace(self.low, self.high, points))
        else:
            found = np.round(np.linspace(self.low, self.high, points))
        return list(dict.fromkeys(int(value) for value in found))

    @property
    def _edges(self) -> tuple[float, float]:
        # Half a unit beyond the bounds, so that these are as likely as the numbers between them.
        low, high = self.low - 0.5, self.high + 0.5
        return (math.log(low), math.log(high)) if self.log else (low, high)


@dataclass(frozen=True)
class Choice(Distribution):
    """One of several values: numbers of units, activations, optimizers.

    Args:
        options: The values, in the order in which pictures show them.

    Raises:
        InvalidValue: If there is none.

    Example:
        >>> Choice([16, 32, 64]).at(0.5), Choice(["sgd", "adam"]).grid(5)
        (32, ['sgd', 'adam'])
    """

    options: tuple[object, ...]

    def __init__(self, options: Iterable[SettingValue]) -> None:
        found = tuple(value.item() if isinstance(value, np.generic) else value for value in options)
        if not found:
            raise InvalidValue("Choice([]): an empty choice has no value; give at least one.")
        object.__setattr__(self, "options", found)

    def at(self, place: float) -> SettingValue:
        """Return the value at a place."""
        return self.options[min(int(place * len(self.options)), len(self.options) - 1)]

    def place_of(self, value: SettingValue) -> float:
        """Return the middle of a value's part."""
        number = self.options.index(value) if value in self.options else 0
        return (number + 0.5) / len(self.options)

    def grid(self, points: int) -> list[SettingValue]:
        """Return all values."""
        return list(self.options)


def _check_bounds(declared: Uniform | LogUniform | IntUniform, above: float | None = None) -> None:
    bounds = (declared.low, declared.high)
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in bounds)
    if not numbers or not all(map(math.isfinite, bounds)) or not declared.low < declared.high:
        raise InvalidValue(f"{declared!r}: give two finite numbers, the lower one first.")
    if above is not None and declared.low <= above:
        raise InvalidValue(f"{declared!r}: a logarithmic range begins above {above:g}.")


def _rounded(value: float) -> float:
    """Return a number with four significant digits, which can be read and typed; more decide nothing."""
    return float(f"{value:.4g}")


def _within(place: float) -> float:
    return min(max(place, 0.0), 1.0)
