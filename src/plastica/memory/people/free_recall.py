"""Free recall: serial position, first recalls and transitions, of people or of models, from one table of recalls."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np

from ...errors import DataError
from ...typing import Float, Int
from ..text_rows import rows_of_words

INTRUSION = -1  # a word that was not on the list, as in the data of the Penn laboratory
NOTHING = 0  # no further recall


class FreeRecall(NamedTuple):
    """Recalls of lists of the same length.

    Attributes:
        recalls: The serial position, from 1, of each recalled word in the order of recall; 0 after the last, -1 for
            words that were not on the list.
        length: The number of words of a list.
    """

    recalls: Int[np.ndarray, "trials outputs"]
    length: int

    def serial_position(self) -> Float[np.ndarray, "positions"]:
        """Return the probability of recall of each position of the list: primacy at its start, recency at its end."""
        words, counts = self.sequences()
        return np.bincount(words[np.arange(words.shape[1]) < counts[:, None]], minlength=self.length) / len(words)

    def first_recall(self) -> Float[np.ndarray, "positions"]:
        """Return the probability with which each position is recalled first, among trials with any recall.

        Reference:
            W. E. Hogan, 1975, Probed recall (the measure); M. W. Howard, M. J. Kahana, 1999, Contextual variability
            and serial position effects in free recall.
        """
        words, counts = self.sequences()
        firsts = words[counts > 0, 0]
        return np.bincount(firsts, minlength=self.length) / len(firsts)

    def lag_transitions(self) -> tuple[Int[np.ndarray, "lags"], Float[np.ndarray, "lags"]]:
        """Return lags and the conditional response probability of each (lag-CRP).

        How often a transition between positions i and j, of lag j - i, was made among those recalls at which it could
        have been made, that is at which j was not recalled yet. NaN for lags that were never possible.

        Reference:
            M. J. Kahana, 1996, Associative retrieval processes in free recall.
        """
        words, counts = self.sequences()
        rows, lags = np.arange(len(words)), np.arange(1 - self.length, self.length)
        made, possible = np.zeros(len(lags)), np.zeros(len(lags))
        left = np.ones((len(words), self.length), bool)
        for place in range(words.shape[1] - 1):
            on = counts > place + 1  # trials with another recall
            now, after = words[on, place], words[on, place + 1]
            left[rows[on], now] = False
            trial, position = np.nonzero(left[on])
            possible += np.bincount(position - now[trial] + self.length - 1, minlength=len(lags))
            made += np.bincount(after - now + self.length - 1, minlength=len(lags))
        with np.errstate(invalid="ignore"):
            found = made / possible
        return lags, np.where(lags == 0, np.nan, found)

    def sequences(self) -> tuple[Int[np.ndarray, "trials outputs"], Int[np.ndarray, "trials"]]:
        """Return recalled places from 0 without intrusions and repetitions, padded with 0, and how many there are."""
        told = (self.recalls > 0) & (self.recalls <= self.length)
        for output in range(1, self.recalls.shape[1]):
            told[:, output] &= ~(self.recalls[:, :output] == self.recalls[:, output, None]).any(1)
        counts = told.sum(1)
        words = np.zeros((len(told), max(int(counts.max(initial=0)), 1)), int)
        words[np.arange(words.shape[1]) < counts[:, None]] = self.recalls[told] - 1
        return words, counts


def read_free_recall(recalls: object, length: int | None = None) -> FreeRecall:
    """Check a table of recalls, or read it from a file.

    Args:
        recalls: ``(trials, outputs)``, the serial position of each recalled word in the order of recall, 0 after the
            last and -1 for intrusions, as in the data of the Computational Memory Lab of the University of
            Pennsylvania; or a text file of such rows, separated by spaces, tabs or commas.
        length: The number of words of a list. Default: the largest position.

    Raises:
        FileError: If the file cannot be read.
        DataError: If values are no whole numbers, a position is beyond the list, or nothing was recalled at all.
    """
    values = _from_file(recalls) if isinstance(recalls, str | os.PathLike) else np.asarray(recalls)
    if values.ndim != 2 or values.dtype.kind not in "iuf" or not np.array_equal(values, np.round(values)):
        raise DataError(f"recalls have the shape {values.shape}; expected whole numbers, (trials, recalls in order).")
    whole = values.astype(int)
    length = int(whole.max(initial=0)) if length is None else length
    if (beyond := np.argwhere((whole > length) | (whole < INTRUSION))).size:
        trial, output = beyond[0]
        raise DataError(
            f"trial {trial}, recall {output}: position {whole[trial, output]}; a list of {length} words has positions "
            f"1 to {length}, with 0 after the last recall and -1 for words that were not on it."
        )
    if not (whole > 0).any():
        raise DataError("no word of any list was recalled; there is nothing to analyse.")
    return FreeRecall(whole, length)


def _from_file(path: str | os.PathLike[str]) -> np.ndarray:
    rows = rows_of_words(path)
    try:
        numbers = [[int(float(each)) for each in words] for _, words in rows]
    except ValueError:
        raise DataError(f"{os.fspath(path)}: expected rows of whole numbers only, without a header.") from None
    longest = max(map(len, numbers), default=0)
    return np.array([row + [NOTHING] * (longest - len(row)) for row in numbers], int).reshape(-1, longest)
