"""Training speed of learning rules, compared with other implementations in one run.

    python -m benchmarks.rules
    python -m benchmarks.rules --only kohonen --only perceptron --rounds 9

Each row has two processes, for plastica and for the peer, which train the same network on the same rows with the same
rule, alternately in several rounds; while one works, the other waits. A ratio is the median over the rounds of
peer's time / plastica's time; compilation is done before and printed separately. PyTorch runs eagerly in plain loops
(``rule_peers/pytorch.py``), MiniSom and scikit-learn through their own training methods.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

WANTED = {"pytorch": 5.0, "minisom": 5.0, "scikit_learn": 1.0}
TITLES = {"pytorch": "PyTorch", "minisom": "MiniSom", "scikit_learn": "scikit-learn"}


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        rule: The name of the function in ``rule_peers/ours.py`` and in the file of the peer.
        peer: The file of the peer.
        sizes: The units of each layer, inputs first.
        batch: The batch size.
        rows: The number of rows.
        epochs: The number of epochs in a measurement.
        steps: The number of relaxation steps, for rules that settle.
        nudged: The number of relaxation steps with the nudge.
        reach: The required ratio, where matrix products take most of the time of both; None for that of the peer.
    """

    rule: str
    peer: str
    sizes: tuple[int, ...]
    batch: int
    rows: int = 3200
    epochs: int = 4
    steps: int = 0
    nudged: int = 0
    reach: float | None = None

    @property
    def wanted(self) -> float:
        """The required ratio."""
        return WANTED[self.peer] if self.reach is None else self.reach

    @property
    def name(self) -> str:
        """The name for ``--only``, in addition to the rule."""
        return f"{self.rule}/{self.peer}/{'-'.join(map(str, self.sizes))}"

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return random inputs in [0, 1] and class indices (numbers for one output); they do not affect the speed."""
        rng = np.random.default_rng(0)
        x = rng.random((self.rows, self.sizes[0]), np.float32)
        if self.rule == "perceptron":
            return x, (x[:, 0] > x[:, 1]).astype(np.int64)
        if self.sizes[-1] == 1:
            return x, (x @ rng.standard_normal(self.sizes[0])).astype(np.float32)
        return x, rng.integers(0, self.sizes[-1], self.rows)


SMALL, MEDIUM, LARGE = (64, 64, 10), (784, 32, 10), (784, 256, 256, 10)
DEEP = (64, 64, 64, 10)
BY_ERRORS = ("backprop", "feedback_alignment", "sign_symmetry", "direct_feedback_alignment")

ROWS = (
    *(Row(rule, "pytorch", sizes, 32) for rule in BY_ERRORS for sizes in (SMALL, MEDIUM)),
    Row("backprop", "pytorch", LARGE, 128),
    Row("feedback_alignment", "pytorch", LARGE, 128, reach=3.0),
    *(Row("target_propagation", "pytorch", sizes, 32) for sizes in (DEEP, (784, 32, 32, 10))),
    *(Row("predictive_coding", "pytorch", sizes, 32, steps=20) for sizes in (DEEP, (784, 32, 32, 10))),
    *(Row("equilibrium_propagation", "pytorch", s, 32, 1600, steps=20, nudged=4) for s in (SMALL, MEDIUM)),
    Row("predictive_coding", "pytorch", LARGE, 128, 1280, 2, steps=20, reach=3.0),
    Row("equilibrium_propagation", "pytorch", LARGE, 128, 1280, 2, steps=20, nudged=4, reach=3.0),
    *(Row("forward_forward", "pytorch", sizes, 32) for sizes in (DEEP, (784, 32, 32, 10))),
    *(Row("sanger", "pytorch", sizes, 32) for sizes in ((64, 16), (784, 32))),
    *(Row("krotov_hopfield", "pytorch", sizes, 100, reach=2.0) for sizes in ((64, 64), (784, 100))),
    *(Row("contrastive_divergence", "pytorch", sizes, 10) for sizes in ((64, 64), (784, 256))),
    *(Row("contrastive_divergence", "scikit_learn", sizes, 10) for sizes in ((64, 64), (784, 256))),
    *(Row("kohonen", "minisom", sizes, 1, 800) for sizes in ((4, 100), (64, 100), (784, 400))),
    Row("perceptron", "scikit_learn", (20, 1), 1, 10_000, 5),
    Row("delta", "scikit_learn", (20, 1), 1, 10_000, 5),
)


class Worker:
    """A process that trains one row with one library on request."""

    def __init__(self, row: Row, place: int, who: str, threads: int) -> None:
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        command = [sys.executable, "-m", "benchmarks.rules", "--work", who, str(place)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **limits}
        )
        self.first = self.seconds()

    def seconds(self) -> float:
        """Train once and return the time."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("a process ended before its time; what it said stands above")
        return json.loads(answer)

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def work(who: str, row: Row) -> None:
    """Train for each line read, and print the seconds."""
    train: Callable[[], None] = getattr(import_module(f"benchmarks.rule_peers.{who}"), row.rule)(row, *row.data())
    if who == "pytorch":
        once, train = train, lambda: [once() for _ in range(row.epochs)] and None
    for _ in sys.stdin:
        began = time.perf_counter()
        train()
        print(json.dumps(time.perf_counter() - began), flush=True)


def measure(row: Row, rounds: int, threads: int) -> tuple[float, float, float, float]:
    """Return the microseconds per step of plastica and of the peer, the ratio, and plastica's compilation time."""
    place = ROWS.index(row)
    ours, peer = (Worker(row, place, who, threads) for who in ("ours", row.peer))
    pairs = [(ours.seconds(), peer.seconds()) for _ in range(rounds)]
    ours.close()
    peer.close()
    steps = row.epochs * -(-row.rows // row.batch)
    mine, theirs = (1e6 * statistics.median(column) / steps for column in zip(*pairs, strict=True))
    ratio = statistics.median(their / my for my, their in pairs)
    return mine, theirs, ratio, ours.first - mine * steps / 1e6


def arguments() -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", help="a rule, a peer, or rule/peer/sizes; may be repeated")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    given = arguments()
    if given.work:
        work(given.work[0], ROWS[int(given.work[1])])
        return 0
    print("microseconds a step; medians, compiling apart\n")
    print("| rule | network | batch | plastica | compiling, s | peer | peer's | plastica is faster by | wanted |")
    print("|---|---|---|---|---|---|---|---|---|")
    met = 0
    chosen = [row for row in ROWS if not given.only or {row.rule, row.peer, row.name} & set(given.only)]
    for row in chosen:
        mine, theirs, ratio, compiling = measure(row, given.rounds, given.threads)
        met += ratio >= row.wanted
        verdict = f"{row.wanted:g}x, {'met' if ratio >= row.wanted else 'MISSED'}"
        sizes = "-".join(map(str, row.sizes))
        print(
            f"| {row.rule} | {sizes} | {row.batch} | {mine:.1f} | {compiling:.1f} | {TITLES[row.peer]} | {theirs:.1f} "
            f"| {ratio:.1f}x | {verdict} |",
            flush=True,
        )
    print(f"\n{met} of {len(chosen)} ratios reached")
    return 0


if __name__ == "__main__":
    sys.exit(main())
