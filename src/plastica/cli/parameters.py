"""Options and arguments that several commands take, each declared once."""

from __future__ import annotations

import click

model = click.argument("model")
separator = click.option("--separator", metavar="TEXT", help="Between the columns; inferred from the text.")
encoding = click.option("--encoding", metavar="NAME", help="Of the text; inferred from its bytes.")
sheet = click.option("--sheet", metavar="NAME", help="Of a workbook, or its number; the first by default.")
stream = click.option(
    "--stream/--no-stream", default=None, help="Read in parts what memory cannot hold; decided by size."
)
out_folder = click.option("--out", "-o", metavar="FOLDER", help="A new folder; runs/NAME-NUMBER by default.")
drop = click.option("--drop", metavar="COLUMNS", multiple=True, help="Columns to leave out; repeat, or use commas.")
drop_or_ignore = click.option(
    "--drop", "--ignore", "drop", metavar="COLUMNS", multiple=True, help="Columns to leave out; repeat, or use commas."
)
category = click.option(
    "--category", metavar="COLUMNS", multiple=True, help="Columns whose values are names, even if they are digits."
)
number = click.option(
    "--number", metavar="COLUMNS", multiple=True, help="Columns of numbers; any other cell is refused."
)
text = click.option("--text", metavar="COLUMNS", multiple=True, help="Columns of free text.")
date = click.option("--date", metavar="COLUMNS", multiple=True, help="Columns of dates; any other cell is refused.")
missing_words = click.option(
    "--missing-words", metavar="WORDS", multiple=True, help="Further words for a missing value; repeat, or use commas."
)
keep_words = click.option(
    "--keep-words", metavar="WORDS", multiple=True, help="Words such as NA that are values here, not missing ones."
)
verbose = click.option("--verbose", "-v", is_flag=True, help="Print all details.")
lang = click.option(
    "--lang",
    type=click.Choice(("en", "zh")),
    show_default="from LANG",
    help="The language of what is printed, and of the report.",
)
quiet = click.option("--quiet", "-q", is_flag=True, help="Print only the run's folder.")
json = click.option("--json", is_flag=True, help="Print one JSON object and nothing else.")
debug = click.option("--debug", is_flag=True, help="Show where an error came from.")
