"""Checks of user-defined functions: their signature, and whether JAX can trace them."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Generator
from contextlib import contextmanager

import jax

from .errors import InvalidValue

_UNTRACEABLE = (jax.errors.JAXTypeError, jax.errors.JAXIndexError)


@contextmanager
def written_in_jax(kind: str, function: object, known: Collection[str] = ()) -> Generator[None, None, None]:
    """Raise a clear error if JAX cannot trace a user-defined function.

    Args:
        kind: The role of the function, such as ``"activation"``.
        function: The function.
        known: The built-in names of that kind.

    Raises:
        InvalidValue: If the function needs concrete values, which are not available while it is traced.
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
            mend = "it needs the value of an array, as in `if x > 0`, float(x) or x[x > 0]. Use jnp.where of jax.numpy"
        raise InvalidValue(f"{kind} {name} cannot be compiled: {mend}.") from error


def require_function(owner: str, function: object, *arguments: str) -> None:
    """Check that a user-defined function accepts the given arguments.

    Raises:
        InvalidValue: If it is not callable or takes other arguments.
    """
    wanted = f"expected a function of ({', '.join(arguments)})"
    if not callable(function):
        raise InvalidValue(f"{owner}: function is {function!r}; {wanted}.")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # written in C; an error would appear at the call
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        name = getattr(function, "__name__", repr(function))
        raise InvalidValue(f"{owner}: {name} takes {signature}; {wanted}: {error}.") from None
