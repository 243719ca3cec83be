"""The process of one peer: reads requests, one line of JSON each, trains, and returns the seconds.

python -m benchmarks.worker PyTorch                    # requests on standard input
python -m benchmarks.worker PyTorch --whole example1   # train an example once and exit
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from typing import Any

from .peers import PEERS
from .workloads import BY_NAME, Workload


class Worker:
    """The client of a worker process.

    Args:
        peer: The peer.
        threads: The number of threads.
        more: Further environment variables.
    """

    def __init__(self, peer: str, threads: int, **more: str) -> None:
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - close() closes it
        self.process = subprocess.Popen(
            command(peer),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=environment(peer, threads, **more),
        )
        self.version: str = self.order("version")["version"]

    def order(self, what: str, **given: Any) -> dict[str, Any]:
        """Send a request and return the response.

        Raises:
            RuntimeError: If the process failed; with its output.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({"order": what, **given}) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.process.wait()
            self.errors.seek(0)
            raise RuntimeError(self.errors.read().strip()[-2000:])
        return json.loads(answer)

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        self.errors.close()


def command(peer: str, *more: str) -> list[str]:
    """Return the command to start the process of a peer."""
    return [sys.executable, "-m", "benchmarks.worker", peer, *more]


def environment(peer: str, threads: int, **more: str) -> dict[str, str]:
    """Return the environment variables of the process of a peer."""
    limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    # Installed packages have bytecode. Without it, each process would compile the sources of this one anew.
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**own, **limits, **PEERS[peer].environment, **more}


class Bench:
    """The worker: trains one workload at a time."""

    def __init__(self, peer: str) -> None:
        self.options = PEERS[peer].options
        self.module = import_module(f".peers.{PEERS[peer].module}", __package__)
        self.workload = self.net = self.x = self.y = self.convolution = None

    def network(self, workload: Workload) -> Any:
        return self.module.Net(workload, **self.options)

    def version(self) -> dict[str, Any]:
        return {"version": self.module.version()}

    def load(self, workload: str, first_batch: bool = False) -> dict[str, Any]:
        """Build the network and train one epoch, so that everything is compiled."""
        chosen = BY_NAME[workload]
        self.workload = chosen.first_batch() if first_batch else chosen
        self.x, self.y = self.workload.data()
        self.net = self.network(self.workload)
        return self.fit(1)

    def fit(self, epochs: int) -> dict[str, Any]:
        """Continue training."""
        assert self.net is not None
        began = time.perf_counter()
        self.net.fit(self.x, self.y, epochs)
        return {"seconds": time.perf_counter() - began}

    def first_step(self, workload: str) -> dict[str, Any]:
        """Build the network and train one step, which compiles everything that training needs."""
        chosen = BY_NAME[workload].first_batch()
        x, y = chosen.data()
        began = time.perf_counter()
        self.network(chosen).fit(x, y, 1)
        return {"seconds": time.perf_counter() - began}

    def fresh(self, epochs: int) -> dict[str, Any]:
        """Build and train the network again, as when a notebook cell is run again."""
        assert self.workload is not None
        began = time.perf_counter()
        net = self.network(self.workload)
        net.fit(self.x, self.y, epochs)
        return {"seconds": time.perf_counter() - began}

    def learn(self, workload: str, data: str, epochs: int) -> dict[str, Any]:
        """Train on real images and return the time and the test error rate."""
        from .images import load

        chosen = BY_NAME[workload]
        (x, labels), (test_x, test_labels) = load(data, chosen.shape)
        began = time.perf_counter()
        net = self.network(chosen)
        net.fit(x, chosen.targets(labels), epochs)
        seconds = time.perf_counter() - began
        wrong = net.predict(test_x).argmax(axis=1) != test_labels
        return {"seconds": seconds, "error": float(wrong.mean())}

    def layer(self, **given: Any) -> dict[str, Any]:
        """Build one convolution and compute it once, so that everything is compiled."""
        self.convolution = self.module.Layer(given)
        return self.passes(1)

    def passes(self, count: int) -> dict[str, Any]:
        """Compute the convolution and its gradients."""
        assert self.convolution is not None
        began = time.perf_counter()
        self.convolution.passes(count)
        return {"seconds": time.perf_counter() - began}


def serve(peer: str) -> None:
    """Process requests until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # output of libraries must not mix with the responses
    bench = Bench(peer)
    for line in sys.stdin:
        given = json.loads(line)
        answers.write(json.dumps(getattr(bench, given.pop("order"))(**given)) + "\n")


def whole(peer: str, workload: str) -> None:
    """Train an example once, as a whole script does."""
    bench, chosen = Bench(peer), BY_NAME[workload]
    x, y = chosen.data()
    bench.network(chosen).fit(x, y, chosen.epochs)


if __name__ == "__main__":
    if sys.argv[2:3] == ["--whole"]:
        whole(sys.argv[1], sys.argv[3])
    else:
        serve(sys.argv[1])
