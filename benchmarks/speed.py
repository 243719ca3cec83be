"""The speed of plastica and its peers, measured in one run.

    python -m benchmarks.speed                      # everything, within 9 minutes on two cores
    python -m benchmarks.speed --only tiny --only example1 --peers PyTorch
    python -m benchmarks.speed --quick              # a short check that everything works
    python -m benchmarks.speed --device gpu         # all rows on a GPU, beside compiled PyTorch and Keras
    python -m benchmarks.speed --readme             # and the table as docs/speed.md has it, in English and Chinese

Each peer trains in a separate process. The processes alternate in rounds, and a ratio is the median over the rounds of
(peer's time / plastica's time), so that other load on the machine affects all equally. A step is measured through the
training method of each library, over as many epochs as fit into a round; the overhead of a call is a separate row.
Equal conditions: the same network, batch size, float32, Adam, shuffled rows, threads. "Of peak" is the rate of the
matrix products in a step relative to that of a large sgemm (NumPy) in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from .peers import OURS, PEERS
from .published import Published, tables
from .worker import Worker, command, environment
from .workloads import BY_NAME, EXAMPLE_1, EXAMPLE_5, STEPS, Workload

ABLE = [name for name in PEERS if name != OURS]
SHOWN = [name for name in ABLE if PEERS[name].shown]
WIDTHS = (48, 10, 7)
PEER_WIDTH = 18
PEAK_SIZE = 1024


@dataclass
class Row:
    """One line of the table.

    Attributes:
        title: The title.
        seconds: By peer, the seconds per unit in each round.
        unit: The unit of time for plastica: ``"us"``, ``"ms"`` or ``"s"``.
        reach: By peer, the required ratio.
        flops: The floating-point operations per unit, if it is a step.
    """

    title: str
    unit: str
    reach: dict[str, float]
    flops: float = 0.0
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def ratio(self, peer: str) -> float | None:
        """Return the ratio of the peer's time to plastica's, the median over the rounds."""
        if not self.seconds.get(peer) or not self.seconds.get(OURS):
            return None
        return statistics.median(p / o for p, o in zip(self.seconds[peer], self.seconds[OURS], strict=True))

    def time(self) -> str:
        """Return plastica's time with its unit, the median over the rounds."""
        shown, unit = statistics.median(self.seconds[OURS]) * {"us": 1e6, "ms": 1e3, "s": 1}[self.unit], self.unit
        if unit == "us" and shown >= 10_000:
            shown, unit = shown / 1000, "ms"
        return f"{shown:.3g} {unit}" if shown < 1000 else f"{shown:,.0f} {unit}"

    def of_peak(self, peak: float) -> str:
        """Return the share of a peak of so many operations per second; empty if it is not a step."""
        return f"{self.flops / statistics.median(self.seconds[OURS]) / peak:.0%}" if self.flops and peak else ""

    def verdicts(self) -> dict[str, bool]:
        """Return for each peer whether the required ratio was reached."""
        ratios = {peer: self.ratio(peer) for peer in self.reach}
        return {peer: ratio >= self.reach[peer] for peer, ratio in ratios.items() if ratio is not None}


