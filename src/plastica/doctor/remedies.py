"""Remedies by finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..checks.findings import Finding
from ..model import Model
from .remedies_of_data import (
    balanced,
    dropped_columns,
    dropped_copies,
    dropped_suspects,
    fewer_vectors,
    longer_windows,
    mixed_parts,
    scaled_inputs,
    scaled_targets,
    shorter_sequences,
    stop_early,
    without_column,
)
from .remedies_of_spiking import lower_thresholds, refractory, usual_spiking_start, wider_surrogates
from .remedies_of_training import (
    clipped,
    faster,
    gated,
    larger,
    larger_batches,
    leaky,
    linear_end,
    longer,
    new_gates,
    orthogonal,
    rectified,
    regular,
    settled_statistics,
    slower,
    smaller,
    surer_loss,
    unclipped,
    usual_start,
)
from .remedy import Complaint, Family, Remedy

FAMILIES: dict[str, tuple[Family, ...]] = {
    "dead_units": (leaky, rectified, usual_start, slower, scaled_inputs),
    "saturated_units": (scaled_inputs, usual_start),
    "silent_neurons": (usual_spiking_start, lower_thresholds, scaled_inputs),
    "exploding_rates": (usual_spiking_start, refractory),
    "vanishing_gradients": (rectified,),
    "vanishing_surrogate": (wider_surrogates,),
    "exploding_gradients": (rectified, usual_start, clipped),
    "rate_too_large": (slower, clipped),
    "overwritten_weights": (slower,),
    "rate_above_bound": (slower,),
    "growth_ahead": (slower, clipped),
    "oscillating_loss": (slower,),
    "always_clipped": (unclipped, slower),
    "rate_too_small": (faster,),
    "stuck_loss": (faster, slower, rectified, usual_start, scaled_inputs),
    "plateau": (faster, usual_start),
    "stopped_early": (longer, faster),
    "stopped_late": (stop_early,),
    "small_batches": (larger_batches,),
    "poor_start": (usual_start, scaled_targets),
    "batch_statistics": (settled_statistics,),
    "dead_embeddings": (fewer_vectors,),
    "vanishing_in_time": (gated, orthogonal, shorter_sequences, clipped),
    "exploding_in_time": (clipped, orthogonal, shorter_sequences),
    "stuck_gates": (new_gates, scaled_inputs, slower),
    "unscaled_inputs": (scaled_inputs,),
    "unscaled_targets": (scaled_targets,),
    "targets_out_of_reach": (linear_end, scaled_targets),
    "overfitting": (stop_early, regular, smaller),
    "train_test_gap": (regular, stop_early, smaller),
    "many_parameters": (smaller, regular),
    "miscalibrated": (stop_early, regular),
    "underfitting": (larger, faster, longer),
    "rare_class": (balanced,),
    "class_never_predicted": (balanced,),
    "label_errors": (dropped_suspects, surer_loss),
    "memorized_labels": (dropped_suspects, stop_early, regular),
    "leaking_column": (without_column,),
    "identity_map": (without_column,),
    "shortcut_column": (without_column,),
    "constant_inputs": (dropped_columns,),
    "collinear_inputs": (dropped_columns,),
    "copied_rows": (dropped_copies,),
    "drift": (mixed_parts,),
    "one_step": (longer_windows,),
    "short_lookback": (longer_windows,),
}


def remedies_for(
    model: Model, findings: Sequence[Finding], measures: Mapping[str, object] | None = None
) -> list[Remedy]:
    """Return the remedies of findings that training can try, each once.

    Args:
        model: The model.
        findings: What was found.
        measures: What the diagnosis measured.
    """
    found: dict[str, Remedy] = {}
    for code in dict.fromkeys(each.code for each in findings):
        complaint = Complaint(code, model, tuple(each for each in findings if each.code == code), measures or {})
        for family in FAMILIES.get(code, ()):
            for remedy in family(complaint):
                found.setdefault(remedy.name, remedy)
    return list(found.values())
