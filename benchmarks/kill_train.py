"""Kills during training: whether a resumed run gives the same weights, bit for bit.

    python -m benchmarks.kill_train                # 100 kills
    python -m benchmarks.kill_train --kills 10

A child process trains with ``checkpoint=`` and is killed (SIGKILL) at a random moment after training began: while it
resumes, compiles, trains or writes a checkpoint. Another child resumes, and so on until the run is complete. Its
weights, optimizer state and history must then equal those of an undisturbed run. Runs are repeated until there are
enough kills. The exit code is 1 if one differs or a child fails.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # children are forked; no threads to lose

import argparse
import hashlib
import json
import random
import select
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import jax
import numpy as np

import plastica as pl

# The parent process never starts the threads of JAX: it only imports, and its children compute.
warnings.filterwarnings("ignore", message="os.fork", category=RuntimeWarning)


def train(folder: Path | None, epochs: int, told: int) -> None:
    """Train a network with all kinds of state and print a digest at the end."""
    source = np.random.default_rng(0)
    x = source.standard_normal((2003, 8), dtype=np.float32)
    y = (x[:, :1] * x[:, 1:2] + 0.1 * source.standard_normal((2003, 1))).astype(np.float32)
    model = pl.Sequential([pl.Dense(16, activation="tanh"), pl.BatchNormalization(), pl.Dropout(0.2), pl.Dense(1)])
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    began = pl.LambdaCallback(on_train_begin=lambda logs: os.write(told, b"begun\n"))
    kept: dict[str, Any] = {} if folder is None else {"checkpoint": folder, "resume": True, "checkpoint_seconds": 0.0}
    history = model.fit(x, y, batch_size=8, epochs=epochs, verbose=0, validation_split=0.2, callbacks=[began], **kept)
    digest = hashlib.sha256()
    for array in jax.tree.leaves(model.learner):
        digest.update(np.ascontiguousarray(array).data)
    weights, figures = digest.hexdigest(), json.dumps(history.history)
    os.write(told, json.dumps([weights, hashlib.sha256(figures.encode()).hexdigest()]).encode() + b"\n")


class Child:
    """A forked process that trains."""

    def __init__(self, folder: Path | None, epochs: int) -> None:
        self.reading, telling = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.reading)
            try:
                train(folder, epochs, telling)
                os._exit(0)
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os.close(telling)

    def wait_until_begun(self) -> None:
        select.select([self.reading], [], [], 60)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> tuple[int, list[str] | None]:
        """Wait for the end; return the signal or exit code, and the digests if they were printed."""
        with os.fdopen(self.reading, "rb") as file:
            told = file.read().splitlines()
        _, status = os.waitpid(self.pid, 0)
        digests = json.loads(told[-1]) if told and told[-1].startswith(b"[") else None
        return os.waitstatus_to_exitcode(status), digests


def disturbed(epochs: int, kills_left: int, longest: float, source: random.Random, found: Counter[str]) -> Any:
    """Train one run, killing it until it ends or there are enough kills; return its digests."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "run"
        while True:
            child = Child(folder, epochs)
            if kills_left > 0:
                child.wait_until_begun()
                time.sleep(source.uniform(0, longest))
                child.kill()
            status, digests = child.end()
            if digests is not None:
                return digests
            if status != -signal.SIGKILL:
                found["failed"] += 1
                return None
            kills_left -= 1
            found["kills"] += 1
            found["inside a save"] += any(folder.glob("step-*.tmp")) or any(folder.glob("step-*.replaced"))
            found["before a checkpoint"] += not any(path.suffix == "" for path in folder.glob("step-*"))


def arguments() -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=1500, help="length of a run, of 201 steps each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    return parser.parse_args()


def main() -> int:
    """Train once undisturbed, then with kills until there are enough, and compare."""
    given = arguments()
    source, found = random.Random(given.seed), Counter[str]()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["PLASTICA_CACHE"] = cache
        Child(None, 1).end()  # fill the cache of compiled programs
        child = Child(None, given.epochs)
        child.wait_until_begun()
        began = time.perf_counter()
        status, whole = child.end()
        usual = time.perf_counter() - began
        if status or whole is None:
            print("the undisturbed run failed", file=sys.stderr)
            return 1
        while found["kills"] < given.kills:
            digests = disturbed(given.epochs, given.kills - found["kills"], usual / 4, source, found)
            found["runs"] += 1
            if digests is not None:
                found["same weights"] += digests[0] == whole[0]
                found["same history"] += digests[1] == whole[1]
    if given.json:
        print(json.dumps(found))
    else:
        print_table(found, usual)
    return int(found["same weights"] < found["runs"] or found["same history"] < found["runs"])


def print_table(found: Counter[str], usual: float) -> None:
    print(f"Training killed at random moments and resumed; an undisturbed run takes {usual:.1f} s\n")
    print("| kills | inside a save | before any checkpoint | runs | ended bit-identical | same history | failed |")
    print("|---|---|---|---|---|---|---|")
    counts = ("kills", "inside a save", "before a checkpoint", "runs", "same weights", "same history", "failed")
    print("| " + " | ".join(str(found[name]) for name in counts) + " |")


if __name__ == "__main__":
    sys.exit(main())
