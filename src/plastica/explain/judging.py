"""How far an explanation can be relied on: completeness, fidelity, stability, and whether it depends on the network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..data.ranks import ranks
from ..data.spacing import spaced
from ..errors import InvalidValue
from ..language import Texts
from ..notes import note
from ..typing import Float
from .answering import randomised
from .coalitions import coalition_answers

if TYPE_CHECKING:
    from .attribution import Attribution

MOST_ROWS, MOST_STEPS, ORDERS = 20, 20, 5
NOISE = 0.01  # of the standard deviation of a feature
SHUFFLES = 5
MOST_DEVIATIONS = 1_000
INCOMPLETE = 0.05
CHANCE = 2.0  # standard deviations of random orders
FAILS, UNSTABLE = 0.7, 0.8  # rank correlations
SAY = Texts("explain")


@dataclass(frozen=True)
class Judgement:
    """How far an explanation can be relied on.

    Attributes:
        method: The method.
        gap: Completeness: the largest |answer - baseline - sum of values|, as a share of the largest |answer -
            baseline|. None for methods that do not promise that values add up.
        insertion: Fidelity: the mean answer while features are taken over from the row into the background, those with
            the largest values first; higher is better.
        deletion: The same while they are taken away from the row; lower is better.
        fidelity: By how many standard deviations of random orders the difference, insertion - deletion, is better than
            theirs.
        stability: The mean rank correlation of the values with those for rows with noise, of 1 % of the standard
            deviation of each feature.
        randomisation: The mean rank correlation of the values with those for a network whose weights are
            shuffled. A method that explains the network gives other values for another one; near 1, it shows the inputs
            and not the network. None if the model has no weights that could be shuffled.
        rows: The number of rows that were judged.
    """

    method: str
    gap: float | None
    insertion: float
    deletion: float
    fidelity: float
    stability: float
    randomisation: float | None
    rows: int

    @property
    def failures(self) -> tuple[str, ...]:
        """What speaks against relying on the explanation, in sentences; empty if nothing does."""
        found = []
        if self.gap is not None and self.gap > INCOMPLETE:
            found.append(SAY("fails_gap", gap=f"{self.gap:.0%}"))
        if self.fidelity < CHANCE:
            found.append(SAY("fails_fidelity"))
        if self.stability < UNSTABLE:
            found.append(SAY("fails_stability"))
        if self.randomisation is not None and self.randomisation > FAILS:
            found.append(SAY("fails_randomisation"))
        return tuple(found)

    def sentences(self) -> list[str]:
        """Return what was measured, in the current language."""
        gap = SAY("judged_no_promise") if self.gap is None else SAY("judged_gap", gap=f"{self.gap:.2%}")
        ends = {"insertion": f"{self.insertion:.4g}", "deletion": f"{self.deletion:.4g}"}
        fidelity = SAY("judged_fidelity", **ends, better=f"{self.fidelity:.1f}")
        stability = SAY("judged_stability", correlation=f"{self.stability:.2f}")
        randomisation = (
            SAY("judged_not_shuffled")
            if self.randomisation is None
            else SAY("judged_randomisation", correlation=f"{self.randomisation:.2f}")
        )
        return [SAY("judged", method=self.method, count=self.rows), gap, fidelity, stability, randomisation]

    def __repr__(self) -> str:
        return "\n".join([*self.sentences(), *(SAY("fails", why=each) for each in self.failures)])


def judge(found: Attribution, seed: int) -> Judgement:
    """Judge an explanation; see ``Attribution.judge``."""
    if len(found.feature_names) < 2:
        raise InvalidValue(note("explain.one_feature"))
    chosen = spaced(len(found), MOST_ROWS)
    random = np.random.default_rng(seed)
    insertion, deletion, fidelity = _fidelity(found, chosen, random)
    x = found.x[chosen]
    values = found.flat[chosen]
    again = found.again(found.asked.function, _noisy(found, x, random))
    stability = _correlation(values, again.flat)
    return Judgement(
        found.method, _gap(found), insertion, deletion, fidelity, stability, _randomisation(found, x, values, seed),
        len(chosen),
    )  # fmt: skip


def _gap(found: Attribution) -> float | None:
    """Return what is missing to the answers, as a share; None if the method does not promise it."""
    if not found.additive:
        return None
    explained_part = np.abs(found.answers - found.baseline).max(initial=0)
    return float(np.abs(found.gap).max(initial=0) / explained_part) if explained_part > 0 else 0.0


def _fidelity(found: Attribution, chosen: np.ndarray, random: np.random.Generator) -> tuple[float, float, float]:
    """Return the means of insertion and deletion, and by how many deviations their difference exceeds chance."""
    groups = len(found.feature_names)
    counts = np.unique(np.linspace(0, groups, min(groups, MOST_STEPS) + 1).round().astype(int))
    own: list[tuple[float, float]] = []
    others: list[list[float]] = []
    for row in chosen:
        asked = replace(found.asked, x=found.x[row : row + 1], background=_behind(found))
        for output in range(len(found.output_names)):
            # Orders of each output are its own: over all classes, the same ones would cancel out.
            shuffled = [random.permutation(groups) for _ in range(ORDERS * 4)]
            orders = [np.argsort(-found.flat[row, :, output], kind="stable"), *shuffled]
            masks = np.concatenate([_masks(order, counts) for order in orders])
            one = replace(asked, outputs=found.asked.outputs[output : output + 1])
            answers = coalition_answers(one, masks)[0, :, 0].reshape(len(orders), 2, len(counts)).mean(2)
            own.append((float(answers[0, 0]), float(answers[0, 1])))
            others.append((answers[1:, 0] - answers[1:, 1]).tolist())
    inserted, deleted = np.mean(own, 0)
    chance = np.mean(others, 0)  # of each random order, over rows and outputs
    spread = float(chance.std(ddof=1))
    better = inserted - deleted - chance.mean()
    # Of rows that are their own background, chance cancels out but for rounding.
    spread = max(spread, abs(better) / MOST_DEVIATIONS)
    return float(inserted), float(deleted), float(better / spread) if spread > 0 else 0.0


def _masks(order: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the coalitions of insertion, then those of deletion."""
    rank = order.argsort()
    inserted = rank < counts[:, None]
    return np.concatenate([inserted, ~inserted])


