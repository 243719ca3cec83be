"""The embedded Reber grammar: the last symbol but one repeats the second, whatever stands between them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...typing import Float, Int, Num
from .memory_task import MemoryTask

TRANSITIONS = {
    # state: ((symbol, next state), ...); Reber 1967, in the form of Hochreiter, Schmidhuber 1997, figure 3.
    0: (("T", 1), ("P", 2)),
    1: (("S", 1), ("X", 3)),
    2: (("T", 2), ("V", 4)),
    3: (("X", 2), ("S", 5)),
    4: (("P", 3), ("V", 5)),
}
END, SYMBOLS = 5, "BTSXPVE"


class Automaton(NamedTuple):
    """The embedded grammar as states with two equally likely ways out each, which are equal where there is only one.

    State 0 is before the first B. Behind the last E, it is 0 again: strings follow each other without end.

    Attributes:
        symbols: The symbol of each way.
        following: The state that it leads to.
        legal: Which symbols are possible in each state.
    """

    symbols: Int[np.ndarray, "states two"]
    following: Int[np.ndarray, "states two"]
    legal: Float[np.ndarray, "states symbols"]


def automaton() -> Automaton:
    """Return the automaton: B, T or P, and for each of the two the states of B, Reber's string, E, the same, E."""
    ways: list[list[tuple[str, int]]] = [[("B", 1)], [("T", 2), ("P", 11)]]
    for outer, first in (("T", 2), ("P", 11)):
        inside = first + 1  # the states of Reber's grammar are inside + 0 to 4, its end is inside + 5
        ways.append([("B", inside)])
        ways += [[(symbol, inside + state) for symbol, state in TRANSITIONS[each]] for each in range(END)]
        ways += [[("E", inside + END + 1)], [(outer, inside + END + 2)], [("E", 0)]]
    both = [each * (2 // len(each)) for each in ways]
    symbols = np.array([[SYMBOLS.index(symbol) for symbol, _ in each] for each in both])
    following = np.array([[state for _, state in each] for each in both])
    legal = np.zeros((len(ways), len(SYMBOLS)), np.float32)
    for place in (0, 1):
        legal[np.arange(len(ways)), symbols[:, place]] = 1
    return Automaton(symbols, following, legal)


def reber(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """Strings of the embedded Reber grammar up to the last but one symbol, T or P, which repeats the second."""
    strings = [embedded_string(rng) for _ in range(rows)]
    while any(len(each) - 2 > time for each in strings):
        strings = [each if len(each) - 2 <= time else embedded_string(rng) for each in strings]
    x = np.zeros((rows, time, len(SYMBOLS)), np.float32)
    for row, string in enumerate(strings):
        shown = [SYMBOLS.index(symbol) for symbol in string[:-2]]
        x[row, time - len(shown) + np.arange(len(shown)), shown] = 1  # padded in front, so that the answer is due last
    y = np.array([string[-2] == "P" for string in strings], int)
    source = "Reber 1967; Hochreiter, Schmidhuber 1997, experiment 1"
    return MemoryTask("", x, y, 2, 0.5, float(np.log(2)), 1.0, 0.99, source)


def embedded_reber(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """Strings of the embedded grammar: after each symbol, which ones are possible next."""
    x, y, weights = _walked(rng, rows, time, endless=False)
    chance, loss = memoryless(time, endless=False)
    source = "Reber 1967; Hochreiter, Schmidhuber 1997, experiment 1"
    return MemoryTask("", x, y, len(SYMBOLS), chance, loss, 1.0, 0.999, source, weights)


def continual_reber(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """Strings of the embedded grammar one after another, without a mark of where one ends."""
    x, y, _ = _walked(rng, rows, time, endless=True)
    chance, loss = memoryless(time, endless=True)
    source = "Gers, Schmidhuber, Cummins 2000, section 4.2"
    return MemoryTask("", x, y, len(SYMBOLS), chance, loss, 1.0, 0.999, source)


def embedded_string(rng: np.random.Generator) -> str:
    """Return a string of the embedded Reber grammar: B, T or P, a Reber string, the same T or P, E."""
    state, inner = 0, "B"
    while state != END:
        symbol, state = TRANSITIONS[state][rng.integers(0, 2)]
        inner += symbol
    outer = "TP"[rng.integers(0, 2)]
    return f"B{outer}{inner}E{outer}E"


def memoryless(time: int, *, endless: bool) -> tuple[float, float]:
    """Return the fraction of steps that the current symbol alone tells, and the cross-entropy of the best guess.

    The distribution over states is followed exactly from step to step.

    Args:
        time: The number of steps.
        endless: Whether strings follow each other; otherwise each ends, and the steps behind it do not count.
    """
    ways = automaton()
    states = len(ways.legal)
    here, seen = np.eye(states)[0], np.zeros((len(SYMBOLS), states))  # how often a symbol leads to a state
    for _ in range(time):
        new = np.zeros(states)
        for place in (0, 1):
            np.add.at(new, ways.following[:, place], here / 2)
            np.add.at(seen, (ways.symbols[:, place], ways.following[:, place]), here / 2)
        if not endless:
            seen[:, 0] = new[0] = 0  # behind the end of a string, nothing is asked for
        here = new
    right = entropy = 0.0
    for counts in seen:
        answers, number = np.unique(ways.legal, axis=0, return_inverse=True)
        right += np.bincount(number.ravel(), counts, len(answers)).max()
        share = np.clip(counts @ ways.legal / max(counts.sum(), 1e-30), 1e-15, 1 - 1e-15)
        entropy -= counts.sum() * (share * np.log(share) + (1 - share) * np.log(1 - share)).mean()
    return float(right / seen.sum()), float(entropy / seen.sum())


def _walked(
    rng: np.random.Generator, rows: int, time: int, *, endless: bool
) -> tuple[
    Float[np.ndarray, "rows time symbols"], Num[np.ndarray, "rows time symbols"], Float[np.ndarray, "rows time"]
]:
    """Return symbols, those possible next, and whether an answer is due: before the end of the first string."""
    ways = automaton()
    x = np.zeros((rows, time, len(SYMBOLS)), np.float32)
    y, due = np.zeros_like(x), np.ones((rows, time), np.float32)
    state, going = np.zeros(rows, int), np.ones(rows, bool)
    for step in range(time):
        place = rng.integers(0, 2, rows)
        x[np.arange(rows), step, ways.symbols[state, place]] = 1
        state = ways.following[state, place]
        going &= endless | (state != 0)
        y[:, step] = ways.legal[state] * going[:, None]
        x[:, step] *= going[:, None]
        due[:, step] = going
    return x, y, due
