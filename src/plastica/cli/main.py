"""The command line: ``plastica train``, ``predict``, ``evaluate``, ``compare``, ``compare-rules``, ``info``.

Nothing heavy is imported here: ``plastica --help`` answers before JAX would have loaded.
"""

from __future__ import annotations

import contextlib
import sys

import click

from .. import __version__
from .compare import compare
from .compare_rules import compare_rules
from .evaluate import evaluate
from .info import info
from .predict import predict
from .train import train


@click.group(
    epilog="Start with: plastica train penguins",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(__version__, prog_name="plastica", message="%(prog)s %(version)s")
def app() -> None:
    """Train neural networks on tables, and use them."""


for command in (train, predict, evaluate, compare, compare_rules, info):
    app.add_command(command)


def run() -> None:
    """Run the command line; the console's entry point."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            # A label that the terminal's encoding lacks is shown as \\u5317 rather than ending the program.
            stream.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue]
    app(prog_name="plastica")
