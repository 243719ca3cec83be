"""Callbacks: what looks at a run from outside, under Keras's names."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import numpy as np

from ..errors import InvalidValue, PlasticaWarning
from ..registry import look_up

Logs = dict[str, float]
Needs = Literal["logs", "epoch", "batch"]

EPOCH_HOOKS = ("on_epoch_begin", "on_epoch_end")
BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
NEVER_CALLED = ("on_test_batch_begin", "on_test_batch_end", "on_predict_batch_begin", "on_predict_batch_end")
OTHER_HOOKS = (
    "on_train_begin",
    "on_train_end",
    "on_test_begin",
    "on_test_end",
    "on_predict_begin",
    "on_predict_end",
)


LEVELS: tuple[Needs, ...] = ("logs", "epoch", "batch")


class Callback:
    """Base of everything that looks at a run from outside.

    Write a subclass with the hooks you want and pass it to ``fit(callbacks=[...])``. ``logs`` holds the
    figures of the epoch by name; what a callback adds to it, later callbacks and the history see.

    A run is one compiled program, and looking in between costs. So a callback says how often it must look:

    - ``needs = "logs"``: it only wants the figures of finished epochs. It may be called for many epochs at
      once, after the fact; the model then already stands where the last of them ended. This costs nothing.
    - ``needs = "epoch"``: it looks at the model or changes it, and is called after each epoch before the next
      begins. This is what a subclass with ``on_epoch_begin`` or ``on_epoch_end`` gets when it says nothing.
    - ``needs = "batch"``: it is called around every step. A subclass with ``on_train_batch_begin`` or
      ``on_train_batch_end`` always gets this. It is slow: a small network's step takes some 20 microseconds
      inside the program and ten times that when the host looks after each.

    A callback that carries something from epoch to epoch gives it in ``get_state`` and ``get_arrays``, so
    that a killed run resumes exactly; both are put back after ``on_train_begin``.

    Attributes:
        model: The model in training.
        params: The run's ``epochs``, ``steps`` (an epoch), ``verbose``, ``samples`` and ``metrics``.
        needs: How often it must look.

    Example:
        >>> class Print(Callback):
        ...     needs = "logs"
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(epoch, logs["loss"])
        >>> Print().on_epoch_end(0, {"loss": 0.5})
        0 0.5
    """

    model: Any = None
    params: Mapping[str, Any] = {}
    needs: Needs = "epoch"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Work out what the subclass needs from the hooks it has."""
        super().__init_subclass__(**kwargs)
        said_by = next(base for base in cls.__mro__ if "needs" in vars(base))
        if any(getattr(cls, hook) is not getattr(Callback, hook) for hook in BATCH_HOOKS):
            cls.needs = "batch"
        elif any(getattr(cls, hook) is not getattr(said_by, hook) for hook in EPOCH_HOOKS):
            cls.needs = "epoch"
        idle = [hook for hook in NEVER_CALLED if callable(getattr(cls, hook, None))]
        if idle:
            message = f"{cls.__name__}: {', '.join(idle)} will not be called; evaluating is one program."
            warnings.warn(message, PlasticaWarning, stacklevel=2)

    def set_model(self, model: Any) -> None:
        """Take the model; called before ``on_train_begin``."""
        self.model = model

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Take the run's parameters; called before ``on_train_begin``."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Is called once before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Is called once after the last epoch, whatever ended the run."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Is called right before the first step of an epoch; the first is 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Is called with the figures of a finished epoch, those of validation under ``val_``."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Is called before each step of an epoch; the first is 0."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Is called after each step, with the figures of the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Keras's other name of ``on_train_batch_begin``."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Keras's other name of ``on_train_batch_end``."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Is called before ``evaluate``."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Is called after ``evaluate``, with the figures."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Is called before ``predict``."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Is called after ``predict``."""

    def get_state(self) -> dict[str, Any]:
        """Return what it carries from epoch to epoch, as plain values that go to JSON."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take back what :meth:`get_state` gave."""

    def get_arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays it carries from epoch to epoch."""
        return {}

    def set_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take back what :meth:`get_arrays` gave."""


