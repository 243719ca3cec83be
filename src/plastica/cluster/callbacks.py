"""Callbacks as JSON: those that say what to look for, and are no code of a user."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import cast

from ..errors import InvalidValue
from ..training.callbacks import Callback, CallbackState, as_list
from ..typing import Document

# The module of each callback that can be sent. Its arguments are its attributes, of the same names.
SENDABLE = {
    "EarlyStopping": "plastica.training.early_stopping",
    "Doctor": "plastica.doctor.watcher",
    "EndsAt": "plastica.populations.nested_population",
}


def callbacks_document(callbacks: object) -> list[Document]:
    """Return callbacks as JSON.

    Raises:
        InvalidValue: If one cannot be sent: it is code, and lives in one process.
    """
    found: list[Document] = []
    for each in as_list(cast("list[Callback]", callbacks)):
        kind = type(each)
        if SENDABLE.get(kind.__name__) != kind.__module__:
            raise InvalidValue(
                f"cluster=...: the callback {kind.__name__} cannot be sent to workers; EarlyStopping and doctors can, "
                "and until=, time_limit= and max_steps=. For other callbacks, start the script on each machine and "
                "call pl.cluster.join()."
            )
        names = list(inspect.signature(kind).parameters)
        found.append({"kind": kind.__name__, **{name: getattr(each, name) for name in names}})
    return found


def callbacks_from(given: Iterable[Document]) -> list[Callback]:
    """Return callbacks from JSON."""
    return [
        getattr(import_module(SENDABLE[each["kind"]]), each["kind"])(
            **{name: value for name, value in each.items() if name != "kind"}
        )
        for each in given
    ]


def states_of(callbacks: Sequence[Callback]) -> list[CallbackState]:
    """Return the states of callbacks after training."""
    return [each.get_state() for each in callbacks]


def take_states(callbacks: Sequence[Callback], states: Sequence[CallbackState]) -> None:
    """Give callbacks the states of their copies on a worker."""
    for each, state in zip(callbacks, states, strict=True):
        each.set_state(state)
