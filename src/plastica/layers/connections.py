"""Sparse connections: random, distance-dependent and small-world."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from ..declaration import Declaration, declaration
from ..errors import InvalidValue, ShapeError


class Connections(Declaration):
    """Base class of connection laws; connections between inputs and units are drawn once, at initialization."""

    def draw(self, rng: np.random.Generator, inputs: int, units: int) -> np.ndarray:
        """Return how strong each connection starts beside the others, ``(inputs, units)``; 0 for none.

        Raises:
            ShapeError: If the law does not fit so many inputs and units.
        """
        raise NotImplementedError

    def distances(self, inputs: int, units: int) -> np.ndarray:
        """Return how far each input lies from each unit, ``(inputs, units)``: both evenly on a line of length 1."""
        return _apart(_positions((inputs,)), _positions((units,)))


@declaration
class Sparse(Connections):
    """Independent random connections with equal probability (Erdős-Rényi).

    Args:
        density: The probability of a connection, above 0 and up to 1.

    Raises:
        InvalidValue: If the density is out of range.

    Reference:
        Erdős, Rényi (1959), On random graphs I; Gilbert (1959), Random graphs, for this form.
    """

    density: float

    def __post_init__(self) -> None:
        _require_share("Sparse", "density", self.density)

    def draw(self, rng: np.random.Generator, inputs: int, units: int) -> np.ndarray:
        return (rng.random((inputs, units)) < self.density).astype(np.float32)


@declaration
class DistanceDependent(Connections):
    """Connections whose probability and strength decrease with distance.

    Inputs and units are evenly spaced on a line of length 1, or on grids that fill the unit square.

        P(connection) = peak exp(-d / length),  strength ~ exp(-d / strength_length)

    In cortex the number of connections falls with distance by this law: in the macaque to 1/e over about 5 mm.

    Args:
        length: The distance over which the probability falls to 1/e; the field's side is 1.
        strength_length: The same for the weights at the start; None lets all start alike.
        peak: The probability at distance 0, above 0 and up to 1; smaller for sparser layers.
        input_grid: Rows and columns in which the inputs lie, ``(28, 28)`` for MNIST; None for a line.
        unit_grid: The same for the units; given where ``input_grid`` is.

    Raises:
        InvalidValue: For lengths that are not above 0, a peak outside, one grid without the other.
        ShapeError: If a grid does not have as many places as there are inputs or units.

    Reference:
        Ercsey-Ravasz et al. (2013), A predictive network model of cerebral cortical connectivity based on a distance
        rule.
    """

    length: float
    strength_length: float | None = None
    peak: float = 1.0
    input_grid: tuple[int, int] | None = None
    unit_grid: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        for name in ("length", "strength_length"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise InvalidValue(f"DistanceDependent({name}={value!r}): a length is above 0; the field's side is 1.")
        _require_share("DistanceDependent", "peak", self.peak)
        if (self.input_grid is None) != (self.unit_grid is None):
            raise InvalidValue("DistanceDependent: give both input_grid and unit_grid, or none for a line.")
        for name in ("input_grid", "unit_grid"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, tuple(getattr(self, name)))

    def draw(self, rng: np.random.Generator, inputs: int, units: int) -> np.ndarray:
        far = self.distances(inputs, units)
        there = rng.random(far.shape) < self.peak * np.exp(-far / self.length)
        strength = 1.0 if self.strength_length is None else np.exp(-far / self.strength_length)
        return (there * strength).astype(np.float32)

    def distances(self, inputs: int, units: int) -> np.ndarray:
        if self.input_grid is None or self.unit_grid is None:
            return super().distances(inputs, units)
        for what, grid, size in (("inputs", self.input_grid, inputs), ("units", self.unit_grid, units)):
            if prod(grid) != size:
                raise ShapeError(f"DistanceDependent: a grid of {grid} has {prod(grid)} places for {size} {what}.")
        return _apart(_positions(self.input_grid), _positions(self.unit_grid))


@declaration
class SmallWorld(Connections):
    """Each unit listens to its nearest inputs, but for a few connections that reach anywhere.

    Inputs and units lie on two rings, one beside the other. Each unit listens to the ``neighbours`` inputs nearest to
    its place, its own place included; then each connection is moved, with probability ``rewiring``, to an input drawn
    evenly from those that the unit does not listen to. Between 0 (the ring) and 1 (chance) lies the small world:
    neighbours know each other as on the ring, and any two are few steps apart as in a random graph.

    Args:
        neighbours: How many inputs each unit listens to; odd numbers lie evenly on both sides.
        rewiring: Which share of the connections is moved, from 0 to 1; 0.01 to 0.1 makes a small world.

    Raises:
        InvalidValue: For less than one neighbour or a share outside [0, 1].
        ShapeError: If there are fewer inputs than neighbours.

    Reference:
        Watts, Strogatz (1998), Collective dynamics of 'small-world' networks, figure 1; here directed, from a ring of
        inputs to a ring of units, so that the two may differ in number.
    """

    neighbours: int
    rewiring: float = 0.1

    def __post_init__(self) -> None:
        if self.neighbours < 1:
            raise InvalidValue(f"SmallWorld(neighbours={self.neighbours!r}): a unit needs at least 1 input.")
        if not 0 <= self.rewiring <= 1:
            raise InvalidValue(f"SmallWorld(rewiring={self.rewiring!r}): the share that is moved, from 0 to 1.")

    def draw(self, rng: np.random.Generator, inputs: int, units: int) -> np.ndarray:
        if self.neighbours > inputs:
            raise ShapeError(f"SmallWorld({self.neighbours}): there are only {inputs} inputs.")
        mask = np.zeros((inputs, units), np.float32)
        reach = np.arange(self.neighbours) - (self.neighbours - 1) // 2
        for unit in range(units):
            near = (round(unit * inputs / units) + reach) % inputs
            kept = near[rng.random(len(near)) >= self.rewiring]
            elsewhere = np.setdiff1d(np.arange(inputs), kept)
            mask[kept, unit] = 1
            mask[rng.choice(elsewhere, self.neighbours - len(kept), replace=False), unit] = 1
        return mask

    def distances(self, inputs: int, units: int) -> np.ndarray:
        apart = np.abs(np.arange(inputs)[:, None] / inputs - np.arange(units)[None, :] / units)
        return np.minimum(apart, 1 - apart)


class Wiring(NamedTuple):
    """A layer's wiring in numbers.

    Attributes:
        density: Which share of all possible connections is there.
        inputs_per_unit: How many inputs a unit listens to, the mean.
        mean_length: How long a connection is, the mean; the line, the ring or the grid's side is 1.
        clustering: How often two that are connected with a third are connected with each other, the mean over
            units; None unless there are as many inputs as units. Direction and connections of a unit with its own place
            do not count here and below.
        path_length: Over how many connections the way from one unit to another goes, the mean over all pairs between
            which there is one; None likewise.
    """

    density: float
    inputs_per_unit: float
    mean_length: float
    clustering: float | None = None
    path_length: float | None = None


def wiring(mask: np.ndarray, distances: np.ndarray) -> Wiring:
    """Return a mask's wiring in numbers; where inputs and units are as many, as a graph of units.

    Args:
        mask: Not 0 where there is a connection, ``(inputs, units)``.
        distances: How long each connection is, in the same shape.

    Example:
        >>> ring = SmallWorld(5, rewiring=0)
        >>> wiring(ring.draw(np.random.default_rng(0), 20, 20), ring.distances(20, 20)).clustering
        0.5

    Reference:
        Watts, Strogatz (1998), Collective dynamics of 'small-world' networks, C(p) and L(p).
    """
    there = np.asarray(mask) != 0
    mean_length = float(distances[there].mean()) if there.any() else 0.0
    facts = Wiring(float(there.mean()), float(there.sum(0).mean()), mean_length)
    if there.shape[0] != there.shape[1]:
        return facts
    graph = (there | there.T) & ~np.eye(len(there), dtype=bool)
    return facts._replace(clustering=_clustering(graph), path_length=_path_length(graph))


def _clustering(graph: np.ndarray) -> float:
    links = graph.astype(np.float64)
    degree = links.sum(0)
    triangles = np.einsum("ij,ij->i", links @ links, links)
    return float(np.mean(triangles / np.maximum(degree * (degree - 1), 1)))


def _path_length(graph: np.ndarray) -> float | None:
    links = graph.astype(np.float32)
    reached, front = np.eye(len(graph), dtype=bool), np.eye(len(graph), dtype=bool)
    steps, total, pairs = 0, 0, 0
    while front.any():
        steps += 1
        front = (front.astype(np.float32) @ links > 0) & ~reached
        reached |= front
        total, pairs = total + steps * int(front.sum()), pairs + int(front.sum())
    return total / pairs if pairs else None


def _positions(grid: tuple[int, ...]) -> np.ndarray:
    """Return the middles of a grid's places, ``(places, axes)``; each side is 1 long."""
    axes = [(np.arange(size) + 0.5) / size for size in grid]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(grid))


def _apart(inputs: np.ndarray, units: np.ndarray) -> np.ndarray:
    return np.sqrt(np.sum((inputs[:, None] - units[None]) ** 2, -1))


def _require_share(owner: str, name: str, value: float) -> None:
    if not 0 < value <= 1:
        raise InvalidValue(f"{owner}({name}={value!r}): a probability above 0 and up to 1.")
