"""matplotlib, loaded without its remarks where the home folder cannot be written."""

from __future__ import annotations

import logging


def load_matplotlib() -> None:
    """Import what pictures need of matplotlib; call it before any other import of it.

    Where its folders cannot be written matplotlib takes temporary ones, by itself, and logs a paragraph on that in
    each process. Nobody who asked for a report can do anything with it.
    """
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        import matplotlib.figure
        import matplotlib.font_manager  # noqa: F401
    finally:
        logger.setLevel(level)
