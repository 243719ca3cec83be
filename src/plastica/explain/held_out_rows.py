"""Rows with the answers of a model, to fit a simpler model to, and others to measure its fidelity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import DataError, InvalidValue
from ..notes import note
from ..typing import Float
from .explained import WITHOUT, Explained, ExplainOptions, explained

HELD_OUT = 0.3
FEWEST = 20  # rows


class AnsweredRows(NamedTuple):
    """Rows and the answers of a model.

    Attributes:
        asked: All of them.
        x, answers: What a simpler model is fitted to.
        held_x, held_answers: What its fidelity is measured on.
    """

    asked: Explained
    x: Float[np.ndarray, "rows features"]
    answers: Float[np.ndarray, "rows outputs"]
    held_x: Float[np.ndarray, "held features"]
    held_answers: Float[np.ndarray, "held outputs"]


def answered_rows(method: str, model: object, x: object, seed: int, options: ExplainOptions) -> AnsweredRows:
    """Return rows with their answers, of which 30 % are held out.

    Raises:
        DataError: If there are fewer than 20 rows.
        InvalidValue: If the features are not numbers.
    """
    asked = explained(method, model, x, WITHOUT, {**options, "groups": None})
    if len(asked.x) < FEWEST:
        raise DataError(note("explain.few_rows", method=method, rows=str(len(asked.x)), least=str(FEWEST)))
    if asked.x.dtype.kind not in "fiub":
        raise InvalidValue(note("explain.numbers_wanted", method=method))
    flat = asked.x.reshape(len(asked.x), -1)
    order = np.random.default_rng(seed).permutation(len(flat))
    held, own = np.split(order, [round(HELD_OUT * len(flat))])
    return AnsweredRows(asked, flat[own], asked.answers[own], flat[held], asked.answers[held])


def explained_variance(
    answers: Float[np.ndarray, "rows outputs"], guessed: Float[np.ndarray, "rows outputs"]
) -> Float[np.ndarray, "outputs"]:
    """Return R2 of guesses for each output; 1 if an output is constant."""
    left, spread = np.square(answers - guessed).sum(0), np.square(answers - answers.mean(0)).sum(0)
    return 1 - np.divide(left, spread, out=np.zeros_like(left), where=spread > 0)
