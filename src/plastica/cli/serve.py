"""``plastica serve``: a model that answers over HTTP."""

from __future__ import annotations

import os
from pathlib import Path

import click

from . import options, parameters
from .guard import guarded
from .names import HintingCommand
from .output import note
from .wording import SAY

TOKEN = "PLASTICA_TOKEN"
EVERYWHERE = ("0.0.0.0", "::")


@click.command(cls=HintingCommand, short_help="Serve a model over HTTP.")
@parameters.model
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", help="Address to listen on. 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="Port; 0 for any free one.")
@click.option(
    "--allow-host",
    metavar="NAME",
    multiple=True,
    help="Additional host name that requests may use; repeatable, or * for any. Default: this machine and --host.",
)
@click.option("--token-file", metavar="FILE", help="File with the token that requests must carry. Default: none.")
@click.option("--certificate", metavar="FILE", help="Certificate for TLS, in PEM format.")
@click.option("--key", metavar="FILE", help="Private key of the certificate, in PEM format.")
@click.option("--watch", is_flag=True, help="Load the model again whenever its file changes, as SIGHUP does.")
@click.option("--supervise", is_flag=True, help="Run the model in a process of its own, started again if it dies.")
@click.option(
    "--workers",
    metavar="NUMBER",
    type=click.IntRange(1),
    default=1,
    help="Processes that serve the model behind the port, each with a copy of it.",
)
@click.option(
    "--batch-wait",
    metavar="TIME",
    default="0ms",
    help="Maximum time that a request waits to be batched with others, such as 2ms.",
)
@click.option("--batch-rows", type=click.IntRange(1), default=1024, help="Rows predicted together.")
@click.option("--max-body", metavar="SIZE", default="10MB", help="Maximum size of the body of a request.")
@click.option("--max-rows", type=click.IntRange(1), default=10_000, help="Maximum number of rows in a request.")
@click.option(
    "--max-waiting", type=click.IntRange(1), default=1000, help="Maximum number of requests waiting for the model."
)
@click.option("--timeout", metavar="TIME", default="30s", help="Maximum time for a body to arrive, and for an answer.")
@click.option(
    "--drift-rows", type=click.IntRange(1), default=10_000, help="Recent rows that are compared with training."
)
@click.option("--access-log", is_flag=True, help="Print a line for each request.")
@parameters.lang
@parameters.debug
@guarded
def serve(
    model: str,
    host: str,
    port: int,
    allow_host: tuple[str, ...],
    token_file: str | None,
    certificate: str | None,
    key: str | None,
    watch: bool,
    supervise: bool,
    workers: int,
    batch_wait: str,
    batch_rows: int,
    max_body: str,
    max_rows: int,
    max_waiting: int,
    timeout: str,
    drift_rows: int,
    access_log: bool,
    lang: str,
    debug: bool,
) -> None:
    """Serve a model over HTTP: POST rows as JSON or CSV to /predict.

    MODEL is the folder of a run or the file of a model. /schema describes the rows, /openapi.json the service,
    /metrics is for Prometheus. SIGHUP loads the model again; SIGTERM and Ctrl-C end the service once the requests at
    hand are answered. The token may also be given in the environment variable PLASTICA_TOKEN.
    """
    from ..serving.extra import require_packages

    require_packages()
    wait = options.measured("--batch-wait", batch_wait, options.TIMES)
    longest = options.measured("--timeout", timeout, options.TIMES)
    size = options.measured("--max-body", max_body, options.SIZES)

    from ..serving.logs import log_to_stderr
    from ..serving.options import LOCAL, ServingOptions
    from ..serving.server import Listener, run_server
    from .folders import model_file

    token = _token_of(token_file)
    own = () if host in EVERYWHERE else (host.lower(),)
    serving = ServingOptions(
        batch_wait=wait,
        batch_rows=batch_rows,
        most_body=int(size),
        most_rows=max_rows,
        timeout=longest,
        most_waiting=max_waiting,
        hosts=(*LOCAL, *own, *(name.lower() for name in allow_host)),
        token=token,
        drift_rows=drift_rows,
        own_process=supervise,
        lang=lang,
    )
    place = Listener(host=host, port=port, certificate=certificate, key=key)
    place.check()
    with place.listen() as listening:
        log_to_stderr(access_log)
        path = model_file(model)
        url = place.url(listening)
        _say_who_can_use(host, bool(token), bool(allow_host))

        def ready(kind: str) -> None:
            note(SAY("serve_ready", path=path, kind=SAY(f"serve_{kind}"), url=url))

        if workers > 1:
            from ..serving.worker import WorkerStart
            from ..serving.workers import Workers

            told = WorkerStart(str(path), listening.fileno(), serving, certificate, key, watch, access_log, lang)
            Workers(told, workers).run(ready)
        else:
            from ..serving.service import Service

            service = Service.of_file(path, serving)
            kind = service.served.kind
            run_server(service, listening, place, watch=watch, access_log=access_log, ready=lambda: ready(kind))
    note(SAY("serve_ended"))


def _token_of(token_file: str | None) -> str:
    """Return the token of a file, or of the environment, from which it is removed; "" for none."""
    from ..serving.server import checked_token, read_token

    token = os.environ.pop(TOKEN, "")
    if token_file is not None:
        return read_token(Path(token_file))
    return checked_token(token, TOKEN) if token else ""


def _say_who_can_use(host: str, has_token: bool, has_names: bool) -> None:
    from ..serving.options import LOCAL

    if host not in LOCAL and not has_token:
        note(SAY("serve_open", host=host))
    if host in EVERYWHERE and not has_names:
        note(SAY("serve_no_name"))
