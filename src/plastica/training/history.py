"""The history of a training run."""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING

from ..notebook import html
from ..notebook.html import shown
from ..typing import Document
from . import curves
from .callbacks import Callback, CallbackState, Logs, Needs
from .charts import charts
from .monitor import better

if TYPE_CHECKING:
    import polars
    from markupsafe import Markup

    from ..checks.findings import Finding
    from ..drawing.figure import Drawing


class History(Callback):
    """The loss and metrics of each epoch; returned by ``fit``.

    Attributes:
        history: Lists with one number per epoch, by name, in the order of Keras: ``loss``, the metrics, the same with
            the prefix ``val_``, and ``learning_rate`` if a callback changes it.
        epoch: The numbers of the epochs, from 0.
        stopped_by: Why training stopped: ``"epochs"``, ``"until: loss <= 0.01"``, ``"time_limit"``,
            ``"EarlyStopping: ..."``, ``"not finite: ..."``.
        seconds: The training time.
        findings: What the doctor found, if ``fit(doctor=True)`` asked for it; the most serious first.
        looks: What the doctor measured, look by look, as JSON-serializable values.

    Example:
        >>> history = History()
        >>> history.on_epoch_end(0, {"loss": 0.7, "val_loss": 0.8})
        >>> history.history
        {'loss': [0.7], 'val_loss': [0.8]}
    """

    needs: Needs = "logs"

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.stopped_by = ""
        self.seconds = 0.0
        self.findings: tuple[Finding, ...] = ()
        self.looks: tuple[Document, ...] = ()
        self._began: float | None = None
        self._seconds_before = 0.0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin anew."""
        self.history, self.epoch, self.stopped_by, self.findings, self.looks = {}, [], "", (), ()
        self.seconds = self._seconds_before = 0.0
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Record the logs of an epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        self._look_at_clock()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Record the training time."""
        self._look_at_clock()

    def get_state(self) -> CallbackState:
        """Return the logs and the seconds so far."""
        self._look_at_clock()
        figures = {name: list(values) for name, values in self.history.items()}
        return {"history": figures, "epoch": list(self.epoch), "seconds": self.seconds}

    def set_state(self, state: CallbackState) -> None:
        """Restore the logs and the seconds of a resumed run."""
        self.history = {name: list(values) for name, values in state["history"].items()}
        self.epoch = list(state["epoch"])
        self.seconds = self._seconds_before = float(state["seconds"])

    def to_dict(self) -> dict[str, object]:
        """Return everything as JSON-serializable values; numbers that are not finite become None."""
        figures = {
            name: [value if math.isfinite(value) else None for value in values] for name, values in self.history.items()
        }
        return {
            "history": figures,
            "epoch": self.epoch,
            "stopped_by": self.stopped_by,
            "seconds": self.seconds,
        }

    @classmethod
    def from_dict(cls, values: Document) -> History:
        """Return the history from the result of :meth:`to_dict`; None becomes NaN."""
        made = cls()
        made.history = {
            name: [math.nan if figure is None else float(figure) for figure in figures]
            for name, figures in values["history"].items()
        }
        made.epoch = [int(epoch) for epoch in values["epoch"]]
        made.stopped_by = str(values["stopped_by"])
        made.seconds = float(values["seconds"])
        return made

    def to_frame(self) -> polars.DataFrame:
        """Return a polars data frame with one row per epoch; ``.to_pandas()`` converts it to pandas."""
        import polars

        return polars.DataFrame({"epoch": self.epoch, **curves.aligned(self.history, len(self.epoch))})

    def best(self, monitor: str | None = None) -> tuple[int, float] | None:
        """Return the number of the best epoch (from 0) and its value, or None if there is none.

        Args:
            monitor: The metric. Default: the validation loss, or the loss without validation.
        """
        name = monitor or ("val_loss" if "val_loss" in self.history else "loss")
        values = curves.aligned({name: self.history.get(name, [])}, len(self.epoch))[name]
        found = [(value, epoch) for value, epoch in zip(values, self.epoch, strict=True) if math.isfinite(value)]
        if not found:
            return None
        best = max(found, key=lambda pair: pair[0]) if better(name) == "max" else min(found, key=lambda pair: pair[0])
        return best[1], best[0]

    def plot(self, path: str | os.PathLike[str] | None = None, log: bool = False) -> Drawing:
        """Draw the learning curves of loss and metrics, for training and validation.

        Args:
            path: Where to write the figure; the suffix determines the format (``.svg``, ``.png``, ``.pdf``).
            log: Whether to use a logarithmic axis for the loss, if all values are above 0.

        Returns:
            A matplotlib figure, displayed in notebooks, with ``save(path)``.

        Raises:
            InvalidValue: If no epoch has finished.
        """
        return curves.plot(self, path, log)

    def __repr__(self) -> str:
        """Show the number of epochs, the training time, the last values and why training stopped."""
        last = "".join(f", {name} {values[-1]:.4g}" for name, values in self.history.items() if values)
        epochs = _epochs(len(self.epoch))
        ended = f", stopped by {self.stopped_by}" if self.stopped_by else ""
        return f"<History: {epochs} in {self.seconds:.3g} s{last}{ended}>"

    @shown
    def _repr_html_(self) -> str:
        ended = f"stopped by {self.stopped_by}" if self.stopped_by else ""
        head = html.heading("History", _epochs(len(self.epoch)), f"{self.seconds:.3g} s", ended)
        first = self.epoch[0] + 1 if self.epoch else 1
        return html.block(head, html.side_by_side(charts(self.history, first)), self._extremes())

    def _extremes(self) -> Markup:
        rows = []
        for name, values in self.history.items():
            best = self.best(name)
            kept = ("-", "-") if best is None else (f"{best[1]:.4g}", str(best[0] + 1))
            rows.append((name, f"{values[0]:.4g}", f"{values[-1]:.4g}", *kept))
        return html.table(("figure", "first", "last", "best", "in epoch"), rows, numbers=(1, 2, 3, 4))

    def _look_at_clock(self) -> None:
        if self._began is not None:
            self.seconds = self._seconds_before + time.perf_counter() - self._began


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"
