"""Checks of the numeric options of fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InvalidValue
from ..fields import first_fault
from ..training.devices import DevicesLike
from ..training.member import JoinsSums
from ..training.share import MOST_COUNTED

BATCH_SIZE = 32  # as in Keras


@dataclass(frozen=True)
class Options:
    """Options of a training run, with the names of the arguments of ``fit``.

    Attributes:
        cluster: The address of the workers that train the members of a population, as for ``pl.cluster.fit``.
        among_others: Whether other workers train other members of the same population.
        joined: As for :class:`~plastica.training.member.Member`; None if the whole network is trained here.
    """

    batch_size: int | None
    epochs: int
    verbose: int | str
    shuffle: bool
    initial_epoch: int
    until: object
    time_limit: float | str | None
    max_steps: int | None
    checkpoint: str | Path | None
    resume: bool
    checkpoint_seconds: float
    steps_per_epoch: int | None = None
    validation_steps: int | None = None
    devices: DevicesLike = None
    average_every: int | None = None
    cluster: str | None = None
    among_others: bool = False
    joined: JoinsSums | None = None

    def __post_init__(self) -> None:
        if fault := first_fault("fit", {name: getattr(self, name) for name in OPTION_KINDS}, OPTION_KINDS):
            raise InvalidValue(fault)
        optional = ("batch_size", "steps_per_epoch", "validation_steps", "average_every")
        for name, least in (*((each, 1) for each in optional), ("epochs", 0), ("initial_epoch", 0)):
            if name not in optional and getattr(self, name) is None:
                raise InvalidValue(f"{name}=None: give a whole number of at least {least}.")
            object.__setattr__(self, name, whole(name, getattr(self, name), least))
        if self.epochs > MOST_COUNTED:
            raise InvalidValue(
                f"epochs={self.epochs}: the maximum is {MOST_COUNTED}. To end training by another criterion, "
                "set a smaller number of epochs together with until=, time_limit= or max_steps=."
            )
        if self.resume and self.checkpoint is None:
            raise InvalidValue("fit(resume=True) needs checkpoint=, the folder with the checkpoints.")


OPTION_KINDS = {
    "verbose": int | str | bool,
    "shuffle": bool,
    "time_limit": float | str | None,
    "max_steps": int | None,
    "checkpoint": str | Path | None,
    "resume": bool,
    "checkpoint_seconds": float,
}


def refuse_steps_per_epoch(options: Options) -> None:
    """Refuse a number of steps for data whose epoch is all rows.

    Raises:
        InvalidValue: If there is one.
    """
    if options.steps_per_epoch is not None:
        raise InvalidValue("fit(steps_per_epoch=...) is for generators of batches; an epoch of arrays is all rows.")


def whole(name: str, value: object, least: int) -> int | None:
    """Return an integer of at least ``least``, or None.

    Raises:
        InvalidValue: If the value is anything else.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InvalidValue(f"{name}={value!r}: give a whole number of at least {least}.")
    return int(value)
