"""Diehl and Cook's network, which learns digits from spikes without labels."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from contextlib import nullcontext

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ..declaration import Declaration, declaration
from ..errors import DataError, InvalidValue
from ..layers.spiking.units_of_measure import StaticTime, whole_steps
from ..random import seed_key
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from ..storage import CheckpointFolder
from ..typing import Int
from .diehl_cook_network import DiehlCookNetwork, as_intensities, brightest
from .diehl_cook_program import THRESHOLD, THRESHOLD_BEGIN, DiehlCookWeights, learn

CHUNK = 500  # pictures of a call; between calls progress is shown and checkpoints are written


@declaration
class DiehlCook(Declaration):
    """Diehl and Cook's unsupervised network of spiking neurons: inputs, excitatory units, and inhibition among them.

    Inputs spike at random, at rates that grow with their intensity. A unit that spikes inhibits all others, so that
    few answer to a picture; by spike-timing-dependent plasticity they come to look like what they answer to. A
    threshold that rises with each spike lets all units have their turn. Labels are used at the end only: each unit
    takes that of the class to which it answers most.

    Equations and numbers are those of the code that the authors published with the paper, with these differences:
    weights change at the end of each picture and not with each spike; the inhibitory partner of a unit, which spikes
    once for each of its spikes, is replaced by its effect one step later; connections have no delays, and in the 150 ms
    of rest after each picture thresholds fall and all but weights and thresholds begins anew. As in that code, a
    threshold begins at -52 mV and falls towards -72 mV for a unit that does not spike.

    When to use: for clusters of pictures by a local rule, and as a baseline of unsupervised learning with spikes.

    Args:
        units: The number of excitatory units.
        duration: How long a picture is shown, in milliseconds.
        dt: The duration of a step, in milliseconds; 0.5 in the paper.
        max_rate: The rate of an input of intensity 1, in spikes per second.
        learning_rate: What a spike of a unit adds to a weight at most; weights are from 0 to 1.
        depression: What a spike of an input takes from a weight at most.
        total: What the weights into a unit sum up to. None: a tenth of the number of inputs, 78.4 for 28 x 28 pixels,
            where that code has 78.
        inhibition: The conductance that a spike adds to all other units, in units of the leak.
        threshold_step: How far a spike lifts the threshold of its unit, in millivolts.
        threshold_tau: The time constant with which thresholds fall back, in milliseconds.

    Raises:
        InvalidValue: If a number is out of range, or the duration no whole number of steps.

    Example:
        >>> x, y = np.eye(4, dtype="float32").repeat(25, 1).repeat(10, 0), np.arange(4).repeat(10)  # four bars
        >>> network = DiehlCook(8, total=25.0).fit(x, y, epochs=5, verbose=0)
        >>> network.weights.shape, network.accuracy(x, y)
        ((100, 8), 1.0)

    Reference:
        P. U. Diehl, M. Cook, 2015, Unsupervised learning of digit recognition using spike-timing-dependent plasticity.
    """

    units: int = 400
    duration: StaticTime = 350.0
    dt: StaticTime = 1.0
    max_rate: float = 63.75
    learning_rate: float = 0.01
    depression: float = 0.0001
    total: float | None = None
    inhibition: float = 17.0
    threshold_step: float = 0.05
    threshold_tau: float = 1e7

    def __post_init__(self) -> None:
        if self.units < 1:
            raise InvalidValue(f"DiehlCook(units={self.units!r}): units must be a whole number of at least 1.")
        require_numbers(self, dict.fromkeys(("max_rate", "total", "threshold_tau"), ABOVE_ZERO))
        names = ("learning_rate", "depression", "inhibition", "threshold_step")
        require_numbers(self, dict.fromkeys(names, AT_LEAST_ZERO))
        if whole_steps("DiehlCook", "duration", self.duration, self.dt) < 1:
            raise InvalidValue("DiehlCook(duration=0): expected at least one step.")
        whole_steps("DiehlCook", "refractory period", 5.0, self.dt)

    @property
    def steps(self) -> int:
        """The number of steps for which a picture is shown."""
        return round(self.duration / self.dt)

    def fit(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        epochs: int = 1,
        label_rows: int = 10_000,
        seed: int = 0,
        folder: str | os.PathLike[str] | None = None,
        stop_after: int | None = None,
        verbose: int = 1,
    ) -> DiehlCookNetwork:
        """Learn from pictures without labels, then assign labels to units.

        Args:
            x: Pictures of any shape, ``(rows, ...)``: bytes, or numbers from 0 to 1.
            y: The class of each, whole numbers from 0; used only to assign labels after training.
            epochs: How often all pictures are shown; 3 in the paper for 400 units.
            label_rows: How many of the pictures assign labels, the last of ``x``.
            seed: The seed of weights, order and spikes.
            folder: Where checkpoints are written, and from where training goes on if it was interrupted.
            stop_after: End this call after so many pictures, to go on later from ``folder``. None: train to the end.
            verbose: Whether to show progress, on the error output.

        Raises:
            DataError: If pictures and classes do not belong together or are out of range.
            InvalidValue: If numbers are out of range, or ``folder`` has checkpoints of another training.
            FileError: If ``folder`` cannot be used.
        """
        intensities, classes = as_intensities(x), _as_classes(y)
        if len(classes) != len(intensities):
            raise DataError(f"DiehlCook.fit: got {len(intensities)} pictures and {len(classes)} classes.")
        if epochs < 1 or label_rows < 1:
            raise InvalidValue(f"DiehlCook.fit(epochs={epochs!r}, label_rows={label_rows!r}): expected at least 1.")
        with nullcontext() if folder is None else CheckpointFolder(folder) as checkpoints:
            run = _Training(self, intensities, epochs, seed, checkpoints)
            learned = run.to_end(stop_after, verbose)
        weights, thresholds = (np.asarray(each) for each in learned)
        network = DiehlCookNetwork(self, weights, thresholds, run.shown)
        return network.labelled(intensities[-label_rows:], classes[-label_rows:])

    def total_of(self, inputs: int) -> float:
        """Return what the weights of so many inputs into a unit sum up to."""
        return inputs / 10 if self.total is None else self.total


class _Training:
    """A training that can stop between pictures and go on."""

    def __init__(
        self, model: DiehlCook, intensities: np.ndarray, epochs: int, seed: int, checkpoints: CheckpointFolder | None
    ) -> None:
        self.model, self.intensities, self.epochs = model, intensities, epochs
        self.seed, self.checkpoints = seed, checkpoints
        self.active = int((intensities > 0).sum(1).max())
        digest = hashlib.sha256(intensities.tobytes()).hexdigest()
        # The lowest threshold is in it because earlier versions counted from another one.
        self.identity = {"model": repr(self.model), "pictures": digest, "seed": seed, "threshold": THRESHOLD}
        self.shown = 0

    def to_end(self, stop_after: int | None, verbose: int) -> DiehlCookWeights:
        """Show all pictures that are left, or as many as were asked for."""
        learned = self._begin()
        all_shown = self.epochs * len(self.intensities)
        end = all_shown if stop_after is None else min(all_shown, self.shown + stop_after)
        begun, at_first = time.monotonic(), self.shown
        while self.shown < end:
            rows = self._next(end)
            shown = brightest(self.intensities[rows], self.active)
            learned, spikes = learn(self.model, learned, shown, seed_key(self.seed), jnp.int32(self.shown))
            self.shown += len(rows)
            if self.checkpoints is not None:
                self.checkpoints.save(self.shown, learned._asdict(), dict(self.identity))
            if verbose:
                speed = (self.shown - at_first) / (time.monotonic() - begun)
                _tell(self.shown, all_shown, float(spikes.mean()), speed, self.shown >= end)
        return learned

    def _begin(self) -> DiehlCookWeights:
        found = None if self.checkpoints is None else self.checkpoints.latest()
        if found is None:
            drawn = np.random.default_rng(self.seed).random((self.intensities.shape[1], self.model.units), np.float32)
            return DiehlCookWeights(jnp.asarray(0.3 * drawn), jnp.full(self.model.units, THRESHOLD_BEGIN))
        if found.document != self.identity:
            raise InvalidValue(
                "DiehlCook.fit: the folder has checkpoints of a training with another model, other pictures or another "
                "seed. Give another folder."
            )
        self.shown = found.step
        return DiehlCookWeights(*(jnp.asarray(found.arrays[name]) for name in DiehlCookWeights._fields))

    def _next(self, end: int) -> Int[np.ndarray, "rows"]:
        """Return the next pictures, in the order of their epoch."""
        epoch, place = divmod(self.shown, len(self.intensities))
        order = np.random.default_rng((self.seed, epoch)).permutation(len(self.intensities))
        return order[place : place + min(CHUNK, end - self.shown)]


def _tell(shown: int, of: int, spikes: float, speed: float, last: bool) -> None:
    text = f"\r{shown:,} of {of:,} pictures, {spikes:.1f} spikes for each, {speed:.0f} a second"
    sys.stderr.write(text + ("\n" if last else ""))
    sys.stderr.flush()


def _as_classes(y: ArrayLike) -> Int[np.ndarray, "rows"]:
    given = np.asarray(y)
    if given.ndim != 1 or not np.issubdtype(given.dtype, np.integer) or given.min(initial=0) < 0:
        raise DataError(
            f"DiehlCook: got classes of shape {given.shape} and type {given.dtype}; expected whole numbers from 0, one "
            "for each picture."
        )
    return given
