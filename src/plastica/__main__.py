"""The entry point of ``python -m plastica`` and of the console script."""

from __future__ import annotations

import sys

from . import interrupts


def run() -> None:
    """Run the command line; Ctrl-C during imports ends it without a traceback, as it does later."""
    interrupts.install()
    try:
        from .cli.main import run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted.\n")
        interrupts.leave()


if __name__ == "__main__":
    run()
