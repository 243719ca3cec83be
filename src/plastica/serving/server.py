"""The HTTP server: its socket, signals, TLS and end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from ..errors import FileError, InvalidValue
from ..notes import note
from .app import application
from .head_deadline import protocol_with_deadline
from .service import Service
from .tls import check_tls, why

A_MOMENT = 0.02  # seconds
BACKLOG = 2048  # connections that wait while the server is busy, or is started anew by a supervisor


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Where a server listens.

    Args:
        host: The address; the default takes connections of this machine only.
        port: The port; 0 for any free one.
        certificate, key: Files in PEM format for TLS; None for none.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    certificate: str | None = None
    key: str | None = None

    def check(self) -> None:
        """Check the certificate.

        Raises:
            InvalidValue: If only one of certificate and key is given.
            FileError: If they cannot be read or do not belong together.
        """
        if self.certificate is not None and self.key is not None:
            check_tls(self.certificate, self.key)
        elif self.certificate is not None or self.key is not None:
            raise InvalidValue(note("serving.half_of_tls"))

    def listen(self) -> socket.socket:
        """Return a socket that listens.

        Raises:
            InvalidValue: If the address is not one of this machine, or the port is in use or reserved.
        """
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
        except (socket.gaierror, OverflowError):
            raise InvalidValue(note("serving.no_address", host=self.host)) from None
        # With the protocol, asyncio switches Nagle's algorithm off, which delays answers by 40 ms.
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind(address)
            made.listen(BACKLOG)
        except OSError as error:
            made.close()
            known = {errno.EADDRINUSE: "port_in_use", errno.EACCES: "port_reserved", errno.EADDRNOTAVAIL: "no_address"}
            key = known.get(error.errno or 0, "no_address")
            told = {"host": self.host} | ({} if key == "no_address" else {"port": str(self.port)})
            raise InvalidValue(note(f"serving.{key}", **told)) from None
        return made

    def url(self, listening: socket.socket) -> str:
        """Return the address of a socket that listens."""
        host, port = listening.getsockname()[:2]
        return f"http{'s' * (self.certificate is not None)}://{f'[{host}]' if ':' in host else host}:{port}"


def run_server(
    service: Service,
    listening: socket.socket,
    place: Listener,
    *,
    watch: bool = False,
    access_log: bool = False,
    ready: Callable[[], None] = lambda: None,
    shares_socket: bool = False,
) -> None:
    """Serve until SIGTERM or Ctrl-C; requests that were accepted are answered first. SIGHUP loads the model again.

    Args:
        service: The service.
        listening: The socket.
        place: Where it listens, with the certificate.
        watch: Whether to load the model again whenever its file changes.
        access_log: Whether to log a line for each request.
        ready: Called when the model answers.
        shares_socket: Whether other processes take connections of the socket too.
    """
    config = uvicorn.Config(
        application(service, watch=watch),
        http=protocol_with_deadline(service.options.timeout),
        log_config=None,
        access_log=access_log,
        ssl_certfile=place.certificate,
        ssl_keyfile=place.key,
        server_header=False,
        # asyncio takes as many connections at once as may wait, which would leave none to the other processes.
        backlog=1 if shares_socket else BACKLOG,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=int(service.options.timeout) + 1,
    )

    def begun() -> None:
        listening.listen(BACKLOG)  # for the system, after uvicorn
        ready()

    asyncio.run(_serve(uvicorn.Server(config), service, listening, begun))
    if service.failure is not None:
        raise service.failure


async def _serve(server: uvicorn.Server, service: Service, listening: socket.socket, ready: Callable[[], None]) -> None:
    watching = asyncio.create_task(_await_ready(server, service, ready))
    with _signals_at_rest(), _reload_on_hangup(service):
        await server.serve(sockets=[listening])
    watching.cancel()


async def _await_ready(server: uvicorn.Server, service: Service, ready: Callable[[], None]) -> None:
    """Say when the model answers, or end the server if it cannot."""
    while not (service.ready and server.started) and service.failure is None:
        await asyncio.sleep(A_MOMENT)
    if service.failure is not None:
        server.should_exit = True
    else:
        ready()


@contextlib.contextmanager
def _signals_at_rest() -> Iterator[None]:
    """Let a signal that ended the server have no other effect; uvicorn raises it again when all is done."""
    before = {each: signal.signal(each, lambda number, frame: None) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextlib.contextmanager
def _reload_on_hangup(service: Service) -> Iterator[None]:
    hangup = getattr(signal, "SIGHUP", None)  # not on Windows
    if hangup is None:
        yield
        return
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[bool]] = set()

    def reload() -> None:
        task = asyncio.create_task(asyncio.to_thread(service.reload))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(hangup, reload)
    try:
        yield
    finally:
        loop.remove_signal_handler(hangup)


def read_token(path: Path) -> str:
    """Return the token in a file.

    Raises:
        FileError: If it cannot be read.
        InvalidValue: If it is empty, or not a single word of ASCII.
    """
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(note("serving.unreadable", option="--token-file", path=str(path), why=why(error))) from None
    return checked_token(token, str(path))


def checked_token(token: str, where: str) -> str:
    """Return a token that a header can carry.

    Raises:
        InvalidValue: If it is empty, or not a single word of ASCII.
    """
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidValue(note("serving.bad_token", where=where))
    return token
