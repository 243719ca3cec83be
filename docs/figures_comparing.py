"""The figure of the page on comparing rules, drawn by ``python docs/figures.py docs/figures comparing_rules``."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.figure import Figure

import plastica as pl

RULES = (
    "backprop", "feedback_alignment", "direct_feedback_alignment", "sign_symmetry", "target_propagation",
    "predictive_coding", "forward_forward", "krotov_hopfield", "perceptron",
)  # fmt: skip


def comparing_rules() -> Figure:
    """Draw nine rules on the small digits, three seeds each."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return pl.compare_rules(x / 16, y, rules=RULES, layers=(64, 64), epochs=30).draw()


FIGURES: dict[str, Callable[[], Figure]] = {"comparing_rules": comparing_rules}
