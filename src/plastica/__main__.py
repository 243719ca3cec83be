"""``python -m plastica``, and the console's entry point: the command line."""

from __future__ import annotations

import sys

from . import interrupts


def run() -> None:
    """Run the command line; Ctrl-C while it still loads ends it as later on, without a traceback."""
    interrupts.install()
    try:
        from .cli.main import run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted.\n")
        interrupts.leave()


if __name__ == "__main__":
    run()
