"""How a network for a table is made and trained."""

from __future__ import annotations

import math

import msgspec

from ..errors import InvalidValue

MOST_LAYERS = 64
MOST_UNITS = 100_000


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a person may decide; every field has a default that serves most tables.

    Args:
        task: "binary", "multiclass" or "regression"; None tells it from the target.
        layers: The units of each hidden layer; an empty tuple is a network without one.
        epochs: How many at most; early stopping usually ends sooner.
        batch_size: Rows a step; None chooses by the number of rows.
        learning_rate: Of the optimizer; None takes the optimizer's own default.
        optimizer: An optimizer's name.
        rule: A learning rule's name.
        seed: Where the split, the initial weights and the order of the rows come from.
        validation: The share (under 1) or number of rows that decide when to stop; 0 for none.
        test: The share or number of rows held out for the results; 0 for none.
        drop: Columns to leave aside.
        patience: Epochs without a better validation loss before training stops.
        time_limit: When to stop by the clock, in seconds.

    Raises:
        InvalidValue: A value outside what its field takes.

    Example:
        >>> Settings(layers=(32,)).layers
        (32,)
    """

    task: str | None = None
    layers: tuple[int, ...] = (64, 64)
    epochs: int = 200
    batch_size: int | None = None
    learning_rate: float | None = None
    optimizer: str = "adam"
    rule: str = "backprop"
    seed: int = 0
    validation: float = 0.2
    test: float = 0.2
    drop: tuple[str, ...] = ()
    patience: int = 20
    time_limit: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no run can have."""
        if len(self.layers) > MOST_LAYERS or not all(1 <= units <= MOST_UNITS for units in self.layers):
            raise InvalidValue(
                f"layers={','.join(map(str, self.layers))}: wanted up to {MOST_LAYERS} whole numbers of units, "
                f"each from 1 to {MOST_UNITS:,}, such as 64,64."
            )
        _at_least("epochs", self.epochs, 1)
        _at_least("batch_size", self.batch_size, 1)
        _at_least("patience", self.patience, 0)
        for name in ("learning_rate", "time_limit"):
            value = getattr(self, name)
            if value is not None and not (0 < value < math.inf):
                raise InvalidValue(f"{name}={value:g}: wanted a number above 0.")
        if not 0 <= self.seed < 2**63:
            raise InvalidValue(f"seed={self.seed}: wanted a whole number from 0 to 2**63 - 1.")


def batch_size_for(rows: int) -> int:
    """Return how many rows a step takes where nobody said: enough steps an epoch, and not too many.

    Example:
        >>> batch_size_for(200), batch_size_for(20_000), batch_size_for(1_000_000)
        (32, 128, 512)
    """
    return 32 if rows < 5_000 else 128 if rows < 50_000 else 512


def _at_least(name: str, value: int | None, least: int) -> None:
    if value is not None and value < least:
        raise InvalidValue(f"{name}={value}: wanted a whole number of at least {least}.")
