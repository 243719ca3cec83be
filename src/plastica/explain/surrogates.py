"""A small decision tree that stands for a model, with the share of its answers that it reproduces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Unpack, cast

import numpy as np

from ..model.options import whole
from ..typing import Float
from .explained import ExplainOptions
from .held_out_rows import answered_rows, explained_variance


@dataclass(frozen=True, eq=False)
class SurrogateTree:
    """A decision tree fitted to the answers of a model.

    Attributes:
        tree: scikit-learn's ``DecisionTreeRegressor``.
        fidelity: R2 of the tree's answers for those of the model, for rows that the tree was not fitted to,
            ``(outputs,)``: 1 if it reproduces them.
        agreement: The share of these rows for which both name the same output as the largest; None for one output.
        rules: The tree as text.
        feature_names, output_names: The names of features and outputs.
    """

    tree: Any
    fidelity: Float[np.ndarray, "outputs"]
    agreement: float | None
    rules: str
    feature_names: tuple[str, ...]
    output_names: tuple[str, ...]

    def __repr__(self) -> str:
        told = ", ".join(f"{name} {each:.3f}" for name, each in zip(self.output_names, self.fidelity, strict=True))
        same = "" if self.agreement is None else f"; the same class in {self.agreement:.1%} of the rows"
        return f"{self.rules}R2 for the model's answers on other rows: {told}{same}"


def surrogate_tree(
    model: object, x: object, *, depth: int = 3, seed: int = 0, **options: Unpack[ExplainOptions]
) -> SurrogateTree:
    """Fit a small decision tree to the answers of a model, and return it with its fidelity.

    Use it for a summary in a few rules. It explains the model only as far as its fidelity goes: below about 0.8, the
    rules are about another model.

    Args:
        model: A plastica model, an estimator with ``predict_proba`` or ``predict``, or a function from rows to answers.
        x: Rows, ``(rows, features)``; 30 % of them measure the fidelity.
        depth: The depth of the tree.
        seed: The seed of the split.
        options: See :class:`ExplainOptions`; groups are not used.

    Raises:
        DataError: If there are fewer than 20 rows.
        InvalidValue: If the features are not numbers.

    Reference:
        M. Craven, J. Shavlik (1996), Extracting tree-structured representations of trained networks (fidelity).
    """
    from sklearn.tree import DecisionTreeRegressor, export_text

    levels = whole("depth", depth, 1)
    found = answered_rows("surrogate_tree", model, x, seed, options)
    tree = DecisionTreeRegressor(max_depth=levels, random_state=seed).fit(found.x, found.answers)
    answers = found.held_answers
    guessed = np.asarray(cast(Any, tree.predict(found.held_x))).reshape(answers.shape)
    fidelity = explained_variance(answers, guessed)
    same = float((answers.argmax(1) == guessed.argmax(1)).mean()) if answers.shape[1] > 1 else None
    rules = export_text(tree, feature_names=list(found.asked.names), decimals=3)
    return SurrogateTree(tree, fidelity, same, rules, found.asked.names, found.asked.output_names)
