"""Free recall of networks and models beside that of people: curves on the same axes, and what agrees in words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import DataError
from ...language import Texts, using
from ...typing import Float
from .free_recall import FreeRecall
from .human_curves import human_curve

if TYPE_CHECKING:
    import polars
    from matplotlib.axes import Axes

    from ...drawing.figure import Drawing

SAY = Texts("people")
SHORTEST = 8  # words: the first three and last three, and two between them
ENDS = 3  # words that count as the beginning and as the end of a list
FAR = 4  # lags from which on transitions count as distant
PRESENT = 0.05  # a difference of probabilities below it counts as no effect
PEOPLE = "people"
CURVES = ("serial_position", "first_recall", "lag_transitions")


class RecallCurves(NamedTuple):
    """The curves of free recall.

    Attributes:
        serial_position: The probability of recall by position.
        first_recall: The probability of first recall by position.
        lags: Lags, without 0.
        lag_transitions: The conditional response probability of each; NaN where it was never possible.
    """

    serial_position: Float[np.ndarray, "positions"]
    first_recall: Float[np.ndarray, "positions"]
    lags: Float[np.ndarray, "lags"]
    lag_transitions: Float[np.ndarray, "lags"]

    def near_transitions(self, most: int = 5) -> tuple[Float[np.ndarray, "lags"], Float[np.ndarray, "lags"]]:
        """Return lags from ``-most`` to ``most`` and their transitions, NaN at 0, where no line is drawn."""
        lags = np.arange(-most, most + 1.0)
        known = dict(zip(self.lags.tolist(), self.lag_transitions.tolist(), strict=True))
        return lags, np.array([known.get(lag, np.nan) for lag in lags.tolist()])

    @property
    def effects(self) -> dict[str, float]:
        """Differences of probabilities, each positive in people.

        ``primacy`` and ``recency``: recall of the first and of the last three words, less that of the middle third;
        ``end_first``: how often recall begins with one of the last three words, less chance; ``contiguity``:
        transitions of lag 1 and -1 less those of at least 4 in either direction; ``forward``: those of lag 1 less
        those of -1.
        """
        words = len(self.serial_position)
        middle = self.serial_position[words // 3 : words - words // 3].mean()
        near, distant = np.abs(self.lags) == 1, np.abs(self.lags) >= FAR
        forward, backward = (float(self.lag_transitions[self.lags == lag][0]) for lag in (1, -1))
        far = self.lag_transitions[distant]
        return {
            "primacy": float(self.serial_position[:ENDS].mean() - middle),
            "recency": float(self.serial_position[-ENDS:].mean() - middle),
            "end_first": float(self.first_recall[-ENDS:].sum() - ENDS / words),
            "contiguity": _mean(self.lag_transitions[near]) - _mean(far),
            "forward": forward - backward,
        }


class PeopleComparison(NamedTuple):
    """Recall of networks and models beside that of people.

    Attributes:
        curves: The curves by name; those of people are ``"people"``.
        source: Where the curves of people come from.
    """

    curves: dict[str, RecallCurves]
    source: str

    @property
    def table(self) -> polars.DataFrame:
        """A polars data frame with the columns who, curve, x (position or lag) and y (probability)."""
        import polars

        frames: list[polars.DataFrame] = []
        for who, own in self.curves.items():
            positions = np.arange(1.0, len(own.serial_position) + 1)
            for name, x, y in (
                ("serial_position", positions, own.serial_position),
                ("first_recall", positions, own.first_recall),
                ("lag_transitions", own.lags, own.lag_transitions),
            ):
                frames.append(polars.DataFrame({"who": who, "curve": name, "x": x, "y": y}))
        return polars.concat(frames)

    @property
    def effects(self) -> polars.DataFrame:
        """A polars data frame with the columns who, effect, value, people and agrees.

        An effect agrees if both are of one sign and at least 0.05, or both below 0.05; null if it was not measured.
        """
        import polars

        people = self.curves[PEOPLE].effects
        rows = [
            {"who": who, "effect": name, "value": value, "people": people[name], "agrees": _agree(value, people[name])}
            for who, own in self.curves.items()
            if who != PEOPLE
            for name, value in own.effects.items()
        ]
        schema = {"who": polars.String, "effect": polars.String, "value": polars.Float64, "people": polars.Float64}
        return polars.DataFrame(rows, {**schema, "agrees": polars.Boolean})

    @property
    def words(self) -> list[str]:
        """What agrees and what does not, in sentences made from the numbers, in the current language."""
        found: list[str] = []
        for who in [each for each in self.curves if each != PEOPLE]:
            rows = self.effects.filter(who=who).rows(named=True)
            named = {row["effect"]: SAY(f"effect_{row['effect']}") for row in rows}
            for key, wanted in (("agrees", True), ("differs", False), ("unknown", None)):
                own = [row for row in rows if row["agrees"] is wanted]
                if own:
                    parts = [
                        _apart(row, named[row["effect"]]) if wanted is False else named[row["effect"]] for row in own
                    ]
                    found.append(SAY(key, who=who, effects=SAY("comma").join(parts)))
        return found

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw recall by position, first recalls and transitions, those of people in black.

        Args:
            path: The file to write, ``.svg``, ``.png`` or ``.pdf``. Default: none.
        """
        from ...drawing import drawable_language, own_style
        from ...drawing.figure import Drawing

        with own_style(), using(drawable_language()):
            drawing = Drawing(9.6, 3.0, layout="constrained")
            left, middle, right = drawing.subplots(1, 3)
            for place, (who, own) in enumerate(self.curves.items()):
                positions = np.arange(1, len(own.serial_position) + 1)
                _draw(left, positions, own.serial_position, who, place)
                _draw(middle, positions, own.first_recall, who, place)
                _draw(right, *own.near_transitions(), who, place)
            for axes, name, below in zip((left, middle, right), CURVES, ("position", "position", "lag"), strict=True):
                axes.set(title=SAY(name), xlabel=SAY(below), ylim=(0, None))
                axes.spines[["top", "right"]].set_visible(False)
            left.set(ylabel=SAY("probability"), ylim=(0, 1.02))
            left.legend(fontsize=8, frameon=False)
        return drawing.save(path)