class TerminateOnNaN(Callback):
    """End the run quietly when the loss is no longer finite.

    Without it such a run ends with :class:`~plastica.errors.NotFinite`, which says where it happened and what
    to try. In both cases the model goes back to its last good weights: those that the last finite loss was computed
    with. A step with a finite loss after which a weight or a running statistic is not finite is undone; where the loss
    itself is not finite, so is the step before it, which made the weights with which nothing can be computed. Where it
    is the first step of the run, the weights stay that the run began with. Which weights those are does not depend on
    how often callbacks look, nor on checkpoints and resuming.
    """

    needs: Needs = "logs"

    def on_not_finite(self, message: str) -> None:
        """Stop the model instead of raising; called by the run."""
        self.model.stop(f"not finite: {message}")


class LambdaCallback(Callback):
    """A callback from plain functions.

    Args:
        needs: How often they must be called; see :class:`Callback`. Follows from the given hooks unless said;
            ``needs="logs"`` is the fast choice for functions that do not look at the model.
        hooks: Functions under the names of the hooks: ``on_epoch_end=lambda epoch, logs: ...``.

    Raises:
        UnknownName: There is no such hook.
        InvalidValue: A hook is not a function.

    Example:
        >>> losses = []
        >>> def note(epoch, logs):
        ...     losses.append(logs["loss"])
        >>> callback = LambdaCallback(on_epoch_end=note, needs="logs")
        >>> callback.on_epoch_end(0, {"loss": 0.5})
        >>> losses
        [0.5]
    """

    def __init__(self, *, needs: Needs | None = None, **hooks: Callable[..., Any] | None) -> None:
        given = {name: hook for name, hook in hooks.items() if hook is not None}
        names = (*EPOCH_HOOKS, *BATCH_HOOKS, *OTHER_HOOKS)
        for name, hook in given.items():
            look_up("hook", name, dict.fromkeys(names))
            if not callable(hook):
                raise InvalidValue(f"LambdaCallback: {name} is {hook!r}; it takes a function.")
            setattr(self, name, _padded(hook, 2 if name in (*EPOCH_HOOKS, *BATCH_HOOKS) else 1))
        if given.keys() & set(BATCH_HOOKS):
            self.needs = "batch"
        elif needs is not None:
            self.needs = one_of("LambdaCallback", "needs", needs, ("logs", "epoch"))
        else:
            self.needs = "epoch" if given.keys() & set(EPOCH_HOOKS) else "logs"


def as_list(callbacks: Any) -> list[Callback]:
    """Return the callbacks a person gave: none, one or several.

    Raises:
        InvalidValue: One of them is no callback, or a class was given where an instance belongs.
    """
    if callbacks is None:
        return []
    given: list[Any] = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    for callback in given:
        if isinstance(callback, type) and issubclass(callback, Callback):
            raise InvalidValue(f"callbacks: {callback.__name__} is a class; write {callback.__name__}().")
        if not isinstance(callback, Callback):
            raise InvalidValue(
                f"callbacks: {callback!r} is no plastica callback. Take one of plastica's, write a subclass "
                "of plastica.Callback, or put functions into LambdaCallback(on_epoch_end=...)."
            )
        one_of(type(callback).__name__, "needs", callback.needs, LEVELS)
    return given


def most_needed(callbacks: Iterable[Callback]) -> Needs:
    """Return how often the run must be looked at so that each of the callbacks gets what it needs."""
    return LEVELS[max((LEVELS.index(callback.needs) for callback in callbacks), default=0)]


def say(text: str) -> None:
    """Write a line to standard output, above a live display where there is one."""
    sys.stdout.write(text + "\n")


def one_of(where: str, field: str, value: Any, choices: tuple[Any, ...]) -> Any:
    """Return the value when it is one of the choices.

    Raises:
        InvalidValue: It is not.
    """
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        raise InvalidValue(f"{where}: {field} is {value!r}; it takes {' or '.join(map(repr, choices))}.")
    return value


def _padded(hook: Callable[..., Any], count: int) -> Callable[..., Any]:
    """Give a function that takes logs an empty dict where there are none."""

    def call(*arguments: Any, logs: Logs | None = None) -> Any:
        given = arguments if len(arguments) == count else (*arguments, logs)
        return hook(*given[:-1], {} if given[-1] is None else given[-1])

    return call
