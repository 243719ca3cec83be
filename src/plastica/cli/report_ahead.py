"""Importing on another core, while a model trains, what writes its report."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread


def import_report(template: str) -> None:
    """Begin to import matplotlib and the report's modules in another thread.

    They take half a second, in which the thread of training mostly waits for XLA.

    Args:
        template: The name of the report's template.
    """
    Thread(target=_import, args=(template,), name="plastica-report").start()


def _import(template: str) -> None:
    # An error is raised again, and reported, where the report is written.
    with suppress(Exception):
        from ..drawing import load_matplotlib
        from ..report import page, writing  # noqa: F401 - what writing imports takes most of the time

        load_matplotlib()
        page.environment().get_template(template)
