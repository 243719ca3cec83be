"""A linear model that stands for a model, with the share of the variance of its answers that it reproduces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from ..typing import Float
from .explained import ExplainOptions
from .held_out_rows import answered_rows, explained_variance

if TYPE_CHECKING:
    import polars as pl

PENALTIES = np.logspace(-4, 3, 8)
MOST_SHOWN = 10


@dataclass(frozen=True, eq=False)
class LinearSurrogate:
    """A ridge regression fitted to the answers of a model.

    Attributes:
        slopes: The change of the answer per unit of each feature, ``(features, outputs)``.
        effects: The same per standard deviation of the feature, by which features can be compared.
        intercept: ``(outputs,)``.
        fidelity: R2 for the answers of the model on rows that it was not fitted to, ``(outputs,)``.
        feature_names, output_names: The names of features and outputs.
    """

    slopes: Float[np.ndarray, "features outputs"]
    effects: Float[np.ndarray, "features outputs"]
    intercept: Float[np.ndarray, "outputs"]
    fidelity: Float[np.ndarray, "outputs"]
    feature_names: tuple[str, ...]
    output_names: tuple[str, ...]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each feature and output: feature, output, slope, effect; the largest effect first."""
        import polars as pl

        rows = [
            (name, output, self.slopes[place, number], self.effects[place, number])
            for place, name in enumerate(self.feature_names)
            for number, output in enumerate(self.output_names)
        ]
        order = np.argsort([-abs(each[3]) for each in rows], kind="stable")
        heads = ["feature", "output", "slope", "effect"]
        return pl.DataFrame([rows[place] for place in order], heads, orient="row")

    def __repr__(self) -> str:
        told = [f"{a} ({o}): {effect:+.3g}" for a, o, _, effect in self.to_frame().head(MOST_SHOWN).rows()]
        fits = ", ".join(f"{name} {each:.3f}" for name, each in zip(self.output_names, self.fidelity, strict=True))
        head = "change of the answer per standard deviation of a feature"
        return "\n".join([head, *told, f"R2 for the model's answers on other rows: {fits}"])


def surrogate_linear(model: object, x: object, *, seed: int = 0, **options: Unpack[ExplainOptions]) -> LinearSurrogate:
    """Fit a linear model to the answers of a model, and return it with its fidelity.

    Use it to see how far a straight line tells the whole story; 1 - fidelity is what curves and interactions add. It is
    a ridge regression of the standardized features, whose penalty is chosen by leaving rows out.

    Args:
        model: A plastica model, an estimator with ``predict_proba`` or ``predict``, or a function from rows to answers.
        x: Rows, ``(rows, features)``; 30 % of them measure the fidelity.
        seed: The seed of the split.
        options: See :class:`ExplainOptions`; groups are not used. With ``link="logit"`` slopes are of log-odds.

    Raises:
        DataError: If there are fewer than 20 rows.
        InvalidValue: If the features are not numbers.

    Reference:
        C. Molnar (2022), Interpretable machine learning, section on global surrogates.
    """
    from sklearn.linear_model import RidgeCV

    found = answered_rows("surrogate_linear", model, x, seed, options)
    mean, spread = found.x.mean(0), found.x.std(0)
    spread = np.where(spread > 0, spread, 1)
    line: Any = RidgeCV(PENALTIES).fit((found.x - mean) / spread, found.answers)
    guessed = np.asarray(line.predict((found.held_x - mean) / spread)).reshape(found.held_answers.shape)
    effects = np.atleast_2d(line.coef_).T
    slopes = effects / spread[:, None]
    return LinearSurrogate(
        slopes, effects, np.atleast_1d(line.intercept_) - mean @ slopes,
        explained_variance(found.held_answers, guessed), found.asked.names, found.asked.output_names,
    )  # fmt: skip
