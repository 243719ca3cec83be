"""What several workers gain, what they send, what a lost one costs, and where a hundred machines would stand.

    python -m benchmarks.scale                     # 1, 2 and 4 workers, about 3 minutes on two cores
    python -m benchmarks.scale --workers 1 2
    python -m benchmarks.scale --workers 1 2 --delay 0.5 --loss 0.01   # workers on hosts of their own, see hosts.py
    python -m benchmarks.scale --workers 1 2 --sizes small --delay 0.5 --repeats 3  # the best of 3
    python -m benchmarks.scale --kills 10          # one of three workers is killed at a random moment, ten times

Four ways to use workers are measured: each batch of one network is divided (``pl.cluster.fit``; gradients are added
up in every step), workers train on their own rows and average their weights (``average_every``), the members of a
population are divided (``pl.cluster.fit_population``; nothing is sent in training), and those of a society
(``Society.fit``), of which the bytes of a meeting are counted: members bring their weights to each, also where others
hear their answers only, since how far weights are apart is among the figures of a society.
Workers are processes of this machine and share its cores: one process already uses all of them for large products, so
that no gain can be shown here beyond what one process leaves idle.

The cost model, with the latency of an array and the bandwidth fitted to the measured steps (non-negative least squares
of relative errors); its steps are printed beside the measured ones. XLA combines the reductions of a step into one
operation, but on CPUs that adds up one array after another, each with one or two round trips between all workers:

    t(n) = compute + arrays (n - 1) latency + bytes 2 (n - 1) / n / bandwidth          on the cores of one machine
    t(n) = compute / n + arrays latency + bytes 2 (n - 1) / n / bandwidth              on n machines

compute is the measured step of one process. The second line, for a hundred machines like this one, is an estimate and
no measurement: bandwidths are assumed, and so is the latency unless hosts with a delay were measured; and a hundredth
of the rows is taken to need a hundredth of the time, which is too good where a part has only a few rows.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import threading
import time
import warnings
from contextlib import nullcontext
from pathlib import Path

import jax
import numpy as np
from scipy.optimize import nnls

import plastica as pl
from plastica.cluster import launching, messages
from plastica.storage import newest_step
from plastica.training.calls import count_cores
from plastica.training.devices import mesh_of
from plastica.training.sharded import Sharded

from .hosts import workers_on_hosts

ROWS, BATCH, EPOCHS = 1024, 128, 6
SIZES = {"small": (32, 32), "medium": (512, 512), "large": (1024, 1024)}  # units of two hidden layers
STEPS = EPOCHS * ROWS // BATCH
BYTES = {"f32": 4, "f64": 8, "s32": 4, "pred": 1}
MACHINES = 100
NETWORKS = {"10 Gbit/s": 1.25e9, "100 Gbit/s": 1.25e10}  # bytes a second
LATENCY = 1e-4  # seconds to add up a small array over a hundred machines of a data centre


def rows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(ROWS, 256)).astype(np.float32), rng.integers(0, 10, ROWS)


def network(size, **given):
    hidden = [pl.Dense(units, activation="relu") for units in SIZES[size]]
    model = pl.Sequential([*hidden, pl.Dense(10, activation="softmax")], **given)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def step_seconds(size, workers, **given):
    """Return the seconds of a step, measured in the first worker without its start and compilation."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {"checkpoint": folder, "checkpoint_seconds": 3600.0, "verbose": 0}
        pl.cluster.fit(network(size), *rows(), BATCH, EPOCHS, cluster=f"local:{workers}", **kept, **given)
        timing = json.loads((Path(folder) / "answer-0.json").read_text())["timing"]
    return timing["running"] / timing["steps"]


def sent(size):
    """Return how many arrays a step adds up over all workers, and of how many bytes, from the compiled program."""
    calls = []

    def look(run):
        member = run.members[0]
        calls[:] = [member.call(member.here._replace(step=0), 1, 1)]

    network(size).fit(*rows(), batch_size=BATCH, epochs=1, max_steps=1, verbose=0, hooks=look)
    program, arguments = Sharded(mesh_of(2)).arranged(calls[0])
    text = program.lower(*arguments).compile().as_text()
    made = re.findall(r" = (.*?) all-reduce(?:-start)?\(", text)
    arrays = [array for each in made for array in re.findall(r"(\w+)\[([\d,]*)\]", each)]
    return len(arrays), sum(
        BYTES.get(kind, 4) * int(np.prod([int(n) for n in axes.split(",") if n])) for kind, axes in arrays
    )


def population_seconds(workers):
    """Return the seconds of a population of 32 networks as a whole, with the start of the workers."""
    population = pl.Population(network("small"), seeds=32)
    began = time.perf_counter()
    pl.cluster.fit_population(population, *rows(), BATCH, 200, cluster=f"local:{workers}")
    return time.perf_counter() - began


