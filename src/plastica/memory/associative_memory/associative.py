"""Associative memories: patterns are stored, and recalled from a part of them or with errors."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, Self

import jax.numpy as jnp
import numpy as np
from jax import Array

from ... import random
from ...errors import InvalidValue, ShapeError
from ...layers.kernels.attractors import ASYNCHRONOUS, UPDATES, Dynamics, settle
from ...typing import Bool, Float, Int, PyTree, Shaped
from .patterns import TwoValues, nothing_stored, read_patterns, read_probes

if TYPE_CHECKING:
    from ...drawing.figure import Drawing

MOST_SWEEPS = 100  # far more than a state needs below capacity, which is some ten


class RecalledPatterns(NamedTuple):
    """What a memory recalls.

    Attributes:
        states: The last states, in the values and the shape of the stored patterns.
        energies: The energy at the start and after each sweep; after the last one it stays.
        sweeps: The number of sweeps that changed a state.
        at_rest: Whether the state no longer changed.
        nearest: The number of the stored pattern with the largest overlap.
        overlap: The overlap with it, the mean product of signs: 1 for equal patterns, 0 for unrelated ones.
        probes: Where recall started.
        stored: The nearest stored patterns.
    """

    states: Shaped[np.ndarray, "probes *shape"]
    energies: Float[np.ndarray, "moments probes"]
    sweeps: Int[np.ndarray, "probes"]
    at_rest: Bool[np.ndarray, "probes"]
    nearest: Int[np.ndarray, "probes"]
    overlap: Float[np.ndarray, "probes"]
    probes: Shaped[np.ndarray, "probes *shape"]
    stored: Shaped[np.ndarray, "probes *shape"]

    def plot(self, path: str | os.PathLike[str] | None = None, most: int = 8) -> Drawing:
        """Draw stored patterns, probes and what was recalled, as images if they have two axes; and the energies.

        Args:
            path: A file ending in ``.svg``, ``.png`` or ``.pdf``. None writes none.
            most: The largest number of probes to draw.
        """
        from .picture import draw_recall

        rows = {"stored": self.stored, "probe": self.probes, "recalled": self.states}
        shown = {name: patterns[:most] for name, patterns in rows.items()}
        return draw_recall(shown, self.overlap[:most], self.energies[:, :most]).save(path)


class AssociativeMemory:
    """Base class of memories of patterns of two values.

    A subclass has ``dynamics`` and makes what it keeps of the patterns in ``_learn``.
    """

    dynamics: Dynamics

    def __init__(self) -> None:
        self._patterns: Float[np.ndarray, "patterns units"] | None = None
        self._values: TwoValues | None = None
        self._memory: PyTree = None

    def __repr__(self) -> str:
        """Show the options and how much is stored."""
        stored = self._patterns
        held = "nothing stored" if stored is None else f"{len(stored)} patterns of {stored.shape[1]} units"
        return f"<{self._written()}: {held}>"

    @property
    def holds(self) -> bool:
        """Whether any pattern is stored."""
        return self._patterns is not None

    @property
    def patterns(self) -> Shaped[np.ndarray, "patterns *shape"]:
        """The stored patterns, as they were given.

        Raises:
            NotFitted: If none is stored.
        """
        signs, values, _ = self._held("patterns")
        return values.restore(signs)

    def store(self, patterns: object) -> Self:
        """Store patterns beside those that are stored already.

        Args:
            patterns: Patterns of two values, ``(patterns, ...)``: -1 and 1, 0 and 1, or False and True. Those of images
                may keep their axes.

        Raises:
            DataError: If patterns differ in length or have more than two values.
            ShapeError: If they do not have the shape of those stored before.
            InvalidValue: If the memory cannot hold as many.
        """
        owner = f"{type(self).__name__}.store"
        if self._values is None:
            signs, values = read_patterns(patterns, owner)
        else:
            values = self._values
            signs = np.concatenate([self._held(owner)[0], read_probes(patterns, values, owner)])
        self._check(signs)
        self._patterns, self._values, self._memory = signs, values, self._learn(jnp.asarray(signs))
        return self

    def recall(
        self,
        probes: object,
        update: str = ASYNCHRONOUS,
        *,
        temperature: float = 0.0,
        sweeps: int = MOST_SWEEPS,
        seed: int = 0,
    ) -> RecalledPatterns:
        """Let each probe settle, and compare where it arrives with the stored patterns.

        Args:
            probes: Initial states, in the values and the shape of the stored patterns.
            update: ``"asynchronous"``, one unit after another in a random order, by which the energy never rises; or
                ``"synchronous"``, all at once, which may end in a cycle of two states.
            temperature: Above 0 units are drawn with a probability that depends on their field, and do not come to
                rest; 1 is where a memory that holds few patterns loses them.
            sweeps: The largest number of sweeps over all units.
            seed: The random seed of the order and of the draws.

        Raises:
            NotFitted: If nothing is stored.
            InvalidValue: If the update is unknown, the temperature is negative or there is no sweep.
            ShapeError, DataError: If the probes are unlike the stored patterns.
        """
        owner = f"{type(self).__name__}.recall"
        signs, values, memory = self._held(owner)
        start = read_probes(probes, values, owner)
        if update not in UPDATES:
            raise InvalidValue(f"{owner}(update={update!r}): expected one of {', '.join(UPDATES)}.")
        if not (temperature >= 0 and np.isfinite(temperature)):
            raise InvalidValue(f"{owner}(temperature={temperature!r}): expected a number of at least 0.")
        if sweeps < 1:
            raise InvalidValue(f"{owner}(sweeps={sweeps!r}): at least one sweep.")
        settled = settle(
            self.dynamics,
            memory,
            jnp.asarray(start),
            random.seed_key(seed),
            temperature,
            update=update,
            most=sweeps,
            stochastic=temperature > 0,
        )
        return self._compared(*(np.asarray(each) for each in settled), start=start, signs=signs, values=values)

    def energy(self, states: object) -> Float[np.ndarray, "rows"]:
        """Return the energy of states, in the values and the shape of the stored patterns."""
        _, values, memory = self._held(f"{type(self).__name__}.energy")
        rows = read_probes(states, values, f"{type(self).__name__}.energy")
        return np.asarray(self.dynamics.energy(memory, jnp.asarray(rows).T))

    def overlaps(self, states: object) -> Float[np.ndarray, "rows patterns"]:
        """Return the overlap m of states with each stored pattern, the mean product of signs."""
        signs, values, _ = self._held(f"{type(self).__name__}.overlaps")
        return read_probes(states, values, f"{type(self).__name__}.overlaps") @ signs.T / signs.shape[1]

    def _compared(
        self,
        states: Float[np.ndarray, "probes units"],
        energies: Float[np.ndarray, "moments probes"],
        sweeps: Int[np.ndarray, "probes"],
        at_rest: Bool[np.ndarray, "probes"],
        *,
        start: Float[np.ndarray, "probes units"],
        signs: Float[np.ndarray, "patterns units"],
        values: TwoValues,
    ) -> RecalledPatterns:
        overlaps = states @ signs.T / signs.shape[1]
        nearest = overlaps.argmax(1)
        restored = (values.restore(each) for each in (start, signs[nearest]))
        ran = int(sweeps.max(initial=0)) + 1
        return RecalledPatterns(
            values.restore(states), energies[: ran + 1], sweeps, at_rest, nearest, overlaps.max(1), *restored
        )

    def _held(self, owner: str) -> tuple[Float[np.ndarray, "patterns units"], TwoValues, PyTree]:
        if self._patterns is None or self._values is None:
            raise nothing_stored(owner)
        return self._patterns, self._values, self._memory

    def _learn(self, patterns: Float[Array, "patterns units"]) -> PyTree:
        raise NotImplementedError

    def _check(self, patterns: Float[np.ndarray, "patterns units"]) -> None:
        if patterns.shape[1] < 2:
            raise ShapeError(f"{type(self).__name__}.store: patterns have 1 value; a memory needs at least 2 units.")

    def _written(self) -> str:
        return f"{type(self).__name__}()"
