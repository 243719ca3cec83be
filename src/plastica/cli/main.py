"""The command line: ``plastica train``, ``predict``, ``evaluate``, ``compare``, ``compare-rules``, ``info``.

Nothing heavy is imported here: ``plastica --help`` answers before JAX would have loaded.
"""

from __future__ import annotations

import sys

import click

from .. import __version__
from . import guard, streams
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
    streams.install()
    try:
        app(prog_name="plastica")
    except SystemExit as end:
        sys.exit(guard.code_of_end(end.code))
