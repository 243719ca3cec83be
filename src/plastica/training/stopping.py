"""Stop rules: conditions that end training."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias, cast

from ..declaration import Declaration, declaration
from ..errors import InvalidValue
from .monitor import better, require_figure

Inequality = Literal["<=", ">="]
Duration: TypeAlias = float | str | datetime.timedelta
SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
EXPLICIT = 'Pass {{"{name}": ("<=", {value})}} or {{"{name}": (">=", {value})}}.'


class StopRule(Declaration):
    """A condition that ends training; with several, the first that is met.

    Stop rules contain neither clocks nor counters; the run passes its time and its number of steps.
    """

    def fired(self, logs: Mapping[str, float], seconds: float, steps: int) -> str:
        """Return the reason to stop, or an empty string.

        Args:
            logs: The loss and metrics of the last finished epoch; empty within the first.
            seconds: The training time, including the earlier parts of a resumed run.
            steps: The number of steps so far.
        """
        raise NotImplementedError

    def check(self, names: Iterable[str]) -> None:
        """Check that the run has the metrics of this rule.

        Raises:
            UnknownName: If it does not.
        """


@declaration
class Reached(StopRule):
    """Stop when a metric has reached a value.

    Args:
        name: The loss or a metric, such as ``"loss"`` or ``"val_accuracy"``.
        how: ``"<="`` for at or below, ``">="`` for at or above.
        value: The value.

    Example:
        >>> rule = Reached("loss", "<=", 0.01)
        >>> print(rule, "|", rule.fired({"loss": 0.009}, seconds=1.0, steps=100))
        loss <= 0.01 | until: loss <= 0.01
    """

    name: str
    how: Inequality
    value: float

    def __post_init__(self) -> None:
        if self.how not in ("<=", ">="):
            raise InvalidValue(f'until: "{self.name}" has {self.how!r}; expected "<=" or ">=".')
        value = _number(self.value)
        if math.isnan(value):
            raise InvalidValue(f'until: "{self.name}" has the value {self.value!r}; expected a number.')
        object.__setattr__(self, "value", value)

    def __str__(self) -> str:
        """Return the condition as text."""
        return f"{self.name} {self.how} {self.value:g}"

    def fired(self, logs: Mapping[str, float], seconds: float, steps: int) -> str:
        """Compare the metric; NaN never reaches the value."""
        figure = logs.get(self.name, math.nan)
        reached = figure <= self.value if self.how == "<=" else figure >= self.value
        return f"until: {self}" if reached else ""

    def check(self, names: Iterable[str]) -> None:
        """Check that the run has the metric."""
        require_figure("until", self.name, names)


@declaration
class Until(StopRule):
    """Stop when one of several metrics has reached its value; created by ``fit(until={...})``.

    Args:
        rules: One rule per metric.
    """

    rules: tuple[Reached, ...]

    def __str__(self) -> str:
        """Return the conditions as text."""
        return " or ".join(map(str, self.rules))

    def fired(self, logs: Mapping[str, float], seconds: float, steps: int) -> str:
        """Return the reason of the first rule that is met."""
        return next(filter(None, (rule.fired(logs, seconds, steps) for rule in self.rules)), "")

    def check(self, names: Iterable[str]) -> None:
        """Check that the run has all metrics."""
        known = list(names)
        for rule in self.rules:
            rule.check(known)


@declaration
class TimeLimit(StopRule):
    """Stop after a training time.

    Args:
        seconds: The limit; :func:`duration` converts texts such as ``"10m"``.
    """

    seconds: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", duration(self.seconds))

    def __str__(self) -> str:
        """Return the limit as text."""
        return f"time_limit {self.seconds:g} s"

    def fired(self, logs: Mapping[str, float], seconds: float, steps: int) -> str:
        """Compare the time with the limit."""
        return "time_limit" if seconds >= self.seconds else ""


@declaration
class MaxSteps(StopRule):
    """Stop after a number of steps, also within an epoch.

    Args:
        steps: The limit.
    """

    steps: int

    def __post_init__(self) -> None:
        if isinstance(self.steps, bool) or not hasattr(self.steps, "__index__") or self.steps < 1:
            raise InvalidValue(f"max_steps is {self.steps!r}; expected an integer of at least 1.")

    def __str__(self) -> str:
        """Return the limit as text."""
        return f"max_steps {self.steps}"

    def fired(self, logs: Mapping[str, float], seconds: float, steps: int) -> str:
        """Compare the steps with the limit."""
        return "max_steps" if steps >= self.steps else ""


def stop_rules(
    until: object = None, time_limit: Duration | None = None, max_steps: int | None = None
) -> tuple[StopRule, ...]:
    """Return the stop rules for the arguments of ``fit``.

    Args:
        until: None, a stop rule, a list of them, or metrics and values:
            ``{"loss": 0.01, "val_accuracy": 0.95}``. Metrics that are better when lower (loss, errors) stop at or below
            the value, those that are better when higher (accuracy, auc, r2) at or above; ``{"my_metric": ("<=", 3)}``
            gives the direction explicitly.
        time_limit: Seconds, or a text such as ``"10m"`` or ``"1h30m"``.
        max_steps: The maximum number of steps.

    Raises:
        InvalidValue: If one of them is invalid, or the direction cannot be inferred from the name of a metric.

    Example:
        >>> [str(rule) for rule in stop_rules({"loss": 0.01, "val_accuracy": 0.95}, time_limit="1m30s")]
        ['loss <= 0.01 or val_accuracy >= 0.95', 'time_limit 90 s']
    """
    rules: list[StopRule] = []
    if isinstance(until, StopRule):
        rules.append(until)
    elif isinstance(until, Mapping):
        if not until:
            raise InvalidValue('until is empty; expected metrics and values, such as {"loss": 0.01}.')
        rules.append(Until(tuple(_reached(name, wanted) for name, wanted in until.items())))
    elif isinstance(until, list | tuple) and all(isinstance(rule, StopRule) for rule in until):
        rules.extend(until)
    elif until is not None:
        raise InvalidValue(f'until is {until!r}; expected metrics and values, such as {{"loss": 0.01}}.')
    if time_limit is not None:
        rules.append(TimeLimit(duration(time_limit)))
    if max_steps is not None:
        rules.append(MaxSteps(max_steps))
    return tuple(rules)


def duration(value: Duration) -> float:
    """Return a duration in seconds from a number, a ``timedelta`` or a text.

    Raises:
        InvalidValue: If it is not a duration or is not above 0.

    Example:
        >>> duration("1h30m"), duration("90"), duration(1.5)
        (5400.0, 90.0, 1.5)
    """
    if isinstance(value, datetime.timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, str):
        seconds = _read_duration(value.lower().replace(" ", ""))
    else:
        seconds = _number(value)
    if not seconds > 0:
        raise InvalidValue(
            f'time_limit is {value!r}; expected a positive number of seconds, or a string such as "10m" or "1h30m".'
        )
    return seconds


def _read_duration(text: str) -> float:
    number = r"(\d+(?:\.\d+)?)"
    if re.fullmatch(number, text):
        return float(text)
    whole = re.fullmatch("".join(f"(?:{number}{unit})?" for unit in SECONDS), text)
    if whole is None or not text:
        return math.nan
    return sum(float(part) * size for part, size in zip(whole.groups(), SECONDS.values(), strict=True) if part)


def _number(value: float) -> float:
    try:
        return math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError):
        return math.nan


def _reached(name: str, wanted: float | Sequence[object]) -> Reached:
    if isinstance(wanted, list | tuple):
        if len(wanted) != 2:
            raise InvalidValue(f'until: "{name}" has {wanted!r}; expected a number or a pair such as ("<=", 0.01).')
        return Reached(name, *cast("tuple[Inequality, float]", wanted))
    direction = better(name)
    if direction is None:
        raise InvalidValue(
            f'until: whether to stop below or above a value cannot be inferred from the name "{name}". '
            + EXPLICIT.format(name=name, value=wanted)
        )
    return Reached(name, "<=" if direction == "min" else ">=", cast("float", wanted))
