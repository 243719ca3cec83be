"""One convolution at a time: plastica's Conv2D beside PyTorch's, over kernels, channels, sizes and strides.

    python -m benchmarks.convolutions               # the grid, within 4 minutes on two cores
    python -m benchmarks.convolutions --kernels 3 --channels 16 32 --batch 128

A cell is PyTorch's time / plastica's time, each the best of the rounds, for the output, the gradient of the kernel and
the error of the input; with 1 or 3 channels, as in a first layer, without the latter. Both compute float32 on as many
threads, PyTorch with channels last; plastica inside of a compiled loop, as in training.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from .peers import OURS
from .worker import Worker

TORCH = "PyTorch"
SECONDS = 0.05


@dataclass(frozen=True)
class Cell:
    """A convolution; with 1 or 3 channels into 16 filters, otherwise into as many as there are channels."""

    kernel: int
    channels: int
    size: int
    stride: int
    batch: int

    @property
    def filters(self) -> int:
        """The number of filters."""
        return max(self.channels, 16)

    @property
    def is_first(self) -> bool:
        """Whether it is a first layer, whose input has no error."""
        return self.channels <= 3

    def described(self) -> dict[str, Any]:
        """Return what a worker needs."""
        return {**asdict(self), "filters": self.filters, "is_first": self.is_first}


def cells(given: Any) -> Iterator[Cell]:
    for kernel in given.kernels:
        for channels in given.channels:
            for size in given.sizes:
                for stride in given.strides:
                    if kernel > 1 or not channels <= 3:
                        yield Cell(kernel, channels, size, stride, given.batch)


def ratio(cell: Cell, workers: dict[str, Worker], rounds: int) -> tuple[float, float]:
    """Return plastica's seconds for one pass, and how many times as long PyTorch takes."""
    passes = {}
    for name, worker in workers.items():
        worker.order("layer", **cell.described())
        seconds = worker.order("passes", count=3)["seconds"] / 3
        passes[name] = max(1, round(SECONDS / seconds))
    best = dict.fromkeys(workers, float("inf"))
    for _ in range(rounds):
        for name, worker in workers.items():
            best[name] = min(best[name], worker.order("passes", count=passes[name])["seconds"] / passes[name])
    return best[OURS], best[TORCH] / best[OURS]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kernels", type=int, nargs="*", default=[1, 3, 5])
    parser.add_argument("--channels", type=int, nargs="*", default=[3, 16, 32, 64])
    parser.add_argument("--sizes", type=int, nargs="*", default=[8, 16, 32])
    parser.add_argument("--strides", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.threads])
    workers = {name: Worker(name, given.threads) for name in (OURS, TORCH)}
    print("; ".join(worker.version for worker in workers.values()) + f"; batch {given.batch}\n")
    columns = [f"{size}x{size}, stride {stride}" for size in given.sizes for stride in given.strides]
    print("| kernel, channels | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|", flush=True)
    every: list[float] = []
    rows: dict[str, list[str]] = {}
    try:
        for cell in cells(given):
            seconds, times = ratio(cell, workers, given.rounds)
            every.append(times)
            title = f"{cell.kernel}x{cell.kernel}, {cell.channels} to {cell.filters}"
            row = rows.setdefault(title, [])
            row.append(f"{times:.2f}x ({seconds * 1e3:.3g} ms)")
            if len(row) == len(columns):
                print(f"| {title} | " + " | ".join(row) + " |", flush=True)
    finally:
        for worker in workers.values():
            worker.close()
    print(f"\nmedian {statistics.median(every):.2f}x, lowest {min(every):.2f}x, {len(every)} convolutions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