class CountedLine(messages.StreamLine):
    """Counts the bytes that this process sends to workers and receives from them."""

    sent = received = 0

    def send(self, said):
        CountedLine.sent += len(said.encode())
        super().send(said)

    def receive(self):
        found = super().receive()
        CountedLine.received += len(found.encode())
        return found


def societies():
    """Measure and print the bytes of the meetings of a society of four members, on two workers."""
    launching.StreamLine, epochs = CountedLine, 4
    weights = sum(weight.nbytes for weight in built("small").get_weights())
    print(f"\na society of 4 members with {weights / 1e6:.2f} MB of weights each, on 2 workers, bytes of a meeting:")
    for exchange in ("none", "imitate", "average"):
        CountedLine.sent = CountedLine.received = 0
        society = pl.Society(network("small"), "ring", members=4, exchange=exchange)
        society.fit(*rows(), batch_size=BATCH, epochs=epochs, verbose=0, cluster="local:2")
        brought, taken = (count / epochs / 1e6 for count in (CountedLine.received, CountedLine.sent))
        print(f"{exchange:<10}{brought:>9.2f} MB brought by the workers{taken:>9.2f} MB taken from it", flush=True)


def built(size):
    """Return a network with weights."""
    model = network(size)
    model.build((None, rows()[0].shape[1]))
    return model


def apart(model, other):
    """Return the largest difference between the weights of two models, and between their loss curves."""
    pairs = zip(model.get_weights(), other.get_weights(), strict=True)
    losses = np.subtract(model.history.history["loss"], other.history.history["loss"])
    return f"{max(np.abs(a - b).max() for a, b in pairs):.1e}, losses by {np.abs(losses).max():.1e}"


def kills(count):
    """Kill one of three workers at a random moment of each run, and print the seconds of work lost."""
    begun, lost, interval = [], [], 0.5

    class Watched(launching.Process):
        def __init__(self, task):
            super().__init__(task)
            begun.append(self)

    launching.Process = Watched
    alone, undisturbed = network("medium"), network("medium")
    alone.fit(*rows(), BATCH, 60, verbose=0)
    # Sums of three parts round otherwise than those of a whole batch; a killed worker must add nothing to that.
    pl.cluster.fit(undisturbed, *rows(), BATCH, 60, cluster="local:3", verbose=0)
    print(f"without kills, weights of 3 workers and of one process differ by {apart(undisturbed, alone)}", flush=True)
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            begun.clear()
            written = []

            def kill(folder=folder, written=written):
                at = Path(folder) / "checkpoint"
                while newest_step(at) < 1:
                    time.sleep(0.01)
                time.sleep(random.uniform(0, 2 * interval))
                going = [each for each in begun if each.code is None]
                if going:
                    newest = at / f"step-{newest_step(at)}"
                    random.choice(going).kill()
                    written.append(time.time() - newest.stat().st_mtime)

            thread = threading.Thread(target=kill, daemon=True)
            thread.start()
            model = network("medium")
            kept = {"checkpoint": folder, "checkpoint_seconds": interval, "verbose": 0}
            pl.cluster.fit(model, *rows(), BATCH, 60, cluster="local:3", **kept)
            thread.join(1)
            lost += written
            print(
                f"kill {number + 1}: {written[0] if written else 0:.2f} s of work lost, weights differ from "
                f"those without kills by {apart(model, undisturbed)}",
                flush=True,
            )
    print(f"{len(lost)} kills, at most {max(lost, default=0):.2f} s lost with a checkpoint every {interval} s")


def fitted(steps, reductions, sizes):
    """Return the seconds of a reduction and of a byte that explain the measured steps best."""
    system, measured = [], []
    for (size, workers), seconds in steps.items():
        if workers > 1:
            system.append([reductions[size] * (workers - 1), sizes[size] * 2 * (workers - 1) / workers])
            measured.append(max(seconds - steps[size, 1], 1e-6))
    # Each row divided by its seconds: large networks would else decide alone.
    relative = np.array(system) / np.array(measured)[:, None]
    scale = np.maximum(relative.max(axis=0), 1e-12)
    found, _ = nnls(relative / scale, np.ones(len(measured)))
    return found / scale


