"""The command line: ``plastica train``, ``predict``, ``evaluate``, ``compare``, ``compare-rules``, ``info``.

Nothing heavy is imported here: ``plastica --help`` answers before JAX would have loaded.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Annotated

import typer

from .. import __version__
from .compare import compare
from .compare_rules import compare_rules
from .evaluate import evaluate
from .info import info
from .predict import predict
from .train import train

app = typer.Typer(
    name="plastica",
    help="Train neural networks on tables, and use them.",
    epilog="Start with: plastica train penguins",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich would double the time that --help takes
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (train, predict, evaluate, compare, compare_rules, info):
    app.command()(command)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"plastica {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which plastica this is.")
    ] = False,
) -> None:
    """Train neural networks on tables, and use them."""


def run() -> None:
    """Run the command line; the console's entry point."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            # A label that the terminal's encoding lacks is shown as \\u5317 rather than ending the program.
            stream.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue]
    app()
