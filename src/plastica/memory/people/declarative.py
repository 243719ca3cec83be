"""Declarative memory of ACT-R, in which what is recalled easily when it is practised is forgotten faster."""

from __future__ import annotations

import dataclasses

import numpy as np

from ...errors import DataError, InvalidValue
from ...typing import Float, Int
from .forgetting import recall_probability
from .free_recall import NOTHING, FreeRecall

PracticeTimes = Float[np.ndarray, "presentations"]
LATENCY = 1.0  # seconds to recall something of activation 0: ACT-R's default latency factor
BUFFER = 4  # words that are rehearsed at a time: J. G. W. Raaijmakers, R. M. Shiffrin, 1981, for SAM
YOUNGEST = (
    1.0  # seconds: where traces follow each other faster, activation and decay would raise each other without end
)


@dataclasses.dataclass(frozen=True)
class DeclarativeMemory:
    """Declarative memory of ACT-R with the spacing effect.

    Each presentation or recall of a fact leaves a trace, which fades as a power of its age:

        m(t) = ln sum_j b_j (t - t_j)^-d_j,   d_j = c exp(m(t_j)) + a
        P(recall) = 1 / (1 + exp((tau - m) / s))

    A trace fades faster if the fact was active as it was laid down, so that spaced practice lasts longer. With
    ``decay_scale=0, decay_intercept=0.5`` this is ACT-R's base-level learning, ``base_level_activation``.

    Args:
        decay_scale: c, how much activation adds to the decay, at least 0.
        decay_intercept: a, the decay of a first presentation, at least 0.
        threshold: tau, the activation at which half is recalled.
        noise: s, the scale of logistic noise, above 0.
        between_sessions: h, how fast time passes between sessions, compared with time in them: less happens that
            interferes. See :meth:`elapsed`.

    The defaults are the values that the authors fitted to recalls of Japanese and English words.

    Raises:
        InvalidValue: If a parameter is out of its range.

    Example:
        >>> memory = DeclarativeMemory()
        >>> massed, spaced = memory.recall([0, 10], 86400), memory.recall([0, 600], 86400)
        >>> massed < spaced
        True

    Reference:
        P. I. Pavlik, J. R. Anderson, 2005, Practice and forgetting effects on vocabulary memory: an activation-based
        model of the spacing effect, equations 3 to 6. b_j is of P. I. Pavlik, 2007.
    """

    decay_scale: float = 0.217
    decay_intercept: float = 0.177
    threshold: float = -0.704
    noise: float = 0.255
    between_sessions: float = 0.025

    def __post_init__(self) -> None:
        for name in ("decay_scale", "decay_intercept"):
            if not getattr(self, name) >= 0:
                raise InvalidValue(
                    f"DeclarativeMemory({name}={getattr(self, name)!r}): expected a number of at least 0."
                )
        for name in ("noise", "between_sessions"):
            if not getattr(self, name) > 0:
                raise InvalidValue(f"DeclarativeMemory({name}={getattr(self, name)!r}): expected a number above 0.")

    def decays(self, presentations: object, weights: object = 1.0) -> PracticeTimes:
        """Return the decay of the trace of each presentation.

        Args:
            presentations: The times of presentations in seconds, in ascending order.
            weights: b, the strength of each trace, such as more than 1 for recalls.

        Raises:
            DataError: If times are missing, not finite or not in ascending order, or weights do not match.
        """
        times, strength = _checked(presentations, weights)
        found = np.zeros(len(times))
        for place, time in enumerate(times):
            now = np.sum(strength[:place] * (time - times[:place]) ** -found[:place])
            found[place] = self.decay_scale * now + self.decay_intercept  # exp(m) is the sum itself
        return found

    def activation(self, presentations: object, at: float, weights: object = 1.0) -> float:
        """Return the activation at a time.

        Args:
            presentations: The times of presentations in seconds, in ascending order.
            at: The time, after all of them.
            weights: The strength of each trace.

        Raises:
            DataError: As for :meth:`decays`, or if the time is not after all presentations.
        """
        times, strength = _checked(presentations, weights)
        if not at > times[-1]:
            raise DataError(
                f"DeclarativeMemory: recall at {at:g} s; expected a time after the last presentation, {times[-1]:g} s."
            )
        return float(np.log(np.sum(strength * (at - times) ** -self.decays(times, strength))))

    def recall(self, presentations: object, at: float, weights: object = 1.0) -> float:
        """Return the probability of recall at a time; arguments and errors as for :meth:`activation`."""
        return recall_probability(self.activation(presentations, at, weights), self.threshold, self.noise)

    def elapsed(self, seconds: float) -> float:
        """Return how many seconds in a session a time between sessions amounts to."""
        return self.between_sessions * seconds

    def simulate(
        self, length: int = 16, trials: int = 1000, *, interval: float = 1.0, rehearsals: int = 3, seed: int = 0
    ) -> FreeRecall:
        """Return free recalls of simulated subjects, in the same format as those of people.

        Between two words, subjects rehearse words of a buffer of four, in which a new word takes the place of a random
        one; each rehearsal leaves a trace. Traces younger than a second count as a second old. Then they recall what is
        most active, with noise, until nothing not yet recalled is above the threshold; each recall takes exp(-m)
        seconds.

        Args:
            length: The number of words of a list.
            trials: The number of lists.
            interval: Seconds from word to word.
            rehearsals: How many words are rehearsed in each interval; 0 takes primacy away.
            seed: The random seed.

        Raises:
            InvalidValue: If there are no words or lists, the interval is not above 0 or rehearsals are negative.

        Reference:
            J. R. Anderson, D. Bothell, C. Lebiere, M. Matessa, 1998, An integrated theory of list memory (rehearsal).
        """
        if length < 1 or trials < 1 or not interval > 0 or rehearsals < 0:
            raise InvalidValue(
                f"DeclarativeMemory.simulate(length={length}, trials={trials}, interval={interval}, "
                f"rehearsals={rehearsals}): at least one word and list, an interval above 0, and 0 rehearsals or more."
            )
        rng = np.random.default_rng(seed)
        traces = _Traces(self, length, trials)
        buffers = np.zeros((trials, BUFFER), int)
        rows = np.arange(trials)
        for place in range(length):
            buffers[rows, rng.integers(0, BUFFER, trials) if place >= BUFFER else place] = place
            traces.add(np.full(trials, place), np.full(trials, place * interval))
            for step in range(rehearsals):
                word = buffers[rows, rng.integers(0, min(place + 1, BUFFER), trials)]
                traces.add(word, np.full(trials, (place + (step + 1) / (rehearsals + 1)) * interval))
        return FreeRecall(self._recalled(traces, np.full(trials, length * interval), rng), length)

    def _recalled(
        self, traces: _Traces, now: Float[np.ndarray, "trials"], rng: np.random.Generator
    ) -> Int[np.ndarray, "trials outputs"]:
        trials, length = traces.shape
        recalls = np.full((trials, length), NOTHING)
        left, active, rows = np.ones((trials, length), bool), np.ones(trials, bool), np.arange(trials)
        for output in range(length):
            noisy = traces.activation(now) + rng.logistic(0, self.noise, (trials, length))
            word = np.where(left, noisy, -np.inf).argmax(1)
            best = noisy[rows, word]
            active &= best > self.threshold
            recalls[active, output] = word[active] + 1
            left[rows, word] = False
            now = now + LATENCY * np.exp(-np.clip(best, -5, 5))
        return recalls


