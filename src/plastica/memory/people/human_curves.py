"""What people remember: published curves, each with its source, and curves from a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import DataError
from ...registry import look_up
from ...typing import Float
from ..text_rows import rows_of_words
from .forgetting import EBBINGHAUS_MINUTES, EBBINGHAUS_SAVINGS

if TYPE_CHECKING:
    import polars

# 126 people aged 17 to 30, 28 lists of 16 words each, free recall without a task at study: the lists of the first
# experiment of PEERS that M. K. Healey and M. J. Kahana analysed in 2014. Means over people of each person's curve,
# computed from the recalls that come with N. W. Morton's psifr (2020), file peers_notask.csv.
PEERS = (
    "M. K. Healey, M. J. Kahana, 2014, Is memory search governed by universal principles or idiosyncratic strategies?; "
    "126 people, 28 lists of 16 words each, recalls as distributed with psifr (N. W. Morton, 2020)"
)
PEERS_POSITIONS = (
    0.821, 0.736, 0.673, 0.642, 0.622, 0.596, 0.590, 0.558, 0.569, 0.572, 0.578, 0.583, 0.646, 0.698, 0.822, 0.924,
)  # fmt: skip
PEERS_FIRST = (
    0.098, 0.017, 0.008, 0.008, 0.005, 0.008, 0.006, 0.006, 0.010, 0.014, 0.023, 0.034, 0.060, 0.073, 0.176, 0.455,
)  # fmt: skip
PEERS_BACKWARD = (  # lags -15 to -1
    0.125, 0.052, 0.050, 0.043, 0.044, 0.044, 0.043, 0.048, 0.050, 0.054, 0.056, 0.065, 0.082, 0.109, 0.251,
)  # fmt: skip
PEERS_FORWARD = (  # lags 1 to 15
    0.426, 0.122, 0.094, 0.069, 0.067, 0.058, 0.050, 0.053, 0.047, 0.044, 0.046, 0.038, 0.039, 0.032, 0.078,
)  # fmt: skip
LARGEST_GAP = 15


class HumanCurve(NamedTuple):
    """A curve measured on people.

    Attributes:
        x: Where it was measured, such as serial positions or minutes.
        y: What was measured, such as the fraction recalled.
        x_name: What x is, with its unit.
        y_name: What y is.
        source: Who measured it: authors, year, title or table.
    """

    x: Float[np.ndarray, "points"]
    y: Float[np.ndarray, "points"]
    x_name: str
    y_name: str
    source: str


def _curve(x: object, y: object, x_name: str, y_name: str, source: str) -> HumanCurve:
    return HumanCurve(np.asarray(x, np.float64), np.asarray(y, np.float64), x_name, y_name, source)


# Savings after the intervals of Ebbinghaus, each of one person who learned lists of nonsense syllables.
REPLICATION = "J. M. J. Murre, J. Dros, 2015, Replication and analysis of Ebbinghaus' forgetting curve, table 3"
REPLICATION_MINUTES = (20.0, 60.0, 540.0, 1440.0, 2880.0, 8640.0, 44640.0)
REPLICATION_SAVINGS = {
    "mack": (0.544, 0.432, 0.285, 0.316, 0.365, 0.309, 0.258),  # W. Mack, W. Seitz, 2006
    "seitz": (0.442, 0.325, 0.270, 0.270, 0.286, 0.205, 0.201),
    "dros": (0.472, 0.373, 0.276, 0.317, 0.230, 0.168, 0.041),
}
TEST_ENHANCED = "H. L. Roediger, J. D. Karpicke, 2006, Test-enhanced learning, experiment 2"
HUMAN_CURVES: Mapping[str, HumanCurve] = {
    "serial_position": _curve(range(1, 17), PEERS_POSITIONS, "serial position", "probability of recall", PEERS),
    "first_recall": _curve(range(1, 17), PEERS_FIRST, "serial position", "probability of first recall", PEERS),
    "lag_transitions": _curve(
        [lag for lag in range(-LARGEST_GAP, LARGEST_GAP + 1) if lag],
        (*PEERS_BACKWARD, *PEERS_FORWARD),
        "lag",
        "conditional response probability",
        PEERS,
    ),
    "forgetting": _curve(
        EBBINGHAUS_MINUTES, EBBINGHAUS_SAVINGS, "minutes", "savings", "H. Ebbinghaus, 1885, Über das Gedächtnis"
    ),
    **{
        f"forgetting_{who}": _curve(REPLICATION_MINUTES, savings, "minutes", "savings", REPLICATION)
        for who, savings in REPLICATION_SAVINGS.items()
    },
    # Cued recall of pairs of words after so many other presentations and tests.
    "recall_by_lag": _curve(
        (0, 1, 2, 4, 7, 12, 21, 35, 59, 99),
        (0.944, 0.646, 0.434, 0.379, 0.335, 0.301, 0.231, 0.183, 0.133, 0.112),
        "lag", "probability of recall", "D. C. Rubin, S. Hinton, A. Wenzel, 1999, The precise time course of retention",
    ),
    # Groups with 1 second a word first, then with 2 seconds; the study found that both times together decide.
    "words_recalled_1s": _curve(
        (20, 30, 40), (6.87, 8.82, 8.24), "words of the list", "words recalled",
        "B. B. Murdock, 1962, The serial position effect of free recall, table 1",
    ),
    "words_recalled_2s": _curve(
        (10, 15, 20), (6.39, 8.25, 8.53), "words of the list", "words recalled",
        "B. B. Murdock, 1962, The serial position effect of free recall, table 1",
    ),
    "restudied": _curve((5, 7 * 1440), (0.83, 0.40), "minutes", "recalled, studied four times", TEST_ENHANCED),
    "tested": _curve((5, 7 * 1440), (0.71, 0.61), "minutes", "recalled, studied once, tested thrice", TEST_ENHANCED),
    # The end points only: the curve between them was at hand in no table.
    "first_list_after_second": _curve(
        (0, 20), (1.0, 0.6), "trials on the second list", "first list recalled",
        "J. M. Barnes, B. J. Underwood, 1959, as read by R. C. O'Reilly, Y. Munakata, 2000, Computational explorations "
        "in cognitive neuroscience, section 9.2: from 100 to roughly 60 percent",
    ),
}  # fmt: skip

# Lengths of lists that people repeat without an error: G. A. Miller, 1956, The magical number seven, plus or minus two;
# N. Cowan, 2001, The magical number 4 in short-term memory, where rehearsal and grouping are prevented.
MILLER_SPAN, MILLER_RANGE, COWAN_SPAN = 7, (5, 9), 4


def human_curve(name: str) -> HumanCurve:
    """Return a published curve of people's memory.

    Args:
        name: ``"serial_position"``, ``"first_recall"``, ``"lag_transitions"``: free recall of lists of 16 words;
            ``"words_recalled_1s"``, ``"words_recalled_2s"``: how many words of longer lists; ``"forgetting"``: savings
            of Ebbinghaus, and of those who replicated him, ``"forgetting_mack"``, ``"forgetting_seitz"``,
            ``"forgetting_dros"``; ``"recall_by_lag"``: recall of pairs after other pairs; ``"restudied"``,
            ``"tested"``: the testing effect; ``"first_list_after_second"``: retroactive interference.

    Raises:
        UnknownName: If there is no such curve.

    Example:
        >>> curve = human_curve("serial_position")
        >>> curve.x[-1], curve.y[-1]
        (np.float64(16.0), np.float64(0.924))
    """
    return look_up("curve", name, HUMAN_CURVES)


def human_curves() -> polars.DataFrame:
    """Return all published curves as a polars data frame with the columns curve, x, y, x_name, y_name and source."""
    import polars

    return polars.concat(
        [
            polars.DataFrame(
                {
                    "curve": name,
                    "x": each.x,
                    "y": each.y,
                    "x_name": each.x_name,
                    "y_name": each.y_name,
                    "source": each.source,
                }
            )
            for name, each in HUMAN_CURVES.items()
        ]
    )


def read_human_curve(
    path: str | os.PathLike[str], source: str, *, x_name: str = "x", y_name: str = "fraction recalled"
) -> HumanCurve:
    """Read a curve of people from a file, such as one of an article that is not included.

    Args:
        path: A text file with two numbers a row, x and y, separated by spaces, tabs, commas or semicolons; a first row
            of words is left out.
        source: Where the numbers come from, such as authors, year and figure.
        x_name: What x is, with its unit.
        y_name: What y is.

    Raises:
        FileError: If the file cannot be read.
        DataError: If a row is not two finite numbers, or there are fewer than two rows.
    """
    rows: list[tuple[float, float]] = []
    for number, words in rows_of_words(path):
        try:
            x, y = map(float, words)
        except ValueError:
            if not rows and number == 1:
                continue
            raise DataError(f"{os.fspath(path)}, row {number}: expected two numbers, x and y.") from None
        rows.append((x, y))
    values = np.asarray(rows, np.float64)
    if len(values) < 2 or not np.isfinite(values).all():
        raise DataError(f"{os.fspath(path)}: expected at least two rows of two finite numbers, x and y.")
    return HumanCurve(values[:, 0], values[:, 1], x_name, y_name, source)
