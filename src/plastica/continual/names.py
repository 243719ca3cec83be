"""Strategies by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..errors import InvalidValue
from ..registry import look_up
from .complementary import ComplementaryLearning
from .distillation import LearningWithoutForgetting
from .penalties import ElasticWeightConsolidation, SynapticIntelligence
from .rehearsal import GenerativeReplay, Replay, Sleep
from .strategy import ContinualStrategy, Joint, Naive

STRATEGIES: Mapping[str, Callable[[], ContinualStrategy]] = {
    "naive": Naive,
    "joint": Joint,
    "replay": Replay,
    "generative": GenerativeReplay,
    "sleep": Sleep,
    "ewc": ElasticWeightConsolidation,
    "online_ewc": lambda: ElasticWeightConsolidation(online=True, decay=0.95),
    "si": SynapticIntelligence,
    "lwf": LearningWithoutForgetting,
    "cls": ComplementaryLearning,
}


def strategy_named(given: str | ContinualStrategy) -> ContinualStrategy:
    """Return a strategy by its name, with its defaults.

    Args:
        given: ``"naive"``, ``"joint"``, ``"replay"``, ``"generative"``, ``"sleep"``, ``"ewc"``, ``"online_ewc"``,
            ``"si"``, ``"lwf"`` or ``"cls"``; or a strategy, which is returned.

    Raises:
        UnknownName: If the name is unknown; the message suggests the nearest one.
        InvalidValue: If it is neither.

    Example:
        >>> strategy_named("si")
        SynapticIntelligence()
    """
    if isinstance(given, ContinualStrategy):
        return given
    if isinstance(given, type) and issubclass(given, ContinualStrategy):
        raise InvalidValue(f"strategy: {given.__name__} is a class; write {given.__name__}().")
    return look_up("strategy", given, STRATEGIES)()


def label_of(given: str | ContinualStrategy) -> str:
    """Return a short name of a strategy for tables: its own name, with what differs from the defaults."""
    if isinstance(given, str):
        return given.strip().lower()
    shown = repr(given)
    inside = shown[shown.index("(") + 1 : -1]
    return f"{given.label or type(given).__name__}({inside})" if inside else given.label or type(given).__name__
