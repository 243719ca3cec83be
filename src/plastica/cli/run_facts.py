"""A description of a trained model as JSON, in English: the content of ``--json`` and ``results.json``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .. import language
from ..report.conclusions import conclusion
from ..tables.facts import listed
from ..typing import Document
from ..version import __version__
from .folders import MODEL, REPORT
from .model_words import say_model

if TYPE_CHECKING:
    from ..evaluation.cross_scores import CrossScores
    from ..tables import TableNetwork


def facts_of(network: TableNetwork, folder: Path | None = None, report: bool = False) -> Document:
    """Return the description of a model as a JSON-serializable dictionary."""
    with language.using("en"):
        made = _facts_of(network)
    if folder is None:
        return made
    page = {"report": str(folder / REPORT)} if report else {}
    return {"folder": str(folder), "model": str(folder / MODEL), **page, **made}


def _facts_of(network: TableNetwork) -> Document:
    facts, target = network.facts, network.target
    features = list(network.encoder.feature_names)
    made: Document = {
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
        "features": features,
        "model_kept": facts.model,
        "outline": say_model(len(features), network.model),
        "parameters": network.model.count_params(),
        "rows": listed(facts.rows),
        "settings": listed(facts.settings),
        "training": listed(facts.training),
        "results": listed(facts.results),
        "verdict": None if facts.results is None else conclusion(facts.results.concluded())._asdict(),
        "cross_validation": None if facts.cross_validation is None else _of_folds(facts.cross_validation),
        "folds_kept": len(network.members),
        "decision": listed(facts.decision),
        "notes": [str(each) for each in facts.notes],
    }
    if network.history is not None:
        made["training"]["seconds"] = round(network.history.seconds, 3)
        if network.history.looks:
            found = [msgspec.to_builtins(each) for each in network.history.findings]
            made["doctor"] = {"findings": found, "looks": list(network.history.looks)}
        made["history"] = network.history.to_dict()["history"]
    return made


def _of_folds(scores: CrossScores) -> Document:
    """Return the metrics of a cross-validation: of each model the mean, spread, interval and the value of each fold."""
    made = listed(scores)
    made["interval"] = "mean over folds; variance corrected for overlapping training sets (Nadeau and Bengio 2003)"
    made["values"] = {
        model: {
            name: {
                "mean": (figure := scores.figure(model, name)).value,
                "spread": _finite(scores.spread(model, name)),
                "low": figure.low,
                "high": figure.high,
                "folds": list(values),
            }
            for name, values in found.items()
        }
        for model, found in scores.values.items()
    }
    return made


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
