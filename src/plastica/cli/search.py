"""``plastica search``: search for the settings of a network for a table, and train it with the best."""

from __future__ import annotations

import click

from . import options, parameters, running
from .guard import guarded
from .names import TargetCommand
from .options import OptionValue
from .output import Output
from .train import with_columns
from .wording import SAY

STRATEGIES = ("halving", "random", "grid", "optuna")


@click.command(cls=TargetCommand, short_help="Search for the settings of a network.")
@click.argument("file")
@parameters.target
@parameters.task
@click.option(
    "--budget", metavar="TIME", help="Time for all trials: 90 (seconds), 5m, 1h30m. Default: 5m without --trials."
)
@click.option("--trials", type=int, help="Number of trials. Default: as many as the budget allows.")
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    default="halving",
    help="Random settings of which the worst are given up early, random settings, a grid, or those of Optuna.",
)
@click.option(
    "--space",
    metavar="SETTING",
    multiple=True,
    help="Values of a setting: learning_rate=1e-4..1e-1:log, dropout=0..0.5, layers=64|128,128; or a TOML file.",
)
@click.option("--folds", type=int, default=3, help="Number of folds of the training set on which trials are compared.")
@parameters.members
@parameters.epochs
@parameters.patience
@parameters.seed
@click.option(
    "--validation",
    type=float,
    default=0.2,
    help="Fraction (or number) of rows on which the winner is compared with the defaults.",
)
@click.option(
    "--test",
    metavar="ROWS",
    default="0.2",
    help="Fraction (or number) of rows in the test set; last for the most recent rows; or a separate file.",
)
@click.option(
    "--split",
    metavar="HOW",
    default="auto",
    help="How to split the rows: random, time (or time:COLUMN), group:COLUMN; auto chooses time for a time series.",
)
@parameters.drop_or_ignore
@parameters.category
@parameters.number
@parameters.text
@parameters.date
@parameters.missing_words
@parameters.keep_words
@parameters.file_format
@parameters.out_folder
@parameters.report
@parameters.rows
@parameters.cluster
@click.option("--resume", is_flag=True, help="Continue the interrupted search in --out.")
@parameters.lang
@parameters.verbose
@parameters.quiet
@parameters.json
@parameters.debug
@guarded
def search(file: str, target: tuple[str, ...], **given: OptionValue) -> None:
    """Search for the settings of a network for a table.

    Trials are compared on folds of the training set. The validation set then tells whether the best settings beat the
    defaults by more than chance, and the network is trained with them as by plastica train. The test set is used for
    its evaluation alone. report.html says what was tried and what mattered.
    """
    if given["resume"] and given["out"] is None:
        raise click.BadParameter(SAY("resume_search_needs_out"))
    from . import searching

    settings = searching.settings_of(given)  # invalid settings are reported before the table is read
    plan = searching.plan_of(given)
    output = Output(given["json"], given["quiet"], given["verbose"])
    source, columns = running.opened(
        file, options.separator(given["separator"]), given["encoding"], False, given["sheet"]
    )
    aim = options.targets(target, file, columns)
    own = (given["report"], given["lang"], given["rows"])
    place = running.Destination(given["out"], None, given["resume"], *own)
    searching.go(running.Job(file, source, aim, with_columns(settings, given, columns), output, place), plan)
