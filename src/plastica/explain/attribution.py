"""Attribution: how much each feature contributed to each answer."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

import numpy as np

from ..drawing.pictured import PicturedResult
from ..errors import InvalidValue, UnknownName
from ..language import Texts
from ..notes import note
from ..typing import Float, Shaped
from .explained import Explained

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing
    from .judging import Judgement

SAY = Texts("explain")
MOST_SHOWN = 10
Given = ParamSpec("Given")


def _once(model: object, x: object) -> Attribution:
    raise InvalidValue(note("explain.by_hand"))


def repeatable(method: Callable[Given, Attribution]) -> Callable[Given, Attribution]:
    """Make the results of a method remember how they were asked for."""

    @wraps(method)
    def ask(*given: Given.args, **options: Given.kwargs) -> Attribution:
        def again(model: object, x: object) -> Attribution:
            return method(model, x, *given[2:], **options)  # pyright: ignore[reportCallIssue]

        return replace(method(*given, **options), again=again)

    return ask


@dataclass(frozen=True, eq=False, repr=False)
class Attribution(PicturedResult):
    """How much each feature, or group of features, contributed to the answers for some rows.

    Attributes:
        values: The contributions, ``(rows, *features, outputs)``: of each value of a row, or of each group.
        baseline: The answer that they are counted from, ``(rows, outputs)``.
        answers: The answers for the rows, ``(rows, outputs)``.
        error: The standard error of each value due to sampling, of the shape of ``values``; None without sampling.
        x: The rows, ``(rows, *shape)``.
        feature_names: The name of each feature or group, in the order of the flattened values of a row.
        output_names: The name of each output.
        method: The name of the method.
        evaluations: How often the model was asked, or its gradient computed, for all rows together.
        additive: Whether the method promises that baseline and values add up to the answer.
        fidelity: The share of the variance of the answers nearby that the explanation accounts for, R2
            ``(rows, outputs)``; only of :func:`lime`.
        notes: What should be known, such as rows outside of the background.
        cells: The value of each feature or group as text, row by row; empty if they are the numbers of ``x``.
        asked: Everything that the method was given.
        again: Explains other rows, or another model, in the same way: ``again(model, x)``.
    """

    values: Float[np.ndarray, "rows *features outputs"]
    baseline: Float[np.ndarray, "rows outputs"]
    answers: Float[np.ndarray, "rows outputs"]
    error: Float[np.ndarray, "rows *features outputs"] | None
    x: Shaped[np.ndarray, "rows *shape"]
    feature_names: tuple[str, ...]
    output_names: tuple[str, ...]
    method: str
    evaluations: int
    additive: bool = True
    fidelity: Float[np.ndarray, "rows outputs"] | None = None
    notes: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    asked: Explained = field(repr=False, kw_only=True)
    again: Callable[[object, object], Attribution] = field(default=_once, repr=False, kw_only=True)

    @property
    def flat(self) -> Float[np.ndarray, "rows features outputs"]:
        """The values with one axis for all features, in the order of ``feature_names``."""
        return self.values.reshape(len(self.values), -1, self.values.shape[-1])

    @property
    def gap(self) -> Float[np.ndarray, "rows outputs"]:
        """What is missing: answer - baseline - sum of the values. 0 if the explanation is complete."""
        return self.answers - self.baseline - self.flat.sum(1)

    @property
    def importance(self) -> Float[np.ndarray, "features outputs"]:
        """The mean absolute value of each feature over the rows."""
        return np.abs(self.flat).mean(0)

    def __len__(self) -> int:
        return len(self.values)

    def sentences(self) -> list[str]:
        """Return what it shows, in the current language."""
        rows, features, outputs = self.flat.shape
        size = [SAY("rows", count=rows), SAY("features", count=features), SAY("outputs", count=outputs)]
        told = [SAY("attribution", method=self.method, size=SAY("and_so_on").join(size), count=self.evaluations)]
        scale = np.abs(self.answers - self.baseline).max(initial=0)
        gap = float(np.abs(self.gap).max(initial=0))
        if not self.additive:
            told.append(SAY("adds_up_not"))
        elif gap <= 1e-4 * max(float(scale), 1e-12):
            told.append(SAY("adds_up"))
        else:
            told.append(SAY("misses", gap=f"{gap:.3g}"))
        if self.error is not None:
            told.append(SAY("largest_error", error=f"{self.error.max(initial=0):.2g}"))
        if self.fidelity is not None:
            told.append(SAY("fidelity_nearby", fidelity=f"{self.fidelity.min():.3f}"))
        return [*told, *self.notes]

    def summary(self) -> pl.DataFrame:
        """Return the features with the largest mean absolute value over rows and outputs."""
        import polars as pl

        mean = self.importance.mean(1)
        order = np.argsort(-mean, kind="stable")[:MOST_SHOWN]
        names = [self.feature_names[place] for place in order]
        return pl.DataFrame({"feature": names, "mean absolute value": mean[order]})

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each row, output and feature, as a polars data frame.

        The columns are row, output, feature, value, error (standard error, null without sampling), answer and baseline.
        """
        import polars as pl

        rows, features, outputs = self.flat.shape
        places = np.indices((rows, outputs, features)).reshape(3, -1)
        error = (
            None if self.error is None else self.error.reshape(rows, features, outputs)[places[0], places[2], places[1]]
        )
        return pl.DataFrame(
            {
                "row": places[0],
                "output": [self.output_names[each] for each in places[1]],
                "feature": [self.feature_names[each] for each in places[2]],
                "value": self.flat[places[0], places[2], places[1]],
                "error": pl.Series([None] * places.shape[1] if error is None else error, dtype=pl.Float64),
                "answer": self.answers[places[0], places[1]],
                "baseline": self.baseline[places[0], places[1]],
            }
        )  # fmt: skip

    def plot(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        row: int = 0,
        output: int | str = 0,
        most: int = 12,
    ) -> Drawing:
        """Draw the contributions to one answer: a bar for each feature, or a picture for an image.

        Args:
            path: Where to write the figure (``.svg``, ``.png``, ``.pdf``). None only returns it.
            row: Which row.
            output: Which output, by number or name.
            most: The number of bars; the others are added up in one.

        Raises:
            InvalidValue: If there is no such row, or ``most`` is below 1.
            UnknownName: If there is no such output.
        """
        from .picture import draw_attribution

        if most < 1:
            raise InvalidValue(note("explain.plot_most", most=str(most)))
        return draw_attribution(self, self.row_number(row), self.output_number(output), most).save(path)

    def heat_map(self, path: str | os.PathLike[str] | None = None, *, row: int = 0, output: int | str = 0) -> Drawing:
        """Draw a cell for each feature and time step: of a network over ``(time, features)``, or of a forecast.

        Args:
            path: Where to write the figure (``.svg``, ``.png``, ``.pdf``). None only returns it.
            row: Which row.
            output: Which output of a network, by number or name; all steps of a forecast are drawn.

        Raises:
            InvalidValue: If there is no such row, or the values have neither time nor several outputs.
            UnknownName: If there is no such output.
        """
        from .heat_maps import draw_heat_map

        return draw_heat_map(self, self.row_number(row), self.output_number(output)).save(path)

    def judge(self, *, seed: int = 0) -> Judgement:
        """Judge the explanation: completeness, fidelity by deletion and insertion, stability, and randomisation.

        Args:
            seed: The seed of the random orders, of the noise and of the shuffled weights.

        Returns:
            What was measured, and in ``failures`` what speaks against relying on the explanation.

        Raises:
            InvalidValue: If there is only one feature.

        Reference:
            J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt, B. Kim (2018), Sanity checks for saliency maps.
            V. Petsiuk, A. Das, K. Saenko (2018), RISE (deletion and insertion).
        """
        from .judging import judge

        return judge(self, seed)

    def row_number(self, row: int) -> int:
        """Return the number of a row; InvalidValue if there is none."""
        if not 0 <= row < len(self):
            raise InvalidValue(note("explain.attribution_row", row=str(row), last=str(len(self) - 1)))
        return row

    def output_number(self, output: int | str) -> int:
        """Return the place of an output; UnknownName if there is none."""
        if isinstance(output, str) and output in self.output_names:
            return self.output_names.index(output)
        if isinstance(output, int) and 0 <= output < len(self.output_names):
            return output
        raise UnknownName(note("explain.no_output", output=repr(output), known=", ".join(self.output_names[:20])))


def attribution(
    asked: Explained,
    method: str,
    values: Float[np.ndarray, "rows groups outputs"],
    baseline: Float[np.ndarray, "*shape"],
    evaluations: int,
    **further: object,
) -> Attribution:
    """Return an attribution from values by group."""
    shape = (len(values), *asked.shape, values.shape[-1])
    error = further.pop("error", None)
    notes = (*asked.notes, *further.pop("notes", ()))  # pyright: ignore[reportGeneralTypeIssues]
    return Attribution(
        values.reshape(shape),
        np.broadcast_to(baseline, asked.answers.shape),
        asked.answers,
        None if error is None else np.asarray(error).reshape(shape),
        asked.x,
        asked.names,
        asked.output_names,
        method,
        evaluations,
        notes=notes,
        asked=asked,
        **further,  # pyright: ignore[reportArgumentType]
    )
