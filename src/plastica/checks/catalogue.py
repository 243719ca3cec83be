"""What each finding of the doctor is: what it means, what is measured, from where on it is found, and what mends it.

The texts are in ``messages/findings.toml``; the pages of the documentation and ``plastica doctor --explain`` show them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..language import Texts
from ..registry import look_up

TEXTS = Texts("findings")
KINDS: dict[str, tuple[str, ...]] = {
    "signal": (
        "not_finite",
        "dead_units",
        "saturated_units",
        "silent_neurons",
        "exploding_rates",
        "vanishing_gradients",
        "vanishing_surrogate",
        "exploding_gradients",
        "rate_too_large",
        "rate_too_small",
        "rate_above_bound",
        "overwritten_weights",
        "growth_ahead",
        "always_clipped",
        "poor_start",
        "batch_statistics",
        "small_batches",
        "dead_embeddings",
        "stuck_gates",
        "vanishing_in_time",
        "exploding_in_time",
    ),
    "training": (
        "stuck_loss",
        "plateau",
        "oscillating_loss",
        "overfitting",
        "validation_at_chance",
        "stopped_early",
        "stopped_late",
    ),
    "fit": (
        "underfitting",
        "train_test_gap",
        "more_data",
        "miscalibrated",
        "class_never_predicted",
        "shortcut_column",
    ),
    "data": (
        "noisy_labels",
        "label_errors",
        "memorized_labels",
        "leaking_column",
        "identity_map",
        "copied_rows",
        "drift",
        "constant_inputs",
        "collinear_inputs",
        "unscaled_inputs",
        "unscaled_targets",
        "targets_out_of_reach",
        "competing_labels",
        "target_sums",
        "numbers_between_classes",
        "rare_class",
        "many_parameters",
        "one_step",
        "short_lookback",
    ),
    "forecast": (
        "worse_than_simple",
        "season_out_of_sight",
        "unused_past",
        "off_level",
        "intervals_off",
        "late_covariate",
    ),
}
FORMULAS: dict[str, str] = {
    "dead_units": "share of units j with f'(z_j) = 0 in all rows ≥ 0.7",
    "saturated_units": "share of units j with |f'(z_j)| < 0.05 max |f'| in 80 % of the rows ≥ 0.7",
    "silent_neurons": "share of neurons j with Σ_t s_j(t) = 0 in all rows ≥ 0.7",
    "exploding_rates": "share of neurons j with mean s_j(t) > 0.5 over rows and t ≥ 0.3",
    "vanishing_surrogate": "‖∂C/∂z^l‖ / ‖∂C/∂z^L‖ < 10⁻³, with spikes between l and L",
    "vanishing_gradients": "‖∂C/∂z^l‖ / ‖∂C/∂z^L‖ < 10⁻³",
    "exploding_gradients": "‖∂C/∂z^l‖ / ‖∂C/∂z^L‖ > 70",
    "rate_too_large": "C(w + Δ) > 1.05 C(w) and C(w + Δ/10) < C(w)",
    "rate_too_small": "C(w) - C(w + 100 Δ) > 30 (C(w) - C(w + Δ))",
    "rate_above_bound": "η > 1.5 · 2 / λ_max(∇²C)",
    "overwritten_weights": "‖Δw‖ / ‖w‖ > 0.3",
    "poor_start": "C(w₀) > 10 C(best constant)",
    "small_batches": "tr(Σ) / |G|² > 20 B",
    "vanishing_in_time": "‖∂C/∂x₁‖ / max_t ‖∂C/∂x_t‖ < 10⁻⁴",
    "exploding_in_time": "‖∂C/∂x₁‖ / ‖∂C/∂x_T‖ > 10³",
    "overfitting": "C_val(last) / min C_val - 1 > 0.1",
    "miscalibrated": "argmin_T -log softmax(z / T)_y > 1.5",
    "off_level": "|mean(ŷ - y)| / mean|ŷ - y| > 0.5",
    "late_covariate": "corr(x_t, y_t)² > 0.95",
}


@dataclass(frozen=True)
class FindingFacts:
    """What a finding is, in words of the current language.

    Attributes:
        code: Its name.
        kind: What it is about: "signal", "training", "fit", "data" or "forecast".
    """

    code: str
    kind: str

    @property
    def what(self) -> str:
        """What it means."""
        return TEXTS(f"what_{self.code}")

    @property
    def measured(self) -> str:
        """What is measured, from where on it is a finding, and the source of the threshold."""
        return TEXTS(f"measured_{self.code}")

    @property
    def mend(self) -> str:
        """What helps."""
        return TEXTS(f"mend_{self.code}")

    @property
    def formula(self) -> str:
        """The criterion as a formula; empty if words say it all."""
        return FORMULAS.get(self.code, "")

    def lines(self) -> list[str]:
        """Return all as lines of text in the current language."""
        parts = {"measured": self.measured, "formula": self.formula, "mend": self.mend}
        return [f"{self.code} ({TEXTS(f'kind_{self.kind}')})", self.what] + [
            f"{TEXTS(f'word_{name}')}: {text}" for name, text in parts.items() if text
        ]


CATALOGUE = {code: FindingFacts(code, kind) for kind, codes in KINDS.items() for code in codes}


def explain_finding(name: str) -> FindingFacts:
    """Return what a finding of the doctor is.

    Args:
        name: Its name, such as ``"dead_units"``.

    Raises:
        UnknownName: If there is no such finding; the message suggests the nearest.

    Example:
        >>> explain_finding("dead_units").formula
        "share of units j with f'(z_j) = 0 in all rows ≥ 0.7"
    """
    return look_up("finding", name, CATALOGUE)
