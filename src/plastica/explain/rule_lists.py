"""A short list of rules that stands for a classifier, with the share of its classes that it reproduces."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple, Unpack

import numpy as np

from ..errors import InvalidValue
from ..model.options import whole
from ..notes import note
from ..typing import Bool, Float, Int
from .explained import ExplainOptions
from .goals import decide_largest
from .held_out_rows import answered_rows

EDGES = np.arange(1, 10) / 10
LEAST = 0.02  # of the rows, that a rule has to apply to
BEST_SINGLE = 20  # single conditions that are joined to pairs
PURE = 0.6  # precision below which the list ends


class SurrogateRule(NamedTuple):
    """A rule of a list: rows that no earlier rule applies to and that meet the conditions have a class.

    Attributes:
        text: The conditions.
        answer: The class.
        precision: The share of the held-out rows under it that the model gives this class; NaN if there are none.
        coverage: The share of the held-out rows that it applies to.
    """

    text: str
    answer: str
    precision: float
    coverage: float


@dataclass(frozen=True, eq=False)
class SurrogateRules:
    """An ordered list of rules fitted to the classes of a model.

    Attributes:
        rules: The rules, in their order; the last one holds for all other rows.
        agreement: Fidelity: the share of held-out rows for which list and model name the same class.
        chance: The agreement of naming always the class that is most frequent.
    """

    rules: tuple[SurrogateRule, ...]
    agreement: float
    chance: float

    def __repr__(self) -> str:
        told = [
            f"{'if' if place == 0 else 'else if'} {rule.text}: {rule.answer}" if rule.text else f"else: {rule.answer}"
            for place, rule in enumerate(self.rules)
        ]
        shares = [f"  ({rule.precision:.0%} of {rule.coverage:.0%} of the rows)" for rule in self.rules]
        lines = [line + share for line, share in zip(told, shares, strict=True)]
        return "\n".join(
            [*lines, f"the model's class in {self.agreement:.1%} of other rows; {self.chance:.1%} by chance"]
        )


class _Conditions(NamedTuple):
    """Conditions about single features: which rows meet each, and how it is told."""

    met: Bool[np.ndarray, "conditions rows"]
    held: Bool[np.ndarray, "conditions held"]
    places: Int[np.ndarray, "conditions"]
    texts: list[str]


def surrogate_rules(
    model: object, x: object, *, most: int = 5, seed: int = 0, **options: Unpack[ExplainOptions]
) -> SurrogateRules:
    """Fit a short ordered list of rules to the classes that a model names, and return it with its fidelity.

    Use it for a classifier in a few sentences, each of one or two conditions. Rules are found one after another, by the
    largest gain over the rows that no earlier one applies to: with n rows under a rule, of which k have the class,

        (k + 1) / (n + classes),

    the Laplace estimate of its precision. Conditions compare with the deciles of a feature. The list explains the model
    only as far as its agreement goes.

    Args:
        model: A plastica model, an estimator with ``predict_proba`` or ``predict``, or a function from rows to
            probabilities.
        x: Rows, ``(rows, features)``; 30 % of them measure the fidelity.
        most: The largest number of rules, without the last one for all other rows.
        seed: The seed of the split.
        options: See :class:`ExplainOptions`; groups are not used.

    Raises:
        DataError: If there are fewer than 20 rows.
        InvalidValue: If the features are not numbers, or the answers are no probabilities.

    Reference:
        P. Clark, R. Boswell (1991), Rule induction with CN2: some recent improvements (Laplace estimate).
    """
    count = whole("most", most, 1)
    assert count is not None
    found = answered_rows("surrogate_rules", model, x, seed, options)
    names = found.asked.output_names
    if found.answers.shape[1] == 1:
        if found.asked.answers.min() < 0 or found.asked.answers.max() > 1:
            raise InvalidValue(note("explain.rules_answers"))
        names = ("at most 0.5", "above 0.5")
    classes, held = decide_largest(found.answers), decide_largest(found.held_answers)
    conditions = _conditions(found.x, found.held_x, found.asked.names)
    chosen, rest = _listed(conditions, classes, count, len(names))
    rules, guessed, left = list[SurrogateRule](), np.full(len(held), rest), np.ones(len(held), bool)
    for members, answer in chosen:
        under = conditions.held[members].all(0) & left
        rules.append(_told(" and ".join(conditions.texts[each] for each in members), answer, under, held, names))
        guessed[under], left = answer, left & ~under
    rules.append(_told("", rest, left, held, names))
    usual = np.bincount(classes).argmax()
    return SurrogateRules(tuple(rules), float((guessed == held).mean()), float((held == usual).mean()))


def _listed(
    conditions: _Conditions, classes: Int[np.ndarray, "rows"], most: int, count: int
) -> tuple[list[tuple[list[int], int]], int]:
    """Return the conditions and the class of each rule, and the class of all other rows."""
    left, chosen = np.ones(len(classes), bool), list[tuple[list[int], int]]()
    while len(chosen) < most and left.any() and (best := _best(conditions, classes, left, count)) is not None:
        chosen.append(best)
        left = left & ~conditions.met[best[0]].all(0)
    rest = int(np.bincount(classes[left] if left.any() else classes).argmax())
    while chosen and chosen[-1][1] == rest:  # says the same as the last rule
        chosen.pop()
    return chosen, rest


def _told(text: str, answer: int, under: np.ndarray, held: np.ndarray, names: tuple[str, ...]) -> SurrogateRule:
    precision = float((held[under] == answer).mean()) if under.any() else float("nan")
    return SurrogateRule(text, names[answer], precision, float(under.mean()))


def _conditions(
    x: Float[np.ndarray, "rows features"], held: Float[np.ndarray, "held features"], names: tuple[str, ...]
) -> _Conditions:
    met, held_met, places, texts = [], [], [], []
    for place, name in enumerate(names):
        for edge in np.unique(np.quantile(x[:, place], EDGES, method="lower")):
            for sign in (1, -1):
                above = sign == 1
                met.append((x[:, place] > edge) == above)
                held_met.append((held[:, place] > edge) == above)
                places.append(place)
                texts.append(f"{name} {'>' if above else '≤'} {edge:.4g}")
    return _Conditions(np.array(met), np.array(held_met), np.array(places), texts)


def _best(
    conditions: _Conditions, classes: Int[np.ndarray, "rows"], left: Bool[np.ndarray, "rows"], count: int
) -> tuple[list[int], int] | None:
    """Return the rule with the largest Laplace estimate among single conditions and pairs; None if none is pure."""
    of_class = (classes[None] == np.arange(count)[:, None]) & left  # (classes, rows)
    candidates: list[list[int]] = [[each] for each in range(len(conditions.texts))]
    score, answers = _scores(conditions, candidates, of_class, left)
    order = np.argsort(-score, kind="stable")[:BEST_SINGLE]
    # Pairs with the best single conditions, and of the widest ones that are pure only together.
    pairs = [
        sorted((int(one), other))
        for one in order
        for other in range(len(conditions.texts))
        if conditions.texts[one] != conditions.texts[other]
    ]
    pairs += [
        list(each) for each in combinations(np.argsort(-conditions.met[:, left].mean(1))[:BEST_SINGLE].tolist(), 2)
    ]
    pair_score, pair_answers = _scores(conditions, pairs, of_class, left)
    candidates, score = candidates + pairs, np.concatenate([score, pair_score - 1e-9])
    place = int(score.argmax())
    if score[place] < PURE:
        return None
    return candidates[place], int(np.concatenate([answers, pair_answers])[place])


def _scores(
    conditions: _Conditions, candidates: list[list[int]], of_class: Bool[np.ndarray, "classes rows"], left: np.ndarray
) -> tuple[Float[np.ndarray, "candidates"], Int[np.ndarray, "candidates"]]:
    met = conditions.met[[each[0] for each in candidates]] & conditions.met[[each[-1] for each in candidates]]
    counts = met.astype(np.float32) @ of_class.T.astype(np.float32)  # (candidates, classes)
    under = met.astype(np.float32) @ left.astype(np.float32)
    estimate = (counts.max(1) + 1) / (under + len(of_class))
    return np.where(under >= max(1, LEAST * len(left)), estimate, 0), counts.argmax(1)
