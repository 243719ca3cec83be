"""Temperature scaling."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from ..typing import Float
from .checking import as_classes, as_probabilities, fitted

# A logit beyond this is a certainty that no number of rows supports; it keeps log(0) finite.
SMALLEST = 1e-12
RANGE = (-4.0, 4.0)  # of the logarithm of the temperature: from .02 to 55


class ScalarMinimum(Protocol):
    """What scipy's ``minimize_scalar`` returns, as far as it is used."""

    x: float


class TemperatureScaling:
    """Probabilities softened or sharpened by one number, so that they match how often the classes occur.

    Networks trained to the end are often too sure of themselves. All logits are divided by the temperature that
    maximizes the likelihood of held-out targets; the most probable class stays the same:

        q_k = softmax(log(p) / T)_k,    T = argmin of the sum over rows of -log q_y

    The problem is convex in 1/T, so the minimum is the only one.

    Attributes:
        temperature: The temperature T; above 1 the model was too sure. None before :meth:`fit`.

    Example:
        >>> sure = np.array([[0.99, 0.01], [0.99, 0.01], [0.99, 0.01], [0.99, 0.01]])
        >>> scaling = TemperatureScaling().fit(sure, [0, 0, 0, 1])  # right three times in four
        >>> scaling.transform(sure)[0].round(2).tolist()
        [0.75, 0.25]

    Reference:
        C. Guo, G. Pleiss, Y. Sun, K. Weinberger (2017), On calibration of modern neural networks, equation 9.
    """

    def __init__(self) -> None:
        self.temperature: float | None = None

    def __repr__(self) -> str:
        return f"TemperatureScaling(temperature={self.temperature})"

    def fit(self, probabilities: ArrayLike, y: ArrayLike) -> TemperatureScaling:
        """Find the temperature on rows that the model was not trained on.

        Args:
            probabilities: ``(rows, classes)``, or ``(rows,)`` for the probability of yes.
            y: Class numbers, ``(rows,)``.

        Raises:
            ShapeError, DataError: If they do not fit each other or are not probabilities and class numbers.
        """
        logits = _logits("TemperatureScaling.fit", probabilities)
        classes = as_classes("TemperatureScaling.fit", y, *logits.shape)
        rows = np.arange(len(logits))

        def loss(log_temperature: float) -> float:
            return float(-_log_softmax(logits / np.exp(log_temperature))[rows, classes].mean())

        found = cast("ScalarMinimum", minimize_scalar(loss, bounds=RANGE, method="bounded", options={"xatol": 1e-6}))
        self.temperature = float(np.exp(found.x))
        return self

    def transform(self, probabilities: ArrayLike) -> Float[np.ndarray, "..."]:
        """Return calibrated probabilities, in the shape in which they are given.

        Raises:
            NotFitted: Before :meth:`fit`.
        """
        temperature = fitted("TemperatureScaling", self.temperature)
        scaled = np.exp(_log_softmax(_logits("TemperatureScaling.transform", probabilities) / temperature))
        shape = np.shape(probabilities)
        return scaled if len(shape) == 2 and shape[1] > 1 else scaled[:, 1].reshape(shape)


def _logits(owner: str, probabilities: ArrayLike) -> Float[np.ndarray, "rows classes"]:
    return np.log(np.maximum(as_probabilities(owner, probabilities), SMALLEST))


def _log_softmax(logits: Float[np.ndarray, "rows classes"]) -> Float[np.ndarray, "rows classes"]:
    shifted = logits - logits.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
