"""Whether ``plastica plan`` is right: memory and time of three runs as planned, beside what they took.

    python -m benchmarks.planned --data FOLDER     # with mnist.npz, tables/shuttle_imbalanced.csv.gz,
                                                   # city/hourly_bikesharing.csv.gz

A table (a network of two layers), digits by a convolutional network, and a series of hours by an LSTM. Plans and runs
are processes of their own with an empty cache of compiled programs. Memory is how much the process grows, at its peak,
in an epoch after everything is compiled: JAX does not tell it on CPUs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl_frames

import plastica as pl

MEBIBYTE = 1 << 20
EPOCHS = {"table": 40, "digits": 1, "series": 3}
# Memory that is no longer used goes back to the system, so that the peak is that of what is used at once.
ENVIRONMENT = {"MALLOC_TRIM_THRESHOLD_": "0", "MALLOC_MMAP_THRESHOLD_": "65536"}


def table(folder):
    frame = pl_frames.read_csv(folder / "tables/shuttle_imbalanced.csv.gz").to_numpy()
    x, y = frame[:, :-1].astype(np.float32), (frame[:, -1] != frame[0, -1]).astype(np.int64)
    layers = [pl.Dense(64, activation="relu"), pl.Dense(64, activation="relu"), pl.Dense(2, activation="softmax")]
    return layers, x / np.abs(x).max(0), y, 256


def digits(folder):
    with np.load(folder / "mnist.npz") as file:
        x, y = file["x_train"][:20_000, ..., None], file["y_train"][:20_000].astype(np.int64)
    layers = [pl.Rescaling(1 / 255)]
    for channels in (32, 64):
        layers += [pl.Conv2D(channels, 3, activation="relu"), pl.MaxPooling2D(2)]
    layers += [pl.Flatten(), pl.Dense(10, activation="softmax")]
    return layers, x, y, 64


def series(folder):
    frame = pl_frames.read_csv(folder / "city/hourly_bikesharing.csv.gz", columns=["count"], n_rows=12_000)
    values = frame["count"].to_numpy()
    values = ((values - values.mean()) / values.std()).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(values, 49)
    return [pl.LSTM(64), pl.Dense(1)], windows[:, :48, None].copy(), windows[:, 48:].copy(), 64


WORKLOADS = {"table": table, "digits": digits, "series": series}


def model_and_data(name, folder):
    layers, x, y, batch = WORKLOADS[name](folder)
    model = pl.Sequential(layers, seed=0)
    model.compile("adam", "mse" if name == "series" else "sparse_categorical_crossentropy")
    return model, (x, y), {"batch_size": batch, "validation_split": 0.2}


def status(key):
    """Return a value of /proc/self/status in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(key))


def planned(name, folder):
    model, data, options = model_and_data(name, folder)
    plan = model.plan(*data, epochs=EPOCHS[name], **options)
    return {"seconds": plan.seconds, "bytes": plan.bytes, "step": plan.step_seconds, "compile": plan.compile_seconds}


def run(name, folder):
    model, data, options = model_and_data(name, folder)
    compiled = [0.0]

    def look(run):
        compiled[:] = [run.timing.compiled]

    began = time.perf_counter()
    model.fit(*data, epochs=EPOCHS[name], verbose=0, hooks=look, **options)
    seconds = time.perf_counter() - began
    del model
    again, _, _ = model_and_data(name, folder)
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
    again.fit(*data, epochs=1, verbose=0, **options)
    return {"seconds": seconds, "bytes": status("VmHWM") - before, "compile": compiled[0]}


def in_process(what, name, folder):
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, **ENVIRONMENT, "PLASTICA_CACHE": cache}
        command = [sys.executable, "-m", "benchmarks.planned", "--data", str(folder), "--one", what, name]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with the data")
    parser.add_argument("--only", choices=list(WORKLOADS), help="one of the runs")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        what, name = given.one
        print(json.dumps({"planned": planned, "run": run}[what](name, given.data)))
        return
    print(f"load average at the start {os.getloadavg()[0]:.1f}")
    print(f"{'':<8}{'time planned':>14}{'taken':>10}{'ratio':>7}{'memory planned':>17}{'taken':>12}{'ratio':>7}")
    for name in [given.only] if given.only else WORKLOADS:
        plan, took = in_process("planned", name, given.data), in_process("run", name, given.data)
        seconds, size = plan["seconds"] / took["seconds"], plan["bytes"] / max(took["bytes"], 1)
        print(
            f"{name:<8}{plan['seconds']:>12.1f} s{took['seconds']:>8.1f} s{seconds:>7.2f}"
            f"{plan['bytes'] / MEBIBYTE:>13.1f} MiB{took['bytes'] / MEBIBYTE:>8.1f} MiB{size:>7.2f}   "
            f"(compilation {plan['compile']:.1f} and {took['compile']:.1f} s)",
            flush=True,
        )


if __name__ == "__main__":
    main()
