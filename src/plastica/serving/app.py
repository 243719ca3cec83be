"""The service as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import Route

from ..notes import note
from ..version import __version__
from .bodies import MARK, count_rows, media_of
from .exchange import Media, Refused, Reply, Request
from .guards import Guards
from .languages import language_of
from .openapi import openapi_document
from .options import ServingOptions
from .service import Service

YES, NO = ("1", "true", "yes"), ("0", "false", "no")
QUERY = ("probabilities", "skip_bad_rows", "notes")


def application(
    model: str | Path | Service, options: ServingOptions | None = None, *, watch: bool = False
) -> Starlette:
    """Return an ASGI application that answers with a model, to be run by a server or mounted in another application.

    The model is made ready and stopped with the application (its lifespan).

    Args:
        model: The file of a model, or a service.
        options: The options of the service of a file.
        watch: Whether to load the model again whenever its file changes.

    Raises:
        FileError: If the file is missing, damaged or not a model.
        InvalidValue: If its model cannot be served.
        MissingExtra: If starlette, uvicorn or prometheus_client is not installed.
    """
    service = model if isinstance(model, Service) else Service.of_file(model, options or ServingOptions())
    pages = _Pages(service)
    routes = [
        Route("/", pages.start, methods=["GET"]),
        Route("/predict", pages.predict, methods=["POST"]),
        Route("/schema", pages.schema, methods=["GET"]),
        Route("/openapi.json", pages.openapi, methods=["GET"]),
        Route("/drift", pages.drift, methods=["GET"]),
        Route("/metrics", pages.metrics, methods=["GET"]),
        Route("/health/live", pages.live, methods=["GET"]),
        Route("/health/ready", pages.ready, methods=["GET"]),
    ]

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # Beside the server, which answers that it lives while the model gets ready.
        starting = asyncio.create_task(asyncio.to_thread(service.start))
        beside = [asyncio.create_task(each) for each in (service.share(), *([service.follow()] if watch else []))]
        try:
            yield
        finally:
            for each in beside:
                each.cancel()
            await starting
            await asyncio.to_thread(service.stop)

    made = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Guards, options=service.options, metrics=service.metrics)],
        exception_handlers={Refused: _refused, HTTPException: _no_such_page},
    )
    made.state.lang = service.options.lang
    return made


class _Pages:
    """The pages of a service."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def start(self, request: HTTPRequest) -> Response:
        served = self.service.served
        told = {"model": served.name, "kind": served.kind, "digest": served.digest, "plastica": __version__}
        return _json(told | {"pages": ["/predict", "/schema", "/openapi.json", "/drift", "/metrics", "/health/ready"]})

    async def predict(self, request: HTTPRequest) -> Response:
        options, metrics = self.service.options, self.service.metrics
        media, charset = media_of(request.headers.get("content-type", ""))
        asked = _asked(request)
        if (packed := request.headers.get("content-encoding", "identity")) != "identity":
            raise Refused(415, "compressed_body", note("serving.compressed", encoding=repr(packed[:40])))
        as_csv = _wants_csv(request.headers.get("accept", ""), media == "csv")
        if as_csv and (asked.get("skip_bad_rows") or asked.get("notes")):
            raise Refused(406, "needs_json", note("serving.needs_json"))
        body = await _body(request, options, media)
        rows = count_rows(body, media)
        if rows > options.most_rows:
            raise Refused(413, "too_many_rows", note("serving.too_many_rows", rows=rows, most=options.most_rows))
        reply = await self.service.answer(
            Request(
                body=body,
                media=media,
                charset=charset,
                lang=_language(request),
                rows=rows,
                as_csv=as_csv,
                probabilities=asked.get("probabilities", not as_csv),
                skip=asked.get("skip_bad_rows", False),
                notes=asked.get("notes", False),
            )
        )
        metrics.rows.inc(reply.rows)
        for column in reply.missing_columns:
            metrics.lacking.labels(column).inc()
        return _response(reply)

    async def schema(self, request: HTTPRequest) -> Response:
        return _json(self.service.served.schema())

    async def openapi(self, request: HTTPRequest) -> Response:
        return _json(openapi_document(self.service.served))

    async def drift(self, request: HTTPRequest) -> Response:
        columns = await asyncio.to_thread(self.service.drift)
        return _json({"columns": columns, "model": self.service.served.digest})

    async def metrics(self, request: HTTPRequest) -> Response:
        text = await asyncio.to_thread(self.service.metrics.text)
        return Response(text, media_type=self.service.metrics.media_type)

    async def live(self, request: HTTPRequest) -> Response:
        return _json({"live": True})

    async def ready(self, request: HTTPRequest) -> Response:
        ready = self.service.ready
        return _json({"ready": ready, "model": self.service.served.digest}, 200 if ready else 503)


def _asked(request: HTTPRequest) -> dict[str, bool]:
    """Return the options of the query."""
    found: dict[str, bool] = {}
    for name, value in request.query_params.items():
        if name not in QUERY or value.lower() not in (*YES, *NO):
            known = ", ".join(f"{each}=true" for each in QUERY)
            told = note("serving.unknown_option", given=f"?{name[:40]}={value[:40]}", known=known)
            raise Refused(400, "unknown_option", told)
        found[name] = value.lower() in YES
    return found


def _wants_csv(accept: str, sent_csv: bool) -> bool:
    """Return whether the reply is CSV: as asked, or else as the rows were sent."""
    if "text/csv" in accept or "application/json" in accept:
        return "text/csv" in accept
    return sent_csv


async def _body(request: HTTPRequest, options: ServingOptions, media: Media) -> bytes:
    """Return the body, without a mark in front of JSON.

    Raises:
        Refused: If it is larger than allowed, or does not arrive in time.
    """
    too_large = Refused(413, "body_too_large", note("serving.body_too_large", most=options.most_body))
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > options.most_body:
        raise too_large
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(options.timeout):
            async for part in request.stream():
                size += len(part)
                if size > options.most_body:
                    raise too_large
                parts.append(part)
    except TimeoutError:
        told = note("serving.body_too_slow", seconds=f"{options.timeout:g}")
        raise Refused(408, "body_too_slow", told) from None
    except ClientDisconnect:
        raise Refused(400, "disconnected", note("serving.disconnected")) from None
    return b"".join(parts).removeprefix(MARK) if media != "csv" else b"".join(parts)


async def _refused(request: HTTPRequest, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _response(error.reply(_language(request)))


def _language(request: HTTPRequest) -> str:
    return language_of(request.headers, request.app.state.lang)


async def _no_such_page(request: HTTPRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path[:80]
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        told = Refused(405, "wrong_method", note("serving.method", path=path, method=request.method, allowed=allowed))
    else:
        told = Refused(error.status_code, "no_such_page", note("serving.no_page", path=path))
    made = _response(told.reply(_language(request)))
    made.headers.update(error.headers or {})
    return made


def _response(reply: Reply) -> Response:
    made = Response(reply.body, reply.status, media_type=reply.media_type)
    if reply.retry_after is not None:
        made.headers["Retry-After"] = str(reply.retry_after)
    if reply.code:
        made.headers["X-Error-Code"] = reply.code
    return made


def _json(told: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(told), status, media_type="application/json")
