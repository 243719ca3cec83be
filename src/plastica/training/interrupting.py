"""Ctrl-C during a run: recorded by a signal handler, and acted on between two calls of the program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ..interrupts import raise_between_imports


class Interrupted(KeyboardInterrupt):
    """Training was interrupted by Ctrl-C between two steps; the model has the weights after the last step.

    Args:
        message: The message.
        kept: What was trained so far, for callers that train more than one model.
    """

    def __init__(self, message: str, kept: object = None) -> None:
        super().__init__(message)
        self.kept = kept


class Interrupts:
    """Whether Ctrl-C was pressed since the beginning of the run."""

    def __init__(self) -> None:
        self.asked = False

    def note(self, number: int, frame: FrameType | None) -> None:
        """Record the first Ctrl-C for the run; a second one interrupts immediately, as without a handler.

        Raises:
            KeyboardInterrupt: At the second Ctrl-C.
        """
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


_present: list[Interrupts] = []  # that of the current run in the main thread; nested runs share it


@contextmanager
def noted() -> Iterator[Interrupts]:
    """Record Ctrl-C instead of raising an error at an arbitrary place, where it may be swallowed.

    JAX runs a callback during garbage collection, and exceptions raised there are lost. The handler is installed only
    in the main thread, and only if no other handler replaces Python's own. The previous handler is restored at the end.

    Raises:
        Interrupted: At the end, if Ctrl-C was pressed and no other error was raised.
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
