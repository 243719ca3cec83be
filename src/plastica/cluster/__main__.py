"""``python -m plastica.cluster FOLDER together|apart NUMBER``: a worker, as :func:`plastica.cluster.fit` starts it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from .work import work

if __name__ == "__main__":
    if sys.platform != "win32":  # Ray blocks interrupts in its processes, and those that they start inherit that
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    code = work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    sys.stdout.flush()
    sys.stderr.flush()
    if code:
        # A normal end would wait for workers that wait for this one.
        os._exit(code)
