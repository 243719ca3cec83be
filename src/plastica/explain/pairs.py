"""SHAP interaction values: which part of an answer is due to pairs of features together."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple, Unpack

import numpy as np

from ..drawing.pictured import PicturedResult
from ..errors import InvalidValue
from ..language import Texts
from ..model.options import whole
from ..notes import note
from ..typing import Bool, Float, Int, Shaped
from .coalitions import coalition_answers, every_coalition
from .explained import ExplainOptions, explained
from .named_places import place_of

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

MOST_EXACT = 10  # features: 1,024 coalitions
ROUNDS = 4
MOST_SHOWN = 10
SAY = Texts("explain")


@dataclass(frozen=True, eq=False, repr=False)
class ShapInteractions(PicturedResult):
    """SHAP values, divided into main effects and interactions of pairs.

    Attributes:
        values: ``(rows, features, features, outputs)``, symmetric: beside the diagonal half of what two features do
            together, on it what is left for a feature alone. Rows add up to SHAP values, all together to the answer
            minus the baseline.
        baseline: The mean answer for the background, ``(outputs,)``.
        answers: The answers for the rows, ``(rows, outputs)``.
        error: The standard error of each value; None if all coalitions were enumerated.
        x: The rows.
        feature_names, output_names: The names of features and outputs.
        notes: What should be known, such as rows outside of the background.
    """

    values: Float[np.ndarray, "rows features features outputs"]
    baseline: Float[np.ndarray, "outputs"]
    answers: Float[np.ndarray, "rows outputs"]
    error: Float[np.ndarray, "rows features features outputs"] | None
    x: Shaped[np.ndarray, "rows *shape"]
    feature_names: tuple[str, ...]
    output_names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def shap_values(self) -> Float[np.ndarray, "rows features outputs"]:
        """The SHAP value of each feature."""
        return self.values.sum(2)

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each pair and output: the mean absolute interaction of both halves, the largest first.

        The columns are feature, other feature, output, interaction, and error (its standard error, null without
        sampling). A feature beside itself is its main effect.
        """
        import polars as pl

        count = len(self.feature_names)
        pairs = [*((place, place) for place in range(count)), *combinations(range(count), 2)]
        mean = np.abs(self.values).mean(0)
        error = None if self.error is None else np.sqrt(np.square(self.error).mean(0) / len(self.values))
        rows = []
        for one, other in pairs:
            halves = 1 if one == other else 2
            for place, name in enumerate(self.output_names):
                own = None if error is None else halves * error[one, other, place]
                value = halves * mean[one, other, place]
                rows.append((self.feature_names[one], self.feature_names[other], name, value, own))
        heads = ["feature", "other feature", "output", "interaction", "error"]
        frame = pl.DataFrame(rows, heads, orient="row", schema_overrides={"error": pl.Float64})
        return frame.sort("interaction", descending=True, maintain_order=True)

    def sentences(self) -> list[str]:
        """Return what it shows, in the current language."""
        count = {"rows": SAY("rows", count=len(self.values)), "features": len(self.feature_names)}
        frame = self.to_frame()
        told = [SAY("pairs", **count)]
        if self.error is not None:
            told.append(SAY("pairs_error", error=f"{self.error.max():.2g}"))
        pairs = frame.filter(frame["feature"] != frame["other feature"])
        one, other, output, value, _ = pairs.row(0)
        told.append(SAY("pairs_most", one=one, other=other, output=output, value=f"{value:.3g}"))
        return [*told, *self.notes]

    def summary(self) -> pl.DataFrame:
        """Return the strongest main effects and interactions."""
        return self.to_frame().head(MOST_SHOWN)

    def plot(
        self, path: str | os.PathLike[str] | None = None, *, row: int | None = None, output: int | str = 0
    ) -> Drawing:
        """Draw main effects and interactions as a grid: of one row with their signs, or their mean absolute values.

        Args:
            path: Where to write the figure (``.svg``, ``.png``, ``.pdf``). None only returns it.
            row: Which row. Default: the mean of absolute values over all rows.
            output: Which output, by number or name.

        Raises:
            InvalidValue: If there is no such row.
            UnknownName: If there is no such output.
        """
        from .pair_pictures import draw_interactions

        if row is not None and not 0 <= row < len(self.values):
            raise InvalidValue(note("explain.plot_row", row=str(row), last=str(len(self.values) - 1)))
        return draw_interactions(self, row, place_of("plot", "output", output, self.output_names)).save(path)


