"""A lock against training a model in two places at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import InvalidValue

_in_training: set[int] = set()  # the ids of models in training; a copy made during training is not among them
_changing = threading.Lock()


@contextmanager
def alone(model: object) -> Iterator[None]:
    """Mark a model as in training within a ``with`` block.

    Raises:
        InvalidValue: If it is already in training.
    """
    with _changing:
        if id(model) in _in_training:
            raise InvalidValue(
                "this network is already in training: another thread is running its fit(), or a callback has called "
                "fit() again. Wait until it ends, or train a separate network in each thread."
            )
        _in_training.add(id(model))
    try:
        yield
    finally:
        with _changing:
            _in_training.discard(id(model))
