"""A worker of a job, as those start it who divide it: ``python -m plastica.cluster FOLDER HOW NUMBER``."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from .launching import FAILED
from .messages import StreamLine
from .work import STANDING, work


def line_of_this_process() -> StreamLine:
    """Return the messages over the standard input and output; what is printed goes to standard error from now on."""
    outgoing = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return StreamLine(sys.stdin.buffer, outgoing)


if __name__ == "__main__":
    if sys.platform != "win32":  # Ray blocks interrupts in its processes, and those that they start inherit that
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    folder, how, number = sys.argv[1:4]
    code = FAILED
    with suppress(OSError):  # where the log has no room
        try:
            code = work(Path(folder), how, int(number), line_of_this_process() if how == STANDING else None)
        except Exception:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    if code:
        # A normal end would wait for workers that wait for this one.
        os._exit(code)