def compare_with_people(
    recalls: FreeRecall | Mapping[str, FreeRecall], people: FreeRecall | None = None, source: str = ""
) -> PeopleComparison:
    """Compare free recall of networks or models with that of people.

    Args:
        recalls: The recalls by name, such as those of ``TemporalContextModel().simulate()`` or of
            ``recall_lists(task="free").recalls``.
        people: Recalls of people, such as ``read_free_recall("recalls.txt")``. Default: the published curves of 126
            people who recalled lists of 16 words, ``human_curve("serial_position")``.
        source: Where the recalls of people come from.

    Returns:
        The curves, with the data frames ``table`` and ``effects``, sentences ``words`` and a picture ``plot()``.

    Raises:
        DataError: If lists are of different lengths or shorter than eight words, or nothing was recalled.

    Example:
        >>> from plastica.memory import TemporalContextModel
        >>> found = compare_with_people({"TCM": TemporalContextModel().simulate(trials=200)})
        >>> found.effects.filter(effect="recency")["agrees"].item()
        True
    """
    named = {"model": recalls} if isinstance(recalls, FreeRecall) else dict(recalls)
    own = _published() if people is None else _curves(PEOPLE, people)
    words = len(own.serial_position)
    curves = {PEOPLE: own}
    for who, each in named.items():
        if each.length != words:
            raise DataError(
                f"{who} recalled lists of {each.length} words and people lists of {words}; curves by position are "
                "compared for lists of one length. Give people= with such lists, or recall lists of that length."
            )
        curves[who] = _curves(who, each)
    published = human_curve("serial_position").source
    return PeopleComparison(curves, source or (published if people is None else "people="))


def curves_by_subject(recalls: FreeRecall, subjects: object) -> tuple[RecallCurves, RecallCurves]:
    """Return the means over subjects of each subject's curves, and their standard errors.

    Args:
        recalls: The recalls of all subjects.
        subjects: Who recalled each list: a number or a name for each trial.

    Raises:
        DataError: If there is not one subject for each trial, a subject recalled nothing at all, or there is only one.
    """
    who = np.asarray(subjects).ravel()
    if len(who) != len(recalls.recalls):
        raise DataError(f"got {len(recalls.recalls)} lists and {len(who)} subjects; expected a subject for each list.")
    names = np.unique(who)
    if len(names) < 2:
        raise DataError("curves_by_subject: standard errors over subjects need at least two subjects.")
    each = [_curves(f"subject {name}", FreeRecall(recalls.recalls[who == name], recalls.length)) for name in names]
    means: list[Float[np.ndarray, "points"]] = []
    errors: list[Float[np.ndarray, "points"]] = []
    for values in (np.stack([getattr(own, name) for own in each]) for name in RecallCurves._fields):
        known = np.isfinite(values)
        count = np.maximum(known.sum(0), 1)
        mean = np.where(known, values, 0).sum(0) / count
        spread = np.where(known, (values - mean) ** 2, 0).sum(0) / np.maximum(count - 1, 1)
        means.append(np.where(known.any(0), mean, np.nan))
        errors.append(np.where(known.sum(0) > 1, np.sqrt(spread / count), np.nan))
    return RecallCurves(*means), RecallCurves(*errors)._replace(lags=means[2])


def _curves(who: str, recalls: FreeRecall) -> RecallCurves:
    if recalls.length < SHORTEST:
        raise DataError(
            f"{who}: lists of {recalls.length} words; primacy and recency need lists of at least {SHORTEST}."
        )
    if not recalls.sequences()[1].any():
        count = len(recalls.recalls)
        raise DataError(f"{who} recalled no word of {count} lists; leave it out, or train it for longer.")
    lags, transitions = recalls.lag_transitions()
    kept = lags != 0
    return RecallCurves(
        recalls.serial_position(), recalls.first_recall(), lags[kept].astype(np.float64), transitions[kept]
    )


def _published() -> RecallCurves:
    transitions = human_curve("lag_transitions")
    return RecallCurves(human_curve("serial_position").y, human_curve("first_recall").y, transitions.x, transitions.y)


def _mean(values: Float[np.ndarray, "values"]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _agree(value: float, people: float) -> bool | None:
    if not (np.isfinite(value) and np.isfinite(people)):
        return None
    if abs(value) < PRESENT or abs(people) < PRESENT:
        return abs(value) < PRESENT and abs(people) < PRESENT
    return (value > 0) == (people > 0)


def _apart(row: dict[str, object], effect: str) -> str:
    return SAY("apart", effect=effect, who=row["who"], people=row["people"], value=row["value"])


def _draw(axes: Axes, x: np.ndarray, y: np.ndarray, who: str, place: int) -> None:
    from ...drawing import COLOURS, INK

    colour = INK if who == PEOPLE else COLOURS[(place - 1) % len(COLOURS)]
    label = SAY("people") if who == PEOPLE else who
    axes.plot(x, y, ".-", color=colour, label=label, lw=2 if who == PEOPLE else 1.2, zorder=3 if who == PEOPLE else 2)
