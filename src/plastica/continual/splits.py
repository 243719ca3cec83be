"""Streams by class: a few classes at a time, in the three scenarios."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InvalidValue
from ..typing import Num, Shaped
from .experiences import SCENARIOS, ContinualStream, Experience, stream_of


def split_classes(
    x: object,
    y: object,
    x_test: object = None,
    y_test: object = None,
    *,
    per_experience: int = 2,
    scenario: str = "class",
    order: Sequence[int] | None = None,
    seed: int = 0,
) -> ContinualStream:
    """Return a stream in which each experience has some of the classes, such as split MNIST.

    When to use: to see what a network forgets of classes that no longer occur.

    Args:
        x, y: Inputs ``(rows, ...)`` and their classes ``(rows,)``.
        x_test, y_test: Rows to test with. Default: a fifth of the rows, drawn at random.
        per_experience: The number of classes of an experience; split MNIST has 2.
        scenario: ``"class"``: the classes of all experiences are to be told apart; ``"task"``: only those of one, which
            is known when the network is tested; ``"domain"``: the classes of each experience are numbered from 0, so
            that the network answers "first or second" in all of them.
        order: The order of the classes, by their place in sorted order. Default: sorted.
        seed: The random seed of rows held out.

    Raises:
        InvalidValue: If the classes cannot be divided into experiences of this size, or the order is not valid.

    Example:
        >>> import numpy as np
        >>> x, y = np.random.default_rng(0).normal(size=(80, 3)), np.arange(80) % 4
        >>> split_classes(x, y, scenario="domain")
        <2 experiences, domain-incremental, 2 classes, 64 rows>

    Reference:
        F. Zenke, B. Poole, S. Ganguli (2017), Continual learning through synaptic intelligence, section 5.1.
    """
    if scenario not in SCENARIOS:
        raise InvalidValue(f"scenario={scenario!r}: expected one of {', '.join(SCENARIOS)}.")
    parts = [(x, y)] if x_test is None else [(x, y, x_test, y_test)]
    whole = stream_of(parts, seed=seed)
    if not whole.labels:
        raise InvalidValue("split_classes: y are floats; expected classes, as whole numbers or words.")
    classes = len(whole.labels)
    places = list(range(classes)) if order is None else list(order)
    if sorted(places) != list(range(classes)):
        raise InvalidValue(f"order={places}: expected each of the {classes} classes once, by its place from 0.")
    if per_experience < 1 or classes % per_experience or (per_experience == 1 and scenario != "class"):
        raise InvalidValue(
            f"per_experience={per_experience}: {classes} classes cannot be divided into experiences of so many "
            f"classes{' that are told apart' if per_experience == 1 else ''}. Choose a divisor of {classes}."
        )
    groups = [places[start : start + per_experience] for start in range(0, classes, per_experience)]
    source = whole[0]
    made = []
    for group in groups:
        own, tested = np.isin(source.y, group), np.isin(source.y_test, group)
        y_own, y_own_test = source.y[own], source.y_test[tested]
        if scenario == "domain":
            y_own, y_own_test = (_within(each, group) for each in (y_own, y_own_test))
        name = "+".join(str(whole.labels[number]) for number in group)
        numbers = tuple(range(per_experience)) if scenario == "domain" else tuple(sorted(group))
        made.append(Experience(name, source.x[own], y_own, source.x_test[tested], y_own_test, numbers))
    labels: tuple[object, ...] = tuple(range(per_experience)) if scenario == "domain" else whole.labels
    return ContinualStream(tuple(made), scenario, labels)


def _within(y: Shaped[np.ndarray, "rows"], group: Sequence[int]) -> Num[np.ndarray, "rows"]:
    """Return the place of each class in its group."""
    place = np.zeros(max(group) + 1, np.int32)
    place[list(group)] = np.arange(len(group))
    return place[y]
