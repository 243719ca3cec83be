"""A callback that saves the model during training."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import FileError, InvalidValue, UnknownName
from ..fields import judged
from .callbacks import BATCH_HOOKS, CallbackState, Logs, say
from .monitor import Mode, Monitor, kept, put_back

STATE = ("best", "_since_saving", "_epoch")


class ModelCheckpoint(Monitor):
    """Save the model after each epoch, or whenever it is the best so far.

    To resume an interrupted run, use ``fit(checkpoint="folder", resume=True)`` instead, which also saves the state of
    the optimizer and of the run.

    Args:
        filepath: Where to save. ``{epoch}`` (from 1) and the names of metrics in braces are replaced:
            ``"models/{epoch:02d}-{val_loss:.3f}.plastica"``. Missing folders are created.
        monitor: The metric by which the best model is chosen.
        verbose: 1 prints what was saved.
        save_best_only: Whether to save only if the metric has improved since the last save.
        save_weights_only: Whether to save only the weights.
        mode: ``"min"``, ``"max"``, or ``"auto"`` to infer the direction from the name.
        save_freq: ``"epoch"``, or the number of steps between saves. With steps, control returns to Python after each
            step, which is slow for small networks.
        initial_value_threshold: With ``save_best_only``, the value that must be exceeded for the first save.

    Raises:
        InvalidValue: If ``save_freq`` is invalid, the path cannot be formatted, or the direction cannot be inferred.
        UnknownName: At the first save, if there is no such metric.
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
            raise InvalidValue(f'ModelCheckpoint: save_freq is {save_freq!r}; expected "epoch" or a number of steps.')
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
        """Record the epoch, for saves within it."""
        self._epoch = epoch

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Save after ``save_freq`` steps."""
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

    def get_state(self) -> CallbackState:
        """Return the best value, the steps since the last save and the epoch."""
        return kept(self, STATE)

    def set_state(self, state: CallbackState) -> None:
        """Restore the best value, the steps since the last save and the epoch."""
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
                f"which does not exist in this run. Available: {known}."
            ) from None
        except (ValueError, IndexError, AttributeError) as problem:
            raise InvalidValue(
                f'ModelCheckpoint: filepath "{self.filepath}" cannot be filled in ({problem}). '
                'Write fields like "{epoch:02d}-{val_loss:.3f}.plastica".'
            ) from None
