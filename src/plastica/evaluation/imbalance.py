"""Rare classes: their definition, class weights and resampling, and the correction of probabilities."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..data.table import show
from ..data.target import Label, Target
from ..errors import InvalidValue
from ..notes import Note, note
from ..settings import Settings
from ..typing import Float, Int, Num

RARE = 0.4  # of an equal share: below 20 % of the rows for two classes, below 4 % for ten
MOST_SHOWN = 5
ONLY_CLASSES = ("class_weight", "resample", "costs")


class Feed(NamedTuple):
    """The training rows and their weights.

    Args:
        rows: Row numbers, some of them repeated if rare classes are oversampled.
        class_weight: The weight of each class in the loss.
        sampling: The relative probability of drawing each of ``rows``.
        shift: The factor by which each class counts more than in the table; empty if all are 1.
    """

    rows: np.ndarray
    class_weight: dict[int, float] | None = None
    sampling: np.ndarray | None = None
    shift: tuple[float, ...] = ()


def rare_classes(
    target: Target, y: Num[np.ndarray, "rows *outputs"], weight: Num[np.ndarray, "rows"] | None = None
) -> tuple[int, ...]:
    """Return the rare classes or labels, with fewer rows than 2/5 of an equal share, rarest first.

    The limit is 20 % for two classes and ``0.4 / K`` for ``K`` classes. A label is rare if fewer than 20 % of the rows
    have it or lack it.

    Args:
        target: The target.
        y: The encoded target values.
        weight: The weight of each row; None for equal weights.
    """
    if target.task == "regression" or not len(y):
        return ()
    if target.task == "multilabel":
        yes = np.average(y, axis=0, weights=weight)
        shares = np.minimum(yes, 1 - yes)
        limit = RARE / 2
    else:
        sums = np.bincount(y, weight, minlength=len(target.classes))
        shares = sums / sums.sum()
        limit = RARE / len(target.classes)
    order = np.argsort(shares, kind="stable")
    return tuple(int(number) for number in order if shares[number] < limit)


def say_rare(target: Target, y: Num[np.ndarray, "rows *outputs"], rare: tuple[int, ...]) -> Note:
    """Return a note with the rare classes and their shares."""
    shares = y.mean(0) if target.task == "multilabel" else np.bincount(y, minlength=len(target.classes)) / len(y)
    named: list[str | Note] = [f"{show(target.classes[each])} {percent(shares[each])}" for each in rare[:MOST_SHOWN]]
    if len(rare) > MOST_SHOWN:
        named.append(note("words.more", more=len(rare) - MOST_SHOWN))
    key = "rare_labels" if target.task == "multilabel" else "rare_class" if len(rare) == 1 else "rare_classes"
    return note(f"deciding.{key}", classes=named)


def percent(share: float) -> str:
    """Return a share as a percentage.

    Example:
        >>> percent(0.0715), percent(0.0004)
        ('7.1 %', '0.040 %')
    """
    return f"{100 * share:.2g} %" if share >= 0.01 else f"{100 * share:.3f} %"


def check_fits(settings: Settings, target: Target) -> None:
    """Check that weights, costs, thresholds and strategies fit the task.

    Raises:
        InvalidValue: If one does not; with the setting, the task and what to do.
    """
    task, count = target.task, len(target.classes)
    if task in ("regression", "multilabel"):
        for name in ONLY_CLASSES:
            if getattr(settings, name) is not None:
                instead = "; each label has its own threshold" if task == "multilabel" else ""
                raise InvalidValue(
                    f"{name}={getattr(settings, name)!r} is for two or more classes, not {task}{instead}."
                )
    if settings.linear_part and task != "regression":
        raise InvalidValue(f"linear_part=True is for numbers; {target.name!r} is {task}. Leave linear_part out.")
    if settings.strategy in ("one_vs_rest", "one_vs_one") and task != "multiclass":
        raise InvalidValue(f"strategy={settings.strategy!r} is for more than two classes; {target.name!r} is {task}.")
    if task == "regression" and settings.threshold is not None:
        raise InvalidValue(f"threshold={settings.threshold!r} is for classes; {target.name!r} is a number.")
    if task == "regression" and settings.label_smoothing:
        raise InvalidValue(f"label_smoothing={settings.label_smoothing:g} is for classes; {target.name!r} is a number.")
    if task == "binary" and settings.threshold == "micro_f1":
        raise InvalidValue(
            f"threshold='micro_f1' is for multiple labels; {target.name!r} has two classes. Expected f1."
        )
    if task == "multilabel" and settings.threshold == "costs":
        raise InvalidValue("threshold='costs' is for classes, not multilabel; each label has its own threshold.")
    if task == "multiclass" and (isinstance(settings.threshold, float | int) or "f1" in str(settings.threshold)):
        raise InvalidValue(
            f"threshold={settings.threshold!r} is for two classes or labels; {target.name!r} has {count} classes. "
            "Expected balanced_accuracy, accuracy or costs."
        )
    if settings.costs is not None and len(settings.costs) != count:
        raise InvalidValue(f"costs is {len(settings.costs)} x {len(settings.costs)} for {count} classes.")
    if settings.class_weight == "balanced" and settings.resample is not None:
        raise InvalidValue(
            f"resample={settings.resample!r} balances the classes, and class_weight='balanced' would count rare "
            "classes twice. Use one of the two."
        )
    _weights(settings, target, np.ones(count))


def feed_for(
    settings: Settings, target: Target, y: Num[np.ndarray, "rows *outputs"], train: Int[np.ndarray, "train_rows"]
) -> Feed:
    """Return the training rows and their weights for the settings.

    Args:
        settings: The settings, with ``class_weight`` and ``resample``.
        target: The target.
        y: Class indices of all rows.
        train: The numbers of the training rows.
    """
    if target.task not in ("binary", "multiclass") or (settings.class_weight is None and settings.resample is None):
        return Feed(train)
    counts = np.bincount(y[train], minlength=len(target.classes))
    rows, sampling = train, None
    shift = np.ones(len(counts))
    if settings.resample is not None:
        present = counts > 0
        shift[present] = counts.sum() / (present.sum() * counts[present])
        sampling = shift[y[train]] if settings.resample == "balanced" else None
        rows = train if sampling is not None else _resampled(settings.resample, y, train, counts, settings.seed)
    weights = _weights(settings, target, counts)
    if weights is not None:
        shift = shift * weights
    given = None if weights is None else {number: float(weight) for number, weight in enumerate(weights)}
    return Feed(rows, given, sampling, tuple(map(float, shift)))


def corrected(shares: Float[np.ndarray, "rows classes"], shift: tuple[float, ...]) -> Float[np.ndarray, "rows classes"]:
    """Return probabilities corrected to the class frequencies in the table.

    If a network was trained with class ``i`` overrepresented by a factor ``s_i`` and predicts ``q_i``, then ``p_i`` is
    proportional to ``q_i / s_i`` (M. Saerens, P. Latinne, C. Decaestecker (2002), Adjusting the outputs of a classifier
    to new a priori probabilities, equation 4; for two classes C. Elkan (2001), theorem 2).

    Args:
        shares: The predicted probabilities, ``(rows, classes)``.
        shift: The factor by which each class was overrepresented; empty for none.
    """
    if not shift:
        return shares
    made = shares / np.array(shift)
    return made / made.sum(1, keepdims=True)


def _resampled(
    how: str,
    y: Num[np.ndarray, "rows"],
    train: Int[np.ndarray, "train_rows"],
    counts: Num[np.ndarray, "classes"],
    seed: int,
) -> Int[np.ndarray, "drawn"]:
    """Oversample small classes or undersample large ones until all have the same size."""
    rng = np.random.Generator(np.random.PCG64(seed))
    size = int(counts.max() if how == "over" else counts[counts > 0].min())
    made: list[np.ndarray] = []
    for number in np.flatnonzero(counts):
        own = train[y[train] == number]
        whole, rest = divmod(size, len(own))
        # The counts of any two rows differ by at most one.
        drawn = own[np.argsort(rng.random(len(own)), kind="stable")[:rest]]
        made.append(np.concatenate([np.repeat(own, whole), drawn]))
    return np.sort(np.concatenate(made))


def _weights(
    settings: Settings, target: Target, counts: Num[np.ndarray, "classes"]
) -> Float[np.ndarray, "classes"] | None:
    if settings.class_weight is None:
        return None
    made = np.ones(len(counts))
    if settings.class_weight == "balanced":
        present = counts > 0
        made[present] = counts.sum() / (present.sum() * counts[present])
        return made
    known = {str(label): number for number, label in enumerate(target.classes)}
    named: dict[int, Label] = {}
    for label, weight in settings.class_weight:
        equal = next((number for number, each in enumerate(target.classes) if each == label), None)
        number = known.get(str(label), equal)
        if number is None:
            listed = ", ".join(map(show, target.classes[:10]))
            raise InvalidValue(f"class_weight names {show(label)}, which is not one of the classes {listed}.")
        if number in named:
            raise InvalidValue(
                f"class_weight names the class {show(target.classes[number])} twice, as {show(named[number])} and as "
                f"{show(label)}. Give each class a single weight."
            )
        named[number], made[number] = label, weight
    return made
