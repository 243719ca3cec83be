"""What looks say together: findings that hold in two looks, each told once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ..checks.findings import Finding
from .curves import poor_start
from .looks import StepLook
from .signal import FEW_STEPS, OF_STEPS, growth_ahead, signal_findings

TWICE = ("dead_units", "saturated_units", "silent_neurons", "exploding_rates", *OF_STEPS)  # not by one look


class LookJudge:
    """Judges looks one after another.

    Attributes:
        looks: The looks so far.
        found: The findings so far, the newest of each kind and layer.
    """

    def __init__(self) -> None:
        self.looks: list[StepLook] = []
        self.found: dict[tuple[str, str], Finding] = {}
        self._suspected: set[tuple[str, str]] = set()

    def judge(self, look: StepLook, rate: float | None, chance: float | None) -> list[Finding]:
        """Take a look, and return what is certain now.

        Args:
            look: The look.
            rate: The learning rate of the step, if it is known.
            chance: The loss of the best constant answer, if it is known.
        """
        self.looks.append(look)
        suspected = list(self._of_look(look, rate, chance))
        certain = []
        for each in suspected:
            at_once = each.code == "overwritten_weights" and look.step < FEW_STEPS  # units may be dead by the next look
            if at_once or each.code not in TWICE or self._key(each) in self._suspected:
                certain.append(each)
        self._suspected = {self._key(each) for each in suspected}
        return certain

    def keep(self, found: Sequence[Finding]) -> list[Finding]:
        """Keep findings, and return those that are new."""
        new = [each for each in found if self._key(each) not in self.found]
        self.found |= {self._key(each): each for each in found}
        return new

    def _of_look(self, look: StepLook, rate: float | None, chance: float | None) -> Iterator[Finding]:
        yield from signal_findings(look, rate, chance)
        yield from growth_ahead(self.looks)
        if len(self.looks) == 1:
            first = look.along[0] if math.isfinite(look.along[0]) else look.loss
            yield from poor_start(first, chance, look.step)

    def _key(self, found: Finding) -> tuple[str, str]:
        """Return what a finding is about; rates differ from look to look."""
        paths = {layer.path for layer in self.looks[-1].layers} if self.looks else set()
        return found.code, found.where if found.where in paths else ""
