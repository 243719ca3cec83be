"""The address of a cluster: ``local:3``, ``ray://HOST:PORT``."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import InvalidValue
from ..notes import note

MOST_LOCAL = 256


class Address(NamedTuple):
    """Where workers run.

    Attributes:
        kind: ``"local"`` for processes of this machine, ``"ray"`` for tasks of Ray.
        workers: How many; None lets the cluster decide.
        host: The address of Ray; empty for a cluster of this machine.
    """

    kind: str
    workers: int | None
    host: str = ""


def address_of(given: object) -> Address:
    """Return an address from its text.

    Raises:
        InvalidValue: If it is none.

    Example:
        >>> address_of("local:3")
        Address(kind='local', workers=3, host='')
        >>> address_of("ray://head:10001?workers=8")
        Address(kind='ray', workers=8, host='ray://head:10001')
    """
    wrong = InvalidValue(note("plan.cluster_unknown", given=repr(given)))
    if not isinstance(given, str):
        raise wrong
    if found := re.fullmatch(r"local:(\d{1,6})", given.strip()):
        count = int(found[1])
        if not 1 <= count <= MOST_LOCAL:
            raise InvalidValue(note("plan.cluster_processes", given=repr(given), most=MOST_LOCAL))
        return Address("local", count)
    if found := re.fullmatch(r"(ray(?:://[\w.:\[\]-]+)?)(?:\?workers=(\d{1,6}))?", given.strip()):
        workers = int(found[2]) if found[2] else None
        if workers == 0:
            raise InvalidValue(note("plan.cluster_workers", given=repr(given)))
        return Address("ray", workers, "" if found[1] == "ray" else found[1])
    raise wrong
