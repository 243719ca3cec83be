"""The peers: each trains the same workloads in a separate process.

The module of a peer has a class ``Net(workload, **options)`` with ``fit(x, y, epochs)`` and ``predict(x)``, and a
function ``version()``. All use float32, Adam with its default learning rate, shuffled batches, two threads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Peer:
    """The module of a peer and how its process is started.

    Attributes:
        module: The module in this package.
        options: The options of its ``Net`` in addition to the workload.
        environment: The environment variables of its process.
        dense_only: Whether it has dense layers only.
        shown: Whether it is measured by default.
    """

    module: str
    options: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    dense_only: bool = False
    shown: bool = True


OURS = "plastica"

_ON_TENSORFLOW = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}

PEERS = {
    OURS: Peer("ours"),
    "scikit-learn": Peer("scikit_learn", dense_only=True),
    "PyTorch": Peer("pytorch"),
    "Keras-JAX": Peer("keras_3", {"steps_per_execution": 32}, {"KERAS_BACKEND": "jax"}),
    "Keras-TF": Peer("keras_3", {}, _ON_TENSORFLOW),
    "Keras-TF-32": Peer("keras_3", {"steps_per_execution": 32}, _ON_TENSORFLOW, shown=False),
}
