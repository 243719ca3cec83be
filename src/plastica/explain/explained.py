"""What a method is asked: which rows, compared with which background, by which features, for which outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypedDict, cast

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError, InvalidValue, ShapeError
from ..notes import first_few, note
from ..typing import Bool, Float, Int, Shaped
from .answering import AnswerFunction, AnswerLink, answer_function, on_frames, ready
from .feature_groups import feature_groups
from .named_places import default_names, place_of
from .outside_background import outside

MOST_LACKING = 5  # columns that are named
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
        feature_names: The name of each single feature of a flattened row.
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
    feature_names: tuple[str, ...] = ()

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
        UnknownName: If there is no such option, output or feature.
        InvalidValue: If the groups overlap, or the model cannot be explained.
    """
    options = options or {}
    for name in options:
        place_of(method, "option", name, tuple(ExplainOptions.__annotations__))
    if background is None:
        raise InvalidValue(note("explain.no_background", method=method))
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
        raise ShapeError(note("explain.feature_names", method=method, names=len(names), count=flat))
    if background is not None:
        background = _background(method, function, background, rows, names)
    behind = rows if background is None else cast(np.ndarray, background)
    labels, group_names, shape = feature_groups(method, options.get("groups"), behind, names)
    answers = function(rows)
    outputs, output_names = _outputs(method, options, function.names, answers.shape[1])
    notes = () if background is None else outside(rows, cast(np.ndarray, background), names)
    return Explained(
        function, rows, cast("np.ndarray | None", background), labels, group_names, outputs, output_names,
        answers[:, outputs], shape, notes, names or default_names(rows.shape[1:]),
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
        raise ShapeError(note("explain.no_axes", what=what, shape=str(found.shape)))
    if not len(found):
        raise DataError(note("explain.no_rows", what=what))
    # A function of data frames, such as a pipeline that imputes, is asked with missing values as they are.
    asks_frames = bool(names) and function.convert is None
    if found.dtype.kind == "f" and not (np.isfinite(found) | (asks_frames & np.isnan(found))).all():
        place = tuple(int(axis[0]) for axis in np.nonzero(~np.isfinite(found)))
        raise DataError(note("explain.not_finite", what=what, value=str(found[place]), place=str(place)))
    return found, names


def _background(
    method: str, function: AnswerFunction, background: object, rows: np.ndarray, names: tuple[str, ...]
) -> np.ndarray:
    columns = getattr(background, "columns", None)
    if columns is not None and names:
        own = tuple(map(str, cast(Any, columns)))
        lacking = [name for name in names if name not in own]
        if lacking:
            named = first_few([repr(name) for name in lacking], MOST_LACKING)
            told = {"count": len(names), "lacking": len(lacking), "columns": named}
            raise DataError(note("explain.background_lacks", method=method, **told))
        background = cast(Any, background)[list(names)]
    _check_shape(method, getattr(background, "shape", rows.shape)[1:], rows)  # before a network says what it expects
    found, _ = _rows(function, background, f"{method}: background")
    _check_shape(method, found.shape[1:], rows)
    return found


def _check_shape(method: str, shape: tuple[int, ...], rows: np.ndarray) -> None:
    if shape != rows.shape[1:]:
        told = {"background": str(shape), "rows": str(rows.shape[1:])}
        raise ShapeError(note("explain.background_shape", method=method, **told))


def _outputs(
    method: str, options: ExplainOptions, names: tuple[str, ...], count: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    given = options.get("output_names")
    names = names if given is None else tuple(map(str, given))
    if given is not None and len(names) != count:
        raise ShapeError(note("explain.output_names", method=method, names=len(names), count=count))
    if len(names) != count:
        names = tuple(map(str, range(count)))
    wanted = options.get("output")
    if wanted is None:
        return np.arange(count), names
    several = [wanted] if isinstance(wanted, int | str | np.integer) else list(wanted)
    places = [place_of(method, "output", each, names) for each in several]
    return np.array(places, np.int64), tuple(names[place] for place in places)