def shap_interactions(
    model: object,
    x: object,
    background: object,
    *,
    rounds: int | None = None,
    seed: int = 0,
    **options: Unpack[ExplainOptions],
) -> ShapInteractions:
    """Divide SHAP values into what each feature does alone and what pairs do together.

    Use it to see which features belong together for a row. With v(S) the mean answer if the features in S have the
    values of the row and the others those of the background,

        phi_ij = 1/2 sum over S without i, j of |S|! (n - |S| - 2)! / (n - 1)!
                 (v(S + i + j) - v(S + i) - v(S + j) + v(S)),        phi_ii = phi_i - sum over j of phi_ij.

    Up to 10 features, all coalitions are enumerated. Beyond, features are put in random orders in which each pair
    stands side by side equally often, which takes about 2 n^2 coalitions a round.

    Args:
        model: A plastica model, an estimator with ``predict_proba`` or ``predict``, or a function from rows to answers.
        x: The rows to explain, ``(rows, *shape)``, or a data frame.
        background: The rows that they are compared with: about 100 of the training rows.
        rounds: Random rounds, at least 2. Default: all coalitions for up to 10 features, else 4.
        seed: The seed of the orders.
        options: See :class:`ExplainOptions`.

    Returns:
        Main effects and interactions, with standard errors over rounds if coalitions were drawn.

    Raises:
        InvalidValue: If there are fewer than two features.

    Example:
        >>> import numpy as np, plastica as pl
        >>> found = pl.explain.shap_interactions(lambda x: x[:, 0] * x[:, 1] + x[:, 1], [[2.0, 3.0]], np.zeros((1, 2)))
        >>> found.values[0, :, :, 0].tolist()
        [[0.0, 3.0], [3.0, 3.0]]

    Reference:
        S. Lundberg, G. Erion, S.-I. Lee (2018), Consistent individualized feature attribution for tree ensembles,
        equations 4 to 6. K. Fujimoto, I. Kojadinovic, J.-L. Marichal (2006), Axiomatic characterizations of
        probabilistic and cardinal-probabilistic interaction indices.
    """
    asked = explained("shap_interactions", model, x, background, options)
    groups = asked.count
    if groups < 2:
        raise InvalidValue(note("explain.pairs_one"))
    if rounds is None and groups <= MOST_EXACT:
        masks = every_coalition(groups)
        answers = coalition_answers(asked, masks)
        values, error, nothing = _exact(answers, groups), None, answers[:, 0]
    else:
        count = ROUNDS if rounds is None else whole("rounds", rounds, 2)
        assert count is not None
        drawn = [_round(groups, np.random.default_rng((seed, number))) for number in range(count)]
        masks, places = np.unique(np.concatenate([each.masks for each in drawn]), axis=0, return_inverse=True)
        answers = coalition_answers(asked, masks)
        parts = np.split(places.reshape(-1), count)
        each = [_estimated(answers[:, place], own) for place, own in zip(parts, drawn, strict=True)]
        values, error = np.mean(each, 0), np.std(each, 0, ddof=1) / np.sqrt(count)
        nothing = answers[:, np.flatnonzero(~masks.any(1))[0]]
    return ShapInteractions(
        values, nothing[0], asked.answers, error, asked.x, asked.names, asked.output_names, asked.notes
    )


