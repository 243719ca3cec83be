"""A model is in one fit at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import InvalidValue

_in_training: set[int] = set()  # models by their id: a copy made within a run is none of them
_changing = threading.Lock()


@contextmanager
def alone(model: Any) -> Iterator[None]:
    """Train a model in one place at a time.

    Raises:
        InvalidValue: When it is in training already.
    """
    with _changing:
        if id(model) in _in_training:
            raise InvalidValue(
                "this network is in training already: another thread is in its fit(), or a callback of that run calls "
                "fit() again. Wait until it ends, or train a separate network in each thread."
            )
        _in_training.add(id(model))
    try:
        yield
    finally:
        with _changing:
            _in_training.discard(id(model))
