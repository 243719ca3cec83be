"""Counterfactuals: the smallest changes of a row, to values that occur, for which the answer is another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

import numpy as np

from ..errors import DataError, InvalidValue
from ..model.options import whole
from ..notes import note
from ..typing import Bool, Float, Int, Shaped
from .explained import Explained, ExplainOptions, explained
from .goals import Decide, Goal, goal_of
from .named_places import place_of

if TYPE_CHECKING:
    import polars as pl

MOST_DONORS = 60  # rows with the wanted answer, the nearest ones
HALVINGS = 12  # of the distance to the row: to 1/4096 of it


@dataclass(frozen=True, eq=False)
class Counterfactuals:
    """Changes of one row for which the answer is another, the smallest first.

    Attributes:
        rows: The changed rows, ``(found, *shape)``.
        changed: Which features or groups differ, ``(found, groups)``.
        answers: The answers for them, ``(found, outputs)``.
        before: The answer for the row, ``(outputs,)``.
        row: The row, ``(*shape,)``.
        feature_names, output_names: The names of features or groups, and of outputs.
        classes: The class that each is answered with, of the row first, ``(1 + found,)``; 0 for numbers.
        donors: The number of the background row that each took its values from, ``(found,)``.
        cells: The texts of the row and of the changed rows, if they are of a table; otherwise empty.
    """

    rows: Shaped[np.ndarray, "found *shape"]
    changed: Bool[np.ndarray, "found groups"]
    answers: Float[np.ndarray, "found outputs"]
    before: Float[np.ndarray, "outputs"]
    row: Shaped[np.ndarray, "*shape"]
    feature_names: tuple[str, ...]
    output_names: tuple[str, ...]
    classes: Int[np.ndarray, "answers"]
    donors: Int[np.ndarray, "found"]
    cells: tuple[tuple[str, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def changes(self, number: int = 0) -> list[tuple[str, str, str]]:
        """Return name, old and new value of each changed feature of a counterfactual.

        Raises:
            InvalidValue: If there is none of this number.
        """
        if not 0 <= number < len(self):
            raise InvalidValue(note("explain.cf_number", number=str(number), found=str(len(self))))
        return [
            (self.feature_names[place], self._cell(None, place), self._cell(number, place))
            for place in np.flatnonzero(self.changed[number]).tolist()
        ]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each change: counterfactual, feature, from, to."""
        import polars as pl

        rows = [(number, *change) for number in range(len(self)) for change in self.changes(number)]
        heads = {"counterfactual": pl.Int64, "feature": pl.String, "from": pl.String, "to": pl.String}
        return pl.DataFrame(rows, heads, orient="row")

    def __repr__(self) -> str:
        if not len(self):
            return "no counterfactual found: no allowed change of these features gives the wanted answer"
        lines = []
        for number in range(len(self)):
            told = "; ".join(f"{name}: {old} -> {new}" for name, old, new in self.changes(number))
            lines.append(f"{told} ({self.answer(None)} -> {self.answer(number)})")
        return "\n".join(lines)

    def answer(self, number: int | None) -> str:
        """Return the answer for a counterfactual, or for the row, as text: a class and its probability, or a number."""
        found = self.before if number is None else self.answers[number]
        place = int(self.classes[0 if number is None else number + 1])
        return f"{found[0]:.4g}" if len(found) == 1 else f"{self.output_names[place]} {found[place]:.3g}"

    def _cell(self, number: int | None, place: int) -> str:
        if self.cells:
            return self.cells[0 if number is None else number + 1][place]
        row = (self.row if number is None else self.rows[number]).reshape(-1)
        if len(row) != len(self.feature_names):
            return "this group" if number is None else "that of another row"
        return f"{row[place]:.4g}" if row.dtype.kind == "f" else str(row[place])


