"""Sparse connections: random, distance-dependent and small-world."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from ..declaration import Declaration, declaration
from ..errors import InvalidValue, ShapeError
from ..typing import Bool, Float, Num


class Connections(Declaration):
    """Base class of connection laws; connections between inputs and units are drawn once, at initialization."""

    def draw(self, rng: np.random.Generator, inputs: int, units: int) -> Float[np.ndarray, "features units"]:
        """Return the initial relative strength of each connection; 0 for none.

        Raises:
            ShapeError: If the law does not fit the numbers of inputs and units.
        """
        raise NotImplementedError

    def distances(self, inputs: int, units: int) -> Float[np.ndarray, "features units"]:
        """Return the distance of each input from each unit, both evenly spaced on a line of length 1."""
        return _apart(_positions((inputs,)), _positions((units,)))


@declaration
class Sparse(Connections):
    """Independent random connections with equal probability (Erdős-Rényi).

    Args:
        density: The probability of a connection, above 0 and up to 1.

    Raises:
        InvalidValue: If the density is out of range.

    Example:
        >>> float((Sparse(0.25).draw(np.random.default_rng(0), 100, 100) > 0).mean())
        0.2524

    Reference:
        P. Erdős, A. Rényi, 1959, On random graphs I.
        E. N. Gilbert, 1959, Random graphs (this form).
    """

    density: float

    def __post_init__(self) -> None:
        _require_share("Sparse", "density", self.density)

    def draw(self, rng: np.random.Generator, inputs: int, units: int) -> Float[np.ndarray, "features units"]:
        return (rng.random((inputs, units)) < self.density).astype(np.float32)


@declaration
class DistanceDependent(Connections):
    """Connections whose probability and strength decrease with distance.

    Inputs and units are evenly spaced on a line of length 1, or on grids that fill the unit square.

        P(connection) = peak exp(-d / length),  strength ~ exp(-d / strength_length)

    In the cortex, the number of connections follows this law; in the macaque it falls to 1/e over about 5 mm.

    Args:
        length: The distance over which the probability falls to 1/e, in units of the side of the line or the square.
        strength_length: The same for the initial weights; None for equal strengths.
        peak: The probability at distance 0, above 0 and up to 1; smaller for sparser layers.
        input_grid: Rows and columns of the inputs, such as ``(28, 28)`` for MNIST; None for a line.
        unit_grid: The same for the units; required together with ``input_grid``.

    Raises:
        InvalidValue: If a length is not above 0, the peak is out of range, or only one grid is given.
        ShapeError: If the size of a grid is not the number of inputs or units.

    Reference:
        M. Ercsey-Ravasz et al., 2013, A predictive network model of cerebral cortical connectivity based on a distance
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
                raise InvalidValue(
                    f"DistanceDependent({name}={value!r}): expected a length above 0, in units of the side."
                )
        _require_share("DistanceDependent", "peak", self.peak)
        if (self.input_grid is None) != (self.unit_grid is None):
            raise InvalidValue("DistanceDependent: set both input_grid and unit_grid, or neither for a line.")
        for name in ("input_grid", "unit_grid"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, tuple(getattr(self, name)))

    def draw(self, rng: np.random.Generator, inputs: int, units: int) -> Float[np.ndarray, "features units"]:
        far = self.distances(inputs, units)
        there = rng.random(far.shape) < self.peak * np.exp(-far / self.length)
        strength = 1.0 if self.strength_length is None else np.exp(-far / self.strength_length)
        return (there * strength).astype(np.float32)

    def distances(self, inputs: int, units: int) -> Float[np.ndarray, "features units"]:
        if self.input_grid is None or self.unit_grid is None:
            return super().distances(inputs, units)
        for what, grid, size in (("inputs", self.input_grid, inputs), ("units", self.unit_grid, units)):
            if prod(grid) != size:
                raise ShapeError(
                    f"DistanceDependent: a grid of {grid} has {prod(grid)} cells, but there are {size} {what}."
                )
        return _apart(_positions(self.input_grid), _positions(self.unit_grid))


