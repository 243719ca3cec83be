"""Cell: an output of a notebook's cell that is written again in place."""

from __future__ import annotations

import secrets
import sys
from typing import Any, TextIO


class Cell:
    """One output below the running cell, in Jupyter, VS Code, Colab and whatever else speaks Jupyter's protocol.

    Args:
        shell: IPython's shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._name = f"plastica-{secrets.token_hex(8)}"
        self._begun = False

    def show(self, page: str, text: str) -> None:
        """Show HTML, or ``text`` where there is none, in the place of what was shown before."""
        self._shell.display_pub.publish(
            {"text/html": page, "text/plain": text}, {}, transient={"display_id": self._name}, update=self._begun
        )
        self._begun = True


def cell_for(out: TextIO) -> Cell | None:
    """Return an output of the notebook that this runs in; None anywhere else, and where ``out`` is no notebook's.

    IPython is no dependency: a notebook has imported it before anything of plastica runs.
    """
    interactive = sys.modules.get("IPython")
    shell = None if interactive is None else interactive.get_ipython()
    # The shell of a terminal has no kernel; output that was redirected belongs to whoever did so.
    if getattr(shell, "kernel", None) is None or not type(out).__module__.startswith("ipykernel"):
        return None
    return Cell(shell)
