"""Ctrl-C in the command line: postponed during imports, and always with the same exit code."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import NoReturn

EXIT_CODE = 130  # 128 plus the signal number, as in shells
A_MOMENT = 0.02  # seconds
IMPORTING = "<frozen importlib._bootstrap>"


def install() -> None:
    """Postpone Ctrl-C until pending imports are complete, unless another handler is installed."""
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, raise_between_imports)


def raise_between_imports(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, after pending imports: compiled libraries crash if they are only half loaded.

    Raises:
        KeyboardInterrupt: If no import is in progress.
    """
    while frame is not None:
        if frame.f_code.co_filename == IMPORTING:
            press_again()
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def press_again() -> None:
    """Send the interrupt signal after a delay: raised now, it would do harm or be swallowed."""
    timer = threading.Timer(A_MOMENT, _thread.interrupt_main)
    timer.daemon = True
    timer.start()


def leave() -> NoReturn:
    """Exit immediately with the code of an interrupted process.

    A normal exit could end with the signal although the exception was caught, or wait for threads of libraries.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(EXIT_CODE)
