"""Ctrl-C during a run: noted by a handler of our own and obeyed between two calls of the program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ..interrupts import raise_between_imports


class Interrupted(KeyboardInterrupt):
    """A run ended at Ctrl-C, between two steps: the model is as the last step left it.

    Args:
        message: What to say.
        kept: What was trained so far, from those who make more of a model than ``fit`` does.
    """

    def __init__(self, message: str, kept: Any = None) -> None:
        super().__init__(message)
        self.kept = kept


class Interrupts:
    """Whether Ctrl-C was pressed since the run began."""

    def __init__(self) -> None:
        self.asked = False

    def note(self, number: int, frame: FrameType | None) -> None:
        """Take the first one down for the run to see; a second one ends at once, as without a handler.

        Raises:
            KeyboardInterrupt: At the second.
        """
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


_present: list[Interrupts] = []  # of the run under way in the main thread; runs within it share it


@contextmanager
def noted() -> Iterator[Interrupts]:
    """Note Ctrl-C instead of raising wherever the interpreter happens to be, which may be where it is swallowed.

    JAX looks in when Python collects garbage, and what is raised there is lost. Only in the main thread, and only where
    Ctrl-C does what it does in Python; a program's own handler stays. The handler before comes back at the end.

    Raises:
        Interrupted: At the end, where Ctrl-C was pressed and nothing else was raised.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and _present:
        yield _present[0]
        return
    before = signal.getsignal(signal.SIGINT)
    if not in_main or before not in (signal.default_int_handler, raise_between_imports):
        yield Interrupts()
        return
    interrupts = Interrupts()
    _present.append(interrupts)
    signal.signal(signal.SIGINT, interrupts.note)
    try:
        yield interrupts
    finally:
        _present.clear()
        if signal.getsignal(signal.SIGINT) == interrupts.note:
            signal.signal(signal.SIGINT, before)
    if interrupts.asked:
        raise Interrupted("interrupted; the model has the weights of the last step")