def _behind(found: Attribution) -> np.ndarray:
    """Return the background; for methods without one, an input of zeros."""
    if found.asked.background is not None:
        return found.asked.background
    return np.zeros((1, *found.x.shape[1:]), found.x.dtype)


def _noisy(found: Attribution, x: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return rows with noise on their numbers."""
    behind = found.x if found.asked.background is None else found.asked.background
    if x.dtype.kind == "f":
        return (x + NOISE * np.nanstd(behind, 0) * random.standard_normal(x.shape)).astype(x.dtype)
    if x.dtype.kind != "O":
        return x
    made = x.copy()  # columns of several kinds
    for own, seen in zip(made.T, behind.T, strict=True):
        if all(isinstance(each, int | float) and not isinstance(each, bool) for each in (*own, *seen)):
            own[:] = own + NOISE * np.nanstd(seen.astype(np.float64)) * random.standard_normal(len(own))
    return made


def _randomisation(found: Attribution, x: np.ndarray, values: np.ndarray, seed: int) -> float | None:
    correlations = []
    for number in range(SHUFFLES):
        other = randomised(found.asked.function, seed + number)
        if other is None:
            return None
        correlations.append(_correlation(values, found.again(other, x).flat))
    return float(np.mean(correlations))


def _correlation(
    one: Float[np.ndarray, "rows features outputs"], other: Float[np.ndarray, "rows features outputs"]
) -> float:
    """Return the mean over rows and outputs of the rank correlation between the values of the features."""
    found = [
        _spearman(one[row, :, output], other[row, :, output])
        for row in range(len(one))
        for output in range(one.shape[2])
    ]
    return float(np.mean(found))


def _spearman(one: np.ndarray, other: np.ndarray) -> float:
    # Values that are equal but for rounding are ties.
    a, b = (ranks(np.round(each / (np.abs(each).max() or 1.0), 6)) for each in (one, other))
    if a.std() == 0 or b.std() == 0:
        return float(a.std() == b.std())
    return float(np.corrcoef(a, b)[0, 1])
