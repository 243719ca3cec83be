"""Findings of the signal: what activities, errors and steps of a look say about training."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from ..checks.findings import Finding, observed, percent
from .looks import LayerLook, StepLook
from .sources import AUTOTRAINER, MEASURED
from .units import NEARLY_ALL, is_blocked, unit_findings

SHRINKS, SHRINKS_MUCH = 1e-3, 1e-6  # beta_1 of AutoTrainer
GROWS, GROWS_MUCH = 70.0, 1e4  # beta_3 of AutoTrainer
OVERWRITES, OVERWRITES_AT_ONCE = 0.3, 0.5
RISES = 0.05  # of the loss; less may be the momentum of earlier batches
OF_CHANCE = 0.02  # and so much of a constant answer's loss: of a loss near 0, any step may be too long
LINEAR, STEEPER = 30.0, 100.0
FEW_STEPS = 10  # the first steps of Adam are as long as the rate, whatever the gradient
LOOKS, GROWTH = 3, 2.0
OF_STEPS = ("overwritten_weights", "rate_too_small", "rate_too_large")  # one step may be chance
OVERFLOW = 3e38  # the largest float32


def signal_findings(look: StepLook, rate: float | None = None, chance: float | None = None) -> list[Finding]:
    """Return what a look says of units (dead, saturated, silent), of gradients and of the length of steps.

    Args:
        look: The look.
        rate: The learning rate of the step, if it is known.
        chance: The loss of the best constant answer, if it is known.
    """
    return [*unit_findings(look), *gradients(look), *steps(look, rate, chance)]


def gradients(look: StepLook) -> Iterator[Finding]:
    """Find errors that shrink or grow from the last layer to one of the first."""
    layers = [layer for layer in look.learning if math.isfinite(layer.error)]
    if len(layers) < 2 or not layers[-1].error > 0:
        return
    ratios = {layer: layer.error / layers[-1].error for layer in layers[:-1]}
    least, most = min(ratios, key=ratios.__getitem__), max(ratios, key=ratios.__getitem__)
    # Behind units that are all dead the error is 0: that is a finding of its own.
    if 0 < ratios[least] < SHRINKS:
        yield from _vanishing(look, least, ratios[least])
    if ratios[most] > GROWS:
        yield observed(
            "exploding_gradients",
            "serious" if ratios[most] > GROWS_MUCH else "warning",
            where=most.path,
            value=ratios[most],
            threshold=GROWS,
            source=AUTOTRAINER,
            remedy="Adam(1e-3, global_clipnorm=1.0)",
            ratio=f"{ratios[most]:.3g}",
            limit=f"{GROWS:g}",
        )


def _vanishing(look: StepLook, layer: LayerLook, ratio: float) -> Iterator[Finding]:
    """Find that the error at a layer has shrunk, by slopes of activations or by surrogates of spikes on its way."""
    told = {
        "where": layer.path,
        "value": ratio,
        "threshold": SHRINKS,
        "source": AUTOTRAINER,
        "ratio": f"{ratio:.1g}",
        "limit": f"{SHRINKS:g}",
    }
    severity = "serious" if ratio < SHRINKS_MUCH else "warning"
    passed = look.hidden[look.hidden.index(layer) :]
    if any(map(is_blocked, passed)):  # that is a finding of its own, and the surrogate vanishes with it
        return
    if any(each.spikes for each in passed):
        yield observed("vanishing_surrogate", severity, remedy="LIF(surrogate=ArcTangent(2.0))", **told)
    else:
        yield observed(
            "vanishing_gradients",
            severity,
            remedy='Dense(units, "relu", kernel_initializer="he_normal")',
            **told,
        )


def steps(look: StepLook, rate: float | None, chance: float | None) -> Iterator[Finding]:
    """Find steps that make the loss of their own batch rise, or that are far shorter than they might be."""
    yield from _too_large(look, rate, chance)
    yield from _too_small(look, rate)
    yield from _overwriting(look, rate)


def _too_large(look: StepLook, rate: float | None, chance: float | None) -> Iterator[Finding]:
    before, tenth, after, _, _ = _along(look)
    if after > before * (1 + RISES) > 0 and tenth < before and after - before > OF_CHANCE * (chance or 0.0):
        yield observed(
            "rate_too_large",
            "serious" if after > 2 * before else "warning",
            where=_shown(rate),
            value=after / before - 1,
            threshold=RISES,
            source=MEASURED,
            certainty="likely",
            remedy=_smaller(rate),
            before=f"{before:.3g}",
            after=f"{after:.3g}",
            shorter=f"{tenth:.3g}",
        )


def _too_small(look: StepLook, rate: float | None) -> Iterator[Finding]:
    before, _, after, _, hundred = _along(look)
    gained, might = before - after, before - hundred
    # Along a straight line a step of 100 times the length gains 100 times as much: curvature is nowhere in sight.
    if look.step >= FEW_STEPS and gained > 0 and might > LINEAR * gained and might < before and gained < before / 1e4:
        yield observed(
            "rate_too_small",
            "warning",
            where=_shown(rate),
            value=might / gained,
            threshold=LINEAR,
            source=MEASURED,
            certainty="likely",
            remedy=f"model.learning_rate = {rate * 10:.2g}" if rate else "model.learning_rate *= 10",
            times=round(might / gained),
            limit=round(LINEAR),
        )


def _overwriting(look: StepLook, rate: float | None) -> Iterator[Finding]:
    limit = OVERWRITES if look.step >= FEW_STEPS else OVERWRITES_AT_ONCE
    layer = next((each for each in look.learning if each.ratio > limit), None)
    if layer is not None:
        yield observed(
            "overwritten_weights",
            "warning",
            where=layer.path,
            value=layer.ratio,
            threshold=limit,
            source=MEASURED,
            certainty="likely",
            remedy=_smaller(rate),
            ratio=percent(layer.ratio),
            limit=percent(limit),
        )


def _along(look: StepLook) -> Sequence[float]:
    """Return the loss at steps of 0, 0.1, 1, 10 and 100 times the length; NaN without a loss."""
    return look.along if len(look.along) == 5 else (math.nan,) * 5


def _shown(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.3g}"


def _smaller(rate: float | None) -> str:
    return f"model.learning_rate = {rate / 10:.2g}" if rate else "model.learning_rate /= 10"


def growth_ahead(looks: Sequence[StepLook]) -> Iterator[Finding]:
    """Find weights or a loss that grow so regularly that they will overflow, before they do.

    Args:
        looks: The looks so far, the newest last; at least four.
    """
    last = looks[-LOOKS - 1 :]
    if len(last) <= LOOKS:
        return
    sizes = {"loss": [look.loss for look in last], "weights": [_largest(look.learning) for look in last]}
    for name, values in sizes.items():
        if not all(math.isfinite(value) and value > 0 for value in values):
            continue
        factors = [after / before for before, after in itertools.pairwise(values)]
        if min(factors) < GROWTH:
            continue
        left = math.log(OVERFLOW / values[-1]) / math.log(min(factors))
        yield observed(
            "growth_ahead",
            "serious",
            value=min(factors),
            threshold=GROWTH,
            source=MEASURED,
            certainty="likely",
            remedy="model.learning_rate /= 10",
            what=name,
            factor=f"{min(factors):.3g}",
            looks=LOOKS,
            left=max(1, round(left)),
        )
        return


def always_clipped(looks: Sequence[StepLook], limit: float | None) -> Iterator[Finding]:
    """Find a gradient that is clipped in nearly every look, so that its length says nothing any more.

    Args:
        looks: The looks so far; at least three.
        limit: The ``global_clipnorm`` of the optimizer, if it has one.
    """
    norms = [look.gradient for look in looks if math.isfinite(look.gradient)]
    if limit is None or len(norms) < LOOKS:
        return
    share = sum(norm > limit for norm in norms) / len(norms)
    if share >= NEARLY_ALL:
        middle = sorted(norms)[len(norms) // 2]
        yield observed(
            "always_clipped",
            "warning",
            value=share,
            threshold=NEARLY_ALL,
            source=MEASURED,
            remedy=f"global_clipnorm={2 * middle:.2g}",
            share=percent(share),
            limit=f"{limit:g}",
            norm=f"{middle:.3g}",
        )


def _largest(layers: Sequence[LayerLook]) -> float:
    return max((layer.weight for layer in layers if layer.weight > 0), default=math.nan)
