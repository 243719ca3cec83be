"""The predictions of the members of a population, their mean and their spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np

from ..model import Model
from ..typing import PyTree


class Predictions(NamedTuple):
    """What the members of a population predict; tuples or dicts of arrays for networks with several outputs.

    Attributes:
        members: The predictions of each member, ``(members, rows, ...)``.
        mean: Their mean, ``(rows, ...)``, without members that failed.
        spread: Their standard deviation, ``(rows, ...)``; 0 for a single member.
    """

    members: PyTree
    mean: PyTree
    spread: PyTree


def predictions_of(models: Sequence[Model], x: object, batch_size: int | None) -> Predictions:
    """Return the predictions of trained members; see :meth:`Population.predict`."""
    found = [model.predict(x, batch_size) for model in models]
    well = [each for each, model in zip(found, models, strict=True) if not model.stop_reason.startswith("not finite")]
    good = well or found
    return Predictions(
        jax.tree.map(lambda *each: np.stack(each), *found),
        jax.tree.map(lambda *each: np.mean(each, axis=0), *good),
        jax.tree.map(lambda *each: np.std(each, axis=0, ddof=int(len(good) > 1)), *good),
    )
