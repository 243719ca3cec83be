"""Callbacks with the interface of Keras."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np

from ..errors import InvalidValue, PlasticaWarning
from ..registry import look_up
from ..typing import Document

Logs = dict[str, float]
CallbackState: TypeAlias = Document
RunParams: TypeAlias = Mapping[str, Any]  # names and values as in Keras
Needs = Literal["logs", "epoch", "batch"]
T = TypeVar("T")

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
    """Base class of callbacks.

    Write a subclass with the required hooks and pass an instance to ``fit(callbacks=[...])``. ``logs`` contains the
    loss and metrics of the epoch by name; entries added by a callback are visible to later callbacks and in the
    history.

    Training runs in a compiled program, and returning to Python takes time. A callback therefore declares how often it
    must be called:

    - ``needs = "logs"``: it uses only the logs of finished epochs. It may be called for several epochs at once, when
      the model is already in the state after the last of them. This costs nothing.
    - ``needs = "epoch"``: it reads or changes the model, and is called after each epoch, before the next one begins.
      This is the default for subclasses with ``on_epoch_begin`` or ``on_epoch_end``.
    - ``needs = "batch"``: it is called around every step. This always applies to subclasses with
      ``on_train_batch_begin`` or ``on_train_batch_end``. It is slow: a step of a small network takes about 20
      microseconds in the compiled program, and ten times as long with a call after each.

    State that a callback keeps between epochs should be returned by ``get_state`` and ``get_arrays``, so that an
    interrupted run can be resumed exactly; it is restored after ``on_train_begin``.

    Attributes:
        model: The model in training.
        params: ``epochs``, ``steps`` (per epoch), ``verbose``, ``samples`` and ``metrics`` of the run.
        needs: How often it must be called.

    Example:
        >>> class Print(Callback):
        ...     needs = "logs"
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(epoch, logs["loss"])
        >>> Print().on_epoch_end(0, {"loss": 0.5})
        0 0.5
    """

    model: Any = None  # a Model, which is above this floor; callbacks may use all of its methods
    params: RunParams = {}  # noqa: RUF012 - replaced before the first epoch, never written to
    needs: Needs = "epoch"

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Infer ``needs`` from the hooks of the subclass."""
        super().__init_subclass__(**kwargs)
        said_by = next(base for base in cls.__mro__ if "needs" in vars(base))
        if any(getattr(cls, hook) is not getattr(Callback, hook) for hook in BATCH_HOOKS):
            cls.needs = "batch"
        elif any(getattr(cls, hook) is not getattr(said_by, hook) for hook in EPOCH_HOOKS):
            cls.needs = "epoch"
        idle = [hook for hook in NEVER_CALLED if callable(getattr(cls, hook, None))]
        if idle:
            message = (
                f"{cls.__name__}: {', '.join(idle)} will not be called, since evaluation is a single compiled program."
            )
            warnings.warn(message, PlasticaWarning, stacklevel=2)

    def set_model(self, model: object) -> None:
        """Set the model; called before ``on_train_begin``."""
        self.model = model

    def set_params(self, params: RunParams) -> None:
        """Set the parameters of the run; called before ``on_train_begin``."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Called once, before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Called once, after the last epoch, however training ended."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Called before the first step of an epoch; epochs are counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Called after each epoch with its loss and metrics; those of validation have the prefix ``val_``."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before each step of an epoch; steps are counted from 0."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after each step with the loss and metrics of the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Alias of ``on_train_batch_begin``, as in Keras."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Alias of ``on_train_batch_end``, as in Keras."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Called before ``evaluate``."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Called after ``evaluate`` with the loss and metrics."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Called before ``predict``."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Called after ``predict``."""

    def get_state(self) -> CallbackState:
        """Return the state kept between epochs, as JSON-serializable values."""
        return {}

    def set_state(self, state: CallbackState) -> None:
        """Restore the result of :meth:`get_state`."""

    def get_arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays kept between epochs."""
        return {}

    def set_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the result of :meth:`get_arrays`."""


