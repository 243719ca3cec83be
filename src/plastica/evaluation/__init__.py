"""Evaluation: metrics with intervals, decisions from probabilities, baselines, and verdicts."""

from __future__ import annotations

from .decisions import Decision
from .judged import Judged
from .scores import Figure, Scores, score
from .thresholds import say_decision

__all__ = ["Decision", "Figure", "Judged", "Scores", "say_decision", "score"]
