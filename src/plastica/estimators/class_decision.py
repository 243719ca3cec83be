"""Decisions of a classifier from probabilities: the rules of the command-line interface for scikit-learn."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeGuard

import numpy as np
from numpy.typing import ArrayLike

from ..data.column import Column
from ..data.table import Table, show
from ..data.target import Target
from ..errors import InvalidValue, PlasticaWarning
from ..evaluation.decisions import Decision
from ..evaluation.imbalance import check_fits, rare_classes
from ..evaluation.thresholds import FEWEST, choose_decision
from ..notes import note
from ..settings import ClassName, Settings
from .parameters import ClassifierParameters
from .rows import EstimatorRows

AIMED = ("f1", "micro_f1", "balanced_accuracy", "accuracy")
MOST_LOOKED_AT = 10_000  # training rows examined for classes that are never predicted, without a validation set
SMALLEST = np.finfo(np.float64).tiny
UNSURE = 2.0**-25  # half the spacing of float32 below 1, the resolution of the probabilities


class ThresholdRows(NamedTuple):
    """Rows for choosing a threshold.

    Args:
        y: Class indices or labels.
        shares: The predicted probabilities.
        weight: The weight of each row without class weights; None for equal weights.
    """

    y: np.ndarray
    shares: np.ndarray
    weight: np.ndarray | None


def check_choices(name: str, class_weight: object, threshold: object) -> None:
    """Check class weights and thresholds, independently of the task.

    Args:
        name: The name of the estimator.
        class_weight, threshold: Its parameters.

    Raises:
        InvalidValue: If one of them is of an unknown kind.
    """
    if not (class_weight is None or isinstance(class_weight, Mapping) or _is_word(class_weight, "balanced")):
        raise InvalidValue(
            f'{name}(class_weight={class_weight!r}): expected None, "balanced" or a dict from class to weight, '
            f"{{0: 1, 1: 5}}."
        )
    if isinstance(threshold, str):
        known = _is_word(threshold, "auto", *AIMED)
    else:
        known = threshold is None or (_is_number(threshold) and 0 <= threshold <= 1)
    if not known:
        listed = ", ".join(f'"{each}"' for each in AIMED)
        raise InvalidValue(
            f'{name}(threshold={threshold!r}): expected "auto", None, a number from 0 to 1, or {listed}.'
        )


def target_of(task: str, classes: np.ndarray) -> Target:
    """Return the target of a classifier as that of a table."""
    labels: tuple[ClassName, ...] = tuple(classes.tolist())
    if task == "multilabel":
        names = tuple(map(str, labels))
        return Target(tuple(Column(name, "number") for name in names), "multilabel", names)
    return Target((Column("y", "category"),), "binary" if task == "binary" else "multiclass", labels)


def settings_for(estimator: ClassifierParameters, target: Target, weighted: bool) -> Settings:
    """Return the settings for the decision: the threshold, and whether classes are weighted.

    Raises:
        InvalidValue: If the threshold does not suit the task.
    """
    given = estimator.threshold
    if weighted and target.task == "multilabel":
        raise InvalidValue(
            f"class_weight={estimator.class_weight!r} is for two or more classes, but y has several labels. Use a "
            'threshold for each label (threshold="f1"), or sample_weight to weight rows.'
        )
    chosen = None if given is None or _is_word(given, "auto") else given if isinstance(given, str) else float(given)
    settings = Settings(threshold=chosen, class_weight="balanced" if weighted else None)
    check_fits(settings, target)
    return settings


def learn_decision(
    estimator: ClassifierParameters,
    examples: EstimatorRows,
    train: EstimatorRows,
    held_out: EstimatorRows | None,
    answers: Callable[[np.ndarray | Table], np.ndarray],
) -> Decision:
    """Return the decision from probabilities to predictions, with a warning if a rare class is never predicted.

    Args:
        estimator: The fitted classifier, with ``threshold``, ``task_``, ``classes_`` and ``shift_``.
        examples: All rows.
        train: The training rows.
        held_out: The validation rows, or None.
        answers: Returns its probabilities for rows.
    """

    def weight(rows: EstimatorRows) -> np.ndarray | None:
        if not estimator.shift_ or rows.weight is None:
            return rows.weight
        return rows.weight / np.array(estimator.shift_)[rows.y]  # without class weights

    rare = rare_classes(target_of(estimator.task_, estimator.classes_), examples.y, weight(examples))
    chosen = isinstance(estimator.threshold, str)
    if not chosen or not (rare or (held_out and estimator.threshold != "auto")):
        return decide(estimator, rare, None)
    looked = held_out or train.take(np.arange(min(len(train.y), MOST_LOOKED_AT)))
    judged = ThresholdRows(looked.y, answers(looked.x), weight(looked))
    made = decide(estimator, rare, judged if held_out else None)
    if estimator.threshold == "auto":
        warn_of_silence(estimator, made, rare, judged, len(held_out.y) if held_out else 0)
    return made


def decide(estimator: ClassifierParameters, rare: tuple[int, ...], held_out: ThresholdRows | None) -> Decision:
    """Return the decision from probabilities to predictions, chosen on validation rows if ``threshold`` requires it.

    Args:
        estimator: The classifier, with ``threshold``, ``task_``, ``classes_`` and ``shift_``.
        rare: The indices of rare classes or labels.
        held_out: The validation rows, or None.
    """
    target = target_of(estimator.task_, estimator.classes_)
    settings = settings_for(estimator, target, bool(estimator.shift_))
    rare = rare if isinstance(estimator.threshold, str) else ()  # a number applies to the second class, as elsewhere
    none = np.zeros((0, len(target.classes)))
    judged = held_out or ThresholdRows(none if target.task == "multilabel" else np.zeros(0, np.int64), none, None)
    made = choose_decision(settings, target, rare, estimator.shift_, *judged)
    if isinstance(settings.threshold, str) and not made.aim:
        warnings.warn(_unchosen(estimator, target, len(judged.y)), PlasticaWarning, stacklevel=5)
    return made


def fixed_decision(estimator: ClassifierParameters) -> Decision:
    """Return the decision from probabilities to predictions without validation rows.

    Raises:
        InvalidValue: If the threshold is to be chosen on validation rows.
    """
    if _is_word(estimator.threshold, *AIMED):
        raise InvalidValue(
            f"threshold={estimator.threshold!r} is chosen on a validation set, which partial_fit() does not have. "
            "Give a number, or call fit()."
        )
    return decide(estimator, (), None)


def margins(shares: np.ndarray, decision: Decision, task: str) -> np.ndarray:
    """Return values that are above 0, or largest, for the predicted class.

    Log-odds relative to the threshold, ``(rows,)`` for two classes and ``(rows, labels)`` for labels; for more classes,
    log-probabilities plus the logarithm of the class weight, ``(rows, classes)``.
    """
    weights = np.array(decision.weights or (1.0,) * shares.shape[1])
    if task == "multiclass":
        return np.log(np.maximum(shares, SMALLEST)) + np.log(weights)
    if task == "multilabel":
        return _log_odds(shares) - _log_odds(np.array(decision.thresholds))
    if decision.rule == "threshold":
        level = decision.thresholds[0] if decision.positive else 1 - decision.thresholds[0]
        return _log_odds(shares[:, 1]) - _log_odds(level)
    return _log_odds(shares[:, 1]) + np.log(weights[1] / weights[0])


def warn_of_silence(
    estimator: ClassifierParameters, decision: Decision, rare: tuple[int, ...], judged: ThresholdRows, held_out: int
) -> None:
    """Warn if rows have a rare class or label that the network never predicts.

    Args:
        estimator: The classifier.
        decision: Its decision from probabilities to predictions.
        rare: The indices of rare classes or labels.
        judged: The rows to examine.
        held_out: The number of validation rows.
    """
    target, y = target_of(estimator.task_, estimator.classes_), judged.y
    answers = decision.decide(judged.shares)
    if target.task == "multilabel":
        silent = np.flatnonzero(y.any(0) & ~answers.any(0))
    else:
        silent = np.setdiff1d(y, answers)
    silent = np.intersect1d(silent, rare)
    if not len(silent):
        return
    names = ", ".join(show(target.classes[number]) for number in silent[:5]) + (" ..." if len(silent) > 5 else "")
    one = len(silent) == 1
    what = ("label" if one else "labels") if target.task == "multilabel" else ("class" if one else "classes")
    warnings.warn(
        f"predict() never predicts the {what} {names} on {len(y)} rows. {_advice(decision, target, silent, held_out)}",
        PlasticaWarning,
        stacklevel=5,
    )


def _advice(decision: Decision, target: Target, silent: np.ndarray, held_out: int) -> str:
    """Return why a class or label is never predicted, and what can be done."""
    if target.task == "multiclass":
        return 'More epochs or class_weight="balanced" may help.'
    if decision.aim == "micro_f1":
        return 'One threshold for all labels gives the best micro F1; threshold="f1" chooses one for each label.'
    if decision.aim:
        return "No threshold has a better F1 on the validation rows: the columns hardly predict this class."
    why = f"the {held_out} validation rows have fewer" if held_out else "there are no validation rows"
    chosen = f"A threshold is chosen on validation rows with at least {FEWEST} of each kind, but {why}."
    if target.task == "multilabel":
        return f"{chosen} Set one: threshold=0.2."
    level = 0.2 if silent[0] == 1 else 0.8
    example = f"threshold={level}, the probability of {show(target.classes[1])} from which it is predicted"
    return f'{chosen} Set one ({example}), or weight the classes (class_weight="balanced").'


def shift_of(weights: np.ndarray) -> tuple[float, ...]:
    """Return the factor by which each class is overrepresented; 1 for a class without rows, which has no weight."""
    return tuple(np.where(weights > 0, weights, 1.0).tolist())


def class_weights(estimator: ClassifierParameters, y: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the weight of each class; "balanced" is as in scikit-learn, including sample weights.

    Args:
        estimator: The classifier, with ``class_weight`` and ``classes_``.
        y: Class indices.
        rows: The weight of each row.

    Raises:
        InvalidValue: If a name is not a class, or a weight is not a number above 0.
    """
    given, classes = estimator.class_weight, estimator.classes_.tolist()
    if not isinstance(given, Mapping):  # "balanced"
        sums = np.bincount(y, rows, minlength=len(classes))
        return np.divide(rows.sum(), len(classes) * sums, out=np.zeros_like(sums), where=sums > 0)
    for label, weight in given.items():
        if label not in classes:
            like = next((each for each in classes if str(each) == str(label)), None)
            hint = "" if like is None else f" Did you mean {like!r}, of type {type(like).__name__}?"
            raise InvalidValue(f"class_weight names {label!r}; the classes are {classes}.{hint}")
        if not _is_number(weight) or not 0 < weight < np.inf:
            raise InvalidValue(f"class_weight of {label!r} is {weight!r}: expected a number above 0.")
    return np.array([float(given.get(label, 1.0)) for label in classes])


def _is_word(value: object, *known: str) -> TypeGuard[str]:
    return isinstance(value, str) and value in known


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)


def _unchosen(estimator: ClassifierParameters, target: Target, held_out: int) -> str:
    aim = note(f"deciding.aim_{estimator.threshold}")
    if not held_out:
        why = "there are no validation rows to choose it on (early_stopping=True sets some aside)"
    else:
        why = f"the {held_out} validation rows contain fewer than {FEWEST} of a class"
    return (
        f"threshold={estimator.threshold!r}: {why}, so none is chosen for {aim}; the most probable class is predicted."
    )


def _log_odds(shares: ArrayLike) -> np.ndarray:
    yes = np.clip(shares, SMALLEST, 1 - UNSURE)
    return np.log(yes) - np.log1p(-yes)