@declaration
class SmallWorld(Connections):
    """Each unit is connected with its nearest inputs, except for a few connections to anywhere.

    Inputs and units are on two rings side by side. Each unit is connected with the ``neighbours`` inputs nearest to its
    position, including the one at the same position. Then each connection is rewired, with probability ``rewiring``, to
    an input chosen uniformly from those that are not connected with the unit. Between 0 (the ring) and 1 (a random
    graph) are small worlds: neighbours are connected with each other as on the ring, and paths between any two are
    short as in a random graph.

    Args:
        neighbours: The number of inputs of each unit; an odd number is symmetric.
        rewiring: The fraction of connections that is rewired, from 0 to 1; 0.01 to 0.1 gives a small world.

    Raises:
        InvalidValue: If there is less than one neighbour or the fraction is outside [0, 1].
        ShapeError: If there are fewer inputs than neighbours.

    Reference:
        D. J. Watts, S. H. Strogatz, 1998, Collective dynamics of 'small-world' networks, figure 1; here directed, from
        a ring of inputs to a ring of units, whose numbers may differ.
    """

    neighbours: int
    rewiring: float = 0.1

    def __post_init__(self) -> None:
        if self.neighbours < 1:
            raise InvalidValue(f"SmallWorld(neighbours={self.neighbours!r}): expected at least 1.")
        if not 0 <= self.rewiring <= 1:
            raise InvalidValue(f"SmallWorld(rewiring={self.rewiring!r}): expected a fraction from 0 to 1.")

    def draw(self, rng: np.random.Generator, inputs: int, units: int) -> Float[np.ndarray, "features units"]:
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

    def distances(self, inputs: int, units: int) -> Float[np.ndarray, "features units"]:
        apart = np.abs(np.arange(inputs)[:, None] / inputs - np.arange(units)[None, :] / units)
        return np.minimum(apart, 1 - apart)


class Wiring(NamedTuple):
    """Statistics of the wiring of a layer.

    Attributes:
        density: The fraction of all possible connections that exist.
        inputs_per_unit: The mean number of inputs of a unit.
        mean_length: The mean length of a connection, in units of the side of the line, ring or square.
        clustering: The mean clustering coefficient: how often two units that are connected with a third are connected
            with each other. None unless there are as many inputs as units. Here and below, connections have no
            direction, and those of a unit with its own position do not count.
        path_length: The mean number of connections on the shortest path between two units, over all pairs with a path.
            None unless there are as many inputs as units.
    """

    density: float
    inputs_per_unit: float
    mean_length: float
    clustering: float | None = None
    path_length: float | None = None


def wiring(mask: Num[np.ndarray, "features units"], distances: Float[np.ndarray, "features units"]) -> Wiring:
    """Return statistics of a mask; if there are as many inputs as units, also those of the graph of units.

    Args:
        mask: Nonzero for each connection, ``(features, units)``.
        distances: The length of each connection, in the same shape.

    Example:
        >>> ring = SmallWorld(5, rewiring=0)
        >>> wiring(ring.draw(np.random.default_rng(0), 20, 20), ring.distances(20, 20)).clustering
        0.5

    Reference:
        D. J. Watts, S. H. Strogatz, 1998, Collective dynamics of 'small-world' networks, C(p) and L(p).
    """
    there = np.asarray(mask) != 0
    mean_length = float(distances[there].mean()) if there.any() else 0.0
    facts = Wiring(float(there.mean()), float(there.sum(0).mean()), mean_length)
    if there.shape[0] != there.shape[1]:
        return facts
    graph = (there | there.T) & ~np.eye(len(there), dtype=bool)
    return facts._replace(clustering=_clustering(graph), path_length=_path_length(graph))


def _clustering(graph: Bool[np.ndarray, "units units"]) -> float:
    links = graph.astype(np.float64)
    degree = links.sum(0)
    triangles = np.einsum("ij,ij->i", links @ links, links)
    return float(np.mean(triangles / np.maximum(degree * (degree - 1), 1)))


def _path_length(graph: Bool[np.ndarray, "units units"]) -> float | None:
    """Return the mean length of shortest paths, by breadth-first search from all units at once."""
    links = graph.astype(np.float32)
    reached, front = np.eye(len(graph), dtype=bool), np.eye(len(graph), dtype=bool)
    steps, total, pairs = 0, 0, 0
    while front.any():
        steps += 1
        front = (front.astype(np.float32) @ links > 0) & ~reached
        reached |= front
        total, pairs = total + steps * int(front.sum()), pairs + int(front.sum())
    return total / pairs if pairs else None


def _positions(grid: tuple[int, ...]) -> Float[np.ndarray, "cells axes"]:
    """Return the centres of the cells of a grid whose sides have length 1, ``(cells, axes)``."""
    axes = [(np.arange(size) + 0.5) / size for size in grid]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(grid))  # (units, axes of the grid)


def _apart(
    inputs: Float[np.ndarray, "features axes"], units: Float[np.ndarray, "units axes"]
) -> Float[np.ndarray, "features units"]:
    return np.sqrt(np.sum((inputs[:, None] - units[None]) ** 2, -1))


def _require_share(owner: str, name: str, value: float) -> None:
    if not 0 < value <= 1:
        raise InvalidValue(f"{owner}({name}={value!r}): expected a probability above 0 and up to 1.")
