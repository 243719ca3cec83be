"""Whether a program is being compiled outside of any loop, where XLA's own convolution is fast on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_outside = ContextVar("outside", default=False)


@contextmanager
def outside_of_loops() -> Iterator[None]:
    """Trace the code inside as a program that no loop contains.

    Do not trace the same function without this context as well: JAX looks compiled programs up by the function and
    would not notice the difference.
    """
    token = _outside.set(True)
    try:
        yield
    finally:
        _outside.reset(token)


def is_outside_of_loops() -> bool:
    """Return whether the code is traced as a program that no loop contains."""
    return _outside.get()
