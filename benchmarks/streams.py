"""Does the memory of `plastica learn-on` grow, and does a kill at a random moment change what is learned?

Run as: python -m benchmarks.streams [--rows NUMBER] [--kills NUMBER]

A small network that knows penguins learns on. `--rows`: so many rows through a pipe; in the middle, two species
exchange their names. `--kills`: from a file, a pipe and a socket, killed (SIGKILL) at random moments and started again
so often; pipe and socket send all rows from the beginning again each time. The file of the model must then equal that
of an undisturbed run, byte for byte.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from plastica.data.reading import read_table
from plastica.settings import Settings
from plastica.tables import TableNetwork

LEARN = (sys.executable, "-m", "plastica", "learn-on")
SWAPPED = {"Adelie": "Gentoo", "Gentoo": "Adelie"}
LOOKS = 10
KILLED_ROWS = 12_000


def penguins() -> tuple[str, list[str]]:
    table = read_table("penguins")
    rows = [",".join(cell or "" for cell in row) for row in zip(*table.columns.values(), strict=True)]
    return ",".join(table.names), rows


def written(count: int, drift: int) -> Iterator[bytes]:
    """Yield so many rows in random order, of which two species have each other's name from one row on."""
    head, rows = penguins()
    yield f"{head}\n".encode()
    chosen = np.random.default_rng(0)
    for start in range(0, count, 1000):
        drawn = [rows[place] for place in chosen.integers(0, len(rows), min(1000, count - start))]
        if start >= drift:
            pairs = (row.partition(",") for row in drawn)
            drawn = [f"{SWAPPED.get(name, name)},{others}" for name, _, others in pairs]
        yield "".join(f"{row}\n" for row in drawn).encode()


def trained(folder: Path) -> Path:
    settings = Settings(epochs=20, network="mlp", layers=(8,), learning_rate=0.01, baselines=())
    return TableNetwork.fit("penguins", "species", settings).save(folder / "penguins.plastica")


def memory(pid: int) -> float:
    """Return the memory of a process in MB."""
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1000


def bounded(folder: Path, count: int) -> bool:
    """Print the memory while so many rows are learned, and the alarms."""
    given = ["--from", "-", "--out", str(folder / "out.plastica"), "--batch-rows", "250", "--save-every", "50000"]
    command = [*LEARN, str(trained(folder)), *given, "--json", "--print-every", str(count)]
    begun, held = time.perf_counter(), list[float]()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        for number, part in enumerate(written(count, count // 2)):
            process.stdin.write(part)
            if number and number % max(count // 1000 // LOOKS, 1) == 0:
                held.append(memory(process.pid))
        process.stdin.close()
        told = json.loads(process.stdout.read())
    print(f"{told['rows']:,} rows in {time.perf_counter() - begun:.0f} s")
    print(f"memory in MB: {', '.join(f'{each:.0f}' for each in held)}")
    after = [row for row in told["drifts"] if row > count // 2]
    print(f"names exchanged at row {count // 2:,}; first alarm behind it at {after[:1]}, {len(told['drifts'])} alarms")
    return held[-1] < 1.05 * held[len(held) // 5] and bool(after)


@contextlib.contextmanager
def sending(path: Path) -> Iterator[int]:
    """Send a file to everyone who connects; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def send(connection: socket.socket) -> None:
            with connection, path.open("rb") as file:
                try:
                    connection.sendfile(file)
                except OSError:
                    return

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=send, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def killed(start: Callable[[Path], subprocess.Popen[bytes]], folder: Path, number: int) -> bool:
    """Kill so often at random moments, then go on to the end; return whether the result is that of no kill."""
    whole, out = folder / "whole.plastica", folder / "killed.plastica"
    for each in (whole, out):
        each.unlink(missing_ok=True)
    begun = time.perf_counter()
    start(whole).wait()
    took, kills, drawn = time.perf_counter() - begun, 0, random.Random(0)
    while kills < number:
        process = start(out)
        try:
            process.wait(drawn.uniform(0.1, took))
            out.unlink()  # it came to its end, so begin anew
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    start(out).wait()
    return whole.read_bytes() == out.read_bytes()


def kills(folder: Path, number: int) -> bool:
    """Print for each source whether kills changed what was learned."""
    model, rows = trained(folder), folder / "rows.csv"
    rows.write_bytes(b"".join(written(KILLED_ROWS, KILLED_ROWS // 2)))
    common = ["--save-every", "64", "--json"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def of_file(out: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*LEARN, str(model), "--from", str(rows), "--out", str(out), *common], **quiet)

    def of_pipe(out: Path) -> subprocess.Popen[bytes]:
        command = [*LEARN, str(model), "--from", "-", "--replay", "--out", str(out), *common]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, **quiet)

        def send() -> None:
            with contextlib.suppress(BrokenPipeError), rows.open("rb") as file:
                assert process.stdin is not None
                with process.stdin:
                    shutil.copyfileobj(file, process.stdin)

        threading.Thread(target=send, daemon=True).start()
        return process

    good = True
    with sending(rows) as port:

        def of_socket(out: Path) -> subprocess.Popen[bytes]:
            address = ["--from", f"tcp://127.0.0.1:{port}", "--replay"]
            return subprocess.Popen([*LEARN, str(model), *address, "--out", str(out), *common], **quiet)

        for name, start in {"file": of_file, "pipe": of_pipe, "socket": of_socket}.items():
            same = killed(start, folder, number)
            print(
                f"{name}: killed {number} times, {'the same bytes as' if same else 'ANOTHER RESULT THAN'} undisturbed"
            )
            good = good and same
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, metavar="NUMBER", help="Learn so many rows, and print the memory.")
    parser.add_argument("--kills", type=int, metavar="NUMBER", help="Kill so often from each source.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        good = not given.rows or bounded(Path(folder), given.rows)
        good = (not given.kills or kills(Path(folder), given.kills)) and good
    sys.exit(not good)


if __name__ == "__main__":
    main()
