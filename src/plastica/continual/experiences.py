"""Streams of experiences: the data that a network meets one part after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np

from ..data.arrays import to_array, to_compact_array
from ..errors import DataError, InvalidValue, ShapeError
from ..typing import Num, Shaped, is_array

SCENARIOS = ("class", "task", "domain")


class Experience(NamedTuple):
    """One part of a stream: rows to learn from, and rows of the same kind to test with.

    Attributes:
        name: A name for tables.
        x: Inputs, ``(rows, ...)``.
        y: Targets: class numbers ``(rows,)``, or numbers ``(rows, ...)``.
        x_test: Inputs that are never learned from.
        y_test: Their targets.
        classes: The class numbers that occur, in order; empty for numbers.
    """

    name: str
    x: Num[np.ndarray, "rows *features"]
    y: Num[np.ndarray, "rows *targets"]
    x_test: Num[np.ndarray, "rows_test *features"]
    y_test: Num[np.ndarray, "rows_test *targets"]
    classes: tuple[int, ...] = ()


@dataclass(frozen=True)
class ContinualStream:
    """Experiences in the order in which they are met.

    ``len(stream)``, ``stream[0]`` and ``for experience in stream`` work as for a list.

    Args:
        experiences: The experiences.
        scenario: What the network is told when it is tested (van de Ven, Tolias 2019): ``"task"``: which experience a
            row is from, so that it chooses among its classes alone; ``"domain"``: nothing, all experiences have the
            same classes or numbers; ``"class"``: nothing, and it has to tell the classes of all experiences apart.
        labels: The classes in the order of their numbers; empty for numbers.

    Raises:
        InvalidValue: If there is no experience, two are equal, the scenario is unknown, or there is only one class.

    Reference:
        G. M. van de Ven, T. Tuytelaars, A. S. Tolias (2022), Three types of incremental learning.
    """

    experiences: tuple[Experience, ...]
    scenario: str = "domain"
    labels: tuple[object, ...] = ()

    def __post_init__(self) -> None:
        if self.scenario not in SCENARIOS:
            raise InvalidValue(f"scenario={self.scenario!r}: expected one of {', '.join(SCENARIOS)}.")
        if not self.experiences:
            raise InvalidValue("a stream needs at least one experience; got none.")
        if len(self.labels) == 1:
            raise InvalidValue(
                f"the stream has only one class, {self.labels[0]!r}; to classify takes at least two. For numbers give "
                "floats as y."
            )
        if self.scenario == "task":
            self._refuse_shared_classes()
        self._refuse_equal()

    def __len__(self) -> int:
        """Return the number of experiences."""
        return len(self.experiences)

    def __iter__(self) -> Iterator[Experience]:
        """Go through the experiences in order."""
        return iter(self.experiences)

    def __getitem__(self, place: int) -> Experience:
        """Return an experience by its place."""
        return self.experiences[place]

    def __repr__(self) -> str:
        """Show size and kind."""
        kind = f"{len(self.labels)} classes" if self.labels else "numbers"
        return f"<{len(self)} experiences, {self.scenario}-incremental, {kind}, {sum(len(e.x) for e in self):,} rows>"

    @property
    def groups(self) -> tuple[int, ...]:
        """The experience of each class in the task-incremental scenario; otherwise empty."""
        if self.scenario != "task":
            return ()
        found = [-1] * len(self.labels)
        for place, experience in enumerate(self.experiences):
            for number in experience.classes:
                found[number] = place
        return tuple(found)

    def rows(self) -> tuple[Num[np.ndarray, "rows *features"], Num[np.ndarray, "rows *targets"]]:
        """Return the training rows of all experiences in order, as for :func:`prequential`."""
        return np.concatenate([each.x for each in self]), np.concatenate([each.y for each in self])

    def in_order(self, order: Sequence[int]) -> ContinualStream:
        """Return the stream with its experiences in another order, or with some of them.

        Raises:
            InvalidValue: If a place does not exist or is there twice.
        """
        if len(set(order)) != len(order) or not set(order) <= set(range(len(self))):
            raise InvalidValue(f"in_order({list(order)}): give different places from 0 to {len(self) - 1}.")
        return ContinualStream(tuple(self.experiences[place] for place in order), self.scenario, self.labels)

    def _refuse_shared_classes(self) -> None:
        if not self.labels:
            raise InvalidValue('scenario="task" chooses among the classes of a task, but the targets are numbers.')
        owner: dict[int, str] = {}
        for experience in self.experiences:
            for number in experience.classes:
                if number in owner:
                    raise InvalidValue(
                        f'scenario="task": the class {self.labels[number]!r} is in {owner[number]} and in '
                        f'{experience.name}; each task needs classes of its own. Use scenario="domain".'
                    )
                owner[number] = experience.name

    def _refuse_equal(self) -> None:
        for place, one in enumerate(self.experiences):
            for other in self.experiences[place + 1 :]:
                if np.array_equal(one.x, other.x) and np.array_equal(one.y, other.y):
                    raise InvalidValue(
                        f"{one.name} and {other.name} are equal, row by row: nothing could be forgotten between "
                        "them. Give each experience rows of its own."
                    )


def stream_of(
    parts: Sequence[Sequence[object]],
    *,
    scenario: str = "domain",
    names: Sequence[str] | None = None,
    test_fraction: float = 0.2,
    seed: int = 0,
) -> ContinualStream:
    """Return a stream from a list of data sets of your own.

    Args:
        parts: For each experience ``(x, y)`` or ``(x, y, x_test, y_test)``. Targets that are whole numbers, words or
            booleans are classes; floats are numbers.
        scenario: As for :class:`ContinualStream`.
        names: The names of the experiences. Default: ``"1"``, ``"2"`` ...
        test_fraction: The fraction of rows held out for tests where none are given.
        seed: The random seed of the rows held out.

    Raises:
        DataError: If there are NaN or infinite values; the message says where.
        ShapeError: If inputs and targets have different numbers of rows.
        InvalidValue: If a part is no pair, there is one class only, or two parts are equal.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(100, 2))
        >>> y = (x[:, 0] > 0).astype(int)
        >>> stream_of([(x, y), (-x, y)])
        <2 experiences, domain-incremental, 2 classes, 160 rows>
    """
    if not 0 < test_fraction < 1:
        raise InvalidValue(f"test_fraction={test_fraction!r}: expected a fraction between 0 and 1.")
    if names is not None and len(names) != len(parts):
        raise InvalidValue(f"names: got {len(names)} names for {len(parts)} experiences.")
    rng = np.random.default_rng(seed)
    given: list[tuple[str, tuple[Num[np.ndarray, "rows *shape"], ...], tuple[Shaped[np.ndarray, "rows"], ...]]] = []
    for place, part in enumerate(parts):
        name = str(place + 1) if names is None else names[place]
        if not isinstance(part, Sequence) or len(part) not in (2, 4):
            raise InvalidValue(f"experience {name}: expected (x, y) or (x, y, x_test, y_test).")
        pairs = [_pair(part[at], part[at + 1], f"experience {name}, {word}") for at, word in _places(len(part))]
        if len(pairs) == 1:
            pairs = _held_out(*pairs[0], test_fraction, rng, name)
        given.append((name, tuple(x for x, _ in pairs), tuple(y for _, y in pairs)))
    labels = _labels([y for _, _, targets in given for y in targets])
    made = []
    for name, inputs, targets in given:
        y, y_test = (_numbered(each, labels, name) for each in targets)
        classes = tuple(int(each) for each in np.unique(y)) if labels else ()
        made.append(Experience(name, inputs[0], y, inputs[1], y_test, classes))
    return ContinualStream(tuple(made), scenario, labels)


def _places(length: int) -> list[tuple[int, str]]:
    return [(0, "rows to learn from")] if length == 2 else [(0, "rows to learn from"), (2, "rows to test with")]


def _pair(x: object, y: object, where: str) -> tuple[Num[np.ndarray, "rows *shape"], Shaped[np.ndarray, "rows"]]:
    inputs = to_compact_array(x, f"{where}: x")
    targets = y if is_array(y) else np.asarray(y)
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if targets.dtype.kind == "f":
        targets = to_array(targets, f"{where}: y")
    if len(inputs) != len(targets):
        raise ShapeError(f"{where}: x has {len(inputs)} rows and y {len(targets)}; they must agree.")
    if not len(inputs):
        raise DataError(f"{where}: there are no rows.")
    return inputs, targets


def _held_out(
    x: Num[np.ndarray, "rows *shape"],
    y: Shaped[np.ndarray, "rows *targets"],
    fraction: float,
    rng: np.random.Generator,
    name: str,
) -> list[tuple[Num[np.ndarray, "own *shape"], Shaped[np.ndarray, "own *targets"]]]:
    count = max(1, round(fraction * len(x)))
    if count >= len(x):
        raise DataError(f"experience {name}: {len(x)} row is too few to hold out rows for tests.")
    order = rng.permutation(len(x))
    return [(x[order[count:]], y[order[count:]]), (x[order[:count]], y[order[:count]])]


def _labels(targets: Sequence[Shaped[np.ndarray, "rows"]]) -> tuple[object, ...]:
    kinds = {each.dtype.kind for each in targets}
    if kinds <= {"f"}:
        return ()
    if "f" in kinds:
        raise DataError("some experiences have classes as targets and others floats; give all of one kind.")
    if not kinds <= set("iubUSOT"):
        raise DataError(f"targets are of type {targets[0].dtype}; expected classes (whole numbers, words) or floats.")
    found = np.unique(np.concatenate([each.astype(str) if each.dtype.kind == "O" else each for each in targets]))
    return tuple(cast("list[object]", found.tolist()))


def _numbered(
    y: Shaped[np.ndarray, "rows *targets"], labels: tuple[object, ...], name: str
) -> Num[np.ndarray, "rows *targets"]:
    if not labels:
        return y
    if y.ndim != 1:
        raise ShapeError(f"experience {name}: classes as y have the shape (rows,); got {y.shape}.")
    own = y.astype(str) if y.dtype.kind == "O" else y
    return np.searchsorted(np.asarray(labels), own).astype(np.int32)
