"""How many requests a second does a model answer over HTTP, and how long does each take, beside FastAPI?

Run as: python -m benchmarks.serve [--soak SECONDS] [--kills NUMBER]

The same table (penguins) and a network of the same size (64 and 64 units) in each server; each server and the client
are processes of their own. Every request is a row of the table in JSON, on a connection that stays open; a connection
asks again as soon as it is answered. Each figure is the median of three rounds, in which the servers take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from plastica.data.reading import read_table
from plastica.settings import Settings
from plastica.tables import TableNetwork

CONNECTIONS = (1, 10, 100)
ROUNDS = 3
SECONDS = 3.0
BETWEEN_KILLS = 6.0  # seconds, of which starting again takes about three
LOOKS = 10  # at the memory
PATIENCE = 60.0  # seconds for a server to get ready


class Served(NamedTuple):
    """A server that runs."""

    name: str
    port: int
    process: subprocess.Popen[bytes]


class Load(NamedTuple):
    """What came of asking for a while: seconds of each answer, replies by status, and bodies that were not expected."""

    seconds: list[float]
    replies: Counter[str]
    wrong: int
    took: float

    @property
    def rate(self) -> float:
        return self.replies["200"] / self.took

    def percentile(self, part: float) -> float:
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def penguins() -> list[dict[str, object]]:
    table = read_table("penguins").without(["species"])
    text = [dict(zip(table.names, row, strict=True)) for row in zip(*map(list, table.columns.values()), strict=True)]
    return [
        {
            name: None if value in (None, "", "NA") else float(value) if name.endswith(("_mm", "_g")) else value
            for name, value in row.items()
        }
        for row in text
    ]


def request_of(rows: object) -> bytes:
    body = json.dumps(rows).encode()
    head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


async def answer(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """Return the status and the body of the next reply."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    return head.split()[1].decode(), await reader.readexactly(length)


async def asking(port: int, requests: list[bytes], connections: int, seconds: float, rate: float = 0.0) -> Load:
    """Ask on several connections.

    Args:
        port: The port of the server.
        requests: The requests, asked in turn.
        connections: The number of connections.
        seconds: How long.
        rate: Requests a second in all; 0 for as many as are answered.
    """
    took: list[float] = []
    replies: Counter[str] = Counter()
    expected: dict[int, bytes] = {}
    wrong = 0
    begun = time.perf_counter()

    async def connection(first: int) -> None:
        nonlocal wrong
        number, streams = first, None
        while (now := time.perf_counter()) < begun + seconds:
            if rate and (early := begun + number / rate - now) > 0:
                await asyncio.sleep(early)
            place, asked = number % len(requests), time.perf_counter()
            number += connections
            try:
                streams = streams or await asyncio.open_connection("127.0.0.1", port)
                streams[1].write(requests[place])
                status, body = await answer(streams[0])
            except (OSError, asyncio.IncompleteReadError):
                replies["connection closed"] += 1
                streams = None
                continue
            took.append(time.perf_counter() - asked)
            replies[status] += 1
            if status == "200":
                wrong += expected.setdefault(place, body) != body
        if streams is not None:
            streams[1].close()

    await asyncio.gather(*(connection(first) for first in range(connections)))
    return Load(took, replies, wrong, time.perf_counter() - begun)


