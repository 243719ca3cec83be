"""The figures of the pages on comparing rules, drawn from the results in ``docs/comparisons``.

``python docs/figures.py docs/figures comparing_rules mnist_rules`` draws them; ``python docs/figures_comparing.py``
trains the nine rules of the first again. The page on MNIST names the command that trains those of the second.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

import plastica as pl
from plastica.comparison import Comparison

RESULTS = Path(__file__).parent / "comparisons"
RULES = (
    "backprop", "feedback_alignment", "direct_feedback_alignment", "sign_symmetry", "target_propagation",
    "predictive_coding", "forward_forward", "krotov_hopfield", "perceptron",
)  # fmt: skip


def train() -> None:
    """Train nine rules on the small digits with three seeds each, and save the results."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    found = pl.compare_rules(x / 16, y, rules=RULES, layers=(64, 64), epochs=30)
    (RESULTS / "digits.json").write_text(found.table("json") + "\n", encoding="utf-8")


def comparing_rules() -> Figure:
    """Draw nine rules on the small digits."""
    return Comparison.load(RESULTS / "digits.json").draw()


def mnist_rules() -> Figure:
    """Draw all rules on MNIST."""
    return Comparison.load(RESULTS / "mnist.json").draw()


FIGURES: dict[str, Callable[[], Figure]] = {"comparing_rules": comparing_rules, "mnist_rules": mnist_rules}

if __name__ == "__main__":
    train()