def counterfactuals(
    model: object,
    row: object,
    background: object,
    *,
    wanted: int | str | tuple[float, float] | None = None,
    fixed: Sequence[int | str] = (),
    only_up: Sequence[int | str] = (),
    only_down: Sequence[int | str] = (),
    count: int = 3,
    **options: Unpack[ExplainOptions],
) -> Counterfactuals:
    """Return the smallest changes of a row for which the answer is another.

    Use it for "what would have to be different?". The search begins at rows of the background that have the wanted
    answer, and takes back one change after another as long as the answer stays; numbers are then moved back towards the
    row as far as possible. So every change lies between the row and values that occur, whole numbers stay whole, and
    categories are known ones. That the answer changes says nothing about whether the world would.

    Args:
        model: A plastica model, an estimator with ``predict_proba`` or ``predict``, or a function from rows to answers.
        row: One row, ``(features,)`` or ``(1, features)``.
        background: Rows to take values from, such as the training rows.
        wanted: The class that is wanted, by number or name, or for numbers the ends of an interval. Default: any other
            class.
        fixed: Features that cannot change, such as the age.
        only_up, only_down: Features that can only grow, or only fall.
        count: The largest number of counterfactuals, with different features changed.
        options: See :class:`ExplainOptions`. A single output counts as the probability of class 1.

    Returns:
        The counterfactuals, sorted by the number of changes and then by their size; empty if there are none.

    Raises:
        InvalidValue: If the row already has the wanted answer, or an interval is empty.
        UnknownName: If there is no such class or feature.
        DataError: If no background row has the wanted answer.

    Example:
        >>> import numpy as np, plastica as pl
        >>> background = np.random.default_rng(0).normal(size=(50, 2))
        >>> found = pl.explain.counterfactuals(lambda x: 1.0 * (x[:, 0] > 0.5), [0.0, 0.0], background)
        >>> found.feature_names[found.changed[0].argmax()], bool(0.5 < found.rows[0, 0] < 0.51)
        ('x0', True)

    Reference:
        S. Wachter, B. Mittelstadt, C. Russell (2018), Counterfactual explanations without opening the black box. D.
        Brughmans, P. Leyman, D. Martens (2023), NICE: an algorithm for nearest instance counterfactual explanations.
    """
    most = whole("count", count, 1)
    assert most is not None
    given = np.asarray(row)[None] if getattr(row, "columns", None) is None and np.ndim(row) == 1 else row  # pyright: ignore
    asked = explained("counterfactuals", model, given, background, options)
    if len(asked.x) != 1 or asked.background is None:
        raise InvalidValue(note("explain.cf_rows", rows=str(len(asked.x))))
    places = {
        name: [place_of("counterfactuals", "feature", each, asked.names) for each in wish]
        for name, wish in (("fixed", fixed), ("only_up", only_up), ("only_down", only_down))
    }
    values = asked.background.reshape(len(asked.background), -1)
    own = asked.x.reshape(-1)
    allowed = np.ones((len(values), len(asked.names)), bool)
    allowed[:, places["fixed"]] = False
    for name, sign in (("only_up", 1), ("only_down", -1)):
        for place in places[name]:
            members = asked.members[place]
            allowed[:, place] &= (sign * (values[:, members] - own[members]) >= 0).all(1)
    return search(asked, goal_of(asked, wanted), allowed, most)


def search(
    asked: Explained, goal: Goal, allowed: Bool[np.ndarray, "background groups"], most: int, moves: bool = True
) -> Counterfactuals:
    """Return the counterfactuals that take values from rows of the background.

    Args:
        asked: What is explained, with one row.
        goal: The wanted answer.
        allowed: Which groups may take the values of each background row.
        most: The largest number of counterfactuals.
        moves: Whether numbers are moved back towards the row.

    Raises:
        DataError: If no row of the background has the wanted answer.
    """
    assert asked.background is not None
    own = asked.x.reshape(-1)
    values = asked.background.reshape(len(asked.background), -1)

    def answers(rows: np.ndarray) -> np.ndarray:
        return asked.function(rows.reshape(-1, *asked.x.shape[1:]))[:, asked.outputs]

    donors = np.flatnonzero(goal.reached(answers(values)))
    if not len(donors):
        raise DataError(note("errors.none_wanted", rows=len(values)))
    differs = np.stack([(values[donors][:, each] != own[each]).any(1) for each in asked.members], 1) & allowed[donors]
    sizes = _sizes(asked, values)
    order = np.argsort((differs * sizes[donors]).sum(1), kind="stable")
    mixed = np.where(differs[:, asked.labels], values[donors], own)
    order = order[goal.reached(answers(mixed))[order]][:MOST_DONORS]
    donors = donors[order]
    values, changed, sizes = values[donors], differs[order], sizes[donors]
    changed = _taken_back(asked, goal, answers, values, changed) if len(changed) else changed
    rows = np.where(changed[:, asked.labels], values, own)
    if len(rows) and moves and _are_numbers(asked):
        rows = _moved_back(goal, answers, rows, own, asked)
        spread = _spread(asked)
        sizes = np.abs(rows - own) / spread
    rank = np.lexsort([(changed * sizes).sum(1), changed.sum(1)])
    seen: set[bytes] = set()
    kept = [n for n in rank if not (changed[n].tobytes() in seen or seen.add(changed[n].tobytes()))][:most]
    chosen = rows[kept].astype(asked.x.dtype)
    found = answers(chosen) if kept else np.zeros((0, len(asked.outputs)))
    # In the type of the rows, a number may fall back by its last digit.
    good = goal.reached(found) if kept else np.zeros(0, bool)
    return Counterfactuals(
        chosen.reshape(-1, *asked.x.shape[1:])[good], changed[kept][good], found[good], asked.answers[0], asked.x[0],
        asked.names, asked.output_names, goal.classes(np.concatenate([asked.answers, found[good]])),
        donors[kept][good],
    )  # fmt: skip


