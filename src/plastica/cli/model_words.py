"""Output about a model: its layers, its training settings and its training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..language import WORDS
from ..settings import batch_size_for
from ..tables.facts import TableFacts
from ..training.wording import count_epochs, in_order, metric_name, seconds, short
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    from ..model import Sequential
    from ..settings import Settings
    from ..tables import TableNetwork
    from ..tables.trees import BoostedTrees
    from ..training import History


def say_plan(output: Output, features: int, rows: int, settings: Settings, model: Sequential | None) -> None:
    """Print what will be trained and how; ``model=None`` means that the model is not a network."""
    if not output.verbose:
        return
    if model is None:
        output.fact(settings.model, SAY(f"learner_{settings.model}"))
        return
    output.fact("network", say_network(features, model))
    output.fact("learning", say_learning(rows, model, settings))


def say_network(features: int, model: Sequential) -> str:
    """Describe a network in one line: its layers and the number of its parameters."""
    from ..tables.outlines import outline_of

    end = f"{model.output_shape[-1]} {model.network.output_activation!r}".replace("'", "")
    chain = " -> ".join([WORDS("features", count=features), *outline_of(model), end])
    return f"{chain}; {SAY('parameters', count=f'{model.count_params():,}')}"


def say_model(features: int, model: Sequential | BoostedTrees) -> str:
    """Describe a model in one line."""
    from ..tables.trees import BoostedTrees

    if not isinstance(model, BoostedTrees):
        return say_network(features, model)
    trees, leaves = SAY("count_trees", count=len(model.outputs)), SAY("count_leaves", count=model.leaves)
    return SAY("trees", features=WORDS("features", count=features), trees=trees, leaves=leaves)


def say_learning(rows: int, model: Sequential, settings: Settings) -> str:
    """Describe the training settings in one line."""
    from ..tables.networks import monitor_of

    size = settings.batch_size or (rows if model.optimizer.full_batch else batch_size_for(rows))
    said = SAY(
        "learning",
        rule=settings.rule,
        optimizer=type(model.optimizer).__name__,
        rate=f"{model.learning_rate:g}",
        size=f"{min(size, rows):,}",
        epochs=count_epochs(settings.epochs),
    )
    if settings.validation:
        said += SAY("patience", count=settings.patience, figure=metric_name(monitor_of(model)))
    return said


def say_training(output: Output, network: TableNetwork) -> None:
    """Print the number of epochs and which epoch's weights are used; nothing for a model that is not a network."""
    facts, history = network.facts, network.history
    made = facts.training
    if not made.epochs:
        return
    said = count_epochs(made.epochs)
    if history is not None:
        said = WORDS("trained", epochs=said, time=seconds(history.seconds))
    if made.stopped_by == "time_limit":
        said = SAY("stopped_time", made=said)
    if made.folds:
        rows = facts.rows.train + facts.rows.validation
        said = SAY("in_folds", made=said, rows=rows, folds=made.folds)
    if made.best_epoch:
        name = _monitored(network)
        values = history.history.get(name, []) if history is not None else []
        place = made.best_epoch - 1
        if place < len(values):
            figure = {"figure": metric_name(name), "value": short(values[place])}
            said = SAY("trained_best", made=said, best=made.best_epoch, **figure)
        else:
            said = SAY("trained_epoch", made=said, best=made.best_epoch)
    output.fact("training", said)
    if output.verbose:
        output.fact("stopped", _reason(facts, network))
        if history is not None:
            say_epochs(output, history, made.best_epoch, _monitored(network))


def _monitored(network: TableNetwork) -> str:
    from ..model import Sequential
    from ..tables.networks import monitor_of

    return monitor_of(network.model) if isinstance(network.model, Sequential) else ""


def _reason(facts: TableFacts, network: TableNetwork) -> str:
    reasons = {"epochs": "stopped_epochs", "time_limit": "stopped_limit", "interrupted": "stopped_interrupted"}
    if facts.training.stopped_by in reasons:
        return SAY(reasons[facts.training.stopped_by])
    if facts.training.stopped_by.startswith("EarlyStopping"):
        figure = metric_name(_monitored(network))
        return SAY("stopped_early", count=count_epochs(facts.settings.patience), figure=figure)
    return facts.training.stopped_by


def say_epochs(output: Output, history: History, best: int | None, monitor: str) -> None:
    """Print the metrics of epochs 1, 2, 4, 8 and so on, of the best and of the last epoch."""
    last = len(history.epoch)
    shown = sorted({2**power for power in range(last.bit_length())} | {last} | ({best} if best else set()))
    names = in_order((name for name in history.history if name != "learning_rate"), monitor)
    rows = [
        (f"{number:,}", *(short(history.history[name][number - 1]) for name in names))
        for number in shown
        if 0 < number <= last
    ]
    heads = [SAY("head_epoch"), *map(metric_name, names)]
    while len(heads) > 2 and not output.fits(heads, rows):  # the training loss is the least informative
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    output.say()
    output.table(heads, rows, strong=shown.index(best) if best in shown else None)
