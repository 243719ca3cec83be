"""RunWatcher: a callback that also looks at the run itself, between the calls of the compiled program."""

from __future__ import annotations

from .callbacks import Callback
from .run import Run


class RunWatcher(Callback):
    """Base class of callbacks that look at the run after each call of the compiled program, about ten times a second.

    A callback of Keras sees logs and the model; ``look`` also sees the data and the steps made, as a hook of ``fit``
    does. Whatever must happen after every epoch belongs in ``on_epoch_end``.
    """

    def look(self, run: Run) -> None:
        """Look at the run."""
        raise NotImplementedError
