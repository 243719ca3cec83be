"""Renumbering the hidden units of a network so that they correspond to those of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from ..ensembles.copying import as_models, copy_of
from ..errors import InvalidValue
from ..model import Model
from ..typing import Float, Int
from .permutations import UnitAxes, UnitAxis, leaves_of, renumbered, unit_axes

SWEEPS = 100  # of weight matching, which ends after some ten
CHECKED_ROWS = 16
TOLERANCE = 1e-3  # of answers, relative to the largest; a renumbered sum differs by rounding only

Order = Int[np.ndarray, "units"]


@dataclass(frozen=True, eq=False)
class UnitMatch:
    """A network with its hidden units in the order of another's.

    Attributes:
        model: The network; it answers as before.
        orders: For each hidden layer, which unit stands at each place.
        similarity: The cosine of the weights of the two networks before and after.
    """

    model: Model
    orders: tuple[Order, ...]
    similarity: tuple[float, float]

    def __repr__(self) -> str:
        before, after = self.similarity
        moved = sum(int((order != np.arange(len(order))).sum()) for order in self.orders)
        total = sum(map(len, self.orders))
        return f"{moved} of {total} hidden units moved; cosine of the weights {before:.3f} before, {after:.3f} after"


def match_units(reference: Model, model: Model, x: object, *, seed: int = 0) -> UnitMatch:
    """Renumber the hidden units of a network so that its weights are as near as possible to those of another.

    Use it before weights of networks with different initial weights are compared, averaged or connected: the order of
    hidden units is arbitrary, and two networks that compute the same may have no weight in common.

        maximize  sum_l  <W_l^A, P_l W_l^B P_{l-1}'>

    over the permutations P of each hidden layer, one layer after another until none changes.

    Args:
        reference: The network whose order is taken.
        model: The network that is renumbered; a new model is returned.
        x: Some inputs, by which shapes are known and the answers are compared.
        seed: The seed of the order in which layers are visited.

    Raises:
        InvalidValue: If the layers do not follow one another, or units of a layer cannot be renumbered.
        ShapeError: If the networks differ.

    Reference:
        S. Ainsworth, J. Hayase, S. Srinivasa (2023), Git Re-Basin: merging models modulo permutation symmetries,
        section 3.2, algorithm 1 (weight matching).
    """
    first, second = as_models("match_units", [reference, model])
    some = np.asarray(x)[:CHECKED_ROWS]
    axes = unit_axes("match_units", second, some)
    _, _, ours = leaves_of(first)
    params, state, theirs = leaves_of(second)
    arrays = list(dict.fromkeys(axis.array for axis in axes.axes if axis.array[1] == "params"))
    pairs = [(array, ours(array).get(array[2]), theirs(array)[array[2]]) for array in arrays]
    if wrong := [array for array, one, other in pairs if one is None or one.shape != other.shape]:
        raise InvalidValue(f"match_units: the networks differ in {wrong[0][2]!r} of layer {wrong[0][0]}.")
    matching = _Matching(axes, {array: (one, other) for array, one, other in pairs if one is not None})
    before = matching.similarity()
    matching.run(np.random.default_rng(seed))
    for array in dict.fromkeys(axis.array for axis in axes.axes):
        held = theirs(array)
        held[array[2]] = _in_order(held[array[2]], [axis for axis in axes.axes if axis.array == array], matching.orders)
    made = copy_of(second)
    made.replace_weights(params, state)
    _check(second, made, some)
    return UnitMatch(made, tuple(matching.orders), (before, matching.similarity()))


@dataclass(eq=False)
class _Matching:
    """Weight matching: the arrays of both networks by name, and the order found so far."""

    axes: UnitAxes
    arrays: dict[tuple[int, str, str], tuple[np.ndarray, np.ndarray]]

    def __post_init__(self) -> None:
        self.orders: list[Order] = [np.arange(count) for count in self.axes.units]

    def run(self, random: np.random.Generator) -> None:
        """Improve the order of one layer after another until none changes."""
        from scipy.optimize import linear_sum_assignment

        for _ in range(SWEEPS):
            changed = False
            for group in random.permutation(len(self.orders)):
                gain = self._gain(int(group))
                _, order = linear_sum_assignment(gain, maximize=True)
                # Equal gains keep the order, so that the sweeps end.
                old = self.orders[group]
                places = np.arange(len(order))
                if gain[places, order].sum() > gain[places, old].sum() + 1e-9 * np.abs(gain).max():
                    self.orders[group], changed = order, True
            if not changed:
                return

    def _gain(self, group: int) -> Float[np.ndarray, "units units"]:
        """Return how much each unit of the model would add to the inner product at each place."""
        count = self.axes.units[group]
        total = np.zeros((count, count))
        for axis in self.axes.of_group(group):
            if axis.array not in self.arrays:
                continue
            one, other = self.arrays[axis.array]
            beside = [each for each in self.axes.axes if each.array == axis.array and each.axis != axis.axis]
            total += (
                _by_unit(one, axis.axis, count) @ _by_unit(_in_order(other, beside, self.orders), axis.axis, count).T
            )
        return total

    def similarity(self) -> float:
        """Return the cosine of the weights in the present order."""
        product = ours = theirs = 0.0
        for array, (one, other) in self.arrays.items():
            put = _in_order(other, [axis for axis in self.axes.axes if axis.array == array], self.orders)
            product += float(np.sum(one * put, dtype=np.float64))
            ours += float(np.sum(one.astype(np.float64) ** 2))
            theirs += float(np.sum(put.astype(np.float64) ** 2))
        return product / max(np.sqrt(ours * theirs), 1e-30)


def _by_unit(array: np.ndarray, axis: int, count: int) -> Float[np.ndarray, "units rest"]:
    """Return all numbers that belong to each unit."""
    front = np.moveaxis(array.astype(np.float64), axis, 0)
    runs = front.reshape(-1, count, *front.shape[1:])  # (runs, units, ...): units are numbered fastest
    return np.moveaxis(runs, 1, 0).reshape(count, -1)


def _in_order(array: np.ndarray, axes: Sequence[UnitAxis], orders: Sequence[Order]) -> np.ndarray:
    for axis in axes:
        array = np.take(array, renumbered(orders[axis.group], array.shape[axis.axis]), axis.axis)
    return array


def _check(before: Model, after: Model, x: np.ndarray) -> None:
    """Refuse a renumbered network that answers otherwise: a layer then treats its units differently."""
    old, new = (_answers(each, x) for each in (before, after))
    if not np.abs(old - new).max() <= TOLERANCE * max(float(np.abs(old).max()), 1e-6):
        raise InvalidValue(
            "match_units: with its units in another order the network answers otherwise, since a layer treats them "
            "differently, such as one with drawn connections or with positions."
        )


def _answers(model: Model, x: np.ndarray) -> Float[np.ndarray, "rows outputs"]:
    answering, params, state, memory = model.answering()
    return np.asarray(answering.respond(params, state, memory, answering.cast_inputs(jnp.asarray(x))), np.float64)
