"""What is said of a table and of a trained model, for people and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..data.columns import Column
from ..data.target import Target
from ..estimators.deciding import say_decision
from ..estimators.facts import Facts, Results, listed
from ..estimators.partition import say_scheme
from ..estimators.scores import Figure, Scores
from ..estimators.settings import batch_size_for
from ..estimators.streamed_plan import Whole
from ..report.conclusions import conclusion
from .folders import REPORT
from .output import Output, brief

if TYPE_CHECKING:
    from ..estimators import Settings, TableNetwork
    from ..estimators.preparing import Prepared
    from ..estimators.trees import BoostedTrees
    from ..model import Sequential

MOST_COLUMNS = 40
MOST_VALUES = 4
MOST_TARGETS = 6
# A model's file keeps its figures in the order of the alphabet.
MODELS = ("network", "linear", "trees", "dummy", "last_value", "yesterday", "last_week", "last_year")
FIGURES = ("mean_cost", "accuracy", "balanced_accuracy", "micro_f1", "macro_f1", "f1", "precision", "recall", "mcc")
FIGURES += ("auc", "average_precision", "hamming_loss", "subset_accuracy", "log_loss", "brier", "mae", "rmse", "r2")
LEARNERS = {"trees": "gradient-boosted trees", "linear": "logistic or ridge regression"}
WORDS = {"auc": "AUC", "mae": "MAE", "rmse": "RMSE", "r2": "R2", "f1": "F1", "mcc": "MCC", "brier": "Brier score"}


def say_prepared(output: Output, prepared: Prepared, settings: Settings, whole: Whole | None = None) -> None:
    """Say what was inferred of the table, and which rows serve what; of files read in parts ``whole`` counts all."""
    table, target = prepared.table, prepared.target
    train, validation, test, _ = prepared.split
    parts = whole or Whole(len(train), len(validation), len(test), prepared.columns)
    rows = parts.train + parts.validation + parts.test
    output.fact("table", f"{table.source}: {count(rows, 'row')}, {count(len(table.columns), 'column')}")
    output.fact("target", say_target(target))
    if settings.drop:
        output.fact("dropped", ", ".join(settings.drop))
    say_columns(output, parts.columns)
    sizes = f"{parts.train} to train, {parts.validation} to validate, {parts.test} held out"
    output.fact("rows", f"{sizes}, {say_scheme(prepared.scheme)}, seed {settings.seed}")
    for finding in prepared.findings:
        if finding.severity != "note":
            output.fact(finding.severity, finding.message)


def say_plan(
    output: Output, prepared: Prepared, settings: Settings, model: Sequential | None, whole: Whole | None = None
) -> None:
    """Say what will be trained, and how; None stands for a model that is no network."""
    rows = whole.train if whole else len(prepared.split.train)
    if model is None:
        output.fact(settings.model, f"{LEARNERS[settings.model]}, with scikit-learn's defaults; no network is trained")
        return
    output.fact("network", say_network(prepared.x.shape[1], model))
    output.fact("learning", say_learning(rows, model, settings))


def say_target(target: Target) -> str:
    """Say what is predicted."""
    if len(target.names) > 1:
        shown = ", ".join(map(brief, target.names[:MOST_TARGETS])) + (
            " ..." if len(target.names) > MOST_TARGETS else ""
        )
        return f"{shown}: {target.task}, {len(target.names)} {'labels' if target.classes else 'numbers'}"
    if target.task == "regression":
        return f"{brief(target.name)}: regression, mean {target.mean:.5g}, deviation {target.scale:.5g}"
    shown = ", ".join(brief(str(label)) for label in target.classes[:10]) + (" ..." if len(target.classes) > 10 else "")
    return f"{brief(target.name)}: {target.task}, {len(target.classes)} classes ({shown})"


def say_columns(output: Output, columns: tuple[Column, ...]) -> None:
    """Print a table of the columns."""
    output.say()
    rows = [(brief(each.name), each.kind, str(each.missing or ""), _what(each)) for each in columns[:MOST_COLUMNS]]
    output.table(("column", "kind", "missing", "values"), rows)
    if len(columns) > MOST_COLUMNS:
        used = sum(column.used for column in columns)
        output.say(f"and {len(columns) - MOST_COLUMNS} more; {used} of {len(columns)} are used.")
    output.say()


def say_network(features: int, model: Sequential) -> str:
    """Say what the network is."""
    from ..estimators.networks import outline_of

    hidden = outline_of(model)
    end = f"{model.output_shape[-1]} {model.network.output_activation!r}".replace("'", "")
    return " -> ".join([f"{features} features", *hidden, end]) + f"; {model.count_params():,} parameters"


def say_model(features: int, model: Sequential | BoostedTrees) -> str:
    """Say what the network is, or what stands in its place."""
    from ..estimators.trees import BoostedTrees

    if isinstance(model, BoostedTrees):
        return f"{features} features -> {count(len(model.outputs), 'tree')} with {count(model.leaves, 'leaf')}"
    return say_network(features, model)


def say_learning(rows: int, model: Sequential, settings: Settings) -> str:
    """Say how the network learns and for how long."""
    from ..estimators.networks import monitor_of

    size = settings.batch_size or (rows if model.optimizer.full_batch else batch_size_for(rows))
    patience = f", until {settings.patience} without a better {monitor_of(model)}" if settings.validation else ""
    return (
        f"{settings.rule}, {type(model.optimizer).__name__} at rate {model.learning_rate:g}, batches of "
        f"{min(size, rows)}, {count(settings.epochs, 'epoch')} at most{patience}"
    )


def say_trained(output: Output, network: TableNetwork) -> None:
    """Say why training stopped and how good the network is."""
    facts = network.facts
    output.say()
    say_training(output, facts)
    if facts.settings.model == "best":
        features = len(network.encoder.feature_names)
        output.fact("best", f"{facts.model}: {say_model(features, network.model)}")
    if facts.results is None:
        output.say("No row was held out, so nothing is known of how good it is on new rows.")
    else:
        say_results(output, facts.results)
    if facts.decision is not None and (said := say_decision(network.target, facts.decision)):
        output.fact("answers", said)


def say_saved(output: Output, folder: Path, report: bool) -> None:
    """Say where a run lies, and what to do with it."""
    output.fact("saved", f"{folder}")
    if report:
        output.fact("report", f"{folder / REPORT}: open it in a browser")
    output.fact("next", f"plastica predict {folder} FILE")


def say_training(output: Output, facts: Facts) -> None:
    """Say why training ended and whose weights were kept; nothing of a model that is no network."""
    made = facts.training
    if not made.epochs:
        return
    reason = {"epochs": "all were made", "time_limit": "the time limit"}.get(made.stopped_by, made.stopped_by)
    output.fact("stopped", f"after {count(made.epochs, 'epoch')}: {reason}")
    if made.best_epoch:
        output.fact("kept", f"the weights of epoch {made.best_epoch}, the best on the validation rows")


def say_results(output: Output, results: Results) -> None:
    """Print the network beside the baselines, and what may be concluded."""
    output.say()
    output.say(f"On the {count(results.rows, 'held-out row')} (95 % intervals):")
    verdict = results.concluded()
    say_scores(output, results.scores, verdict.model)
    for line in conclusion(verdict):
        output.say(line)
    for finding in verdict.findings:
        if finding.code in ("never_found", "naive_better"):  # what was found in the data was said before training
            output.fact(finding.severity, finding.message)
    output.say()


def say_scores(output: Output, scores: dict[str, Scores], own: str = "network") -> None:
    """Print figures, a row for each and a column for each model, the run's own first."""
    names = list(dict.fromkeys(name for found in scores.values() for name in found))
    targets = [name.partition(" of ")[2] for name in names]
    names.sort(key=lambda name: (targets.index((parts := name.partition(" of "))[2]), _place(parts[0], FIGURES)))
    models = sorted(scores, key=lambda name: (name != own, _place(name, MODELS)))
    rows = [
        (word_of(name), *(say_figure(name, scores[each][name]) if name in scores[each] else "" for each in models))
        for name in names
    ]
    output.table(("", *(model.replace("_", " ") for model in models)), rows)