@contextlib.contextmanager
def running(name: str, command: list[str]) -> Iterator[Served]:
    """Run a server on a free port until it is ready."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen([each.format(port=port) for each in command])
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"{name} does not start: {' '.join(command)}") from None
                time.sleep(0.1)
        yield Served(name, port, process)
    finally:
        process.terminate()
        process.wait(20)


def started_by(pid: int) -> list[int]:
    """Return the processes that a process started, in whichever thread."""
    return [int(each) for path in Path(f"/proc/{pid}/task").glob("*/children") for each in path.read_text().split()]


def memory(pid: int) -> float:
    """Return the memory of a process and of those it started in MB."""
    texts = [Path(f"/proc/{each}/status").read_text() for each in (pid, *started_by(pid))]
    return sum(int(text.split("VmRSS:")[1].split()[0]) for text in texts) / 1000


def commands(folder: Path) -> dict[str, list[str]]:
    """Return the command of each server; the models are trained first."""
    serve = [sys.executable, "-m", "plastica", "serve"]
    found = {}
    for name, network in (("plastica, 64-64", "mlp"), ("plastica, default network", "best")):
        settings = Settings(network=network, epochs=20, layers=(64, 64) if network == "mlp" else None)
        path = TableNetwork.fit("penguins", "species", settings).save(folder / f"{network}.plastica")
        found[name] = [*serve, str(path), "--port", "{port}"]
    found["plastica, 64-64, 2 workers"] = [*found["plastica, 64-64"], "--workers", "2"]
    if find_spec("fastapi") is None:
        print("FastAPI is not installed (pip install fastapi pandas), and is left out.")
    else:
        table = folder / "penguins.csv"
        table.write_bytes(files("plastica.datasets").joinpath("penguins.csv").read_bytes())
        peer = str(Path(__file__).with_name("serve_peer.py"))
        found["FastAPI, scikit-learn 64-64"] = [sys.executable, peer, str(table), "{port}"]
    return found


def compare(servers: list[Served], requests: list[bytes]) -> None:
    """Print requests a second and percentiles for each server and number of connections."""
    print("| connections | server | requests/s | p50 ms | p99 ms | failed |")
    print("|---|---|---|---|---|---|")
    for connections in CONNECTIONS:
        found: dict[str, list[Load]] = {server.name: [] for server in servers}
        for _ in range(ROUNDS):
            for server in servers:
                asyncio.run(asking(server.port, requests, connections, SECONDS / 8))
                found[server.name].append(asyncio.run(asking(server.port, requests, connections, SECONDS)))
        for name, loads in found.items():
            rate, middle, late = (
                statistics.median(each)
                for each in zip(
                    *((load.rate, load.percentile(0.5), load.percentile(0.99)) for load in loads), strict=True
                )
            )
            failed = sum(load.replies.total() - load.replies["200"] + load.wrong for load in loads)
            print(f"| {connections} | {name} | {rate:,.0f} | {middle:.1f} | {late:.1f} | {failed} |")


def soak(server: Served, requests: list[bytes], seconds: float) -> bool:
    """Ask at 80 % of what is possible, and say whether memory grew or an answer was lost or wrong."""
    rate = 0.8 * asyncio.run(asking(server.port, requests, 10, 5)).rate
    held = [memory(server.process.pid)]

    async def looking() -> None:
        for _ in range(LOOKS):
            await asyncio.sleep(seconds / LOOKS)
            held.append(memory(server.process.pid))

    async def both() -> Load:
        load, _ = await asyncio.gather(asking(server.port, requests, 10, seconds, rate), looking())
        return load

    load = asyncio.run(both())
    lost = load.replies.total() - load.replies["200"]
    rates = f"{load.rate:.0f} of {rate:.0f} a second"
    times = f"p50 {load.percentile(0.5):.1f} ms, p99 {load.percentile(0.99):.1f} ms"
    print(f"{server.name}: {load.replies['200']:,} answers in {load.took:.0f} s ({rates}), {times}")
    told = ", ".join(f"{each:.0f}" for each in held)
    print(f"lost {lost}, wrong {load.wrong}; memory in MB from start to end: {told}")
    return not lost and not load.wrong and held[-1] < 1.05 * held[0]


def kills(server: Served, requests: list[bytes], number: int) -> bool:
    """Kill the process of the model again and again, and say what becomes of the requests."""

    async def killing() -> None:
        for _ in range(number):
            await asyncio.sleep(BETWEEN_KILLS)
            for child in started_by(server.process.pid):
                os.kill(child, signal.SIGKILL)

    async def both() -> Load:
        load, _ = await asyncio.gather(asking(server.port, requests, 10, BETWEEN_KILLS * (number + 1)), killing())
        return load

    load = asyncio.run(both())
    told = ", ".join(f"{count:,} {status}" for status, count in sorted(load.replies.items()))
    print(
        f"{server.name}: the model killed {number} times; {told}; wrong {load.wrong}; longest {max(load.seconds):.1f} s"
    )
    return not load.replies["connection closed"] and not load.wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="Ask at 80 %% of what is possible for so long.")
    parser.add_argument("--kills", type=int, metavar="NUMBER", help="Kill the model so often while it is asked.")
    given = parser.parse_args()
    requests = [request_of(row) for row in penguins()]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        wanted = commands(Path(folder))
        if given.soak or given.kills:
            wanted = {name: [*wanted[name], "--supervise"] for name in list(wanted)[:1]}
        servers = [stack.enter_context(running(name, command)) for name, command in wanted.items()]
        if given.soak:
            sys.exit(not soak(servers[0], requests, given.soak))
        if given.kills:
            sys.exit(not kills(servers[0], requests, given.kills))
        compare(servers, requests)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    os.environ.setdefault("PYTHONPATH", "src")
    main()
