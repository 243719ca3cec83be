"""Findings of units: dead, saturated, silent ones and those whose rate explodes."""

from __future__ import annotations

from collections.abc import Iterator

from ..checks.findings import Finding, observed, percent
from ..layers.spiking.firing import EXPLODING
from .looks import LayerLook, StepLook
from .sources import AS_FOR_DEAD, AUTOTRAINER, GLOROT, REFRACTORY

DEAD, NEARLY_ALL = 0.7, 0.95  # gamma of AutoTrainer; from the second share on, nothing is left that could learn
SATURATED = 0.7
# Weights of either sign drive only about half of the neurons up, however large they are: a larger share would
# overlook them.
TOO_MANY = 0.3
FEWEST_ROWS = 32  # with fewer, a unit may be silent by chance, though not a whole layer of units that spike


def unit_findings(look: StepLook) -> Iterator[Finding]:
    """Find layers most of whose units do not learn: they are dead, saturated, silent, or spike in most steps."""
    if look.rows >= FEWEST_ROWS:
        yield from _dead(look)
        yield from _saturated(look)
    yield from _silent(look, DEAD if look.rows >= FEWEST_ROWS else NEARLY_ALL)
    yield from _exploding(look, TOO_MANY if look.rows >= FEWEST_ROWS else DEAD)


def is_blocked(layer: LayerLook) -> bool:
    """Return whether the neurons of a layer are so far from their threshold that little passes their surrogate."""
    return layer.silent >= DEAD or layer.exploding >= TOO_MANY


def _dead(look: StepLook) -> Iterator[Finding]:
    """Find layers most of whose units have the slope 0 in every row of the batch."""
    for layer in look.hidden:
        if layer.dead >= DEAD:
            yield observed(
                "dead_units",
                "serious" if layer.dead >= NEARLY_ALL else "warning",
                where=layer.path,
                value=layer.dead,
                threshold=DEAD,
                source=AUTOTRAINER,
                remedy='Dense(units, "leaky_relu")',
                share=percent(layer.dead),
                rows=look.rows,
                limit=percent(DEAD),
            )


def _saturated(look: StepLook) -> Iterator[Finding]:
    """Find layers most of whose units are at the ends of their activation in nearly every row of the batch."""
    for layer in look.hidden:
        # Hard sigmoids and relu6 are flat at their ends: their dead units are saturated ones.
        if layer.saturated >= SATURATED and not layer.dead >= DEAD:
            yield observed(
                "saturated_units",
                "serious" if layer.saturated >= NEARLY_ALL else "warning",
                where=layer.path,
                value=layer.saturated,
                threshold=SATURATED,
                source=GLOROT,
                certainty="likely",
                remedy="x = (x - x.mean(0)) / x.std(0)",
                share=percent(layer.saturated),
                activation=layer.activation,
                limit=percent(SATURATED),
            )


def _silent(look: StepLook, limit: float) -> Iterator[Finding]:
    """Find layers most of whose neurons spike in no row of the batch; also the last one, whose silence is no answer."""
    for layer in look.layers:
        if layer.silent >= limit:
            yield observed(
                "silent_neurons",
                "serious" if layer.silent >= NEARLY_ALL else "warning",
                where=layer.path,
                value=layer.silent,
                threshold=limit,
                source=AS_FOR_DEAD,
                remedy='Dense(units, kernel_initializer="he_normal"), LIF(threshold=0.5)',
                share=percent(layer.silent),
                rows=look.rows,
                rate=_hertz(layer.rate),
                limit=percent(limit),
            )


def _exploding(look: StepLook, limit: float) -> Iterator[Finding]:
    """Find layers many of whose neurons spike in more steps than a refractory period of one step would allow."""
    for layer in look.layers:
        if layer.exploding >= limit:
            yield observed(
                "exploding_rates",
                "serious" if layer.exploding >= DEAD else "warning",
                where=layer.path,
                value=layer.exploding,
                threshold=limit,
                source=REFRACTORY,
                remedy='Dense(units, kernel_initializer="glorot_uniform"), Refractory(LIF(), 2.0)',
                share=percent(layer.exploding),
                steps=percent(EXPLODING),
                rate=_hertz(layer.rate),
                limit=percent(limit),
            )


def _hertz(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.2g}"
