"""The time to train one of many small networks: a population beside networks trained one at a time.

    python -m benchmarks.populations                # 64 members of three networks, two minutes on two cores
    python -m benchmarks.populations --members 16 --rounds 3

A population trains all members in one program; the peers train one network after another, of which one is timed. All
train for the same number of epochs with the same batch size, Adam, float32 and shuffled rows, after an epoch that
compiles. The processes alternate in rounds; a ratio is the median over the rounds of (peer's time for a network /
plastica's time for the whole population / members).
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

import plastica as pl

from .peers import OURS, PEERS
from .peers.functional import network
from .worker import Worker
from .workloads import POPULATIONS, Workload

SHOWN = (OURS, "scikit-learn", "PyTorch")


class Members:
    """The population of a workload.

    Args:
        workload: The network and its data.
        members: The number of networks.
    """

    def __init__(self, workload: Workload, members: int) -> None:
        model = pl.Model(*network(pl, workload))
        model.compile("adam", workload.loss)
        self.population, self.workload = pl.Population(model, seeds=members), workload
        self.x, self.y = workload.data()
        self.fit(1)

    def fit(self, epochs: int) -> float:
        """Continue training and return the seconds for each member."""
        began = time.perf_counter()
        self.population.fit(self.x, self.y, batch_size=self.workload.batch, epochs=epochs, verbose=0)
        return (time.perf_counter() - began) / len(self.population)


def measure(workload: Workload, given: argparse.Namespace) -> dict[str, list[float]]:
    """Return the seconds for a network of the population and of each peer, round by round."""
    members = Members(workload, given.members)
    workers = {name: Worker(name, given.threads) for name in SHOWN if _is_there(name)}
    found: dict[str, list[float]] = {name: [] for name in ("population", *workers)}
    try:
        for worker in workers.values():
            worker.order("load", workload=workload.name)
        for _ in range(given.rounds):
            found["population"].append(members.fit(workload.epochs))
            for name, worker in workers.items():
                found[name].append(worker.order("fit", epochs=workload.epochs)["seconds"])
    finally:
        for worker in workers.values():
            worker.close()
    return found


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    names = ("plastica alone", *SHOWN[1:])
    print(f"{given.members} members{'':<22}" + "".join(f"{name:>18}" for name in ("a network", *names)))
    for workload in POPULATIONS:
        found = measure(workload, given)
        own = found.pop("population")
        steps = workload.epochs * workload.steps
        line = f"{workload.title:<32}{statistics.median(own) / steps * 1e6:>13.2f} us/step"
        for name in SHOWN:
            ratios = [peer / ours for peer, ours in zip(found.get(name, []), own, strict=False)]
            line += f"{statistics.median(ratios):>17.1f}x" if ratios else f"{'-':>18}"
        print(line, flush=True)


def _is_there(name: str) -> bool:
    from importlib.util import find_spec

    return name != "PyTorch" or (PEERS[name].shown and find_spec("torch") is not None)


if __name__ == "__main__":
    main()
