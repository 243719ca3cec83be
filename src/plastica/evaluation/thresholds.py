"""The choice of a decision: as requested by the user, or optimized on the validation set."""

from __future__ import annotations

from typing import cast

import numpy as np
from msgspec.structs import replace

from ..data.table import show
from ..data.target import Target
from ..notes import Note, note
from ..settings import Settings
from ..typing import Float, Num, Shaped
from .decisions import Aim, Decision, best_threshold, usual_decision
from .imbalance import say_rare
from .scores import figure_named, main_figure

FEWEST = 5  # the minimum number of positive and of negative rows for choosing a threshold


def aim_of(settings: Settings, target: Target, rare: tuple[int, ...]) -> Aim:
    """Return the metric for which thresholds are chosen on the validation set; empty for none.

    By default, F1 for two classes of which one is rare, and micro F1 with a common threshold for labels of which one is
    rare. Separate thresholds would find more of the rare labels, but with many more false positives.
    """
    if isinstance(settings.threshold, str):
        return cast(Aim, settings.threshold)
    weighted = settings.class_weight is not None or settings.resample is not None
    if settings.threshold is not None or settings.costs is not None or weighted:
        return ""
    if not rare or target.task == "multiclass":
        return ""
    return "f1" if target.task == "binary" else "micro_f1"


def choose_decision(
    settings: Settings,
    target: Target,
    rare: tuple[int, ...],
    shift: tuple[float, ...],
    y: Num[np.ndarray, "rows *outputs"],
    shares: Float[np.ndarray, "rows classes"],
    weight: Num[np.ndarray, "rows"] | None = None,
) -> Decision:
    """Return the decision from probabilities to predictions.

    Args:
        settings: The settings.
        target: The target.
        rare: The rare classes.
        shift: The factor by which each class was overrepresented in training.
        y: The encoded targets of the validation rows.
        shares: The predicted probabilities for them.
        weight: The weight of each of them; None for equal weights.
    """
    aim = aim_of(settings, target, rare)
    if target.task == "multilabel":
        return _for_labels(settings, aim, target.outputs, y, shares, weight)
    base = Decision(positive=0 if target.task == "binary" and rare == (0,) else 1, costs=settings.costs or ())
    if isinstance(settings.threshold, float | int):
        return replace(base, rule="threshold", thresholds=(float(settings.threshold),))
    if target.task == "binary" and aim and _enough(y):
        return _for_two(base, aim, y, shares, weight)
    if aim == "balanced_accuracy" and len(y):
        counts = np.bincount(y, weight, minlength=len(target.classes))
        weights = counts.sum() / np.where(counts > 0, counts, 1)
        return replace(base, rule="weights", weights=tuple(weights.tolist()), aim=aim, rows=len(y))
    if base.costs and aim in ("", "costs"):
        return replace(base, rule="costs")
    return replace(base, rule="weights", weights=shift) if shift and not aim else base


def say_plan(
    settings: Settings, target: Target, y: Num[np.ndarray, "rows *outputs"], rare: tuple[int, ...], rows: int
) -> tuple[Note, ...]:
    """Return notes before training on rare classes and how they are handled.

    Args:
        settings: The settings.
        target: The target.
        y: The encoded target values.
        rare: The rare classes.
        rows: The number of validation rows.
    """
    said = [say_rare(target, y, rare)] if rare else []
    if rare and target.task != "multilabel" and settings.costs is None:
        said.append(note("deciding.compared_by", figure=figure_named(main_figure(target.task, rare=True))))
    aim = aim_of(settings, target, rare)
    if aim and target.task != "multiclass":
        one = target.task == "binary" or aim == "micro_f1"
        key = ("threshold" if one else "threshold_each") if rows else "threshold_half"
        said.append(note(f"deciding.{key}", aim=note(f"deciding.aim_{aim}")))
    if settings.loss == "focal" or settings.label_smoothing:
        said.append(note("deciding.focal_shares" if settings.loss == "focal" else "deciding.smoothed_shares"))
    return tuple(said)


def say_decision(target: Target, decision: Decision) -> Note | None:
    """Return a note on how predictions are made from probabilities; None for the default."""
    answers = _say_answers(target, decision)
    if answers is None or not decision.aim or decision.rule == "costs":
        return answers
    return note(
        "deciding.answers_chosen", answers=answers, aim=note(f"deciding.aim_{decision.aim}"), rows=decision.rows
    )


def _say_answers(target: Target, decision: Decision) -> Note | None:
    if decision.rule == "threshold" and target.task == "binary":
        label = show(target.classes[decision.positive])
        return note("deciding.answers_threshold", label=label, value=f"{decision.thresholds[0]:.3g}")
    if decision.rule == "threshold":
        low, high = min(decision.thresholds), max(decision.thresholds)
        if low == high:
            return note("deciding.answers_labels", value=f"{low:.3g}")
        return note("deciding.answers_each", low=f"{low:.3g}", high=f"{high:.3g}")
    if decision.rule == "weights":
        weights = zip(target.classes[:5], decision.weights[:5], strict=True)
        shown = [f"{show(label)} {weight:.3g}" for label, weight in weights] + ["..."] * (len(target.classes) > 5)
        return note("deciding.answers_weights", weights=[*shown])
    return note("deciding.answers_costs") if decision.rule == "costs" else None


def _for_labels(
    settings: Settings,
    aim: Aim,
    outputs: int,
    y: Num[np.ndarray, "rows *labels"],
    shares: Float[np.ndarray, "rows classes"],
    weight: Num[np.ndarray, "rows"] | None,
) -> Decision:
    if isinstance(settings.threshold, float | int):
        return Decision(rule="threshold", thresholds=(float(settings.threshold),) * outputs)
    if not aim or not len(y):
        return usual_decision("multilabel", outputs)
    if aim == "micro_f1":
        # For micro F1 each label of each row is a case of its own.
        each = None if weight is None else np.repeat(weight, outputs)
        best = best_threshold(y.ravel() == 1, shares.ravel(), "f1", weight=each) if y.any() else 0.5
        found = (best,) * outputs
    else:
        pairs = zip((y == 1).T, shares.T, strict=True)
        found = tuple(best_threshold(yes, share, aim, weight=weight) if _enough(yes) else 0.5 for yes, share in pairs)
    return Decision(rule="threshold", thresholds=found, aim=aim, rows=len(y))


def _for_two(
    base: Decision,
    aim: Aim,
    y: Num[np.ndarray, "rows"],
    shares: Float[np.ndarray, "rows classes"],
    weight: Num[np.ndarray, "rows"] | None,
) -> Decision:
    # The rows and columns of the costs must be in the order no, yes.
    costs = base.costs if base.positive else tuple(row[::-1] for row in base.costs[::-1])
    found = best_threshold(y == base.positive, shares[:, base.positive], aim, costs, weight)
    return replace(base, rule="threshold", thresholds=(found,), aim=aim, rows=len(y))


def _enough(y: Shaped[np.ndarray, "rows"]) -> bool:
    return min((y == 0).sum(), (y == 1).sum()) >= FEWEST
