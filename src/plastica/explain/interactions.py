"""How strongly pairs of features interact: the H-statistic."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Unpack

import numpy as np

from ..data.spacing import spaced
from ..errors import InvalidValue
from ..model.options import whole
from ..notes import note
from ..typing import Float
from .coalitions import coalition_answers
from .explained import WITHOUT, ExplainOptions, explained

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS = 100
SMALLEST = 1e-3  # of the variance of the answers: of smaller joint effects the ratio is noise


@dataclass(frozen=True, eq=False)
class Interactions:
    """How strongly pairs of features interact.

    Attributes:
        values: H of each pair, ``(features, features, outputs)``, symmetric with a diagonal of 0: 0 if the effects of
            the two add up, 1 if their joint effect is nothing but interaction.
        strength: The standard deviation over the rows of the interaction, in units of the answer; H divides it by that
            of the joint effect.
        feature_names, output_names: The names of features and outputs.
    """

    values: Float[np.ndarray, "features features outputs"]
    strength: Float[np.ndarray, "features features outputs"]
    feature_names: tuple[str, ...]
    output_names: tuple[str, ...]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each pair and output, the strongest interaction first."""
        import polars as pl

        pairs = list(combinations(range(len(self.feature_names)), 2))
        rows = [
            (self.feature_names[i], self.feature_names[j], name, self.values[i, j, k], self.strength[i, j, k])
            for i, j in pairs
            for k, name in enumerate(self.output_names)
        ]
        heads = ["feature", "other feature", "output", "h", "strength"]
        return pl.DataFrame(rows, heads, orient="row").sort("strength", descending=True, maintain_order=True)

    def __repr__(self) -> str:
        rows = self.to_frame().head(10).rows()
        return "\n".join(f"{a} and {b} ({name}): H {h:.3f}, strength {s:.3g}" for a, b, name, h, s in rows)


def h_statistic(model: object, x: object, *, most: int = MOST_ROWS, **options: Unpack[ExplainOptions]) -> Interactions:
    """Return how strongly each pair of features interacts: the share of their joint effect that does not add up.

    Use it to see whether curves of single features tell the whole story. With PD the centered partial dependence at the
    rows themselves,

        H_jk^2 = sum_i (PD_jk(x_i) - PD_j(x_i) - PD_k(x_i))^2 / sum_i PD_jk(x_i)^2.

    H is large by chance where both features hardly matter; then it is reported as 0, and ``strength`` is in units of
    the answer.

    Args:
        model: A plastica model, an estimator with ``predict_proba`` or ``predict``, or a function from rows to answers.
        x: Rows, ``(rows, *shape)``, or a data frame.
        most: The largest number of rows, spaced evenly; evaluations grow with its square and that of the features.
        options: See :class:`ExplainOptions`.

    Raises:
        InvalidValue: If there are fewer than two features, or most is below 2.

    Reference:
        J. Friedman, B. Popescu (2008), Predictive learning via rule ensembles, equation 44.
    """
    count = whole("most", most, 2)
    assert count is not None
    rows = explained("h_statistic", model, x, WITHOUT, options).x
    rows = rows[spaced(len(rows), count)]
    asked = explained("h_statistic", model, _like(x, rows, count), _like(x, rows, count), options)
    groups = asked.count
    if groups < 2:
        raise InvalidValue(note("explain.h_one"))
    pairs = list(combinations(range(groups), 2))
    masks = np.zeros((groups + len(pairs), groups), bool)
    masks[:groups] = np.eye(groups, dtype=bool)
    for place, pair in enumerate(pairs, groups):
        masks[place, list(pair)] = True
    # v(S) of a row is the partial dependence on S at its values.
    found = coalition_answers(asked, masks)
    found = found - found.mean(0)
    values = np.zeros((groups, groups, len(asked.outputs)))
    strength = np.zeros_like(values)
    least = SMALLEST * np.square(asked.answers - asked.answers.mean(0)).mean(0)
    for place, (j, k) in enumerate(pairs, groups):
        own = np.square(found[:, place] - found[:, j] - found[:, k]).mean(0)
        joint = np.square(found[:, place]).mean(0)
        ratio = np.divide(own, joint, out=np.zeros_like(own), where=joint > np.maximum(least, 1e-12))
        values[j, k] = values[k, j] = np.sqrt(ratio)
        strength[j, k] = strength[k, j] = np.sqrt(own)
    return Interactions(values, strength, asked.names, asked.output_names)


def _like(x: object, rows: np.ndarray, most: int) -> object:
    """Return chosen rows of a data frame as one, or of an array."""
    if getattr(x, "columns", None) is None:
        return rows
    import narwhals as nw

    frame = nw.from_native(x, eager_only=True)  # pyright: ignore[reportArgumentType, reportCallIssue]
    return frame[spaced(len(frame), most).tolist()].to_native()
