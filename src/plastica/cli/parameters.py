"""Options and arguments shared by several commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
TASKS = ("binary", "multiclass", "multilabel", "regression")

model = click.argument("model")
target = click.option(
    "--target",
    "-t",
    metavar="COLUMN",
    multiple=True,
    help="Column to predict; repeat for several, or give a pattern such as Class*.",
)
task = click.option("--task", type=click.Choice(TASKS), help="Kind of target. Default: inferred from its values.")
members = click.option(
    "--members", type=int, help="Number of networks in the ensemble, whose predictions are averaged."
)
epochs = click.option("--epochs", type=int, default=200, help="Maximum number of epochs.")
patience = click.option(
    "--patience", type=int, default=12, help="Epochs without improvement of the validation loss before training stops."
)
seed = click.option("--seed", type=int, default=0, help="Random seed; the same seed gives the same model.")
cluster = click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Workers that train: local:3 for processes of this machine, ray, or ray://HOST:PORT.",
)
devices = click.option("--devices", metavar="NUMBER", help="Number of devices to divide batches among, or all.")
report = click.option("--report/--no-report", default=True, help="Whether to write report.html.")
rows = click.option(
    "--rows/--no-rows", default=True, help="Whether report.html shows single rows of the table, which may be personal."
)
explain_rows = click.option(
    "--explain-rows",
    metavar="ROWS",
    multiple=True,
    help="Further rows of the file, from 1, that report.html explains: 3,17.",
)
separator = click.option("--separator", metavar="TEXT", help="Separator between columns. Default: inferred.")
encoding = click.option("--encoding", metavar="NAME", help="Encoding of the text. Default: inferred.")
sheet = click.option("--sheet", metavar="NAME", help="Name or number of a worksheet. Default: the first.")
stream = click.option(
    "--stream/--no-stream",
    default=None,
    help="Read the file in parts, for tables larger than memory. Default: depends on its size.",
)
out_folder = click.option(
    "--out", "-o", metavar="FOLDER", help="New folder for the results. Default: runs/NAME-NUMBER."
)
drop = click.option(
    "--drop", metavar="COLUMNS", multiple=True, help="Columns to ignore; repeat, or separate by commas."
)
drop_or_ignore = click.option(
    "--drop",
    "--ignore",
    "drop",
    metavar="COLUMNS",
    multiple=True,
    help="Columns to ignore; repeat, or separate by commas.",
)
category = click.option(
    "--category", metavar="COLUMNS", multiple=True, help="Columns to treat as categories, even if they contain numbers."
)
number = click.option(
    "--number", metavar="COLUMNS", multiple=True, help="Columns to treat as numbers; other values are errors."
)
text = click.option("--text", metavar="COLUMNS", multiple=True, help="Columns to treat as free text.")
date = click.option(
    "--date", metavar="COLUMNS", multiple=True, help="Columns to treat as dates; other values are errors."
)
missing_words = click.option(
    "--missing-words",
    metavar="WORDS",
    multiple=True,
    help="Additional words that mean a missing value; repeat, or separate by commas.",
)
keep_words = click.option(
    "--keep-words", metavar="WORDS", multiple=True, help="Words such as NA to keep as values instead of missing."
)
verbose = click.option("--verbose", "-v", is_flag=True, help="Print all details.")
lang = click.option(
    "--lang",
    type=click.Choice(("en", "zh")),
    show_default="from LANG",
    help="Language of the output and of the report.",
)
quiet = click.option("--quiet", "-q", is_flag=True, help="Print only the folder of the run.")
json = click.option("--json", is_flag=True, help="Print one JSON object and nothing else.")
debug = click.option("--debug", is_flag=True, help="Show the traceback of an error.")


def together(*options: Decorator) -> Decorator:
    """Return a decorator that gives a command several options, in this order in its help."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


file_format = together(separator, encoding, sheet)
results = together(out_folder, lang, quiet, json, debug)
checkpoints = together(
    click.option("--checkpoint", metavar="FOLDER", help="Folder for checkpoints."),
    click.option("--resume", is_flag=True, help="Resume from the newest checkpoint in --checkpoint."),
)
