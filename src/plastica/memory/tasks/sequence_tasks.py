"""Tasks with symbols and numbers: random sequences of which something must be kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...errors import InvalidValue
from ...typing import Float, Num
from .memory_task import MemoryTask

MATCHES = 1 / 3  # the share of n-back steps that match, as usual with people


def adding(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """Two of many numbers in [0, 1] are marked, one in each half; the target is their sum."""
    x, y = _marked(rng, rows, time, np.add)
    # Guessing the mean, 1, leaves the variance of a sum of two uniform numbers; solved as in 1997 (error .04).
    source = "Hochreiter, Schmidhuber 1997, experiment 4; Le, Jaitly, Hinton 2015"
    return MemoryTask("", x, y, 0, 1 / 6, 1 / 6, 0.0, 0.04, source)


def multiplication(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """As adding, with the product, whose variance is 1/9 - 1/16."""
    x, y = _marked(rng, rows, time, np.multiply)
    variance = 7 / 144
    source = "Hochreiter, Schmidhuber 1997, experiment 5"
    return MemoryTask("", x, y, 0, variance, variance, 0.0, variance / 4, source)


def copy(rng: np.random.Generator, rows: int, delay: int) -> MemoryTask:
    """Ten of eight symbols are to be repeated after a delay and a signal; elsewhere the answer is blank."""
    symbols, blank, signal = rng.integers(0, 8, (rows, 10)), 8, 9
    given, asked = np.full((rows, delay + 20), blank), np.full((rows, delay + 20), blank)
    given[:, :10], given[:, delay + 9], asked[:, delay + 10 :] = symbols, signal, symbols
    # Without memory the blanks are right and one of eight symbols.
    chance, loss = (delay + 10 + 10 / 8) / (delay + 20), 10 * np.log(8) / (delay + 20)
    source = "Arjovsky, Shah, Bengio 2016, section 4.1"
    return MemoryTask("", one_hot(given, 10), asked, 9, chance, loss, 1.0, 0.999, source)


def temporal_order(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """The order of two symbols."""
    return _ordered(rng, rows, time, 2)


def temporal_order_3(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """The order of three symbols."""
    return _ordered(rng, rows, time, 3)


def _ordered(rng: np.random.Generator, rows: int, time: int, symbols: int) -> MemoryTask:
    """Symbols X or Y stand at places among distractors; the class is their order."""
    kinds, given = rng.integers(0, 2, (rows, symbols)), rng.integers(2, 6, (rows, time))
    width = time // (2 * symbols)  # places vary within the first half of each part, so that they never meet
    for each in range(symbols):
        places = each * (time // symbols) + rng.integers(0, width, rows)
        given[np.arange(rows), places] = kinds[:, each]
    y = kinds @ 2 ** np.arange(symbols)
    return _of_last(one_hot(given, 6), y, 2**symbols, f"Hochreiter, Schmidhuber 1997, experiment 6{'ab'[symbols - 2]}")


def latch(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """The first symbol, 0 or 1, is to be named after three symbols that take turns."""
    y = rng.integers(0, 2, rows)
    given = np.tile(np.arange(time) % 3 + 2, (rows, 1))
    given[:, 0] = y
    return _of_last(one_hot(given, 5), y, 2, "Bengio, Simard, Frasconi 1994, section 3, without noise")


def noise_free(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """One of two sequences, x a_1 ... a_(p-1) x or y a_1 ... a_(p-1) y, without the last symbol, which is asked for.

    Each a_i is a symbol of its own. All other symbols can be predicted from the one before.
    """
    y = rng.integers(0, 2, rows)
    given = np.tile(np.arange(time) + 1, (rows, 1))
    given[:, 0] = y
    return _of_last(one_hot(given, time + 1), y, 2, "Hochreiter, Schmidhuber 1997, experiment 2a")


def delayed_match(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """A sample of four symbols, a delay of noise, and a test: the same or another."""
    same, sample = rng.integers(0, 2, rows), rng.integers(0, 4, rows)
    test = np.where(same, sample, (sample + rng.integers(1, 4, rows)) % 4)
    x = np.concatenate([np.zeros((rows, time, 4)), rng.normal(0, 0.1, (rows, time, 1))], 2)
    x[np.arange(rows), 0, sample], x[np.arange(rows), -1, test] = 1, 1
    return _of_last(x.astype(np.float32), same, 2, "Blough 1959; Fuster, Alexander 1971")


def parity(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """Whether the number of ones among bits is odd."""
    bits = rng.integers(0, 2, (rows, time))
    return _of_last(bits[:, :, None].astype(np.float32), bits.sum(1) % 2, 2, "Minsky, Papert 1969")


def n_back(rng: np.random.Generator, rows: int, time: int, n: int = 2, symbols: int = 6) -> MemoryTask:
    """At each step, whether the symbol is that of n steps before; a third of the steps are."""
    if not 1 <= n < time or symbols < 3:
        raise InvalidValue(
            f'make_task("n_back", n={n}, symbols={symbols}) with {time} steps: expected n from 1 to {time - 1}, and at '
            "least 3 symbols."
        )
    given = rng.integers(0, symbols, (rows, time))
    # Repeated on purpose, so that with the matches by chance, 1 / symbols, a third match.
    repeat = rng.random((rows, time)) < (MATCHES - 1 / symbols) / (1 - 1 / symbols)
    for step in range(n, time):
        given[:, step] = np.where(repeat[:, step], given[:, step - n], given[:, step])
    y = np.zeros((rows, time), int)
    y[:, n:] = given[:, n:] == given[:, :-n]
    share = (time - n) / time
    loss = -share * (MATCHES * np.log(MATCHES) + (1 - MATCHES) * np.log(1 - MATCHES))
    return MemoryTask("", one_hot(given, symbols), y, 2, 1 - share * MATCHES, float(loss), 1.0, 0.99, "Kirchner 1958")


def two_back(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """The n-back task with n = 2."""
    return n_back(rng, rows, time, 2)


def three_back(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """The n-back task with n = 3."""
    return n_back(rng, rows, time, 3)


def associative_recall(rng: np.random.Generator, rows: int, time: int) -> MemoryTask:
    """Pairs of a key and a value, and at last a key again: its value is asked for."""
    pairs = min(8, (time - 1) // 2)
    keys = np.argsort(rng.random((rows, 8)), 1)[:, :pairs]
    values, asked = rng.integers(0, 8, (rows, pairs)), rng.integers(0, pairs, rows)
    given = np.full((rows, 2 * pairs + 1), 0)
    given[:, 0:-1:2], given[:, 1:-1:2] = keys, values + 8
    given[:, -1] = keys[np.arange(rows), asked]
    y = values[np.arange(rows), asked]
    return _of_last(one_hot(given, 16), y, 8, "Graves, Wayne, Danihelka 2014, section 4.3")


def one_hot(given: Num[np.ndarray, "rows time"], count: int) -> Float[np.ndarray, "rows time symbols"]:
    """Return symbols as vectors with a single 1."""
    return np.eye(count, dtype=np.float32)[given]


def _of_last(
    x: Float[np.ndarray, "rows time features"], y: Num[np.ndarray, "rows"], classes: int, source: str
) -> MemoryTask:
    """Return a task with equally likely classes, of which the last input tells nothing."""
    return MemoryTask("", x, y, classes, 1 / classes, float(np.log(classes)), 1.0, 0.99, source)


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