class Measurement:
    """A measurement in rounds.

    Args:
        given: The arguments of the command.
        cache: A folder for compiled programs.
    """

    def __init__(self, given: Any, cache: Path) -> None:
        self.given, self.cache = given, cache
        self.peers = [name for name in PEERS if name == OURS or name in given.peers]
        self.workers: dict[str, Worker] = {}
        self.peak = 0.0
        self.row_ends = float("inf")

    def start(self) -> None:
        """Start the workers, leaving out peers that do not start."""
        for peer in list(self.peers):
            try:
                self.workers[peer] = Worker(peer, self.given.threads)
            except RuntimeError as error:
                print(f"{peer} is left out: {last_line(error)}")
                self.peers.remove(peer)

    def close(self) -> None:
        """End the workers."""
        for worker in self.workers.values():
            worker.close()

    def step(self, workload: Workload) -> Row:
        """Measure a training step."""
        row = Row(workload.title, "us", workload.reach, workload.flops())
        epochs = {}
        for peer in self.able(workload):
            epochs[peer] = self.enough_epochs(self.workers[peer], workload)
        units = {peer: workload.steps * count for peer, count in epochs.items()}
        return self.rounds(row, units, lambda peer: self.workers[peer].order("fit", epochs=epochs[peer])["seconds"])

    def enough_epochs(self, worker: Worker, workload: Workload) -> int:
        """Return the number of epochs in a round, after compiling."""
        worker.order("load", workload=workload.name)
        epochs, seconds = 1, worker.order("fit", epochs=1)["seconds"]
        while seconds < self.given.seconds / 2:
            epochs = max(epochs + 1, round(epochs * min(10.0, self.given.seconds / seconds)))
            seconds = worker.order("fit", epochs=epochs)["seconds"]
        return epochs

    def one_batch(self, workload: Workload) -> Row:
        """Measure a call that trains a single step: the overhead of a call."""
        row = Row(f"fixed cost: a fit of one step, {workload.title.split(',')[0]}", "ms", {})
        for peer in self.able(workload):
            for _ in range(3):
                self.workers[peer].order("load", workload=workload.name, first_batch=True)
        units = dict.fromkeys(self.able(workload), 1)
        return self.rounds(row, units, lambda peer: self.workers[peer].order("fit", epochs=1)["seconds"])

    def second_fit(self, workload: Workload, reach: dict[str, float]) -> Row:
        """Measure building and training a network for the second time in a process."""
        row = Row(f"second fit, {workload.title.split(':')[0]}", "ms", reach)
        for peer in self.able(workload):
            self.workers[peer].order("load", workload=workload.name)
            self.workers[peer].order("fresh", epochs=1 if self.given.quick else workload.epochs)
        units = dict.fromkeys(self.able(workload), 1)

        def fresh(peer: str) -> float:
            return self.workers[peer].order("fresh", epochs=workload.epochs)["seconds"]

        return self.rounds(row, units, fresh, self.given.slow_rounds)

    def first_step(self, workload: Workload, reach: dict[str, float]) -> Row:
        """Measure building a network and training one step in a new process that has compiled nothing before."""
        row = Row(f"first step with compilation, {workload.title.split(',')[0]}", "s", reach)

        def first(peer: str) -> float:
            folder = tempfile.mkdtemp(dir=self.cache)
            worker = Worker(peer, self.given.threads, PLASTICA_CACHE=folder)
            try:
                return worker.order("first_step", workload=workload.name)["seconds"]
            finally:
                worker.close()

        return self.rounds(row, dict.fromkeys(self.able(workload), 1), first, self.given.slow_rounds)

    def process(self, workload: Workload, warm: bool, reach: dict[str, float]) -> Row:
        """Measure a whole process, from its start to its end."""
        row = Row(f"whole process, worked example 1, {'warm' if warm else 'cold'} cache", "s", reach)
        units = dict.fromkeys(self.able(workload), 1)

        def run(peer: str) -> float:
            folder = self.cache / "warm" if warm else Path(tempfile.mkdtemp(dir=self.cache))
            variables = environment(peer, self.given.threads, PLASTICA_CACHE=str(folder))
            began = time.perf_counter()
            subprocess.run(
                command(peer, "--whole", workload.name), check=True, env=variables, capture_output=True, text=True
            )
            return time.perf_counter() - began

        for peer in units:
            run(peer)  # fill the file cache and the cache of compiled programs
        return self.rounds(row, units, run, self.given.slow_rounds)

    def able(self, workload: Workload) -> list[str]:
        """Return the peers that can train a workload."""
        dense = all(words[0] == "dense" for words in workload.layers) and workload.loss != "mse"
        beside = (OURS, *workload.beside) if workload.beside else self.peers
        return [peer for peer in self.peers if peer in beside and (dense or not PEERS[peer].dense_only)]

    def rounds(self, row: Row, units: dict[str, int], measure: Callable[[str], float], count: int | None = None) -> Row:
        """Measure every peer in every round, in a rotating order."""
        order = list(units)
        for number in range(count or self.given.rounds):
            if number and time.perf_counter() > self.row_ends:
                row.title += f" ({number} rounds)"
                break
            if self.given.device == "cpu":
                self.peak = max(self.peak, sgemm(self.given.threads))
            for peer in (*order[number % len(order) :], *order[: number % len(order)]):
                row.seconds.setdefault(peer, []).append(measure(peer) / units[peer])
        return row


def sgemm(threads: int) -> float:
    """Return the floating-point operations per second of a large matrix product, the best of a few."""
    a = np.ones((PEAK_SIZE, PEAK_SIZE), np.float32)
    best = float("inf")
    with threadpool_limits(threads):
        for _ in range(4):
            began = time.perf_counter()
            np.matmul(a, a)
            best = min(best, time.perf_counter() - began)
    return 2 * PEAK_SIZE**3 / best


def measurements(run: Measurement) -> Iterator[tuple[str, Callable[[], Row]]]:
    """Yield the name and the measurement of each row, in the order of the table."""
    for workload in (*STEPS, EXAMPLE_5):
        yield workload.name, lambda workload=workload: run.step(workload)
    yield "fixed", lambda: run.one_batch(STEPS[0])
    yield "second1", lambda: run.second_fit(EXAMPLE_1, {"Keras-TF": 12, "PyTorch": 3})
    yield "second5", lambda: run.second_fit(EXAMPLE_5, {"Keras-TF": 200, "PyTorch": 20})
    yield "compile1", lambda: run.first_step(EXAMPLE_1, {})
    yield "compile_lenet5", lambda: run.first_step(BY_NAME["lenet5"], {})
    yield "compile_resnet6", lambda: run.first_step(BY_NAME["resnet6"], {})
    yield "cold", lambda: run.process(EXAMPLE_1, False, {"Keras-TF": 4, "scikit-learn": 1})
    yield "warm", lambda: run.process(EXAMPLE_1, True, {"Keras-TF": 6, "scikit-learn": 1.5})


