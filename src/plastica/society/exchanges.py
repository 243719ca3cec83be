"""Exchanges by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..declaration import declaration
from ..errors import InvalidValue
from ..registry import look_up
from .averaging import Gossip, PushSum, WeightAveraging
from .copying import CopyTheBetter
from .imitation import Imitation, Teaching
from .meeting import Exchange
from .robust_averaging import RobustAveraging


@declaration
class Alone(Exchange):
    """Members exchange nothing; each learns alone.

    Use it as what every other exchange is compared with.

    Example:
        >>> Alone()
        Alone()
    """


EXCHANGES: Mapping[str, Callable[[], Exchange]] = {
    "none": Alone,
    "imitate": Imitation,
    "uncertain": lambda: Imitation(when="uncertain"),
    "majority": lambda: Imitation(conformity=3.0),
    "successful": lambda: Imitation(whom="successful"),
    "trust": lambda: Imitation(whom="trusted"),
    "teach": Teaching,
    "copy": CopyTheBetter,
    "average": WeightAveraging,
    "gossip": Gossip,
    "push_sum": PushSum,
    "median": lambda: RobustAveraging("median"),
    "trimmed": lambda: RobustAveraging("trimmed"),
    "krum": lambda: RobustAveraging("krum"),
}


def exchange_named(given: str | Exchange) -> Exchange:
    """Return an exchange by its name, with its defaults.

    Args:
        given: ``"none"``, ``"imitate"``, ``"uncertain"``, ``"majority"``, ``"successful"``, ``"trust"``, ``"teach"``,
            ``"copy"``, ``"average"``, ``"gossip"``, ``"push_sum"``, ``"median"``, ``"trimmed"`` or ``"krum"``; or an
            exchange, which is returned.

    Raises:
        UnknownName: If the name is unknown; the message suggests the nearest one.
        InvalidValue: If it is neither.

    Example:
        >>> exchange_named("majority")
        Imitation(conformity=3.0)
    """
    if isinstance(given, Exchange):
        return given
    if isinstance(given, type) and issubclass(given, Exchange):
        raise InvalidValue(f"exchange: {given.__name__} is a class; write {given.__name__}().")
    return look_up("exchange", given, EXCHANGES)()
