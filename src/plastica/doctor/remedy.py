"""A remedy: what may mend a finding, as settings of a network or changes of its data, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..checks.findings import Finding
from ..declaration import replace
from ..layers import Dense
from ..layers import Sequential as Network
from ..layers.layer import Layer
from ..layers.spiking.firing import spike_step
from ..layers.walk import walk
from ..losses import Loss
from ..model import Model

RATE = "optimizer.learning_rate"
JudgedRows = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class TrialData:
    """What a network is trained on, and what it is judged on.

    Attributes:
        x, y: Training rows.
        val_x, val_y: Validation rows, which training may look at.
        judged: The rows on which the network is judged. Default: the validation rows.
        as_before: The same rows as a network without the remedy reads them. Default: the validation rows as they were.
    """

    x: np.ndarray
    y: np.ndarray
    val_x: np.ndarray
    val_y: np.ndarray
    judged: JudgedRows | None = None
    as_before: JudgedRows | None = None

    def judged_on(self, chosen: np.ndarray) -> TrialData:
        """Return the same data, judged on some of the validation rows, as the network without the remedy is."""
        rows = self.val_x[chosen], self.val_y[chosen]
        return replace(self, judged=rows, as_before=rows)


@dataclass(frozen=True, eq=False)
class Remedy:
    """What may mend a finding.

    Attributes:
        code: The finding.
        name: The remedy as a line of code.
        settings: Values by the place of a field, as for :class:`~plastica.Population`; such remedies are members of one
            population.
        layers: From the layers of a sequence to others.
        data: From the data to others; None if they do not allow it.
        fit: Further arguments of ``fit``; a function is called for each training.
        longer: By how much more epochs.
        loss: Another loss to train with. The network is judged by its own.
    """

    code: str
    name: str
    settings: Mapping[str, object] = field(default_factory=dict)
    layers: Callable[[tuple[Layer, ...]], list[Layer]] | None = None
    data: Callable[[TrialData], TrialData | None] | None = None
    fit: Mapping[str, object] = field(default_factory=dict)
    longer: float = 1.0
    loss: Loss | None = None

    @property
    def is_setting(self) -> bool:
        """Whether it is one of a population."""
        plain = self.layers is None and self.data is None and self.loss is None
        return bool(self.settings) and plain and not self.fit and self.longer == 1


@dataclass(frozen=True, eq=False)
class Complaint:
    """A kind of finding about a model, for which remedies are sought.

    Attributes:
        code: The finding.
        model: The model.
        findings: All findings of the kind.
        measures: What the diagnosis measured.
    """

    code: str
    model: Model
    findings: tuple[Finding, ...] = ()
    measures: Mapping[str, object] = field(default_factory=dict)

    @property
    def rate(self) -> float | None:
        """The learning rate, if it is one number."""
        rate = getattr(self.model.compiled.optimizer, "learning_rate", None)
        return rate if self.model.compiled.own is None and isinstance(rate, float) else None

    @property
    def bound(self) -> float | None:
        """The largest stable learning rate, if it is known."""
        bound = self.measures.get("rate_bound")
        return bound if isinstance(bound, float) else None

    @property
    def dense(self) -> list[int]:
        """The places of the dense layers of a sequence."""
        if type(self.model.network) is not Network:
            return []
        return [place for place, layer in enumerate(self.model.network.layers) if type(layer) is Dense]

    @property
    def hidden(self) -> list[str]:
        """The hidden dense layers of a sequence, as places of settings."""
        return [f"layers.{place}" for place in self.dense[:-1]]

    @property
    def spikes(self) -> bool:
        """Whether there are layers that spike."""
        return any(spike_step(layer) is not None for _, layer, _ in walk(self.model.network))

    def remedy(self, name: str, **what: object) -> Remedy:
        """Return a remedy for the finding."""
        return Remedy(self.code, name, **what)  # pyright: ignore[reportArgumentType]


Family = Callable[[Complaint], Iterator[Remedy]]
