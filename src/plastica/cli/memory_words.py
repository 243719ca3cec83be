"""What the commands of memory say at their end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from ..language import Texts
from .output import Output

WORDS = Texts("memory")


def end(output: Output, folder: Path, files: str, facts: Mapping[str, object]) -> None:
    """Print where the results are.

    Args:
        output: The output of the command.
        folder: The folder of the results.
        files: The names of what is in it.
        facts: What ``--json`` prints beside the folder.
    """
    output.fact("saved", f"{folder}: {files}")
    output.result({"folder": str(folder), **facts})
    if output.quiet and not output.as_json:
        click.echo(str(folder))