def divided_batches(workers, chosen, repeats, delay, loss):
    """Measure and print steps of divided batches; return their seconds, reductions and bytes, by size."""
    steps, reductions, sizes = {}, {}, {}
    print(
        "one network, whose batches are divided: the seconds of a step without start and compilation; how many arrays"
    )
    print("(gradients and the loss) all workers add up in a step; and the bytes that each worker sends for that\n")
    print(f"{'network':<10}{'workers':>8}{'a step':>12}{'speed-up':>10}{'arrays':>12}{'sent a step':>14}")
    for size in chosen:
        reductions[size], sizes[size] = sent(size)
        for count in workers:
            apart = count > 1 and (delay or loss)
            with workers_on_hosts(count, delay, loss) if apart else nullcontext():
                steps[size, count] = min(step_seconds(size, count) for _ in range(repeats))
            gain = steps[size, 1] / steps[size, count]
            ring = sizes[size] * 2 * (count - 1) / count
            cells = f"{steps[size, count] * 1e3:>9.2f} ms{gain:>10.2f}{reductions[size] if count > 1 else 0:>12}"
            print(f"{size:<10}{count:>8}{cells}{ring / 1e6:>11.2f} MB", flush=True)
    return steps, reductions, sizes


def averaged(workers, chosen, repeats, delay, loss):
    """Measure and print steps of workers that average their weights from time to time."""
    for size in chosen:
        for count in [each for each in workers if each > 1]:
            with workers_on_hosts(count, delay, loss) if delay or loss else nullcontext():
                seconds = min(step_seconds(size, count, average_every=8) for _ in range(repeats))
            print(f"{size:<10}{count:>8}{seconds * 1e3:>9.2f} ms, weights averaged every 8 steps", flush=True)


def populations(workers):
    """Measure and print the members of a population, which send nothing."""
    alone = None
    for count in workers:
        seconds = population_seconds(count)
        alone = alone or seconds
        print(f"population of 32{count:>4} workers{seconds:>9.1f} s{alone / seconds:>8.2f} times as fast", flush=True)


def compared(steps, reductions, sizes, latency, a_byte):
    """Print what the cost model says beside what was measured."""
    print(f"\n{'network':<10}{'workers':>8}{'measured':>12}{'model':>12}")
    for (size, workers), seconds in steps.items():
        sending = reductions[size] * (workers - 1) * latency + sizes[size] * 2 * (workers - 1) / workers * a_byte
        said = steps[size, 1] + sending
        print(f"{size:<10}{workers:>8}{seconds * 1e3:>9.2f} ms{said * 1e3:>9.2f} ms")


def estimated(steps, reductions, sizes, latency, source):
    """Print where many machines would stand."""
    print(f"\nestimate, not measured: {MACHINES} machines like this one, if adding up an array takes there")
    print(f"{latency * 1e6:.0f} us ({source}), in rows a second against one machine.")
    print(f"divided: a batch of {BATCH} rows in {MACHINES} parts; rows on each: a batch of {MACHINES * BATCH:,} rows")
    for size in sizes:
        compute, ring = steps[size, 1], sizes[size] * 2 * (MACHINES - 1) / MACHINES
        for name, bandwidth in NETWORKS.items():
            sending = reductions[size] * latency + ring / bandwidth
            divided, each = compute / (compute / MACHINES + sending), MACHINES * compute / (compute + sending)
            print(
                f"{size:<10}{name:>12}  divided {divided:>6.2f} times as fast; {BATCH} rows on each {each:>6.1f} times"
            )


def main():
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--kills", type=int, default=0, help="kill a worker in so many runs, and do nothing else")
    parser.add_argument(
        "--delay", type=float, default=0.0, help="milliseconds one way between hosts of one worker each"
    )
    parser.add_argument("--loss", type=float, default=0.0, help="percent of the frames that are lost between hosts")
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES), help="the networks")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each row, of which the fastest counts")
    given = parser.parse_args()
    jax.config.update("jax_num_cpu_devices", 2)  # for the compiled program of two devices; workers have one each
    if given.kills:
        kills(given.kills)
        return
    workers, on_hosts = sorted({1, *given.workers}), bool(given.delay or given.loss)
    where = f"on hosts {given.delay:g} ms apart, {given.loss:g} % lost" if on_hosts else "on this machine"
    print(f"{count_cores()} cores; batches of {BATCH} rows; {', '.join(map(str, workers))} workers {where}\n")
    steps, reductions, sizes = divided_batches(workers, given.sizes, given.repeats, given.delay / 1e3, given.loss / 100)
    averaged(workers, given.sizes, given.repeats, given.delay / 1e3, given.loss / 100)
    if not on_hosts:
        populations(workers)
        societies()
    latency, source = LATENCY, "assumed, not fitted"
    if len(workers) > 1:
        measured, a_byte = fitted(steps, reductions, sizes)
        speed = f"{1 / a_byte / 1e9:.2f} GB/s" if a_byte else "bytes cost nothing measurable"
        print(f"\nthe cost model, fitted: {measured * 1e6:.0f} us an array and further worker, {speed}")
        compared(steps, reductions, sizes, measured, a_byte)
        latency, source = (measured, "measured with this delay and loss") if on_hosts else (latency, source)
    estimated(steps, reductions, sizes, latency, source)


if __name__ == "__main__":
    main()
