"""Connections on which no request arrives: they are closed after a while, however slowly their bytes come."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

PROTOCOL: Any = AutoHTTPProtocol  # that of httptools if it is installed, else that of h11


def protocol_with_deadline(seconds: float) -> type[asyncio.Protocol]:
    """Return uvicorn's HTTP protocol with a time in which the head of a request must be complete.

    Without one, a client that opens a connection and sends nothing, or a byte of a header now and then, holds it for
    ever, and many such clients use up the connections that a process may have.

    Args:
        seconds: The time from the first byte, or from the connection for the first request.
    """

    class ProtocolWithDeadline(PROTOCOL):
        deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._rest()
            super().connection_lost(exc)

        def _watch(self) -> None:
            # Bodies and answers have times of their own.
            if self.cycle is not None and not self.cycle.response_complete:
                self._rest()
            elif self.deadline is None:
                self.deadline = self.loop.call_later(seconds, self.transport.close)

        def _rest(self) -> None:
            if self.deadline is not None:
                self.deadline.cancel()
                self.deadline = None

    return ProtocolWithDeadline
