"""What fit trains on, whatever it was given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from ..training.source import Source
from .base import BaseModel
from .inputs import Examples, HostArrays
from .options import Options


@dataclass(frozen=True)
class GivenData:
    """The arguments of ``fit`` that are data, as the user gave them."""

    x: object
    y: object = None
    sample_weight: object = None
    class_weight: Mapping[int, float] | None = None
    validation_split: float = 0.0
    validation_data: object = None
    sampling: object = None


class TrainingData(ABC):
    """Training data of one kind, checked against a network: arrays, blocks, batches of a generator.

    A new kind is a subclass, and its name in ``KINDS`` of ``fitting.py``; nothing else asks which kind it is.
    """

    @classmethod
    @abstractmethod
    def takes(cls, x: object) -> bool:
        """Return whether what was given as ``x`` is of this kind."""

    @classmethod
    @abstractmethod
    def checked(cls, model: BaseModel, given: GivenData, options: Options) -> tuple[TrainingData, Examples | None]:
        """Check the data, and build the network if necessary.

        Returns:
            The training data, and the validation rows, which may be split off from them.

        Raises:
            InvalidValue: If an argument is given that this kind cannot be used with.
            DataError, ShapeError: If the data are invalid, or do not fit the network.
        """

    @abstractmethod
    def some_rows(self) -> tuple[HostArrays, HostArrays]:
        """Return inputs and targets of some rows, which tell their shapes and what the targets are."""

    @abstractmethod
    def source(self, options: Options) -> Source:
        """Return the source of the batches of a run."""

    @abstractmethod
    def require_order(self, shuffle: bool) -> None:
        """Refuse to train a stateful network if row i of a batch does not go on where row i of the last one ended.

        Raises:
            InvalidValue: If it does not.
        """

    @property
    def are_known(self) -> bool:
        """Whether it is known ahead which rows an epoch has."""
        return self.examples is not None

    @property
    def examples(self) -> Examples | None:
        """All rows, if they are in memory."""
        return None