def cells(row: Row, peers: list[str], peak: float) -> list[str]:
    """Return the cells of a row."""
    made = [row.title, row.time(), row.of_peak(peak)]
    verdicts = row.verdicts()
    for peer in peers:
        ratio = row.ratio(peer)
        cell = "-" if ratio is None else f"{ratio:.3g}x"
        if peer in verdicts:
            cell += f" ({row.reach[peer]:g}x {'met' if verdicts[peer] else 'MISSED'})"
        made.append(cell)
    return made


def published(row: Row, peers: list[str], peak: float) -> Published:
    title = row.title.partition(" (")[0]  # without the number of rounds
    return Published(title, row.time(), row.of_peak(peak), {peer: row.ratio(peer) for peer in peers})


def line(made: list[str]) -> str:
    widths = (*WIDTHS, *(PEER_WIDTH for _ in made[len(WIDTHS) :]))
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(made, widths, strict=True)) + " |"


def last_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["it ended without a word"])[-1]


def describe(run: Measurement) -> None:
    """Print the versions and the machine."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"{processor()}, {run.given.threads} threads; Python {platform.python_version()}, NumPy {np.__version__}")
    print("; ".join(worker.version for worker in run.workers.values()))
    print(f"{run.given.rounds} rounds of {run.given.seconds:g} s; load average at the start {load:.2f}")
    if load > 0.5:
        print("The machine has other work: figures are not to be kept.")
    print("Ratios: peer's time / plastica's time; in brackets the ratio to reach.\n")


def processor() -> str:
    try:
        found = [text for text in Path("/proc/cpuinfo").read_text().splitlines() if text.startswith("model name")]
    except OSError:
        found = []
    return found[0].split(":")[1].strip() if found else platform.processor() or platform.machine()


def arguments() -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", help="measure this row only; may be given again")
    parser.add_argument("--peers", nargs="*", default=SHOWN, choices=ABLE, help="beside whom")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow-rounds", type=int, default=3, help="rounds of second fits and whole processes")
    parser.add_argument("--seconds", type=float, default=0.4, help="length of one peer's part of a round")
    parser.add_argument("--minutes", type=float, default=8.0, help="rows make fewer rounds when this runs short")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu", help="where all of them compute")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--readme", action="store_true", help="print the table as docs/speed.md has it as well")
    parser.add_argument("--json", type=Path, help="write every measured time to this file")
    given = parser.parse_args()
    if given.quick:
        given.rounds, given.slow_rounds, given.seconds = 1, 1, 0.05
    return given


def use_gpu(given: Any) -> bool:
    """Let the workers compute on a GPU, and return whether there is one. Scikit-learn has none."""
    os.environ |= {"JAX_PLATFORMS": "cuda", "BENCHMARK_DEVICE": "gpu"}
    given.peers = [peer for peer in given.peers if peer != "scikit-learn"]
    asked = [sys.executable, "-c", "import jax; jax.devices()"]
    return not subprocess.run(asked, capture_output=True, check=False).returncode


def main() -> int:
    """Measure and print row after row."""
    given = arguments()
    if given.device == "gpu" and not use_gpu(given):
        print("JAX sees no GPU here: see docs/installation.md, and plastica doctor --device.", file=sys.stderr)
        return 2
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.threads])
    began, rows = time.perf_counter(), {}
    with tempfile.TemporaryDirectory() as cache:
        os.environ["PLASTICA_CACHE"] = str(Path(cache) / "workers")
        run = Measurement(given, Path(cache))
        names = [name for name, _ in measurements(run)]
        if unknown := set(given.only or ()) - set(names):
            print(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(names)}", file=sys.stderr)
            return 2
        try:
            run.start()
            describe(run)
            print(line(["workload", "plastica", "of peak", *given.peers]))
            print(line(["-" * width for width in (*WIDTHS, *(PEER_WIDTH for _ in given.peers))]), flush=True)
            todo = [(name, measure) for name, measure in measurements(run) if not given.only or name in given.only]
            for place, (name, measure) in enumerate(todo):
                now = time.perf_counter()
                run.row_ends = now + max(0.0, began + 60 * given.minutes - now) / (len(todo) - place)
                rows[name] = measure()
                print(line(cells(rows[name], given.peers, run.peak)), flush=True)
        finally:
            run.close()
    verdicts = [met for row in rows.values() for met in row.verdicts().values()]
    print(f"\n{sum(verdicts)} of {len(verdicts)} ratios reached; sgemm peak {run.peak / 1e9:.0f} GFLOP/s; ", end="")
    print(f"{time.perf_counter() - began:.0f} s in all.")
    if given.readme:
        shown = {name: published(row, given.peers, run.peak) for name, row in rows.items()}
        print(f"\n{tables(shown, given.peers)}")
    if given.json:
        found = {name: {"title": row.title, "seconds": row.seconds, "reach": row.reach} for name, row in rows.items()}
        given.json.write_text(json.dumps({"peak": run.peak, "rows": found}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
