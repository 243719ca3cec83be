"""What every request passes: the names of hosts, the token, and the counting of requests."""

from __future__ import annotations

import hmac
import time

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..notes import note
from .exchange import Refused
from .languages import language_of
from .metrics import Metrics
from .options import ANY_HOST, ServingOptions

OPEN = ("/health/live", "/health/ready")  # for load balancers, which have no token
PATHS = (*OPEN, "/", "/predict", "/schema", "/openapi.json", "/drift", "/metrics")


class Guards:
    """Refuses requests for other hosts and without the token, and counts all.

    A page of another site that a browser on this machine has open can send requests here under its own name; therefore
    only known names are served (DNS rebinding).

    Args:
        app: The application behind.
        options: The options, with the hosts and the token.
        metrics: The metrics.
    """

    def __init__(self, app: ASGIApp, options: ServingOptions, metrics: Metrics) -> None:
        self.app, self.options, self.metrics = app, options, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, path = time.monotonic(), scope["path"] if scope["path"] in PATHS else "other"

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.metrics.requests.labels(path, message["status"]).inc()
                code = Headers(raw=message["headers"]).get("x-error-code")
                if code:
                    self.metrics.errors.labels(code).inc()
                self.metrics.seconds.labels(path).observe(time.monotonic() - begun)
            await send(message)

        try:
            self._check(scope)
        except Refused as refused:
            reply = refused.reply(language_of(Headers(scope=scope), self.options.lang))
            headers = {"X-Error-Code": reply.code} | ({"WWW-Authenticate": "Bearer"} if reply.status == 401 else {})
            await Response(reply.body, reply.status, headers, reply.media_type)(scope, receive, counted)
            return
        await self.app(scope, receive, counted)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = _name(headers.get("host", ""))
        if ANY_HOST not in self.options.hosts and host not in self.options.hosts:
            if not host:
                raise Refused(421, "unknown_host", note("serving.no_host"))
            raise Refused(421, "unknown_host", note("serving.unknown_host", host=host[:80]))
        if not self.options.token or scope["path"] in OPEN:
            return
        kind, _, token = headers.get("authorization", "").partition(" ")
        # In constant time, so that the time of an answer does not tell how much of a guess is right.
        if kind.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self.options.token.encode()):
            raise Refused(401, "no_token", note("serving.no_token"))


def _name(host: str) -> str:
    """Return the name of a host without its port.

    Example:
        >>> _name("LocalHost:8000"), _name("[::1]:8000"), _name("::1")
        ('localhost', '::1', '::1')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return (host if host.count(":") > 1 else host.partition(":")[0]).lower()
