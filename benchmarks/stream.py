"""How much memory and time a table larger than memory takes.

    python -m benchmarks.stream /tmp/large                      # 5 GB of CSV
    python -m benchmarks.stream /tmp/large --gigabytes 1 --format parquet

Writes a table of numbers, categories and dates with a known rule behind them (kept for the next run), trains on it
in a process of its own with ``fit_streaming``, and prints rows, seconds and the process's peak memory. The best
accuracy that any model can reach is printed too: the rule answers by chance where its two classes overlap.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

PART = 500_000
CITIES = np.array(["Berlin", "Lagos", "Lima", "Oslo", "Osaka", "Paris", "Quito", "Rome"])
TRAIN = """
import json, sys
from plastica.settings import Settings
from plastica.tables.streamed import fit_streaming

source, folder, epochs = sys.argv[1:]
settings = Settings(epochs=int(epochs), network="mlp", layers=(64, 32), baselines=())
made = fit_streaming(source, "answer", settings, verbose=2, scratch=folder)
rows, results = made.facts.rows, made.facts.results
print(json.dumps([rows.train, rows.validation, rows.test, results.scores["network"]["accuracy"].value]))
"""


def part(number: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return some rows of the table, and the chance of "yes" that the rule gives each."""
    draw = np.random.default_rng([7, number])
    numbers = draw.standard_normal((PART, 8)).astype(np.float32)
    city = draw.integers(0, len(CITIES), PART)
    day = np.datetime64("2019-01-01") + draw.integers(0, 2000, PART)
    week = (day.astype(np.int64) + 3) % 7
    score = 2 * numbers[:, 0] * numbers[:, 1] + numbers[:, 2] + (city % 3 - 1.0) + 1.5 * (week > 4) - 0.4
    chance = 1 / (1 + np.exp(-2 * score))
    columns = {f"number_{k}": numbers[:, k] for k in range(8)}
    columns |= {"city": CITIES[city], "day": day.astype("datetime64[D]")}
    return columns | {"answer": np.where(draw.random(PART) < chance, "yes", "no")}, chance


def write(path: Path, gigabytes: float) -> float:
    """Write parts to one CSV file, or to a folder of Parquet files; return the best accuracy there can be."""
    import polars as pl

    best: list[float] = []
    csv = path.suffix == ".csv"
    target = path.open("wb") if csv else None
    if target is None:
        path.mkdir(parents=True)
    number, size = 0, 0
    while size < gigabytes * 1e9:
        columns, chance = part(number)
        best.append(float(np.maximum(chance, 1 - chance).mean()))
        frame = pl.DataFrame(columns)
        if target is not None:
            frame.write_csv(target, include_header=number == 0)
            size = target.tell()
        else:
            file = path / f"part-{number:04d}.parquet"
            frame.write_parquet(file)
            size += file.stat().st_size
        number += 1
    if target is not None:
        target.close()
    return float(np.mean(best))


def main() -> None:
    """Write, train, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--format", choices=["csv", "parquet"], default="csv")
    parser.add_argument("--epochs", type=int, default=1)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    path = given.folder / f"table-{given.gigabytes:g}{'.csv' if given.format == 'csv' else '-parquet'}"
    if not path.exists():
        print(f"writing {path} ...", flush=True)
        print(f"best accuracy there can be: {write(path, given.gigabytes):.4f}", flush=True)
    began = time.perf_counter()
    arguments = [str(path), str(given.folder), str(given.epochs)]
    subprocess.run([sys.executable, "-c", TRAIN, *arguments], check=True)
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    files = [path] if path.is_file() else sorted(path.iterdir())
    size = sum(file.stat().st_size for file in files)
    scale = 1 if sys.platform == "darwin" else 1024
    print(
        f"{size / 1e9:.2f} GB of {given.format}, {given.epochs} epochs: {seconds:.0f} s "
        f"({used.ru_utime + used.ru_stime:.0f} s of processors), peak memory {used.ru_maxrss * scale / 1e9:.2f} GB"
    )


if __name__ == "__main__":
    main()