def _place(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)


def word_of(name: str) -> str:
    """Write a figure's name for people.

    Example:
        >>> word_of("macro_f1"), word_of("mae of price")
        ('macro F1', 'MAE of price')
    """
    figure, of, target = name.partition(" of ")
    return " ".join(WORDS.get(word, word) for word in figure.split("_")) + of + brief(target)


def say_figure(name: str, figure: Figure) -> str:
    """Write a figure with its interval; a share just below 1 is not written as 1."""
    form = (
        ".4g"
        if name.startswith(("mae", "rmse", "mean_cost", "coverage"))
        else ".5f"
        if 0.9995 <= figure.value < 1
        else ".3f"
    )
    interval = "" if figure.low is None else f" ({_write(figure.low, form)} to {_write(figure.high, form)})"
    return f"{_write(figure.value, form)}{interval}"


def say_gap(name: str, gap: Figure) -> str:
    """Write by how much one model's figure is above another's."""
    interval = "" if gap.low is None else f" ({gap.low:+.3g} to {gap.high:+.3g})"
    return f"{word_of(name)} {gap.value:+.3g}{interval}"


def facts_of(network: TableNetwork, folder: Path | None = None) -> dict[str, Any]:
    """Return everything about a network as JSON has it."""
    facts, target = network.facts, network.target
    made: dict[str, Any] = {
        "plastica": __version__,
        "source": facts.source,
        "target": {
            "name": target.name,
            "names": list(target.names),
            "task": target.task,
            "classes": list(target.classes),
        },
        "columns": [
            {
                "name": column.name,
                "kind": column.kind,
                "used": column.used,
                "missing": column.missing,
                "distinct": column.distinct,
                "note": column.note,
            }
            for column in facts.columns
        ],
        "features": list(network.encoder.feature_names),
        "model_kept": facts.model,
        "parameters": network.model.count_params(),
        "rows": listed(facts.rows),
        "settings": listed(facts.settings),
        "training": listed(facts.training),
        "results": listed(facts.results),
        "verdict": None if facts.results is None else conclusion(facts.results.concluded())._asdict(),
        "decision": listed(facts.decision),
        "notes": list(facts.notes),
    }
    if network.history is not None:
        made["training"]["seconds"] = round(network.history.seconds, 3)
    if folder is not None:
        made = {"folder": str(folder), "model": str(folder / "model.plastica"), **made}
    return made


def _what(column: Column) -> str:
    if not column.used:
        return column.note
    if column.kind == "number" and column.lowest is not None:
        said = f"{column.lowest:.5g} to {column.highest:.5g}, mean {column.mean:.4g}"
    else:
        shown = sorted(column.categories[:MOST_VALUES]) if column.kind != "date" else []
        said = f"{column.distinct} different" + (": " + ", ".join(map(brief, shown)) if shown else "")
        said += " ..." if shown and column.distinct > MOST_VALUES else ""
    return f"{said}; {column.note}" if column.note else said


def _write(value: float | None, form: str) -> str:
    written = f"{value:{form}}"
    return written.lstrip("-") if float(written) == 0 else written


def count(number: int, word: str) -> str:
    """Write how many there are of something."""
    several = word.removesuffix("f") + "ves" if word.endswith("f") else f"{word}s"
    return f"{number:,} {word if number == 1 else several}"
