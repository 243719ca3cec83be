"""The search for an anchor: rules grow by one condition at a time, the most precise ones are kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from ..typing import Bool, Num
from .arms import ArmCounts, best_arms, bounds
from .explained import Explained
from .goals import Decide

BATCH = 100  # draws of a rule at once
GAP = 0.1  # by which the precision of a kept rule may be smaller than that of one left out
MOST_TURNS = 40
MOST_DRAWS = 10_000  # of one rule, to tell whether it has the wanted precision


class Predicate(NamedTuple):
    """A condition that the row meets.

    Attributes:
        place: The number of its feature.
        holds: Which background rows meet it.
        text: The condition as text.
        sign: "=", ">" or "≤": a rule has at most one condition of each kind about a feature.
    """

    place: int
    holds: Bool[np.ndarray, "background"]
    text: str
    sign: str = "="


@dataclass
class CandidateRule:
    """A rule: the numbers of its predicates, and what was drawn under it."""

    members: tuple[int, ...]
    coverage: float
    draws: int = 0
    hits: int = 0
    low: float = 0.0
    reached: bool = False

    @property
    def precision(self) -> float:
        """The share of draws with the answer of the row."""
        return self.hits / max(1, self.draws)


class Neighbourhood:
    """Draws rows that meet a rule, and asks for their answers.

    Args:
        asked: The row and the background.
        predicates: All conditions.
        decide: From answers to classes.
        random: The draws.
    """

    def __init__(
        self, asked: Explained, predicates: list[Predicate], decide: Decide, random: np.random.Generator
    ) -> None:
        assert asked.background is not None
        self.asked, self.predicates, self.decide, self.random = asked, predicates, decide, random
        self.behind = asked.background.reshape(len(asked.background), -1)
        self.row, self.own = asked.x.reshape(-1), np.asarray(decide(asked.answers))[0]
        self.evaluations = 0

    def rule(self, members: tuple[int, ...]) -> CandidateRule:
        """Return a rule that nothing was drawn of yet."""
        holds = np.ones(len(self.behind), bool)
        for member in members:
            holds &= self.predicates[member].holds
        return CandidateRule(members, float(holds.mean()))

    def draw(self, rule: CandidateRule, count: int = BATCH) -> None:
        """Draw rows that meet a rule, and count those with the answer of the row."""
        made = self.drawn(rule.members, count)
        answers = self.asked.function(made.reshape(-1, *self.asked.x.shape[1:]))[:, self.asked.outputs]
        rule.draws += count
        rule.hits += int((np.asarray(self.decide(answers)) == self.own).sum())
        self.evaluations += count

    def drawn(self, members: tuple[int, ...], count: int) -> Num[np.ndarray, "rows features"]:
        """Return random background rows; features of a rule that a row does not meet are those of one that does."""
        rows = self.random.integers(len(self.behind), size=count)
        made = self.behind[rows].astype(np.result_type(self.behind, self.row))
        for place in {self.predicates[member].place for member in members}:
            own = [self.predicates[member].holds for member in members if self.predicates[member].place == place]
            holds = np.logical_and.reduce(own)
            features, wrong = self.asked.members[place], np.flatnonzero(~holds[rows])
            donors = np.flatnonzero(holds)
            taken = self.behind[self.random.choice(donors, len(wrong))] if len(donors) else self.row[None]
            made[np.ix_(wrong, features)] = taken[:, features]
        return made


def search(near: Neighbourhood, wanted: float, risk: float, longest: int, beam: int) -> CandidateRule:
    """Return the rule with the largest coverage among those with the wanted precision; else the most precise one."""
    tests = 1 + longest * beam
    nothing = near.rule(())
    _tested(near, nothing, wanted, risk / tests)
    if nothing.reached:
        return nothing
    best, most_precise, kept = None, nothing, [nothing]
    for _ in range(longest):
        rules = _grown(near, kept, -1.0 if best is None else best.coverage)
        if not rules:
            break
        for rule in rules:
            near.draw(rule)

        chosen = best_arms(
            partial(_drawn_of, near, rules), partial(_counted, rules), beam, gap=GAP, risk=risk, most=MOST_TURNS
        )
        kept = [rules[number] for number in chosen]
        for rule in kept:
            _tested(near, rule, wanted, risk / tests)
            if rule.reached and (best is None or rule.coverage > best.coverage):
                best = rule
            if rule.low > most_precise.low:
                most_precise = rule
    return most_precise if best is None else _shortened(near, best, wanted, risk / tests)


def _shortened(near: Neighbourhood, rule: CandidateRule, wanted: float, risk: float) -> CandidateRule:
    """Return a rule without the conditions that it does not need."""
    for member in rule.members:
        shorter = near.rule(tuple(each for each in rule.members if each != member))
        _tested(near, shorter, wanted, risk)
        if shorter.reached:
            return _shortened(near, shorter, wanted, risk)
    return rule


def _drawn_of(near: Neighbourhood, rules: list[CandidateRule], number: int) -> None:
    near.draw(rules[number])


def _counted(rules: list[CandidateRule]) -> ArmCounts:
    return ArmCounts(np.array([each.draws for each in rules]), np.array([each.hits for each in rules]))


def _grown(near: Neighbourhood, kept: list[CandidateRule], coverage: float) -> list[CandidateRule]:
    """Return the rules with one condition more and a larger coverage."""
    about = [(each.place, each.sign) for each in near.predicates]
    seen = {
        tuple(sorted((*rule.members, number)))
        for rule in kept
        for number in range(len(about))
        if about[number] not in [about[member] for member in rule.members]
    }
    rules = [near.rule(members) for members in sorted(seen)]
    return [rule for rule in rules if rule.coverage > coverage]


def _tested(near: Neighbourhood, rule: CandidateRule, wanted: float, risk: float) -> None:
    """Draw until it is clear whether a rule has the wanted precision."""
    while True:
        if not rule.draws:
            near.draw(rule)
        level = np.array([np.log(1 / risk) / rule.draws])
        low, high = (float(each[0]) for each in bounds(np.array([rule.precision]), level))
        rule.low, rule.reached = low, low >= wanted
        if rule.reached or high < wanted or rule.draws >= MOST_DRAWS:
            return
        near.draw(rule, min(rule.draws, MOST_DRAWS - rule.draws))
