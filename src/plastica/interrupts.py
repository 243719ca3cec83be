"""Ctrl-C for a program that loads large libraries: never in the middle of an import, always the same end."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import NoReturn

EXIT_CODE = 130  # 128 and the signal's number, as shells have it
A_MOMENT = 0.02  # seconds
IMPORTING = "<frozen importlib._bootstrap>"


def install() -> None:
    """Wait for imports to end before Ctrl-C is raised, where it does what it does in any Python program."""
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, raise_between_imports)


def raise_between_imports(number: int, frame: FrameType | None) -> None:
    """Raise Ctrl-C, after the imports under way: compiled libraries crash when they are left half loaded.

    Raises:
        KeyboardInterrupt: Outside imports.
    """
    while frame is not None:
        if frame.f_code.co_filename == IMPORTING:
            press_again()
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def press_again() -> None:
    """Press Ctrl-C in a moment: raised right here it would do harm or be swallowed."""
    timer = threading.Timer(A_MOMENT, _thread.interrupt_main)
    timer.daemon = True
    timer.start()


def leave() -> NoReturn:
    """End the process at once as an interrupted one.

    Python itself may end by the signal instead, though the exception was caught; and what still runs in libraries need
    not come to an end.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(EXIT_CODE)
