"""CellOutput: an output of a notebook cell that can be updated in place."""

from __future__ import annotations

import secrets
import sys
from typing import Any, TextIO


class CellOutput:
    """An output below the running cell, in Jupyter, VS Code, Colab and other clients of the Jupyter protocol.

    Args:
        shell: The IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._name = f"plastica-{secrets.token_hex(8)}"
        self._begun = False

    def show(self, page: str, text: str) -> None:
        """Replace the output by HTML, or by ``text`` in clients without HTML."""
        self._shell.display_pub.publish(
            {"text/html": page, "text/plain": text}, {}, transient={"display_id": self._name}, update=self._begun
        )
        self._begun = True


def cell_for(out: TextIO) -> CellOutput | None:
    """Return an output of the current notebook; None outside of notebooks, and if ``out`` is redirected.

    IPython is not a dependency; a notebook has already imported it.
    """
    interactive = sys.modules.get("IPython")
    shell = None if interactive is None else interactive.get_ipython()
    # The IPython shell in a terminal has no kernel; redirected output must not be replaced.
    if getattr(shell, "kernel", None) is None or not type(out).__module__.startswith("ipykernel"):
        return None
    return CellOutput(shell)
