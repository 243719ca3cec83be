"""What a method is asked: which rows, compared with which background, by which features, for which outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Literal, TypedDict, cast

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError, InvalidValue, ShapeError, UnknownName
from ..typing import Bool, Float, Int, Shaped
from .answering import AnswerFunction, AnswerLink, answer_function, on_frames, ready

MOST_NOTES = 5
WITHOUT = object()  # the background of methods that need none


class ExplainOptions(TypedDict, total=False):
    """Options of all methods.

    Attributes:
        output: The name or the number of the output to explain; several in a list. A number that is a name, as of
            classes called 1 to 3, is that name. Default: all.
        groups: Features that are explained as one: ``{"address": ["street", "town"]}``, by names or numbers; or an
            array of whole numbers of the shape of a row, with the number of the group of each value, such as the
            patches of an image; or "correlated": features whose absolute rank correlation in the background, or else in
            the rows, is at least 0.7. Features that are not named stand alone.
        feature_names: A name for each feature of a row. Default: the columns of a data frame, or ``x0``, ``x1`` ...
        output_names: A name for each output. Default: the classes of an estimator, or numbers.
        link: "identity", or "logit" to explain the log-odds of probabilities, in which effects add up better.
    """

    output: int | str | Sequence[int | str] | None
    groups: Mapping[str, Sequence[int | str]] | ArrayLike | Literal["correlated"] | None
    feature_names: Sequence[str] | None
    output_names: Sequence[str] | None
    link: AnswerLink


@dataclass(frozen=True, eq=False)
class Explained:
    """Rows to explain, and everything that methods need.

    Attributes:
        function: The answers.
        x: The rows, ``(rows, *shape)``.
        background: The rows that they are compared with, ``(background, *shape)``; None if the method needs none.
        labels: For each feature of a flattened row the number of its group, ``(features,)``.
        names: The name of each group.
        outputs: The numbers of the explained outputs.
        output_names: Their names.
        answers: The answers for the rows, ``(rows, outputs)``.
        shape: The shape of the attributions of a row: that of the row, or ``(groups,)``.
        notes: What should be known about the rows.
    """

    function: AnswerFunction
    x: Shaped[np.ndarray, "rows *shape"]
    background: Shaped[np.ndarray, "background *shape"] | None
    labels: Int[np.ndarray, "features"]
    names: tuple[str, ...]
    outputs: Int[np.ndarray, "outputs"]
    output_names: tuple[str, ...]
    answers: Float[np.ndarray, "rows outputs"]
    shape: tuple[int, ...]
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """The number of groups."""
        return len(self.names)

    @property
    def is_grouped(self) -> bool:
        """Whether some features are explained as one."""
        return self.count < len(self.labels)

    @cached_property
    def members(self) -> Bool[np.ndarray, "groups features"]:
        """For each group the features in it: of images without groups a large array, which few methods need."""
        return np.arange(self.count)[:, None] == self.labels

    def by_group(self, values: Float[np.ndarray, "rows features outputs"]) -> Float[np.ndarray, "rows groups outputs"]:
        """Return the sum of the values of the features of each group."""
        if not self.is_grouped:
            return values
        found = np.zeros((self.count, len(values), values.shape[2]))
        np.add.at(found, self.labels, np.moveaxis(values, 1, 0))
        return np.moveaxis(found, 0, 1)


def explained(
    method: str, model: object, x: object, background: object = WITHOUT, options: ExplainOptions | None = None
) -> Explained:
    """Check everything that a method is given.

    Raises:
        DataError: If there are no rows, or values are missing.
        ShapeError: If background and rows differ in shape.
        UnknownName: If there is no such output or feature.
        InvalidValue: If the groups overlap, or the model cannot be explained.
    """
    options = options or {}
    if background is None:
        raise InvalidValue(f"{method}: background=None; pass the rows to compare with, such as 100 training rows.")
    background = None if background is WITHOUT else background
    function = answer_function(model, options.get("link", "identity"))
    rows, names = _rows(function, x, f"{method}: x")
    function = ready(function, model)
    if names and function.convert is None:
        function = on_frames(function, x)
    given = options.get("feature_names")
    names = names if given is None else tuple(map(str, given))
    flat = int(np.prod(rows.shape[1:]))
    if names and len(names) != flat:
        raise ShapeError(f"{method}: feature_names has {len(names)} names for {flat} features.")
    if background is not None:
        background = _background(method, function, background, rows, names)
    groups = options.get("groups")
    if isinstance(groups, str):
        groups = _correlated(method, groups, rows if background is None else cast(np.ndarray, background), names)
    labels, group_names, shape = _groups(method, groups, names, rows.shape[1:])
    answers = function(rows)
    outputs, output_names = _outputs(method, options, function.names, answers.shape[1])
    notes = () if background is None else outside(rows, cast(np.ndarray, background), names)
    return Explained(
        function, rows, cast("np.ndarray | None", background), labels, group_names, outputs, output_names,
        answers[:, outputs], shape, notes,
    )  # fmt: skip


def with_shape(asked: Explained, names: tuple[str, ...], shape: tuple[int, ...]) -> Explained:
    """Return what is asked with attributions of another shape, such as one number for each pixel of all channels."""
    # The values of a pixel follow each other in a flattened row.
    labels = np.repeat(np.arange(len(names)), len(asked.labels) // len(names))
    return replace(asked, names=names, shape=shape, labels=labels)


def _rows(function: AnswerFunction, x: object, what: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return rows as an array, and the names of the columns of a data frame."""
    columns = getattr(x, "columns", None)
    names = () if columns is None else tuple(map(str, cast(Any, columns)))
    if function.convert is not None:
        found = function.convert(x, what)
    else:
        found = np.asarray(x)
        if found.dtype.kind in "iub":
            found = found.astype(np.float64)
    if found.ndim < 2:
        raise ShapeError(
            f"{what} has shape {found.shape}; expected (rows, features). Of a single row pass x[None]; of one feature "
            "pass x.reshape(-1, 1)."
        )
    if not len(found):
        raise DataError(f"{what} has no rows.")
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        place = tuple(int(axis[0]) for axis in np.nonzero(~np.isfinite(found)))
        raise DataError(f"{what} has {found[place]} at {place}; fill or drop missing values before explaining.")
    return found, names


