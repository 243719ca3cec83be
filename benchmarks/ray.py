"""How long a cluster of Ray takes to start and to train, and whether it gives what this machine gives.

    ray start --head
    python -m benchmarks.ray 'ray://localhost:10001?workers=2'

The same network is trained by as many processes of this machine. Both add up the parts of each batch in the same order,
so that the weights should be equal.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np

import plastica as pl

ROWS, BATCH, EPOCHS = 1024, 128, 50


def trained(cluster, folder):
    """Train on a cluster; return the model, and the seconds until the first step, of compilation, and of all steps."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 64)).astype(np.float32)
    model = pl.Sequential([pl.Dense(256, activation="tanh"), pl.Dense(1)], seed=0)
    model.compile("adam", "mse")
    began = time.perf_counter()
    pl.cluster.fit(model, x, x[:, 0], BATCH, EPOCHS, verbose=0, cluster=cluster, checkpoint=folder)
    seconds = time.perf_counter() - began
    timing = json.loads((Path(folder) / "answer-0.json").read_text())["timing"]
    return model, (seconds - timing["running"] - timing["compiled"], timing["compiled"], timing["running"])


def main():
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cluster", help="the address, with the number of workers")
    parser.add_argument("--folder", help="a folder that all machines see; default: a temporary one of this machine")
    given = parser.parse_args()
    workers = pl.cluster.address_of(given.cluster).workers or 2
    print(f"{workers} workers, {EPOCHS * ROWS // BATCH} steps; load average {os.getloadavg()[0]:.1f}")
    models = []
    for cluster in (given.cluster, f"local:{workers}"):
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            model, (start, compiled, running) = trained(cluster, folder)
        models.append(model)
        print(
            f"{cluster}: start and end {start:.1f} s, compilation {compiled:.1f} s, steps {running:.1f} s", flush=True
        )
    pairs = zip(*(model.get_weights() for model in models), strict=True)
    print(f"largest difference of the weights: {max(np.abs(a - b).max() for a, b in pairs):.1e}")


if __name__ == "__main__":
    main()
