"""Tables in, answers out: a network for a table, from the file to judged answers."""

from __future__ import annotations

from .scores import Figure, Scores, score
from .settings import Settings
from .table import Answers, TableNetwork

__all__ = ["Answers", "Figure", "Scores", "Settings", "TableNetwork", "score"]