def _taken_back(
    asked: Explained, goal: Goal, answers: Decide, values: np.ndarray, changed: Bool[np.ndarray, "donors groups"]
) -> Bool[np.ndarray, "donors groups"]:
    """Take back one change after another, each time the one that leaves the clearest answer."""
    own, groups = asked.x.reshape(-1), changed.shape[1]
    changed, active = changed.copy(), np.arange(len(changed))
    for _ in range(groups - 1):
        row, place = np.nonzero(changed[active])  # each change that can be taken back
        trial = changed[active][row] & (np.arange(groups) != place[:, None])
        found = answers(np.where(trial[:, asked.labels], values[active][row], own))
        margin = np.full((len(active), groups), -np.inf)
        margin[row, place] = np.where(goal.reached(found), goal.margin(found), -np.inf)
        best = margin.argmax(1)
        good = np.isfinite(margin[np.arange(len(active)), best]) & (changed[active].sum(1) > 1)
        changed[active[good], best[good]] = False
        active = active[good]
        if not len(active):
            break
    return changed


def _are_numbers(asked: Explained) -> bool:
    """Return whether each feature is a number by itself, which can be moved."""
    return asked.x.dtype.kind == "f" and asked.count == len(asked.labels)


def _spread(asked: Explained) -> Float[np.ndarray, "features"]:
    assert asked.background is not None
    spread = np.ptp(asked.background.reshape(len(asked.background), -1).astype(np.float64), axis=0)
    return np.where(spread > 0, spread, 1.0)


def _sizes(asked: Explained, values: np.ndarray) -> Float[np.ndarray, "background groups"]:
    """Return how far each background row is from the row in each group, as a share of the range."""
    own = asked.x.reshape(-1)
    if asked.x.dtype.kind not in "fiub":
        return np.stack([(values[:, each] != own[each]).mean(1) for each in asked.members], 1)
    far = np.abs(values.astype(np.float64) - own) / _spread(asked)
    return np.stack([far[:, each].mean(1) for each in asked.members], 1)


def _moved_back(
    goal: Goal, answers: Decide, rows: np.ndarray, own: np.ndarray, asked: Explained
) -> Float[np.ndarray, "found features"]:
    """Move each changed number back towards the row, by halving, as far as the answer stays."""
    assert asked.background is not None
    rows = rows.astype(np.float64)
    background = asked.background.reshape(len(asked.background), -1)
    is_whole = (background == np.round(background)).all(0)
    for place in np.flatnonzero((rows != own).any(0)):
        near, far = np.full(len(rows), float(own[place])), rows[:, place].copy()
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            if is_whole[place]:
                middle = np.where(far > near, np.floor(middle), np.ceil(middle))
            trial = rows.copy()
            trial[:, place] = middle
            good = goal.reached(answers(trial.astype(asked.x.dtype)))
            near, far = np.where(good, near, middle), np.where(good, middle, far)
        rows[:, place] = far
    return rows
