"""Names accepted by options, listed here so that they are checked before JAX is imported and the table is read."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

import click

from .click_words import HelpContext
from .wording import SAY

OPTIMIZERS = (
    "adadelta", "adagrad", "adam", "adamax", "adamw", "lamb", "lbfgs", "lion", "nadam", "rmsprop", "sgd",
)  # fmt: skip
RULES = (
    "backprop", "bcm", "competitive", "contrastive_divergence", "decolle", "deep_belief", "delta",
    "direct_feedback_alignment", "eprop", "equilibrium_propagation", "evolution_strategies", "feedback_alignment",
    "forward_forward", "hebb", "hopfield", "kohonen", "krotov_hopfield", "node_perturbation", "oja", "perceptron",
    "predictive_coding", "predictive_coding_fixed_prediction", "predictive_coding_zero_divergence", "reward_stdp",
    "rflo", "rtrl", "sanger", "sign_symmetry", "sign_symmetry_batch_random", "snap_1", "stdp", "target_propagation",
    "truncated_backprop",
)  # fmt: skip
LOSSES = (
    "binary_crossentropy", "binary_focal_crossentropy", "crossentropy", "focal", "half_squared_error", "huber",
    "log_cosh", "mae", "mean_absolute_error", "mean_squared_error", "mse", "sparse_categorical_crossentropy",
    "sparse_categorical_focal_crossentropy",
)  # fmt: skip
FORECASTS = (
    "auto", "dlinear", "gru", "last_value", "linear", "linear_calendar", "longer_seasonal_naive", "lstm", "mlp",
    "nhits", "nlinear", "patchtst", "periodic", "reservoir", "ridge", "seasonal_median",
    "seasonal_naive", "tcn", "theta", "tsmixer",
)  # fmt: skip
FORECAST_LOSSES = ("huber", "mae", "mse", "pinball")
EXPORTS = ("numpy", "onnx", "c", "html")
MEMORIES = ("hebbian", "storkey", "pseudo_inverse", "covariance", "polynomial", "exponential")
DAMAGES = ("flip", "mask", "bottom")
_KNOWN = {"optimizer": OPTIMIZERS, "rule": RULES, "loss": LOSSES}


def require_known(kind: str, name: str | None) -> None:
    """Check the name of an optimizer, a rule or a loss; whether the loss suits the task is checked later.

    Raises:
        UnknownName: If it is unknown; the message suggests the nearest name.
    """
    known = _KNOWN[kind]
    if name is None or name.strip().lower() in known:
        return
    if kind == "loss":  # a class name, as in Keras
        from .. import losses
        from ..errors import UnknownName

        try:
            losses.get(name)
        except UnknownName:
            pass
        else:
            return
    from ..errors import UnknownName
    from ..notes import note
    from ..registry import most_similar

    near = most_similar(name, known)
    told = {"kind": kind, "name": name, "known": ", ".join(sorted(known))}
    raise UnknownName(
        note("errors.unknown_name", **told) if near is None else note("errors.unknown_name_near", **told, near=near)
    )


class HintingCommand(click.Command):
    """A command that suggests the option ``meant_for`` for a surplus argument."""

    context_class = HelpContext
    meant_for: str | None = None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Reject surplus arguments, with a suggestion."""
        ctx.allow_extra_args = True
        surplus = super().parse_args(ctx, args)
        if surplus and not ctx.resilient_parsing:
            word = surplus[0]
            if self.meant_for is None or Path(word).exists() or len(surplus) > 1:
                taken = " ".join(each.make_metavar(ctx) for each in _arguments(self))
                hint = SAY("takes", command=self.name, arguments=taken)
            else:
                hint = SAY(f"meant_{self.meant_for}", word=quote(word))
            ctx.fail(SAY("one_word_too_many", word=repr(word), hint=hint))
        return surplus


class TargetCommand(HintingCommand):
    """A command that suggests ``--target`` for a surplus argument."""

    meant_for = "target"


class OutCommand(HintingCommand):
    """A command that suggests ``--out`` for a surplus argument."""

    meant_for = "out"


def _arguments(command: click.Command) -> list[click.Argument]:
    return [each for each in command.params if isinstance(each, click.Argument)]
