"""What the learning curve says more data would bring."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from ..checks.findings import Finding, observed, percent
from ..errors import PlasticaError, PlasticaWarning
from ..model import Model
from ..model.inputs import Examples
from ..populations import learning_curve
from ..populations.power_law import PowerLaw
from .sources import HESTNESS

WORTH = 0.1  # of the validation loss
SEEDS = 2
PARTS = (8, 4, 2, 1)  # of the training rows
FEWEST = 10  # rows of the smallest part


def fitted_law(model: Model, learn: Examples, held_out: Examples, batch_size: int) -> PowerLaw | None:
    """Return the law by which the validation loss falls with training rows; None if it cannot be fitted.

    Copies of the network are trained on an eighth, a quarter, half and all of the rows, in one program.

    Args:
        model: The model, trained.
        learn: Training rows.
        held_out: Validation rows.
        batch_size: Rows of a batch.
    """
    rows = [learn.rows // part for part in PARTS]
    if rows[0] < FEWEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PlasticaWarning)
            found = learning_curve(
                model, learn.x, learn.y, rows, seeds=SEEDS, validation_data=(held_out.x, held_out.y),
                epochs=max(model.epochs_trained, 1), batch_size=batch_size, verbose=0,
            )  # fmt: skip
            return found.law
    except (PlasticaError, ValueError):
        return None


def more_data(law: PowerLaw, rows: int) -> Iterator[Finding]:
    """Find that the law promises a clearly lower loss for twice as many rows.

    Args:
        law: The law of the validation loss.
        rows: The number of training rows.
    """
    now, then = (float(law(np.asarray(count, float))) for count in (rows, 2 * rows))
    gain = 1 - then / now if now > 0 else 0.0
    if gain > WORTH:
        yield observed(
            "more_data",
            "note",
            where=f"{rows}",
            value=gain,
            threshold=WORTH,
            source=HESTNESS,
            certainty="possible",
            remedy="pl.learning_curve(model, x, y).plot()",
            gain=percent(gain),
            now=f"{now:.3g}",
            then=f"{then:.3g}",
            law=str(law),
            rows=rows,
        )
