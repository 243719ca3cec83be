"""A person's own functions inside a compiled run: what is written with NumPy cannot be traced, and that is said."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import jax

from .errors import InvalidValue

_UNTRACEABLE = (jax.errors.JAXTypeError, jax.errors.JAXIndexError)


@contextmanager
def written_in_jax(kind: str, function: Any, known: Collection[str] = ()) -> Iterator[None]:
    """Say in one sentence where a person's function cannot be traced by JAX.

    Args:
        kind: What the function is there as: ``"activation"``.
        function: The function.
        known: plastica's own names of that kind.

    Raises:
        InvalidValue: When the function asks for numbers where a compiled run has none yet.
    """
    try:
        yield
    except _UNTRACEABLE as error:
        name = getattr(function, "__name__", repr(function))
        if isinstance(error, jax.errors.TracerArrayConversionError):
            own = f' or plastica\'s own, {kind}="{name}"' if name in known else ""
            like = f": jnp.{name}" if hasattr(jax.numpy, name) else ""
            mend = f"it computes with NumPy. Write it with jax.numpy{like}{own}"
        else:
            mend = "it asks for an array's value, as in `if x > 0`, float(x) or x[x > 0]. Use jnp.where of jax.numpy"
        raise InvalidValue(f"{kind} {name}: {mend}; a run is compiled before any numbers are there.") from error


def require_function(owner: str, function: Any, *arguments: str) -> None:
    """See that a person's function can be called with these arguments.

    Raises:
        InvalidValue: When it is none, or takes more or fewer.
    """
    wanted = f"give a function; the arguments expected are ({', '.join(arguments)})"
    if not callable(function):
        raise InvalidValue(f"{owner}: function is {function!r}; {wanted}.")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # written in C; calling it will tell
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        name = getattr(function, "__name__", repr(function))
        raise InvalidValue(f"{owner}: {name} takes {signature}; {wanted}: {error}.") from None