def _background(
    method: str, function: AnswerFunction, background: object, rows: np.ndarray, names: tuple[str, ...]
) -> np.ndarray:
    columns = getattr(background, "columns", None)
    if columns is not None and names:
        own = tuple(map(str, cast(Any, columns)))
        lacking = [name for name in names if name not in own]
        if lacking:
            raise DataError(
                f"{method}: the background lacks {len(lacking)} of the {len(names)} columns of x: "
                f"{', '.join(map(repr, lacking[:5]))}. Pass rows with the same columns, such as the training rows."
            )
        background = cast(Any, background)[list(names)]
    if getattr(background, "shape", rows.shape)[1:] != rows.shape[1:]:
        raise ShapeError(
            f"{method}: background rows have shape {cast(Any, background).shape[1:]}, rows of x {rows.shape[1:]}; pass "
            "rows with the same columns, such as the training rows."
        )
    found, _ = _rows(function, background, f"{method}: background")
    if found.shape[1:] != rows.shape[1:]:
        raise ShapeError(
            f"{method}: background rows have shape {found.shape[1:]}, rows of x {rows.shape[1:]}; pass rows with the "
            "same columns, such as the training rows."
        )
    return found


def _correlated(
    method: str, groups: str, rows: Shaped[np.ndarray, "rows *shape"], names: tuple[str, ...]
) -> dict[str, list[int | str]]:
    """Return the groups of correlated features, named after them."""
    from .correlated import correlated_groups

    if groups != "correlated":
        raise InvalidValue(
            f'{method}: groups={groups!r}; expected "correlated", a dict of names, or an array of numbers of groups.'
        )
    labels = correlated_groups(method, rows)
    known = names or default_names(rows.shape[1:])
    members = [np.flatnonzero(labels == label).tolist() for label in dict.fromkeys(labels.tolist())]
    return {", ".join(known[place] for place in each): list(each) for each in members}


def _groups(
    method: str, groups: object, names: tuple[str, ...], shape: tuple[int, ...]
) -> tuple[np.ndarray, tuple[str, ...], tuple[int, ...]]:
    """Return the group of each feature, the name of each group, and the shape of the attributions of a row."""
    flat = int(np.prod(shape))
    if groups is None:
        return np.arange(flat), names or default_names(shape), shape
    if not isinstance(groups, Mapping):
        labels = np.asarray(groups)
        if labels.shape != shape or labels.dtype.kind not in "iu":
            raise ShapeError(
                f"{method}: groups has shape {labels.shape} and type {labels.dtype}; expected whole numbers of the "
                f"shape of a row, {shape}, or a dict of names."
            )
        each, numbers = np.unique(labels, return_inverse=True)
        return numbers.reshape(-1), tuple(f"group {number}" for number in each), (len(each),)
    known = names or default_names(shape)
    taken: dict[int, str] = {}
    for group, features in cast("Mapping[str, Sequence[int | str]]", groups).items():
        for feature in features:
            place = place_of(method, "feature", feature, known)
            if place in taken:
                raise InvalidValue(f"{method}: {known[place]!r} is in the groups {taken[place]!r} and {group!r}.")
            taken[place] = str(group)
    # A group stands where its first feature does.
    made = list(dict.fromkeys(taken.get(place, known[place]) for place in range(flat)))
    number = {name: place for place, name in enumerate(made)}
    labels = np.array([number[taken.get(place, known[place])] for place in range(flat)])
    return labels, tuple(made), (len(made),)


