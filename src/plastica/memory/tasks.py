"""Tasks that need memory: sequences from a generator, with the scores of chance and of a perfect memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..errors import InvalidValue
from ..registry import look_up
from ..typing import Float, Num

REBER_TRANSITIONS = {
    # state: ((symbol, next state), ...); Reber 1967, in the form of Hochreiter, Schmidhuber 1997, figure 3.
    0: (("T", 1), ("P", 2)),
    1: (("S", 1), ("X", 3)),
    2: (("T", 2), ("V", 4)),
    3: (("X", 2), ("S", 5)),
    4: (("P", 3), ("V", 5)),
}
REBER_END, REBER_SYMBOLS = 5, "BTSXPVE"


class MemoryTask(NamedTuple):
    """Sequences and what to answer.

    Attributes:
        name: The name of the task.
        x: Inputs.
        y: Targets: a number, the index of a class, or a class for each step.
        classes: The number of classes; 0 for a number.
        chance: The mean squared error or accuracy without memory.
        solved: The score from which the task counts as solved.
        source: Where the task comes from.
    """

    name: str
    x: Float[np.ndarray, "rows time features"]
    y: Num[np.ndarray, "rows *answers"]
    classes: int
    chance: float
    solved: float
    source: str

    @property
    def at_every_step(self) -> bool:
        """Whether an answer is due at every step."""
        return self.y.ndim == 2 and self.classes > 0

    def is_solved(self, score: float) -> bool:
        """Return whether a score, an error or an accuracy, solves the task."""
        return score >= self.solved if self.classes else score <= self.solved


def make_task(name: str, rows: int, length: int = 50, seed: int = 0) -> MemoryTask:
    """Return a task with random sequences.

    Args:
        name: ``"adding"``, ``"multiplication"``: the sum or product of two marked numbers; ``"copy"``: ten symbols
            after a delay of ``length``; ``"temporal_order"``: which of two symbols came first and second, among
            distractors; ``"temporal_order_3"``: the same with three; ``"latch"``: the first of two symbols, after
            noise-free steps; ``"delayed_match"``: whether a symbol equals the one before a delay; ``"parity"`` of all
            bits; ``"two_back"``: whether each symbol equals that two steps before; ``"associative_recall"``: what
            followed a symbol earlier; ``"reber"``: the symbol before the last of the embedded Reber grammar, which
            repeats the second.
        rows: The number of sequences.
        length: The number of steps; of the delay for ``"copy"``. The lengths of Reber strings vary, and are padded.
        seed: The random seed.

    Raises:
        UnknownName: If no task has this name.
        InvalidValue: If there is no row, or the task needs more steps.
    """
    task = look_up("task", name, TASKS)
    if rows < 1 or length < task.shortest:
        raise InvalidValue(f"make_task({name!r}, rows={rows}, length={length}): at least 1 row, {task.shortest} steps.")
    return task.make(np.random.default_rng(seed), rows, length)._replace(name=name)


def adding(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """Two of many numbers in [0, 1] are marked, one in each half; the target is their sum."""
    x, y = _marked(rng, rows, time, np.add)
    # Guessing the mean, 1, leaves the variance of a sum of two uniform numbers.
    return MemoryTask("", x, y, 0, 1 / 6, 0.04, "Hochreiter, Schmidhuber 1997, experiment 4; Le, Jaitly, Hinton 2015")


def multiplication(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """As adding, with the product."""
    x, y = _marked(rng, rows, time, np.multiply)
    return MemoryTask("", x, y, 0, 7 / 144, 7 / 144 / 4, "Hochreiter, Schmidhuber 1997, experiment 5")


def copy(rng: np.random.Generator, rows: int, delay: int) -> MemoryTask:
    """Ten of eight symbols are to be repeated after a delay and a signal; elsewhere the answer is blank."""
    symbols, blank, signal = rng.integers(0, 8, (rows, 10)), 8, 9
    given, asked = np.full((rows, delay + 20), blank), np.full((rows, delay + 20), blank)
    given[:, :10], given[:, delay + 9], asked[:, delay + 10 :] = symbols, signal, symbols
    # Without memory the blanks are right and one of eight symbols.
    chance = (delay + 10 + 10 / 8) / (delay + 20)
    return MemoryTask("", _one_hot(given, 10), asked, 9, chance, 0.999, "Arjovsky, Shah, Bengio 2016, section 4.1")


def temporal_order(rng: np.random.Generator, rows: int, time: int, symbols: int = 2) -> MemoryTask:
    """Symbols X or Y stand at places among distractors; the class is their order."""
    kinds, given = rng.integers(0, 2, (rows, symbols)), rng.integers(2, 6, (rows, time))
    width = time // (2 * symbols)  # places vary within the first half of each part, so that they never meet
    for each in range(symbols):
        places = each * (time // symbols) + rng.integers(0, width, rows)
        given[np.arange(rows), places] = kinds[:, each]
    y = kinds @ 2 ** np.arange(symbols)
    return MemoryTask("", _one_hot(given, 6), y, 2**symbols, 0.5**symbols, 0.99, "Hochreiter, Schmidhuber 1997, exp. 6")


def latch(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """The first symbol, 0 or 1, is to be named after always the same symbols."""
    y = rng.integers(0, 2, rows)
    given = np.tile(np.arange(time) % 3 + 2, (rows, 1))
    given[:, 0] = y
    return MemoryTask("", _one_hot(given, 5), y, 2, 0.5, 0.99, "Hochreiter, Schmidhuber 1997, experiment 2")


def delayed_match(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """A sample of four symbols, a delay of noise, and a test: the same or another."""
    same, sample = rng.integers(0, 2, rows), rng.integers(0, 4, rows)
    test = np.where(same, sample, (sample + rng.integers(1, 4, rows)) % 4)
    x = np.concatenate([np.zeros((rows, time, 4)), rng.normal(0, 0.1, (rows, time, 1))], 2)
    x[np.arange(rows), 0, sample], x[np.arange(rows), -1, test] = 1, 1
    return MemoryTask("", x.astype(np.float32), same, 2, 0.5, 0.99, "Blough 1959; Fuster, Alexander 1971")


def parity(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """Whether the number of ones among bits is odd."""
    bits = rng.integers(0, 2, (rows, time))
    return MemoryTask("", bits[:, :, None].astype(np.float32), bits.sum(1) % 2, 2, 0.5, 0.99, "Minsky, Papert 1969")


def two_back(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """At each step, whether the symbol is that of two steps before; a third of the steps are."""
    given = rng.integers(0, 6, (rows, time))
    repeat = rng.random((rows, time)) < (1 / 3 - 1 / 6) / (1 - 1 / 6)
    for step in range(2, time):
        given[:, step] = np.where(repeat[:, step], given[:, step - 2], given[:, step])
    y = np.zeros((rows, time), int)
    y[:, 2:] = given[:, 2:] == given[:, :-2]
    return MemoryTask("", _one_hot(given, 6), y, 2, 1 - (time - 2) / time / 3, 0.99, "Kirchner 1958")


def associative_recall(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """Pairs of a key and a value, and at last a key again: its value is asked for."""
    pairs = min(8, (time - 1) // 2)
    keys = np.argsort(rng.random((rows, 8)), 1)[:, :pairs]
    values, asked = rng.integers(0, 8, (rows, pairs)), rng.integers(0, pairs, rows)
    given = np.full((rows, 2 * pairs + 1), 0)
    given[:, 0:-1:2], given[:, 1:-1:2] = keys, values + 8
    given[:, -1] = keys[np.arange(rows), asked]
    y = values[np.arange(rows), asked]
    return MemoryTask("", _one_hot(given, 16), y, 8, 1 / 8, 0.99, "Graves, Wayne, Danihelka 2014, section 4.3")


def reber(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """Strings of the embedded Reber grammar up to the last but one symbol, T or P, which repeats the second."""
    strings = [embedded_reber(rng) for _ in range(rows)]
    while any(len(each) - 2 > time for each in strings):
        strings = [each if len(each) - 2 <= time else embedded_reber(rng) for each in strings]
    x = np.zeros((rows, time, len(REBER_SYMBOLS)), np.float32)
    for row, string in enumerate(strings):
        shown = [REBER_SYMBOLS.index(symbol) for symbol in string[:-2]]
        x[row, time - len(shown) + np.arange(len(shown)), shown] = 1  # padded in front, so that the answer is due last
    y = np.array([string[-2] == "P" for string in strings], int)
    return MemoryTask("", x, y, 2, 0.5, 0.99, "Reber 1967; Hochreiter, Schmidhuber 1997, experiment 1")


def embedded_reber(rng: np.random.Generator) -> str:
    """Return a string of the embedded Reber grammar: B, T or P, a Reber string, the same T or P, E."""
    state, inner = 0, "B"
    while state != REBER_END:
        symbol, state = REBER_TRANSITIONS[state][rng.integers(0, 2)]
        inner += symbol
    outer = "TP"[rng.integers(0, 2)]
    return f"B{outer}{inner}E{outer}E"


def _marked(
    rng: np.random.Generator, rows: int, time: int, join: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> tuple[Float[np.ndarray, "rows time two"], Float[np.ndarray, "rows one"]]:
    values, marks = rng.random((rows, time)), np.zeros((rows, time))
    places = rng.integers(0, time // 2, rows), rng.integers(time // 2, time, rows)
    row = np.arange(rows)
    for place in places:
        marks[row, place] = 1
    y = join(values[row, places[0]], values[row, places[1]])
    return np.stack([values, marks], 2).astype(np.float32), y[:, None].astype(np.float32)


def _one_hot(given: Num[np.ndarray, "rows time"], count: int) -> Float[np.ndarray, "rows time symbols"]:
    return np.eye(count, dtype=np.float32)[given]


class _Maker(NamedTuple):
    make: Callable[[np.random.Generator, int, int], MemoryTask]
    shortest: int


def _three(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    return temporal_order(rng, rows, time, 3)


TASKS = {
    "adding": _Maker(adding, 2),
    "multiplication": _Maker(multiplication, 2),
    "copy": _Maker(copy, 1),
    "temporal_order": _Maker(temporal_order, 4),
    "temporal_order_3": _Maker(_three, 6),
    "latch": _Maker(latch, 2),
    "delayed_match": _Maker(delayed_match, 2),
    "parity": _Maker(parity, 2),
    "two_back": _Maker(two_back, 3),
    "associative_recall": _Maker(associative_recall, 5),
    "reber": _Maker(reber, 12),
}
