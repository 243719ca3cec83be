"""find_learning_rate: the loss while the learning rate grows from step to step."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np

from ..errors import InvalidValue, PlasticaWarning
from ..model import Model
from ..model.options import BATCH_SIZE
from ..schedules import ExponentialDecay
from ..training.callbacks import Callback, Logs
from ..training.history import History
from ..typing import Float
from . import fitting
from .places import varied
from .population import Population
from .results import PopulationHistory
from .sweep_results import Sweep

FEWEST_STEPS = 100
SMOOTHING = 0.9  # of the losses that decide on the end; each is that of one batch
SHOWN_SPAN, SLOPE_SPAN = 40, 10  # the half-widths of windows are this part of the steps
DIVERGED = 4.0  # times the lowest loss, above which no larger rate is tried


class StepLosses(Callback):
    """The loss of each step, from the means of an epoch so far; stops once the smoothed loss is far above the lowest.

    Attributes:
        losses: The loss of each batch before its step.

    Args:
        rows: The number of rows of an epoch.
        batch_size: The number of rows in a batch, of which the last may have fewer.
    """

    def __init__(self, rows: int, batch_size: int) -> None:
        self.losses: list[float] = []
        self._rows, self._size, self._sum = rows, batch_size, 0.0
        self._smooth, self._lowest = 0.0, math.inf

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Record the loss of the batch."""
        seen = min((batch + 1) * self._size, self._rows)
        before = 0.0 if batch == 0 else self._sum
        self._sum = (logs or {})["loss"] * seen
        self.losses.append((self._sum - before) / (seen - batch * self._size))
        current = float(smoothed(np.array(self.losses))[-1])
        self._lowest = min(self._lowest, current)
        if len(self.losses) > FEWEST_STEPS // 10 and not current <= DIVERGED * self._lowest:
            self.model.stop("diverged")


def find_learning_rate(
    model: Model,
    x: object,
    y: object = None,
    *,
    low: float = 1e-5,
    high: float = 10.0,
    steps: int | None = None,
    seeds: int | Sequence[int] | None = None,
    batch_size: int | None = None,
    sample_weight: object = None,
) -> Sweep:
    """Train for an epoch in which the learning rate grows, and suggest the rate at which the loss falls fastest.

    Use it for a first learning rate at the cost of one epoch; a :func:`sweep` compares whole runs and is more reliable.
    In step t of T, the rate is

        rate(t) = low (high / low)^(t / (T - 1)),

    and the suggestion is the rate at which the smoothed loss has the steepest slope against the logarithm of the rate,
    before its lowest value.

    Args:
        model: The compiled model, whose optimizer has a learning rate; it is not trained itself.
        x, y: Inputs and targets, ``(rows, ...)``.
        low, high: The first and the last learning rate. A run ends earlier if its smoothed loss is four times the
            lowest.
        steps: The number of steps. Default: those of an epoch, at least 100.
        seeds: How many networks, or their seeds; the mean of their losses is used.
        batch_size, sample_weight: As for :meth:`Model.fit`.

    Returns:
        A sweep: ``best`` is the suggestion, ``plot()`` shows the loss over the rate.

    Raises:
        InvalidValue: If the rates are not ascending and above 0, or there are too few steps.

    Example:
        >>> from plastica import Dense, Sequential
        >>> model = Sequential([Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.linspace(-1, 1, 200)[:, None]
        >>> 1e-3 < find_learning_rate(model, x, 2 * x).best["learning_rate"] < 3
        True

    Reference:
        L. N. Smith, 2017, Cyclical learning rates for training neural networks, section 3.3.
    """
    if not 0 < low < high < math.inf:
        raise InvalidValue(
            f"find_learning_rate(low={low!r}, high={high!r}): give two numbers above 0, the lower first."
        )
    rows, size = fitting.rows_in(x), batch_size or BATCH_SIZE
    size = min(size, rows)
    batches = -(-rows // size)
    count = max(batches, FEWEST_STEPS) if steps is None else steps
    if isinstance(count, bool) or not isinstance(count, int) or count < 10:
        raise InvalidValue(f"find_learning_rate(steps={steps!r}): give a whole number of at least 10.")
    schedule = ExponentialDecay(low, decay_steps=count - 1, decay_rate=high / low)
    growing = varied(model, {"optimizer.learning_rate": schedule}, model.seed)
    population = Population(growing, seeds=seeds)
    recorded = [StepLosses(rows, size) for _ in range(len(population))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PlasticaWarning)  # a rate that is too large is what is looked for
        population.fit(
            x, y, batch_size=size, epochs=-(-count // batches), max_steps=count, sample_weight=sample_weight,
            callbacks=lambda place: [recorded[place]], verbose=0,
        )  # fmt: skip
    rates = [float(f"{low * (high / low) ** (step / (count - 1)):.3g}") for step in range(count)]
    return _found(rates, [np.array(each.losses) for each in recorded], population.seeds)


def _found(rates: list[float], losses: list[np.ndarray], seeds: list[int]) -> Sweep:
    """Return the losses as a sweep over the rates that all members reached."""
    reached = min(len(each) for each in losses)
    histories, columns = [], []
    for own, seed in zip(losses, seeds, strict=True):
        for rate, loss in zip(rates, averaged(own[:reached], reached // SHOWN_SPAN).tolist(), strict=False):
            point = History()
            point.on_epoch_end(0, {"loss": loss})
            histories.append(point)
            columns.append({"learning_rate": rate, "seed": seed})
    history = PopulationHistory(histories, columns, "")
    history.kept = [0] * len(histories)
    mean = np.mean([own[:reached] for own in losses], axis=0)
    rate = steepest(np.array(rates[:reached]), mean, max(1, reached // SLOPE_SPAN))
    return Sweep(history, "loss", "learning_rate", marks={"steepest": rate}, best={"learning_rate": rate})


def averaged(losses: Float[np.ndarray, "steps"], half: int) -> Float[np.ndarray, "steps"]:
    """Return the mean of each loss and of ``half`` losses on either side.

    Example:
        >>> averaged(np.array([1.0, 2.0, 6.0]), 1).tolist()
        [1.5, 3.0, 4.0]
    """
    return np.array([losses[max(0, step - half) : step + half + 1].mean() for step in range(len(losses))])


def smoothed(losses: Float[np.ndarray, "steps"]) -> Float[np.ndarray, "steps"]:
    """Return a moving average that weighs earlier losses ever less, corrected for its beginning.

    Example:
        >>> smoothed(np.array([1.0, 1.0, 2.0])).round(3).tolist()
        [1.0, 1.0, 1.369]
    """
    found, total = np.zeros(len(losses)), 0.0
    for step, loss in enumerate(losses):
        total = SMOOTHING * total + (1 - SMOOTHING) * float(loss)
        found[step] = total / (1 - SMOOTHING ** (step + 1))
    return found


def steepest(rates: Float[np.ndarray, "steps"], losses: Float[np.ndarray, "steps"], half: int) -> float:
    """Return the rate at which the loss falls fastest against the logarithm of the rate, before its lowest value."""
    end = max(int(np.argmin(averaged(losses, half // 2))), 1)
    windows = [slice(max(0, step - half), min(step + half + 1, len(losses))) for step in range(end + 1)]
    slopes = [np.polyfit(np.log(rates[window]), losses[window], 1)[0] for window in windows]
    return float(rates[int(np.argmin(slopes))])