def default_names(shape: tuple[int, ...]) -> tuple[str, ...]:
    """Return names for features without: ``x0`` of a row, ``x0,3`` of an image."""
    return tuple(f"x{','.join(map(str, place))}" for place in np.ndindex(*shape))


def _outputs(
    method: str, options: ExplainOptions, names: tuple[str, ...], count: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    given = options.get("output_names")
    names = names if given is None else tuple(map(str, given))
    if given is not None and len(names) != count:
        raise ShapeError(f"{method}: output_names has {len(names)} names for {count} outputs.")
    if len(names) != count:
        names = tuple(map(str, range(count)))
    wanted = options.get("output")
    if wanted is None:
        return np.arange(count), names
    several = [wanted] if isinstance(wanted, int | str | np.integer) else list(wanted)
    places = [place_of(method, "output", each, names) for each in several]
    return np.array(places, np.int64), tuple(names[place] for place in places)


def place_of(method: str, what: str, wanted: object, names: Sequence[str]) -> int:
    """Return the place of a feature or an output, given by name or number; UnknownName if there is none.

    A number that is a name, as where classes are called 1 to 3, is that name.
    """
    if isinstance(wanted, str | int | np.integer) and str(wanted) in names:
        return list(names).index(str(wanted))
    if isinstance(wanted, int | np.integer) and 0 <= wanted < len(names):
        return int(wanted)
    near = get_close_matches(str(wanted), names, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else "."
    known = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    raise UnknownName(f"{method}: no {what} {wanted!r}{hint} Known: {known}.")


def spaced(rows: int, most: int) -> Int[np.ndarray, "rows"]:
    """Return at most ``most`` row numbers, spaced evenly."""
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).round().astype(np.int64))


def outside(rows: np.ndarray, background: np.ndarray, names: Sequence[str]) -> tuple[str, ...]:
    """Return notes on values outside of the range of the background, where answers are a guess."""
    if rows.dtype.kind == "O" and rows.ndim == 2:
        return _outside_frame(rows, background, names)
    if rows.dtype.kind != "f" or rows.ndim != 2 or background.dtype.kind != "f":
        return ()
    low, high = background.min(0), background.max(0)
    room = 1e-6 * (np.abs(low) + np.abs(high))
    found = np.argwhere((rows < low - room) | (rows > high + room))
    known = names or default_names(rows.shape[1:])
    notes = [
        f"row {row}: {known[column]} = {rows[row, column]:.4g} lies outside of the background, {low[column]:.4g} to "
        f"{high[column]:.4g}."
        for row, column in found[:MOST_NOTES]
    ]
    more = len(found) - MOST_NOTES
    return (*notes, *([f"{more:,} more values lie outside of the background."] if more > 0 else []))


def _outside_frame(rows: np.ndarray, background: np.ndarray, names: Sequence[str]) -> tuple[str, ...]:
    """Return notes on columns of mixed kinds: numbers outside of the range, and values that do not occur."""
    notes: list[str] = []
    for column, name in enumerate(names or default_names(rows.shape[1:])):
        own, seen = rows[:, column], background[:, column]
        numbers = all(isinstance(each, int | float | np.number) for each in (*own, *seen))
        for row, value in enumerate(own.tolist()):
            if numbers and not seen.min() <= value <= seen.max():
                ends = f"{seen.min():.4g} to {seen.max():.4g}"
                notes.append(f"row {row}: {name} = {value:.4g} lies outside of the background, {ends}.")
            elif isinstance(value, str) and value not in set(seen.tolist()):
                notes.append(f"row {row}: {name} = {value!r} does not occur in the background.")
    more = len(notes) - MOST_NOTES
    return (*notes[:MOST_NOTES], *([f"{more:,} more values lie outside of the background."] if more > 0 else []))
