"""Stop rules: values that say when a run is over."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from ..declaration import Declaration, declaration
from ..errors import InvalidValue
from .monitor import better, require_figure

Inequality = Literal["<=", ">="]
SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
HOW_TO_SAY = 'Say it as {{"{name}": ("<=", {value})}} or {{"{name}": (">=", {value})}}.'


class StopRule(Declaration):
    """A value that says when a run is over; the first of several that fires ends it.

    Rules hold no clocks and no counters: the run tells them where it stands.
    """

    def fired(self, logs: Mapping[str, float], seconds: float, steps: int) -> str:
        """Return why the run is over, or an empty string.

        Args:
            logs: The figures of the last finished epoch; empty in the middle of the first.
            seconds: How long the run has taken, earlier parts of a resumed run included.
            steps: How many steps were made.
        """
        raise NotImplementedError

    def check(self, names: Iterable[str]) -> None:
        """See that the run has the figures this rule asks for.

        Raises:
            UnknownName: It has not.
        """


@declaration
class Reached(StopRule):
    """A figure has reached a value.

    Args:
        name: The figure: ``"loss"``, ``"val_accuracy"``.
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
            raise InvalidValue(f'until: "{self.name}" has {self.how!r}; it takes "<=" or ">=".')
        value = _number(self.value)
        if math.isnan(value):
            raise InvalidValue(f'until: "{self.name}" has the value {self.value!r}; it takes a number.')
        object.__setattr__(self, "value", value)

    def __str__(self) -> str:
        """Show the rule as a person reads it."""
        return f"{self.name} {self.how} {self.value:g}"

    def fired(self, logs: Mapping[str, float], seconds: float, steps: int) -> str:
        """Compare the figure; NaN reaches nothing."""
        figure = logs.get(self.name, math.nan)
        reached = figure <= self.value if self.how == "<=" else figure >= self.value
        return f"until: {self}" if reached else ""

    def check(self, names: Iterable[str]) -> None:
        """See that the run has the figure."""
        require_figure("until", self.name, names)


@declaration
class Until(StopRule):
    """One of several figures has reached its value; what ``fit(until={...})`` makes.

    Args:
        rules: The figures and values.
    """

    rules: tuple[Reached, ...]

    def __str__(self) -> str:
        """Show the rules as a person reads them."""
        return " or ".join(map(str, self.rules))

    def fired(self, logs: Mapping[str, float], seconds: float, steps: int) -> str:
        """Return the first rule that fires."""
        return next(filter(None, (rule.fired(logs, seconds, steps) for rule in self.rules)), "")

    def check(self, names: Iterable[str]) -> None:
        """See that the run has all figures."""
        known = list(names)
        for rule in self.rules:
            rule.check(known)


@declaration
class TimeLimit(StopRule):
    """The run has taken so many seconds.

    Args:
        seconds: The limit; :func:`duration` reads ``"10m"``.
    """

    seconds: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", duration(self.seconds))

    def __str__(self) -> str:
        """Show the limit as a person reads it."""
        return f"time_limit {self.seconds:g} s"

    def fired(self, logs: Mapping[str, float], seconds: float, steps: int) -> str:
        """Compare the seconds."""
        return "time_limit" if seconds >= self.seconds else ""


@declaration
class MaxSteps(StopRule):
    """The run has made so many steps, wherever in an epoch that is.

    Args:
        steps: The limit.
    """

    steps: int

    def __post_init__(self) -> None:
        if isinstance(self.steps, bool) or not hasattr(self.steps, "__index__") or self.steps < 1:
            raise InvalidValue(f"max_steps is {self.steps!r}; it takes a whole number of 1 or above.")

    def __str__(self) -> str:
        """Show the limit as a person reads it."""
        return f"max_steps {self.steps}"

    def fired(self, logs: Mapping[str, float], seconds: float, steps: int) -> str:
        """Compare the steps."""
        return "max_steps" if steps >= self.steps else ""


def stop_rules(until: Any = None, time_limit: Any = None, max_steps: int | None = None) -> tuple[StopRule, ...]:
    """Return the stop rules that a person's arguments of ``fit`` ask for.

    Args:
        until: None, a stop rule, a list of them, or figures and values:
            ``{"loss": 0.01, "val_accuracy": 0.95}``. Figures that are better when lower (loss, errors) stop
            at or below the value, those that are better when higher (accuracy, auc, r2) at or above;
            ``{"my_figure": ("<=", 3)}`` says the direction.
        time_limit: Seconds, or a text such as ``"10m"`` or ``"1h30m"``.
        max_steps: A number of steps.

    Raises:
        InvalidValue: One of them cannot be read, or a figure's name does not tell the direction.

    Example:
        >>> [str(rule) for rule in stop_rules({"loss": 0.01, "val_accuracy": 0.95}, time_limit="1m30s")]
        ['loss <= 0.01 or val_accuracy >= 0.95', 'time_limit 90 s']
    """
    rules: list[StopRule] = []
    if isinstance(until, StopRule):
        rules.append(until)
    elif isinstance(until, Mapping):
        if not until:
            raise InvalidValue('until is empty; it takes figures and values, such as {"loss": 0.01}.')
        rules.append(Until(tuple(_reached(name, wanted) for name, wanted in until.items())))
    elif isinstance(until, list | tuple) and all(isinstance(rule, StopRule) for rule in until):
        rules.extend(until)
    elif until is not None:
        raise InvalidValue(f'until is {until!r}; it takes figures and values, such as {{"loss": 0.01}}.')
    if time_limit is not None:
        rules.append(TimeLimit(time_limit))
    if max_steps is not None:
        rules.append(MaxSteps(max_steps))
    return tuple(rules)


def duration(value: Any) -> float:
    """Return seconds from a number, a ``timedelta`` or a text.

    Raises:
        InvalidValue: It cannot be read or is not above 0.

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
        raise InvalidValue(f'time_limit is {value!r}; it takes seconds above 0 or a text such as "10m" or "1h30m".')
    return seconds


def _read_duration(text: str) -> float:
    number = r"(\d+(?:\.\d+)?)"
    if re.fullmatch(number, text):
        return float(text)
    whole = re.fullmatch("".join(f"(?:{number}{unit})?" for unit in SECONDS), text)
    if whole is None or not text:
        return math.nan
    return sum(float(part) * size for part, size in zip(whole.groups(), SECONDS.values(), strict=True) if part)


def _number(value: Any) -> float:
    try:
        return math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError):
        return math.nan


def _reached(name: str, wanted: Any) -> Reached:
    if isinstance(wanted, list | tuple):
        if len(wanted) != 2:
            raise InvalidValue(f'until: "{name}" has {wanted!r}; it takes a number or a pair such as ("<=", 0.01).')
        return Reached(name, wanted[0], wanted[1])
    direction = better(name)
    if direction is None:
        raise InvalidValue(
            f'until: the name "{name}" does not tell whether to stop below or above. '
            + HOW_TO_SAY.format(name=name, value=wanted)
        )
    return Reached(name, "<=" if direction == "min" else ">=", wanted)
