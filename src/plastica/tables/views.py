"""The display in notebooks of a model for a table or an estimator: results, learning curves, layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from markupsafe import Markup

from ..evaluation.intervals import Figure
from ..evaluation.results import Results
from ..model import Sequential
from ..notebook import html
from ..notebook.chart import interval
from ..training import History
from ..training.charts import charts
from ..training.wording import count_epochs
from .facts import TableFacts

MODELS = {"linear": "linear model", "trees": "boosted trees", "dummy": "guessing"}
MOST_FIGURES = 3  # in addition to the main metric


class FittedEstimator(Protocol):
    """What the page of an estimator shows; absent before ``fit``."""

    model_: Sequential
    history_: History
    n_iter_: int
    task_: str
    best_validation_score_: float | None


def table_page(facts: TableFacts, targets: Sequence[str], model: object, history: History | None) -> str:
    """Return the page of a model for a table.

    Args:
        facts: Its description.
        targets: The target columns.
        model: The network or the trees.
        history: The loss and metrics of each epoch, or None.
    """
    rows, epochs = facts.rows, facts.training.epochs
    words = [facts.source, f"{rows.train:,} training, {rows.validation:,} validation and {rows.test:,} test rows"]
    words += [f"{count_epochs(epochs)}, the best {facts.training.best_epoch}"] * bool(facts.training.best_epoch)
    parts = [html.heading(f"{_model(facts.model).capitalize()} for {', '.join(targets)}", *words)]
    parts += [*_results(facts.results, facts.model)] if facts.results else [html.paragraph("No test rows.", soft=True)]
    return html.block(*parts, *_curves(history), *_layers(model))


def estimator_page(estimator: FittedEstimator) -> str:
    """Return the page of a fitted estimator; empty if it is not fitted."""
    model = getattr(estimator, "model_", None)
    if model is None:
        return ""
    history = getattr(estimator, "history_", None)
    words = [count_epochs(estimator.n_iter_)]
    if estimator.best_validation_score_ is not None:
        score = "R2" if estimator.task_ == "regression" else "accuracy"
        words.append(f"best validation {score} {_written(estimator.best_validation_score_)}")
    return html.block(html.heading("Fitted network", *words), *_curves(history), *_layers(model))


def _results(results: Results, own: str) -> Iterator[Markup]:
    main = results.main
    others = [name for name in results.scores[own] if name != main][:MOST_FIGURES]
    figures = [scores[main] for scores in results.scores.values()]
    ends = [end for figure in figures for end in (figure.low, figure.value, figure.high) if end is not None]
    rows = []
    for name, scores in results.scores.items():
        figure = scores[main]
        drawn = interval(figure.low, figure.value, figure.high, min(ends), max(ends))
        shown = Markup("<b>{}</b>").format(_model(name)) if name == own else _model(name)
        beside = (_written(scores[other].value) if other in scores else "-" for other in others)
        rows.append((shown, _written(figure.value), _range(figure), drawn, *beside))
    heads = ("", _named(main), "95 % interval", "", *map(_named, others))
    yield html.table(heads, rows, numbers=(1, *range(4, 4 + len(others))))
    if results.difference is not None:
        gap = results.difference
        said = f"{_model(own)} minus {_model(results.beside)}, {_named(main)}: {_written(gap.value)}"
        beyond = f" (95 % interval {_range(gap)})" if gap.low is not None else ""
        yield html.paragraph(f"{said}{beyond}, on the same {results.rows:,} test rows.", soft=True)


def _curves(history: History | None) -> Iterator[Markup]:
    if history is not None and history.epoch:
        yield html.side_by_side(charts(history.history, history.epoch[0] + 1))


def _layers(model: object) -> Iterator[Markup]:
    page = model._repr_html_() if isinstance(model, Sequential) else None
    if page:
        yield html.details("Layers", Markup(page))


def _model(name: str) -> str:
    return MODELS.get(name, name)


def _named(figure: str) -> str:
    return figure.upper() if figure in ("mae", "rmse", "r2", "auc", "mcc") else figure.replace("_", " ")


def _range(figure: Figure) -> str:
    return "-" if figure.low is None or figure.high is None else f"{_written(figure.low)} to {_written(figure.high)}"


def _written(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.4g}"
