"""``plastica train``: from a file to a judged model in a folder of its own."""

from __future__ import annotations

from collections.abc import Collection

import click

from . import options, parameters, running
from .guard import guarded
from .names import TargetCommand, require_known
from .output import Output
from .wording import SAY

TASKS = ("binary", "multiclass", "multilabel", "regression")
MODELS = ("network", "trees", "linear", "best")
NETWORKS = ("best", "mlp")
RESAMPLING = ("over", "under", "balanced")
STRATEGIES = ("softmax", "one_vs_rest", "one_vs_one")


@click.command(cls=TargetCommand, short_help="Train a network on a table.")
@click.argument("file")
@click.option(
    "--target",
    "-t",
    metavar="COLUMN",
    multiple=True,
    help="The column to predict; several for several labels or numbers, or a pattern such as Class*.",
)
@click.option("--task", type=click.Choice(TASKS), help="What kind of target it is; inferred from its values.")
@click.option(
    "--model",
    type=click.Choice(MODELS),
    default="network",
    help="What is kept: a network, boosted trees, a linear model, or the best of them on the validation rows.",
)
@click.option(
    "--network", type=click.Choice(NETWORKS), default="best", help="The best for tables, or plain relu layers."
)
@click.option("--layers", metavar="UNITS", help="Units of the hidden layers, such as 64,64; 0 for none.")
@click.option("--members", type=int, help="Networks that share the work and are averaged.")
@click.option("--epochs", type=int, default=200, help="Epochs at most.")
@click.option("--batch-size", type=int, help="Rows a step; chosen by the number of rows.")
@click.option("--learning-rate", type=float, help="The optimizer's own by default.")
@click.option(
    "--optimizer", metavar="NAME", help="adam, adamw, sgd, rmsprop, lbfgs, ...; the rule's usual one, mostly adam."
)
@click.option("--rule", metavar="NAME", default="backprop", help="The learning rule: backprop, feedback_alignment, ...")
@click.option("--loss", metavar="NAME", help="crossentropy, focal, ...; the task's own by default.")
@click.option("--label-smoothing", type=float, default=0.0, help="How much of a label all classes share.")
@click.option("--strategy", type=click.Choice(STRATEGIES), help="How several classes are told apart.")
@click.option(
    "--class-weight",
    metavar="WEIGHT",
    multiple=True,
    help="balanced, or LABEL=NUMBER for each class: how much its rows count.",
)
@click.option("--resample", type=click.Choice(RESAMPLING), help="Which rows an epoch sees, for rare classes.")
@click.option(
    "--costs", metavar="COSTS", help="What wrong answers cost: 0,1;5,0 (a row for each true class), or a file."
)
@click.option(
    "--threshold",
    metavar="VALUE",
    help="The probability from which the answer is yes: 0.3, or f1, balanced_accuracy, costs.",
)
@click.option("--seed", type=int, default=0, help="Same seed, same model, bit for bit.")
@click.option("--validation", type=float, default=0.2, help="Share (or number) of rows that decide when to stop.")
@click.option(
    "--test",
    metavar="ROWS",
    default="0.2",
    help="Share (or number) of rows held out for the results; last for the last by time; or a file of its own.",
)
@click.option(
    "--split",
    metavar="HOW",
    default="auto",
    help="How rows are split: random, time (also time:COLUMN), group:COLUMN; auto takes time for a series.",
)
@parameters.drop_or_ignore
@parameters.category
@parameters.number
@parameters.text
@parameters.date
@parameters.missing_words
@parameters.keep_words
@click.option("--patience", type=int, default=12, help="Epochs without a better validation loss before it stops.")
@click.option("--time-limit", metavar="TIME", help="When to stop by the clock: 90, 10m, 1h30m.")
@parameters.separator
@parameters.encoding
@parameters.sheet
@parameters.stream
@parameters.out_folder
@click.option("--report/--no-report", default=True, help="Whether to write report.html.")
@click.option("--checkpoint", metavar="FOLDER", help="A folder for checkpoints of the run.")
@click.option("--resume", is_flag=True, help="Resume from the newest checkpoint in --checkpoint.")
@parameters.lang
@parameters.verbose
@parameters.quiet
@parameters.json
@parameters.debug
@guarded
def train(
    file: str,
    target: tuple[str, ...],
    task: str | None,
    model: str,
    network: str,
    layers: str | None,
    members: int | None,
    epochs: int,
    batch_size: int | None,
    learning_rate: float | None,
    optimizer: str | None,
    rule: str,
    loss: str | None,
    label_smoothing: float,
    strategy: str | None,
    class_weight: tuple[str, ...],
    resample: str | None,
    costs: str | None,
    threshold: str | None,
    seed: int,
    validation: float,
    test: str,
    split: str,
    drop: tuple[str, ...],
    category: tuple[str, ...],
    number: tuple[str, ...],
    text: tuple[str, ...],
    date: tuple[str, ...],
    missing_words: tuple[str, ...],
    keep_words: tuple[str, ...],
    patience: int,
    time_limit: str | None,
    separator: str | None,
    encoding: str | None,
    sheet: str | None,
    stream: bool | None,
    out: str | None,
    report: bool,
    checkpoint: str | None,
    resume: bool,
    lang: str,
    verbose: bool,
    quiet: bool,
    json: bool,
    debug: bool,
) -> None:
    """Train a network, or another model, on a table.

    The kinds of the columns, missing values and the task are inferred from the table and printed. Some rows are held
    out; on these the network is judged beside a linear model, boosted trees and a guess, also in report.html.
    """
    if resume and checkpoint is None:
        raise click.BadParameter(SAY("resume_needs_checkpoint"))
    chosen = {
        "layers": options.units(layers),
        "class_weight": options.weights(class_weight),
        "costs": options.costs(costs),
        "threshold": options.threshold(threshold),
        "time_limit": options.seconds(time_limit),
    }
    for kind, name in (("optimizer", optimizer), ("rule", rule), ("loss", loss)):
        require_known(kind, name)
    import msgspec

    from ..estimators import Settings

    settings = Settings(  # what no run can have is said before the table is read
        task=task,
        model=model,
        network=network,
        members=members,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        optimizer=optimizer,
        rule=rule,
        loss=loss,
        label_smoothing=label_smoothing,
        strategy=strategy,
        resample=resample,
        seed=seed,
        validation=validation,
        test=options.held_out(test),
        split=split,
        patience=patience,
        **chosen,
    )
    output = Output(json, quiet, verbose)
    source, columns = running.opened(file, options.separator(separator), encoding, stream, sheet)
    settings = msgspec.structs.replace(
        settings,
        drop=options.names(drop, columns),
        kinds=options.kinds({"category": category, "number": number, "text": text, "date": date}, columns),
        missing_words=options.names(missing_words, ()),
        keep_words=options.names(keep_words, ()),
    )
    aim = options.names(target, columns) or (usual_target(file, columns),)
    place = running.Place(out, checkpoint, resume, report, lang)
    running.go(running.Run(file, source, aim, settings, output, place))


def usual_target(file: str, names: Collection[str]) -> str:
    """Return what is predicted of a table that ships with plastica; of others a person says it."""
    from pathlib import Path

    from .. import datasets

    if file in datasets.NAMES and not Path(file).exists():
        return datasets.target_of(file)
    listed = ", ".join(map(repr, list(names)[:20])) + (" ..." if len(names) > 20 else "")
    raise click.BadParameter(SAY("say_target", columns=listed))
