"""InsideView: what looks inside a network have in common."""

from __future__ import annotations

import os
from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from ..drawing import drawable_language, own_style
from ..drawing.pictured import PicturedResult
from ..errors import InvalidValue
from ..language import Texts, using
from ..model import Model
from ..notes import note
from ..training.monitor import better
from ..typing import Bool, Float

if TYPE_CHECKING:
    from ..drawing.figure import Drawing

SAY = Texts("inside")
TOLERANCE = 0.01


class InsideView(PicturedResult):
    """The result of a look inside a network."""

    @abstractmethod
    def drawing(self) -> Drawing:
        """Return the picture, in the style and the language that are set."""

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw it; see :meth:`PicturedResult.plot`."""
        with own_style(), using(drawable_language()):
            return self.drawing().save(path)


def model_with_layers(owner: str, model: object) -> Model:
    """Return a model that has layers to look at.

    Raises:
        InvalidValue: If it is none of plastica's.
    """
    if not isinstance(model, Model):
        raise InvalidValue(note("looks.no_model", owner=owner, given=type(model).__name__))
    return model


def no_worse(name: str, values: Float[np.ndarray, "*shape"], whole: float) -> Bool[np.ndarray, "*shape"]:
    """Return which values of a metric are no worse than one by more than 0.01, or for a loss by more than 1 %."""
    direction = better(name)
    if direction is None:
        return np.abs(values - whole) <= TOLERANCE
    if direction == "max":
        return values >= whole - TOLERANCE
    return values <= whole + TOLERANCE * max(abs(whole), 1e-9)
