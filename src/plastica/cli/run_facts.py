"""A description of a trained model as JSON, in English: the content of ``--json`` and ``results.json``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import language
from ..report.conclusions import conclusion
from ..tables.facts import listed
from ..version import __version__
from .folders import MODEL, REPORT
from .model_words import say_model

if TYPE_CHECKING:
    from ..tables import TableNetwork


def facts_of(network: TableNetwork, folder: Path | None = None, report: bool = False) -> dict[str, Any]:
    """Return the description of a model as a JSON-serializable dictionary."""
    with language.using("en"):
        made = _facts_of(network)
    if folder is None:
        return made
    page = {"report": str(folder / REPORT)} if report else {}
    return {"folder": str(folder), "model": str(folder / MODEL), **page, **made}


def _facts_of(network: TableNetwork) -> dict[str, Any]:
    facts, target = network.facts, network.target
    features = list(network.encoder.feature_names)
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
        "features": features,
        "model_kept": facts.model,
        "outline": say_model(len(features), network.model),
        "parameters": network.model.count_params(),
        "rows": listed(facts.rows),
        "settings": listed(facts.settings),
        "training": listed(facts.training),
        "results": listed(facts.results),
        "verdict": None if facts.results is None else conclusion(facts.results.concluded())._asdict(),
        "decision": listed(facts.decision),
        "notes": [str(each) for each in facts.notes],
    }
    if network.history is not None:
        made["training"]["seconds"] = round(network.history.seconds, 3)
        made["history"] = network.history.to_dict()["history"]
    return made