class _Traces:
    """The traces of the words of many lists."""

    def __init__(self, memory: DeclarativeMemory, length: int, trials: int) -> None:
        self.memory, self.shape = memory, (trials, length)
        self.rows = np.arange(trials)
        self.words: list[Int[np.ndarray, "trials"]] = []
        self.times: list[Float[np.ndarray, "trials"]] = []
        self.decays: list[Float[np.ndarray, "trials"]] = []

    def add(self, word: Int[np.ndarray, "trials"], time: Float[np.ndarray, "trials"]) -> None:
        now = self._sum(time)[self.rows, word]
        self.words.append(word)
        self.times.append(time)
        self.decays.append(self.memory.decay_scale * now + self.memory.decay_intercept)

    def activation(self, time: Float[np.ndarray, "trials"]) -> Float[np.ndarray, "trials positions"]:
        return np.log(self._sum(time))

    def _sum(self, time: Float[np.ndarray, "trials"]) -> Float[np.ndarray, "trials positions"]:
        total = np.zeros(self.shape)
        for word, then, decay in zip(self.words, self.times, self.decays, strict=True):
            total[self.rows, word] += np.maximum(time - then, YOUNGEST) ** -decay
        return total


def _checked(presentations: object, weights: object) -> tuple[PracticeTimes, PracticeTimes]:
    times = np.asarray(presentations, np.float64).ravel()
    if not len(times) or not np.isfinite(times).all() or not (np.diff(times) > 0).all():
        raise DataError("DeclarativeMemory: expected the times of presentations in seconds, in ascending order.")
    strength = np.asarray(weights, np.float64)
    if strength.ndim and strength.shape != times.shape:
        raise DataError(
            f"DeclarativeMemory: got {len(times)} presentations and {strength.size} weights; they are pairs."
        )
    if not (np.isfinite(strength).all() and (strength > 0).all()):
        raise DataError("DeclarativeMemory: weights of traces must be above 0.")
    return times, np.broadcast_to(strength, times.shape)
