"""Full MNIST: test error and seconds of plastica, PyTorch and Keras.

    python -m benchmarks.mnist --data mnist.npz
    python -m benchmarks.mnist --data mnist.npz --epochs 1 --only mlp --peers PyTorch

The file is Keras's mnist.npz: x_train, y_train, x_test, y_test. Equal conditions: the same layers, Adam with its
default learning rate, batch size 128, shuffled rows, the same epochs, two threads; each in a separate process, one
after another. Seconds are measured from building the network to the end of training, including compilation.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from typing import Any

from .peers import OURS, PEERS
from .worker import Worker
from .workloads import MNIST, Workload

ABLE = [name for name, peer in PEERS.items() if not peer.dense_only and name != OURS]
SHOWN = [name for name in ABLE if PEERS[name].shown]


def trials(workload: Workload, given: Any) -> dict[str, list[dict[str, float]]]:
    """Train the network of every peer the given number of times, each time in a new process."""
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(given.repeats):
        for peer in [OURS, *given.peers]:
            worker = Worker(peer, given.threads)
            try:
                answer = worker.order("learn", workload=workload.name, data=given.data, epochs=given.epochs)
            finally:
                worker.close()
            found.setdefault(peer, []).append(answer)
    return found


def print_rows(workload: Workload, found: dict[str, list[dict[str, float]]]) -> None:
    """Print a row for each peer: medians, and the range of errors."""
    own = statistics.median(trial["seconds"] for trial in found[OURS])
    for peer, made in found.items():
        seconds = statistics.median(trial["seconds"] for trial in made)
        errors = sorted(trial["error"] for trial in made)
        spread = f" ({errors[0]:.2%} to {errors[-1]:.2%})" if len(errors) > 1 else ""
        error = f"{statistics.median(errors):.2%}{spread}"
        print(f"| {workload.title} | {peer} | {error} | {seconds:.1f} | {seconds / own:.2f}x |", flush=True)


def arguments() -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", required=True, help="path of mnist.npz")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=1, help="train this often, in new processes")
    parser.add_argument("--only", choices=[workload.name for workload in MNIST])
    parser.add_argument("--peers", nargs="*", default=SHOWN, choices=ABLE)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main() -> int:
    given = arguments()
    print(f"MNIST, {given.epochs} epochs, batches of 128, Adam; {given.repeats} time(s), {given.threads} threads\n")
    print("| network | trained with | test error | seconds | plastica is faster by |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as cache:
        PEERS[OURS].environment["PLASTICA_CACHE"] = cache
        for workload in MNIST:
            if given.only in (None, workload.name):
                print_rows(workload, trials(workload, given))
    return 0


if __name__ == "__main__":
    sys.exit(main())