def _exact(
    answers: Float[np.ndarray, "rows coalitions outputs"], groups: int
) -> Float[np.ndarray, "rows groups groups outputs"]:
    rows, _, outputs = answers.shape
    # The number of a coalition has group 0 in its lowest bit, which is the last axis.
    cube = answers.reshape(rows, *[2] * groups, outputs)
    sizes = np.zeros((2,) * (groups - 1), np.int64) if groups > 1 else np.zeros(())
    sizes = np.indices(sizes.shape).sum(0)
    alone = np.array([1 / (groups * math.comb(groups - 1, size)) for size in range(groups)])
    paired = np.array([1 / (2 * (groups - 1) * math.comb(groups - 2, size)) for size in range(groups - 1)])
    values = np.zeros((rows, groups, groups, outputs))
    for one in range(groups):
        axis = groups - one  # of the cube, behind the rows
        gain = np.diff(cube, axis=axis).squeeze(axis)
        values[:, one, one] = _summed(gain, alone[sizes])
        for other in range(one + 1, groups):
            own = groups - other
            joint = np.diff(gain, axis=own).squeeze(own)
            values[:, one, other] = values[:, other, one] = _summed(joint, paired[sizes[0]])
    return _with_main_effects(values)


def _summed(cube: np.ndarray, weights: np.ndarray) -> Float[np.ndarray, "rows outputs"]:
    flat = cube.reshape(len(cube), -1, cube.shape[-1])
    return np.einsum("c,rco->ro", weights.reshape(-1), flat)


def _with_main_effects(
    values: Float[np.ndarray, "rows groups groups outputs"],
) -> Float[np.ndarray, "rows groups groups outputs"]:
    """Return values whose diagonal has SHAP values, as main effects: less the interactions of the feature."""
    place = np.arange(values.shape[1])
    shap = values[:, place, place].copy()
    values[:, place, place] = 0
    values[:, place, place] = shap - values.sum(2)
    return values


class _Orders(NamedTuple):
    """Orders of features, and the coalitions that they need.

    Attributes:
        orders: ``(orders, groups)``.
        masks: For each order the first 0 to n features, then the first k and the one behind the next.
    """

    orders: Int[np.ndarray, "orders groups"]
    masks: Bool[np.ndarray, "coalitions groups"]


def _round(groups: int, random: np.random.Generator) -> _Orders:
    """Return orders in which each pair stands side by side equally often, of features that are named at random."""
    # The zigzags 0, 1, -1, 2, -2 ... from each start: paths through a complete graph that use each edge equally often.
    steps = np.array([(place + 1) // 2 * (1 if place % 2 else -1) for place in range(groups)])
    starts = np.arange(groups // 2 if groups % 2 == 0 else groups)
    paths = random.permutation(groups)[(starts[:, None] + steps) % groups]
    orders = np.concatenate([paths, paths[:, ::-1]])
    ranks = orders.argsort(1)[:, None, :]
    first = ranks < np.arange(groups + 1)[:, None]
    beside = (ranks < np.arange(groups - 1)[:, None]) | (ranks == np.arange(1, groups)[:, None])
    return _Orders(orders, np.concatenate([first, beside], 1).reshape(-1, groups))


def _estimated(
    answers: Float[np.ndarray, "rows coalitions outputs"], drawn: _Orders
) -> Float[np.ndarray, "rows groups groups outputs"]:
    """Return main effects and interactions, estimated from one round."""
    orders, groups = drawn.orders, drawn.orders.shape[1]
    rows, outputs = len(answers), answers.shape[-1]
    each = answers.reshape(rows, len(orders), 2 * groups, outputs)
    first, beside = each[:, :, : groups + 1], each[:, :, groups + 1 :]
    # v(S), v(S + i), v(S + i + j) along an order, and v(S + j) beside it.
    joint = first[:, :, 2:] - first[:, :, 1:-1] - beside + first[:, :, :-2]
    values, times = np.zeros((rows, groups, groups, outputs)), np.zeros((groups, groups))
    for number, order in enumerate(orders):
        values[:, order[:-1], order[1:]] += joint[:, number] / 2
        times[order[:-1], order[1:]] += 1
        values[:, order, order] += np.diff(first[:, number], axis=1)
        times[order, order] += 1
    values, times = values + values.swapaxes(1, 2), times + times.T
    return _with_main_effects(values / times[:, :, None])
