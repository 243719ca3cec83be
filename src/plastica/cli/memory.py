"""``plastica memory``: memory of networks and of people, measured, drawn and reported."""

from __future__ import annotations

import click

from .click_words import HelpContext
from .memory_networks import retention, tasks
from .memory_people import forgetting, free_recall
from .memory_report import report


class MemoryCommands(click.Group):
    """The group of commands; ``plastica memory --report`` is ``plastica memory report``."""

    context_class = HelpContext

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options."""
        if REPORT in args and not any(each in self.commands for each in args):
            args = ["report", *(each for each in args if each != REPORT)]
        return super().parse_args(ctx, args)


REPORT = "--report"


@click.group(cls=MemoryCommands, no_args_is_help=True, short_help="Measure memory, and compare it with people's.")
@click.option(REPORT, "asked", is_flag=True, help="Write the report, as plastica memory report does.")
def memory(asked: bool) -> None:
    """Measure the memory of networks, and compare it with that of people.

    plastica recall stores images or rows of a table in associative memories.
    """


for command in (tasks, retention, forgetting, free_recall, report):
    memory.add_command(command)
