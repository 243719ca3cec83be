"""The ways in which a model is made smaller, as declarations, and their short names."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from ..declaration import Declaration, declaration
from ..errors import InvalidValue
from ..inside.magnitudes import SCOPES
from .compressed import CompressedModel
from .fine_tuning import FineTuning, fine_tuned, pruned_gradually
from .low_rank import factorized
from .units import without_units
from .wording import SAY

StepSequence = tuple["CompressionStep", ...]
_FORM = re.compile(r"([a-z0-9-]+?)(?::([0-9.x]+))?")


class CompressionStep(Declaration):
    """One way to make a model smaller."""

    order: ClassVar[int]  # which comes first if there are several

    @property
    @abstractmethod
    def short(self) -> str:
        """The name in recipes, such as ``prune:0.8``."""

    @abstractmethod
    def apply(self, model: CompressedModel, how: FineTuning) -> CompressedModel:
        """Return the smaller model.

        Args:
            model: The model so far.
            how: How training goes on with it.

        Raises:
            InvalidValue: If the model cannot be made smaller in this way.
        """


@declaration
class Distillation(CompressionStep):
    """A small network of dense layers that learns what the model answers.

    Args:
        units: The units of each hidden layer.

    Reference:
        G. Hinton, O. Vinyals, J. Dean (2015), Distilling the knowledge in a neural network.
    """

    units: tuple[int, ...] = (32,)
    order: ClassVar[int] = 0

    def __post_init__(self) -> None:
        if not self.units or min(self.units) < 1:
            raise InvalidValue(SAY("units_range", given=self.short))

    @property
    def short(self) -> str:
        return f"distill:{'x'.join(map(str, self.units))}"

    def apply(self, model: CompressedModel, how: FineTuning) -> CompressedModel:
        return CompressedModel.of(model.source.distil(self.units, how))


@declaration
class UnitPruning(CompressionStep):
    """Layers without the units or filters that weigh least; see :func:`plastica.compression.units.without_units`.

    Args:
        share: The share of the units of each layer that is pruned.
    """

    share: float = 0.5
    order: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InvalidValue(SAY("share_range", given=self.short))

    @property
    def short(self) -> str:
        return f"prune-units:{self.share:g}"

    def apply(self, model: CompressedModel, how: FineTuning) -> CompressedModel:
        program = without_units(model.with_kernels(self.short).program, self.share)
        return model.changed(fine_tuned(program, model.lessons, how))


@declaration
class LowRank(CompressionStep):
    """Kernels as products of two thinner ones; see :func:`plastica.compression.low_rank.factorized`.

    Args:
        energy: The share of the squared singular values that is kept.
        rank: The rank of each kernel in the place of ``energy``.
    """

    energy: float = 0.9
    rank: int | None = None
    order: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if not 0 < self.energy <= 1:
            raise InvalidValue(SAY("energy_range", given=self.short))
        if self.rank is not None and self.rank < 1:
            raise InvalidValue(SAY("rank_range", given=str(self.rank)))

    @property
    def short(self) -> str:
        return f"low-rank:{self.energy:g}" if self.rank is None else f"rank:{self.rank}"

    def apply(self, model: CompressedModel, how: FineTuning) -> CompressedModel:
        program = factorized(model.with_kernels(self.short).program, energy=self.energy, rank=self.rank)
        return model.changed(fine_tuned(program, model.lessons, how))


@declaration
class WeightPruning(CompressionStep):
    """Kernels without their smallest weights, which are then 0, pruned in stages.

    Args:
        share: The share of the weights that is pruned.
        scope: "global": the smallest of the whole network; "layer": the same share of each kernel.
    """

    share: float = 0.8
    scope: str = "global"
    order: ClassVar[int] = 3

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InvalidValue(SAY("share_range", given=self.short))
        if self.scope not in SCOPES:
            raise InvalidValue(f"WeightPruning(scope={self.scope!r}): expected one of {', '.join(SCOPES)}.")

    @property
    def short(self) -> str:
        return f"prune:{self.share:g}"

    def apply(self, model: CompressedModel, how: FineTuning) -> CompressedModel:
        program = model.with_kernels(self.short).program
        return model.changed(pruned_gradually(program, model.lessons, how, self.share, self.scope))


@declaration
class Quantization(CompressionStep):
    """Weights of 8 bits, calibrated on training rows; see :mod:`plastica.export.quantization`.

    Args:
        trained: Whether training goes on with products that are computed as in the file (fake quantization).
    """

    trained: bool = True
    order: ClassVar[int] = 4

    @property
    def short(self) -> str:
        return "int8-trained" if self.trained else "int8"

    def apply(self, model: CompressedModel, how: FineTuning) -> CompressedModel:
        program = model.with_kernels(self.short).program
        if self.trained:
            program = fine_tuned(program, model.lessons, how, int8=True)
        return model.quantized(program)


def recipe(given: str | Iterable[CompressionStep]) -> StepSequence:
    """Return the steps of a recipe, such as ``"distill:32+int8"``, in the order in which they are done.

    Args:
        given: The short names, joined by ``+``: ``distill:32x16`` (units of each hidden layer), ``prune-units:0.5``,
            ``low-rank:0.9`` (the share of squared singular values) or ``rank:8``, ``prune:0.8``, ``int8``,
            ``int8-trained``. Or the steps.

    Raises:
        InvalidValue: If a name is unknown, a number is missing or out of range, or a way is there twice.

    Example:
        >>> recipe("int8+prune:0.9")
        (WeightPruning(share=0.9), Quantization(trained=False))
    """
    steps = [_step(part.strip()) for part in given.split("+")] if isinstance(given, str) else list(given)
    if len({step.order for step in steps}) < len(steps) or not steps:
        raise InvalidValue(SAY("twice", given=written(steps)))
    return tuple(sorted(steps, key=lambda step: step.order))


def written(steps: Iterable[CompressionStep]) -> str:
    """Return the short names of steps."""
    return "+".join(step.short for step in steps)


_NAMED: dict[str, Any] = {
    "distill": lambda given: Distillation(tuple(int(each) for each in given.split("x"))),
    "prune-units": lambda given: UnitPruning(float(given)),
    "low-rank": lambda given: LowRank(float(given)),
    "rank": lambda given: LowRank(rank=int(given)),
    "prune": lambda given: WeightPruning(float(given)),
}
_ALONE: dict[str, CompressionStep] = {"int8": Quantization(False), "int8-trained": Quantization(True)}
USUAL_NUMBERS = {"distill": "32", "prune-units": "0.5", "low-rank": "0.9", "rank": "8", "prune": "0.8"}


def _step(part: str) -> CompressionStep:
    if part in _ALONE:
        return _ALONE[part]
    found = _FORM.fullmatch(part)
    name, number = (found[1], found[2]) if found else (part, None)
    if name not in _NAMED:
        known = ", ".join([*(f"{each}:{usual}" for each, usual in USUAL_NUMBERS.items()), *_ALONE])
        raise InvalidValue(SAY("unknown_step", given=repr(part), known=known))
    try:
        return _NAMED[name](number or USUAL_NUMBERS[name])
    except InvalidValue:
        raise
    except ValueError:
        raise InvalidValue(SAY("bad_number", given=repr(part), usual=f"{name}:{USUAL_NUMBERS[name]}")) from None
