"""Save the model while it trains."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import FileError, InvalidValue, UnknownName
from ..fields import judged
from .callbacks import BATCH_HOOKS, Logs, say
from .monitor import Mode, Monitor, kept, put_back

STATE = ("best", "_since_saving", "_epoch")


class ModelCheckpoint(Monitor):
    """Save the model after each epoch, or whenever it is the best so far.

    Use it to keep the models of a run. To go on with a run that was killed, ``fit(checkpoint="folder",
    resume=True)`` is the right thing: it also keeps the optimizer and where the run stood.

    Args:
        filepath: Where to save. ``{epoch}`` (the first is 1) and names of figures in braces are filled in:
            ``"models/{epoch:02d}-{val_loss:.3f}.plastica"``. Missing folders are made.
        monitor: The figure that says which model is best.
        verbose: 1 says what was saved.
        save_best_only: Save only when the figure is better than at the last save.
        save_weights_only: Save the weights without the specification.
        mode: ``"min"``, ``"max"``, or ``"auto"`` to judge by the name.
        save_freq: ``"epoch"``, or a number of steps after which to save. With steps the run is looked at
            after each of them, which is slow for small networks.
        initial_value_threshold: With ``save_best_only``: the figure a model must beat to be saved at all.

    Raises:
        InvalidValue: ``save_freq`` is neither, the path's fields cannot be filled in, or the direction cannot
            be told.
        UnknownName: The run has no such figure; at the first save.
    """

    @judged
    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: Mode = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode if save_best_only else "min")
        by_steps = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0
        if save_freq != "epoch" and not by_steps:
            raise InvalidValue(f'ModelCheckpoint: save_freq is {save_freq!r}; it takes "epoch" or a number of steps.')
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self.best = initial_value_threshold
        own_hooks = any(getattr(type(self), hook) is not getattr(ModelCheckpoint, hook) for hook in BATCH_HOOKS)
        self.needs = "batch" if by_steps or own_hooks else "epoch"
        self._since_saving = 0
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Remember the epoch, for saving in the middle of it."""
        self._epoch = epoch

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Save after so many steps."""
        if self.save_freq == "epoch":
            return
        self._since_saving += 1
        if self._since_saving >= int(self.save_freq):
            self._since_saving = 0
            self._save(self._epoch, {"batch": batch + 1, **(logs or {})})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save after the epoch."""
        if self.save_freq == "epoch":
            self._save(epoch, dict(logs or {}))

    def get_state(self) -> dict[str, Any]:
        """Return the best figure, the steps since the last save and the epoch."""
        return kept(self, STATE)

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take the best figure, the steps since the last save and the epoch."""
        put_back(self, state, STATE)

    def _save(self, epoch: int, logs: Logs) -> None:
        value = self.current(logs) if self.save_best_only else 0.0
        if self.save_best_only and not self.improves(value, self.best):
            return
        path = self._path(epoch, logs)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise FileError(f"ModelCheckpoint: {path} is a folder; filepath must name a file.")
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(str(path))
        because = ""
        if self.save_best_only:
            self.best = value
            because = f", {self.monitor} is {value:.4g}"
        if self.verbose:
            say(f"Epoch {epoch + 1}: saved {path}{because}.")

    def _path(self, epoch: int, logs: Logs) -> Path:
        try:
            return Path(self.filepath.format(**{"epoch": epoch + 1, **logs}))
        except KeyError as missing:
            known = ", ".join(["epoch", *logs])
            raise UnknownName(
                f'ModelCheckpoint: filepath "{self.filepath}" has the field {missing}, '
                f"which this run has not. It has: {known}."
            ) from None
        except (ValueError, IndexError, AttributeError) as problem:
            raise InvalidValue(
                f'ModelCheckpoint: filepath "{self.filepath}" cannot be filled in ({problem}). '
                'Write fields like "{epoch:02d}-{val_loss:.3f}.plastica".'
            ) from None
