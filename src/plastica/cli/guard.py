"""Error handling of the commands: user errors, Ctrl-C and internal errors, each with its exit code."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import NoReturn

import click

from .. import interrupts, language
from ..errors import PlasticaError, PlasticaWarning
from . import streams
from .output import OutputLost, complain, note
from .wording import SAY

MISTAKE, USAGE, FAULT, CLOSED_PIPE = 1, 2, 70, 141


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Wrap a command: errors become one line on standard error and an exit code, warnings one line.

    Exit codes: 1 for a user error, 2 for an invalid option, 70 for an internal error, 130 for Ctrl-C, 141 if the
    reader closed standard output, as in ``| head -1`` (training is completed first). ``debug=True`` also shows the
    traceback.
    """

    @functools.wraps(command)
    def run(*given: object, **options: object) -> None:
        lang = str(options.get("lang") or "") or language.of_environment(os.environ)
        with language.using(lang):
            _run(command, *given, **(options | {"lang": lang} if "lang" in options else options))

    return run


def _run(command: Callable[..., None], *given: object, **options: object) -> None:
    debug = bool(options.get("debug"))
    try:
        with _warnings_as_notes(debug), _interrupts_not_lost():
            command(*given, **options)
            sys.stdout.flush()
    except (click.exceptions.Exit, click.Abort, click.ClickException):
        raise
    except KeyboardInterrupt:
        _end_interrupted()
    except OutputLost as error:
        raise click.exceptions.Exit(_lost(error.why)) from None
    except Exception as error:
        if _came_of_an_interrupt(error):
            _end_interrupted()
        if debug:
            import traceback

            traceback.print_exc()
        code, line = _said(error)
        complain(line)
        raise click.exceptions.Exit(code) from None


def _end_interrupted() -> NoReturn:
    complain(SAY("interrupted"))
    raise click.exceptions.Exit(interrupts.EXIT_CODE) from None


@contextlib.contextmanager
def ended_by_interrupts() -> Iterator[None]:
    """Exit with one line and code 130 at Ctrl-C, instead of click's own message and code."""
    try:
        yield
    except KeyboardInterrupt:
        _end_interrupted()


def _came_of_an_interrupt(error: BaseException | None) -> bool:
    """Whether Ctrl-C caused an error: during an import, it surfaces as a module that failed to load."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextlib.contextmanager
def _interrupts_not_lost() -> Iterator[None]:
    """Raise Ctrl-C again where it was swallowed, for example by a JAX callback during garbage collection."""
    before = sys.unraisablehook

    def again(unraisable: sys.UnraisableHookArgs) -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            interrupts.press_again()
        else:
            before(unraisable)

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = before


def _said(error: Exception) -> tuple[int, str]:
    if isinstance(error, PlasticaError):
        return MISTAKE, _told(error)
    if isinstance(error, MemoryError):
        return MISTAKE, SAY("no_memory")
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return FAULT, SAY("fault", what=what)


def _told(message: Exception | str) -> str:
    from ..notes import told

    return told(message) if isinstance(message, Exception) else message


@contextlib.contextmanager
def _warnings_as_notes(debug: bool) -> Iterator[None]:
    def show(message: Warning | str, category: type[Warning], *rest: object) -> None:
        if issubclass(category, PlasticaWarning):
            note(_told(message))
        elif debug:
            complain(f"{category.__name__}: {message}", "warning")

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.simplefilter("always", PlasticaWarning)
        warnings.showwarning = show
        yield


def code_of_end(code: str | int | None) -> str | int | None:
    """Return the exit code; 141 if the command succeeded but standard output was lost."""
    lost = streams.why_lost()
    return _lost(lost) if lost is not None and not code else code


def _lost(error: OSError) -> int:
    if error.errno in streams.CLOSED:
        return CLOSED_PIPE
    complain(streams.say_lost(error))
    return MISTAKE
