"""The options of a service, with their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import InvalidValue

LOCAL = ("localhost", "127.0.0.1", "::1")
ANY_HOST = "*"


@dataclass(frozen=True, kw_only=True)
class ServingOptions:
    """The options of a service.

    Args:
        batch_wait: The longest time in seconds that a request waits for others to be answered together. 0 answers at
            once what has arrived, which is already many requests under load.
        batch_rows: The number of rows that are predicted together. The default is eight times the number that a
            network computes at once, so that a batch takes milliseconds.
        most_body: The number of bytes of a body.
        most_rows: The number of rows in a request.
        timeout: The time in seconds in which a body must arrive, and in which it is answered.
        most_waiting: The number of requests that may wait; further ones are refused at once.
        hosts: The names under which the service may be called, against DNS rebinding; ``*`` for any.
        token: The token that requests must carry as ``Authorization: Bearer TOKEN``; "" for none.
        drift_rows: The number of rows over which drift is measured.
        own_process: Whether the model runs in a process of its own, which is started again if it dies, while requests
            wait. Otherwise it runs in a thread.
        shared: A folder that several processes with the same model share, so that each tells the drift of all; "" for
            none.
        lang: The language of sentences for requests without Accept-Language.

    Raises:
        InvalidValue: If one is not positive.
    """

    batch_wait: float = 0.0
    batch_rows: int = 1024
    most_body: int = 10_000_000
    most_rows: int = 10_000
    timeout: float = 30.0
    most_waiting: int = 1000
    hosts: tuple[str, ...] = LOCAL
    token: str = field(default="", repr=False)
    drift_rows: int = 10_000
    own_process: bool = False
    shared: str = ""
    lang: str = "en"

    def __post_init__(self) -> None:
        for name in ("batch_rows", "most_body", "most_rows", "timeout", "most_waiting", "drift_rows"):
            if not getattr(self, name) > 0:
                raise InvalidValue(f"{name}={getattr(self, name)!r}: expected a number above 0.")
        if not self.batch_wait >= 0:
            raise InvalidValue(f"batch_wait={self.batch_wait!r}: expected 0 or more seconds.")
