"""Distillation: a small network learns what a large one, an ensemble or trees answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..losses import Loss
from ..model import Model
from ..optimizers import Adam
from ..settings import batch_size_for
from ..training import EarlyStopping, History
from ..typing import Float
from .fine_tuning import FineTuning

MOST_ROWS = 20_000
TIMES = 10
SWAPPED = 0.5
LONGER = 10  # a network that begins with random weights needs more epochs than fine-tuning
PATIENCE = 20


def taught(
    student: Model,
    loss: Loss,
    x: np.ndarray,
    targets: np.ndarray,
    held: tuple[np.ndarray, np.ndarray] | None,
    how: FineTuning,
) -> History:
    """Train a network to answer as another does.

    Args:
        student: The network; it is compiled here.
        loss: The loss of answers.
        x: Rows.
        targets: What it should answer.
        held: Validation rows and their true answers, at whose best epoch training stops; None without.
        how: The epochs of fine-tuning, of which it gets ten times as many, and the other settings.

    Reference:
        G. Hinton, O. Vinyals, J. Dean (2015), Distilling the knowledge in a neural network; with a temperature of 1,
        and truth mixed in.
    """
    student.compile(Adam(2 * how.learning_rate), loss)
    stopping = [] if held is None else [EarlyStopping(patience=PATIENCE, restore_best_weights=True)]
    return student.fit(
        x,
        targets,
        batch_size=how.batch_size or batch_size_for(len(x)),
        epochs=LONGER * how.epochs,
        verbose=how.verbose,
        validation_data=held,
        callbacks=[*stopping, *how.callbacks],
    )


def with_drawn_rows(
    x: Float[np.ndarray, "rows features"], numbers: Sequence[int], seed: int
) -> Float[np.ndarray, "more features"]:
    r"""Return rows, and others drawn near them, for which only the teacher knows an answer.

    Small tables have too few rows to say what a large network learned. Each drawn row is a row in which every feature
    is, with probability 0.5, exchanged for that of its nearest neighbour :math:`e'`; numbers are then drawn from
    :math:`N(e', |e - e'|)`.

    Args:
        x: Features.
        numbers: The places of numbers; other features are codes and indicators.
        seed: The seed.

    Reference:
        C. Bucila, R. Caruana, A. Niculescu-Mizil (2006), Model compression, algorithm 1 (MUNGE).
    """
    from sklearn.neighbors import NearestNeighbors

    times = min(TIMES, MOST_ROWS // len(x))
    if times < 2 or len(x) < 3:
        return x
    spread = np.where(x.std(0) > 0, x.std(0), 1)
    nearest = NearestNeighbors(n_neighbors=2).fit(x / spread).kneighbors(x / spread, return_distance=False)[:, 1]
    rng = np.random.default_rng(seed)
    is_number = np.isin(np.arange(x.shape[1]), list(numbers))
    drawn = [x]
    for _ in range(times - 1):
        other = x[nearest]
        near = np.where(is_number, rng.normal(other, np.abs(x - other)), other)
        drawn.append(np.where(rng.random(x.shape) < SWAPPED, near, x).astype(x.dtype))
    return np.concatenate(drawn)
