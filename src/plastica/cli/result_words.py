"""Output about a model's metrics: the main one with its conclusions, and all of them beside the baselines'."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..evaluation.results import Results
from ..evaluation.scores import Figure, Scores
from ..evaluation.thresholds import say_decision
from ..language import current
from ..report.conclusions import conclusion
from .figure_words import cell, in_order, place_in, result_in_words, say_figure, word_of
from .fold_words import rows_in_folds, say_each_fold, say_spread
from .folders import REPORT
from .model_words import say_model, say_training
from .output import Output
from .wording import SAY, finding_in_words, listed

if TYPE_CHECKING:
    from ..tables import TableNetwork

FIGURES = ("mean_cost", "accuracy", "balanced_accuracy", "micro_f1", "macro_f1", "f1", "precision", "recall", "mcc")
FIGURES += ("auc", "average_precision", "hamming_loss", "subset_accuracy", "log_loss", "brier", "mae", "rmse", "r2")
# Other findings concern the data and were printed before training.
AFTERWARDS = ("never_found", "naive_better", "probabilities_better")


def say_trained(output: Output, network: TableNetwork) -> None:
    """Print the training summary and the test metrics."""
    facts = network.facts
    say_training(output, network)
    if facts.settings.model == "best":
        outline = say_model(len(network.encoder.feature_names), network.model)
        output.fact("best", SAY("best_model", model=SAY.name("model", facts.model), outline=outline))
    if facts.decision is not None and (said := say_decision(network.target, facts.decision)):
        output.fact("answers", said.said())
    output.say()
    scores = facts.cross_validation
    if facts.results is None:
        output.fact("result", SAY("none_held_out"))
        return
    if scores is None or facts.rows.test:
        say_results(output, facts.results, SAY("held_out_rows", count=facts.results.rows))
    else:
        say_results(output, facts.results, rows_in_folds(scores))
    if scores is not None:
        if facts.rows.test:
            own = scores.figure(scores.own, scores.main)
            output.fact("", result_in_words(scores.main, own, rows_in_folds(scores)))
        say_spread(output, scores)
        if output.verbose:
            say_each_fold(output, scores)


def say_results(output: Output, results: Results, rows: str) -> None:
    """Print the main metric and the conclusions; if verbose, all metrics beside the baselines'.

    Args:
        output: Where to print.
        results: The results.
        rows: The rows on which they were computed, in words.
    """
    verdict = results.concluded()
    own = results.scores[verdict.model]
    output.fact("result", result_in_words(results.main, own[results.main], rows))
    if output.verbose:
        output.say()
        output.say(SAY("held_out_results", rows=rows))
        say_scores(
            output, {SAY.name("model", name): results.scores[name] for name in in_order(results.scores, verdict.model)}
        )
        output.say()
    elif others := [name for name in in_order(results.scores, verdict.model) if name != verdict.model]:
        figures = [
            f"{SAY.name('model', name)} {say_figure(results.main, Figure(results.scores[name][results.main].value))}"
            for name in others
            if results.main in results.scores[name]
        ]
        output.fact("beside", listed(figures))
    said = conclusion(verdict, current(), "command")
    output.fact("verdict", said.sentence)
    output.fact("", said.advice)
    for finding in verdict.findings:
        if finding.code in AFTERWARDS:
            output.fact(finding.severity, finding_in_words(finding))


def say_saved(output: Output, folder: Path, report: bool, folds: int = 0) -> None:
    """Print the folder of a run and the next command; ``folds`` is the number of models saved as one."""
    output.say()
    output.fact("saved", f"{folder}" + (f" ({SAY('model_folds', folds=folds)})" if folds else ""))
    if report:
        output.fact("report", SAY("open_report", path=folder / REPORT))
    output.fact("next", SAY("next_predict", folder=folder))


def say_scores(output: Output, scores: dict[str, Scores]) -> None:
    """Print a table of metrics: a row per metric, a column per model, with intervals if they fit.

    Args:
        output: Where to print.
        scores: The metrics of each column, by its head; the run itself comes first.
    """
    names = _names(scores.values())
    heads = ["", *scores]
    for intervals in (len(scores), 1, 0):
        rows = [[word_of(name), *_row(name, scores, intervals)] for name in names]
        if output.fits(heads, rows):
            break
    output.table(heads, rows)


def _row(name: str, scores: dict[str, Scores], intervals: int) -> Iterable[str]:
    for place, found in enumerate(scores.values()):
        figure = found.get(name)
        if figure is None:
            yield ""
        else:
            yield cell(name, figure if place < intervals else Figure(figure.value))


def _names(scores: Iterable[Scores]) -> list[str]:
    names = list(dict.fromkeys(name for found in scores for name in found))
    targets = [name.partition(" of ")[2] for name in names]
    return sorted(
        names, key=lambda name: (targets.index((parts := name.partition(" of "))[2]), place_in(parts[0], FIGURES))
    )
