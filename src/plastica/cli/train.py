"""``plastica train``: train and evaluate a model on a table, and save it in a new folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

import click

from . import options, parameters, running
from .guard import guarded
from .names import TargetCommand, require_known
from .options import OptionValue
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    from ..settings import Settings

MODELS = ("network", "trees", "linear", "best")
NETWORKS = ("best", "mlp")
RESAMPLING = ("over", "under", "balanced")
STRATEGIES = ("softmax", "one_vs_rest", "one_vs_one")


@click.command(cls=TargetCommand, short_help="Train a model on a table.")
@click.argument("file")
@parameters.target
@parameters.task
@click.option(
    "--model",
    type=click.Choice(MODELS),
    default="network",
    help="Model to save: a network, boosted trees, a linear model, or the best of these on the validation set.",
)
@click.option(
    "--network",
    type=click.Choice(NETWORKS),
    default="best",
    help="Architecture: the best for tables, or plain relu layers.",
)
@click.option(
    "--layers",
    metavar="UNITS",
    help="Units of the hidden layers, such as 64,64; 0 for none. Default: depends on --network.",
)
@parameters.members
@click.option(
    "--linear-part", is_flag=True, help="Begin with a ridge regression, to which the network adds; for numbers."
)
@parameters.epochs
@click.option("--batch-size", type=int, help="Rows per gradient step. Default: depends on the number of rows.")
@click.option("--learning-rate", type=float, help="Default: depends on the optimizer.")
@click.option(
    "--optimizer",
    metavar="NAME",
    help="adam, adamw, sgd, rmsprop, lbfgs, ... Default: depends on the rule, mostly adam.",
)
@click.option(
    "--dropout", type=float, help="Fraction of hidden units dropped at each step. Default: depends on --network."
)
@click.option("--weight-decay", type=float, help="Decoupled weight decay. Default: depends on --network.")
@click.option("--rule", metavar="NAME", default="backprop", help="Learning rule: backprop, feedback_alignment, ...")
@click.option("--loss", metavar="NAME", help="crossentropy, focal, ... Default: depends on the task.")
@click.option(
    "--label-smoothing", type=float, default=0.0, help="Probability to move from the true class to all classes."
)
@click.option(
    "--strategy", type=click.Choice(STRATEGIES), help="How more than two classes are separated. Default: softmax."
)
@click.option(
    "--class-weight",
    metavar="WEIGHT",
    multiple=True,
    help="Weight of each class in the loss: balanced, or LABEL=NUMBER (repeat).",
)
@click.option(
    "--resample", type=click.Choice(RESAMPLING), help="Oversample rare classes, undersample common ones, or both."
)
@click.option("--costs", metavar="COSTS", help="Costs of wrong predictions, a row per true class: 0,1;5,0, or a file.")
@click.option(
    "--threshold",
    metavar="VALUE",
    help="Probability from which to predict the positive class: 0.3, or f1, balanced_accuracy "
    "or costs to choose it on the validation set.",
)
@parameters.seed
@click.option(
    "--validation",
    type=float,
    default=0.2,
    help="Fraction (or number) of rows in the validation set, which decides when to stop.",
)
@click.option(
    "--test",
    metavar="ROWS",
    help="Fraction (or number) of rows in the test set; last for the most recent rows; or a separate file. "
    "Default: 0.2, or 0 with --folds.",
)
@click.option(
    "--split",
    metavar="HOW",
    default="auto",
    help="How to split the rows: random, time (or time:COLUMN), group:COLUMN; auto chooses time for a time series.",
)
@click.option(
    "--folds", type=int, help="Cross-validation: predict each of so many parts by a model trained on the others."
)
@click.option("--repeats", type=int, default=1, help="Number of times that rows are assigned to folds anew.")
@click.option(
    "--keep-folds", is_flag=True, help="Save the models of all folds, whose predictions are averaged, as one."
)
@parameters.drop_or_ignore
@parameters.category
@parameters.number
@parameters.text
@parameters.date
@parameters.missing_words
@parameters.keep_words
@parameters.patience
@click.option("--time-limit", metavar="TIME", help="Maximum training time: 90 (seconds), 10m, 1h30m.")
@parameters.file_format
@parameters.stream
@parameters.out_folder
@parameters.report
@parameters.rows
@parameters.explain_rows
@parameters.devices
@parameters.cluster
@click.option("--doctor", is_flag=True, help="Diagnose the network while it trains, and show the findings.")
@parameters.checkpoints
@parameters.lang
@parameters.verbose
@parameters.quiet
@parameters.json
@parameters.debug
@guarded
def train(file: str, target: tuple[str, ...], **given: OptionValue) -> None:
    """Train a network, or another model, on a table.

    The kinds of columns, missing values and the task are inferred from the table and printed. The model is evaluated
    on a test set and compared with a linear model, boosted trees and a constant prediction; report.html
    shows the results.
    """
    if given["resume"] and given["checkpoint"] is None:
        raise click.BadParameter(SAY("resume_needs_checkpoint"))
    settings = settings_of(given)  # invalid settings are reported before the table is read
    where = (*options.devices_and_cluster(given), given["doctor"])
    output = Output(given["json"], given["quiet"], given["verbose"])
    source, columns = running.opened(
        file, options.separator(given["separator"]), given["encoding"], given["stream"], given["sheet"]
    )
    settings = with_columns(settings, given, columns)
    aim = options.targets(target, file, columns)
    explained = running.positions(source, options.row_numbers(given["explain_rows"]), given["rows"])
    own = (given["report"], given["lang"], given["rows"], explained)
    place = running.Destination(given["out"], given["checkpoint"], given["resume"], *own, *where)
    running.go(running.Job(file, source, aim, settings, output, place))


# Conversion of option texts to settings; the values of other options are settings already.
CONVERTERS: dict[str, Callable[[OptionValue], OptionValue]] = {
    "layers": options.units,
    "class_weight": options.weights,
    "costs": options.costs,
    "threshold": options.threshold,
    "time_limit": options.seconds,
    "test": options.held_out,
}
KINDS = ("category", "number", "text", "date")
OF_COLUMNS = ("drop", "missing_words", "keep_words")  # settings that need the names of the columns


def settings_of(given: Mapping[str, OptionValue]) -> Settings:
    """Return the settings for the options, except those of single columns."""
    chosen = {name: convert(given[name]) for name, convert in CONVERTERS.items()}
    for kind in ("optimizer", "rule", "loss"):
        require_known(kind, given[kind])
    from ..settings import Settings

    plain = set(Settings.__struct_fields__).intersection(given).difference(CONVERTERS, OF_COLUMNS)
    return Settings(**{name: given[name] for name in plain}, **chosen)


def with_columns(settings: Settings, given: Mapping[str, OptionValue], columns: Collection[str]) -> Settings:
    """Return the settings with the options of single columns."""
    import msgspec

    return msgspec.structs.replace(
        settings,
        drop=options.names(given["drop"], columns),
        kinds=options.kinds({kind: given[kind] for kind in KINDS}, columns),
        missing_words=options.names(given["missing_words"], ()),
        keep_words=options.names(given["keep_words"], ()),
    )
