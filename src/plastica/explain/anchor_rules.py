"""Anchors: a rule about few features that suffices for the answer, with a precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Unpack

import numpy as np

from ..errors import InvalidValue
from ..language import Texts
from ..model.options import whole
from ..notes import note
from ..typing import Bool
from .anchor_search import Neighbourhood, Predicate, search
from .explained import Explained, ExplainOptions, explained
from .goals import Decide, decide_largest

SAY = Texts("explain")
MOST_CONDITIONS = 5
FEW_VALUES = 5  # of a number: beyond, it is compared with quartiles
EDGES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, eq=False)
class Anchor:
    """A rule that suffices for the answer for a row.

    Attributes:
        conditions: What the rule demands; empty if nearly all rows have this answer.
        answer: The answer: a class, or an interval of numbers.
        precision: The share of rows under the rule with this answer, estimated.
        low: What the precision is at least, with the confidence that was asked for.
        coverage: The share of the background rows that the rule applies to.
        reached: Whether the precision is at least the wanted one with this confidence.
        wanted: The wanted precision.
        evaluations: How often the model was asked.
        notes: What should be known, such as values outside of the background.
    """

    conditions: tuple[str, ...]
    answer: str
    precision: float
    low: float
    coverage: float
    reached: bool
    wanted: float
    evaluations: int
    notes: tuple[str, ...] = ()

    def sentences(self) -> list[str]:
        """Return the rule and how far it holds, in the current language."""
        rule = SAY("anchor_and").join(self.conditions)
        told = [SAY("anchor", rule=rule, answer=self.answer) if rule else SAY("anchor_always", answer=self.answer)]
        shares = {"precision": f"{self.precision:.1%}", "low": f"{self.low:.1%}", "coverage": f"{self.coverage:.1%}"}
        told.append(SAY("anchor_holds", **shares, evaluations=f"{self.evaluations:,}"))
        if not self.reached:
            told.append(SAY("anchor_short", wanted=f"{self.wanted:.0%}"))
        return [*told, *self.notes]

    def __repr__(self) -> str:
        return "\n".join(self.sentences())


def anchors(
    model: object,
    row: object,
    background: object,
    *,
    precision: float = 0.95,
    confidence: float = 0.95,
    tolerance: float | None = None,
    most: int = MOST_CONDITIONS,
    beam: int = 4,
    seed: int = 0,
    **options: Unpack[ExplainOptions],
) -> Anchor:
    """Find a rule about few features of a row for which the answer stays, whatever the other features are.

    Use it where people decide by rules: "if age > 37 and married, then granted, in 97 of 100 cases". Among rules A that
    the row meets, it is one with the largest coverage for which

        P(precision(A) >= wanted) >= confidence,    precision(A) = P(class of f(z) = class of f(x) | z meets A).

    Rows z are drawn from the background; features in the rule have values of background rows that meet it. Numbers are
    compared with quartiles of the background, numbers of up to five values by equality. Rules grow by one condition at
    a time; at each length, the most precise ones are found by KL-LUCB with as few evaluations as that takes.

    Args:
        model: A plastica model, an estimator with ``predict_proba`` or ``predict``, or a function from rows to answers.
        row: The row, ``(*shape,)``.
        background: Rows to draw from, such as 1,000 of the training rows.
        precision: The wanted precision.
        confidence: How sure it is to be.
        tolerance: For answers that are numbers: how much they may differ. Default: answers are probabilities, and the
            class with the largest stays.
        most: The largest number of conditions.
        beam: How many rules of each length are kept.
        seed: The seed of the draws.
        options: See :class:`ExplainOptions`.

    Returns:
        The rule; if none is shown to have the wanted precision, the most precise one.

    Raises:
        InvalidValue: If a number is out of range, or the answers are numbers and there is no tolerance.
        ShapeError: If the background has rows of another shape.

    Example:
        >>> import numpy as np, plastica as pl
        >>> background = np.random.default_rng(0).integers(0, 3, (200, 3))
        >>> pl.explain.anchors(lambda x: 1.0 * (x[:, 1] == 2), [0, 2, 1], background).conditions
        ('x1 = 2',)

    Reference:
        M. Ribeiro, S. Singh, C. Guestrin (2018), Anchors: high-precision model-agnostic explanations, equation 3 and
        algorithm 2.
    """
    wish = AnchorWish(precision, confidence, most, beam, seed)
    check_wish(wish)
    inputs = row if getattr(row, "columns", None) is not None else np.asarray(row)[None]
    asked = explained("anchors", model, inputs, background, options)
    if len(asked.x) > 1:
        raise InvalidValue(note("explain.anchor_rows", rows=str(len(asked.x))))
    predicates = [each for place in range(asked.count) for each in _predicates(asked, place)]
    return found_anchor(asked, predicates, decide_by(asked, tolerance), wish)


class AnchorWish(NamedTuple):
    """What a rule is to reach, and how it is searched for; see :func:`anchors`."""

    precision: float = 0.95
    confidence: float = 0.95
    most: int = MOST_CONDITIONS
    beam: int = 4
    seed: int = 0


def check_wish(wish: AnchorWish) -> None:
    """Refuse a precision or a confidence that is no probability, and numbers below 1."""
    for name, value in (("precision", wish.precision), ("confidence", wish.confidence)):
        if not 0 < value < 1:
            raise InvalidValue(note("explain.anchor_share", name=name, value=str(value)))
    whole("most", wish.most, 1)
    whole("beam", wish.beam, 1)


def decide_by(asked: Explained, tolerance: float | None) -> Decide:
    """Return what tells whether an answer is that for the row: its class, or that it is near."""
    if tolerance is not None:
        if not 0 <= tolerance < np.inf or len(asked.outputs) > 1:
            raise InvalidValue(
                note("explain.anchor_tolerance", tolerance=str(tolerance), outputs=str(len(asked.outputs)))
            )
        own = asked.answers[0, 0]
        return lambda answers: np.abs(answers[:, 0] - own) <= tolerance
    if len(asked.outputs) == 1 and not ((asked.answers >= 0) & (asked.answers <= 1)).all():
        raise InvalidValue(note("explain.anchor_answer", answer=f"{asked.answers[0, 0]:.4g}"))
    return decide_largest


def found_anchor(asked: Explained, predicates: list[Predicate], decide: Decide, wish: AnchorWish) -> Anchor:
    """Search for a rule made of predicates."""
    near = Neighbourhood(asked, predicates, decide, np.random.default_rng(wish.seed))
    longest = min(wish.most, len(predicates))
    rule = search(near, wish.precision, 1 - wish.confidence, longest, wish.beam)
    shown = sorted(rule.members, key=lambda each: predicates[each].place)
    return Anchor(
        tuple(predicates[each].text for each in shown), _said(asked, decide), rule.precision, rule.low, rule.coverage,
        rule.reached, wish.precision, near.evaluations, asked.notes,
    )  # fmt: skip


def _said(asked: Explained, decide: Decide) -> str:
    """Return the answer for the row as text."""
    own = asked.answers[0]
    if len(own) > 1:
        return asked.output_names[int(own.argmax())]
    if decide is decide_largest:
        return SAY("answer_above" if own[0] > 0.5 else "answer_below")
    return SAY("answer_near", answer=f"{own[0]:.4g}")


def _predicates(asked: Explained, place: int) -> list[Predicate]:
    """Return the conditions about a feature, or a group, that the row meets."""
    assert asked.background is not None
    features = asked.members[place]
    row, behind = asked.x.reshape(1, -1)[0, features], asked.background.reshape(len(asked.background), -1)[:, features]
    name = asked.names[place]
    if len(row) > 1:
        return [Predicate(place, (behind == row).all(1), SAY("as_in_row", name=name))]
    if behind.dtype.kind not in "fiub":
        return [Predicate(place, behind[:, 0] == row[0], f"{name} = {row[0]}")]
    return number_predicates(place, name, row[0], behind[:, 0])


def number_predicates(
    place: int, name: str, value: float, behind: np.ndarray, told: dict[float, str] | None = None
) -> list[Predicate]:
    """Return the conditions about a number that a value meets: equality, or the quartiles on both sides of it.

    Args:
        place: The number of the feature.
        name: Its name.
        value: The value of the row.
        behind: The values of the background; NaN for missing ones.
        told: Texts for edges and values; by default the numbers.
    """

    def text(number: float) -> str:
        return f"{number:.4g}" if told is None else told[number]

    known = behind[np.isfinite(behind.astype(np.float64))]
    if len(np.unique(known)) <= FEW_VALUES:
        return [Predicate(place, behind == value, f"{name} = {text(value)}")]
    # Edges are values that occur, so that whole numbers stay whole.
    edges = np.unique(np.quantile(known, EDGES, method="lower"))
    above = [Predicate(place, _where(behind > edge), f"{name} > {text(edge)}", ">") for edge in edges[edges < value]]
    below = [Predicate(place, _where(behind <= edge), f"{name} ≤ {text(edge)}", "≤") for edge in edges[edges >= value]]
    return above + below


def _where(holds: np.ndarray) -> Bool[np.ndarray, "background"]:
    return np.asarray(holds, bool)
