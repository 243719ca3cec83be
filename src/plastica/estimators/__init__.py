"""Tables in, answers out: a network for a table, from the file to judged answers.

Names are loaded when they are first used, so that what is wrong with a table is said before JAX has loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME_OF = {
    "Answers": "answers",
    "Decision": "decisions",
    "Figure": "scores",
    "Judged": "judging",
    "NetworkClassifier": "classifier",
    "NetworkRegressor": "regressor",
    "Scores": "scores",
    "Settings": "settings",
    "TableNetwork": "table",
    "score": "scores",
}

__all__ = [
    "Answers", "Decision", "Figure", "Judged", "NetworkClassifier", "NetworkRegressor", "Scores", "Settings",
    "TableNetwork", "score",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    return value


if TYPE_CHECKING:
    from .answers import Answers
    from .classifier import NetworkClassifier
    from .decisions import Decision
    from .judging import Judged
    from .regressor import NetworkRegressor
    from .scores import Figure, Scores, score
    from .settings import Settings
    from .table import TableNetwork