class TerminateOnNaN(Callback):
    """Stop training without an error if the loss becomes NaN or infinite.

    Without this callback, :class:`~plastica.errors.NotFinite` is raised, which says where it happened and what to try.
    In both cases, the model is reset to the weights from which the last finite loss was computed: if a step leads from
    a finite loss to weights or running statistics that are not finite, it is undone; if the loss itself is not finite,
    the step before it is undone too. If it is the first step of the run, the initial weights are restored. The result
    does not depend on callbacks, checkpoints or resuming.
    """

    needs: Needs = "logs"

    def on_not_finite(self, message: str) -> None:
        """Stop training instead of raising an error."""
        self.model.stop(f"not finite: {message}")


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        needs: How often they must be called; see :class:`Callback`. Default: inferred from the hooks. ``"logs"`` is
            the fast choice for functions that do not use the model.
        hooks: Functions by the names of the hooks: ``on_epoch_end=lambda epoch, logs: ...``.

    Raises:
        UnknownName: If there is no such hook.
        InvalidValue: If a hook is not a function.

    Example:
        >>> losses = []
        >>> def note(epoch, logs):
        ...     losses.append(logs["loss"])
        >>> callback = LambdaCallback(on_epoch_end=note, needs="logs")
        >>> callback.on_epoch_end(0, {"loss": 0.5})
        >>> losses
        [0.5]
    """

    def __init__(self, *, needs: Needs | None = None, **hooks: Callable[..., object] | None) -> None:
        given = {name: hook for name, hook in hooks.items() if hook is not None}
        names = (*EPOCH_HOOKS, *BATCH_HOOKS, *OTHER_HOOKS)
        for name, hook in given.items():
            look_up("hook", name, dict.fromkeys(names))
            if not callable(hook):
                raise InvalidValue(f"LambdaCallback: {name} is {hook!r}; expected a function.")
            setattr(self, name, _padded(hook, 2 if name in (*EPOCH_HOOKS, *BATCH_HOOKS) else 1))
        if given.keys() & set(BATCH_HOOKS):
            self.needs = "batch"
        elif needs is not None:
            self.needs = one_of("LambdaCallback", "needs", needs, ("logs", "epoch"))
        else:
            self.needs = "epoch" if given.keys() & set(EPOCH_HOOKS) else "logs"


def as_list(callbacks: object) -> list[Callback]:
    """Return the callbacks as a list.

    Raises:
        InvalidValue: If one of them is not a callback, or is a class instead of an instance.
    """
    if callbacks is None:
        return []
    found: list[Callback] = []
    given: Iterable[object] = callbacks if isinstance(callbacks, Iterable) else [callbacks]
    for callback in given:
        if isinstance(callback, type) and issubclass(callback, Callback):
            raise InvalidValue(f"callbacks: {callback.__name__} is a class; write {callback.__name__}().")
        if not isinstance(callback, Callback):
            raise InvalidValue(
                f"callbacks: {callback!r} is not a plastica callback. Use one of plastica's, write a subclass "
                "of plastica.Callback, or use LambdaCallback(on_epoch_end=...)."
            )
        one_of(type(callback).__name__, "needs", callback.needs, LEVELS)
        found.append(callback)
    return found


def most_needed(callbacks: Iterable[Callback]) -> Needs:
    """Return the most frequent ``needs`` of the callbacks."""
    return LEVELS[max((LEVELS.index(callback.needs) for callback in callbacks), default=0)]


def say(text: str) -> None:
    """Write a line to standard output, above the live display if there is one."""
    sys.stdout.write(text + "\n")


def one_of(where: str, field: str, value: object, choices: Sequence[T]) -> T:
    """Return the value if it is one of the choices.

    Raises:
        InvalidValue: If it is not.
    """
    for choice in choices:
        if type(value) is type(choice) and value == choice:
            return choice
    raise InvalidValue(f"{where}: {field} is {value!r}; expected {' or '.join(map(repr, choices))}.")


def _padded(hook: Callable[..., object], count: int) -> Callable[..., object]:
    """Pass an empty dict to a function if there are no logs."""

    def call(*arguments: object, logs: Logs | None = None) -> object:
        given = arguments if len(arguments) == count else (*arguments, logs)
        return hook(*given[:-1], {} if given[-1] is None else given[-1])

    return call
