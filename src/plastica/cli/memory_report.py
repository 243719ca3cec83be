"""``plastica memory report``: networks beside people on one page."""

from __future__ import annotations

import click

from . import parameters
from .guard import guarded
from .memory_words import end
from .names import OutCommand
from .options import OptionValue
from .output import Output, note
from .wording import SAY


@click.command(cls=OutCommand, short_help="Report on the memory of networks and people.")
@parameters.results
@guarded
def report(**given: OptionValue) -> None:
    """Write one page, in English and Chinese, on the memory of networks beside that of people.

    Each curve comes with the command that makes it, and with a sentence on what agrees and what does not. Takes about a
    minute.
    """
    from ..report import memory_sections, write_memory_report
    from . import folders

    output = Output(given["json"], given["quiet"])
    folder = folders.new_folder(given["out"], "memory")
    try:
        sections = memory_sections(lambda name: note(SAY(f"making_{name}")) if output.talks else None)
        write_memory_report(sections, folder / folders.REPORT, lang=given["lang"])
    finally:
        folders.give_back(folder)
    end(output, folder, folders.REPORT, {"sections": {each.name: each.facts for each in sections}})
