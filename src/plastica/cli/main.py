"""The command line: ``plastica train``, ``predict``, ``evaluate``, ``compare`` and the other commands.

Imports nothing heavy, so that ``plastica --help`` does not wait for JAX.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import Any

import click

from .. import interrupts, language
from ..version import __version__
from . import click_words, guard, streams
from .compare import compare
from .compare_rules import compare_rules
from .compress import compress
from .continual import continual
from .devices import devices
from .doctor import doctor
from .dyad import dyad
from .evaluate import evaluate
from .explain import explain
from .export import export
from .forecast import forecast
from .info import info
from .inside import inside
from .learn_on import learn_on
from .memory import memory
from .plan import command as plan
from .play import play
from .predict import predict
from .recall import recall
from .search import search
from .serve import serve
from .society import society
from .sweep import sweep
from .train import train


class Commands(click.Group):
    """The group of commands; handles Ctrl-C also while options are read."""

    context_class = click_words.HelpContext

    def main(self, args: Sequence[str] | None = None, *given: Any, **options: Any) -> Any:
        """Run the command line in the requested language."""
        click_words.install()
        with language.using(click_words.asked_language(sys.argv[1:] if args is None else args)):
            return super().main(args, *given, **options)

    def make_context(self, *given: Any, **options: Any) -> click.Context:
        """Parse the options."""
        with guard.ended_by_interrupts():
            return super().make_context(*given, **options)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        with guard.ended_by_interrupts():
            return super().invoke(ctx)


@click.group(
    cls=Commands,
    epilog="Try it: plastica train penguins",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(__version__, prog_name="plastica", message="%(prog)s %(version)s")
def app() -> None:
    """Train neural networks on tables, evaluate them and predict with them."""


for command in (
    train,
    plan,
    predict,
    serve,
    learn_on,
    evaluate,
    explain,
    export,
    compress,
    forecast,
    compare,
    compare_rules,
    sweep,
    search,
    recall,
    continual,
    society,
    dyad,
    play,
    doctor,
    inside,
    memory,
    info,
    devices,
):
    app.add_command(command)


def run() -> None:
    """Run the command line (the console entry point)."""
    interrupts.install()
    streams.install()
    try:
        app(prog_name="plastica")
    except SystemExit as end:
        code = guard.code_of_end(end.code)
        if code == interrupts.EXIT_CODE:
            interrupts.leave()
        # Python would look for cycles among all that JAX has made before it ends, for a quarter of a second.
        gc.freeze()
        sys.exit(code)
