"""The devices of this machine: what JAX sees, and what a small measured run gives."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import jax
import jax.numpy as jnp
import numpy as np

from ..layers import Dense
from ..model import Sequential
from ..model.planning import duration
from ..notes import Note, note
from ..training.calls import count_cores
from ..training.devices import shown_device
from ..training.memory import free_bytes
from ..typing import Document

SIDE = 1024  # of the matrices that are multiplied
NUMBERS = 1 << 24  # of a vector that is read and written once, larger than a cache
REPEATS = 5
GIB = 1 << 30
FASTEST = 1e-9  # of a clock, so that nothing is divided by zero


@dataclass(frozen=True)
class DeviceReport:
    """What JAX sees, and how fast the first device is.

    Attributes:
        jax_version: The version of JAX.
        devices: The devices, ``"cpu:0"``.
        cores: Processors that this process may use.
        free_bytes: Free memory of the first device.
        product_gflops: Billions of operations a second of a product of two matrices of 1,024 rows and columns.
        copied_gib: GiB a second that are read and written by an addition to a vector.
        compile_seconds: To compile the small run.
        step_seconds: A training step of a network 784-32-10 on batches of 32 rows.
        is_right: Whether the product is that of NumPy.
        has_unused_gpu: Whether there is a driver for a GPU, but JAX computes on the CPU.
    """

    jax_version: str
    devices: tuple[str, ...]
    cores: int
    free_bytes: int
    product_gflops: float
    copied_gib: float
    compile_seconds: float
    step_seconds: float
    is_right: bool
    has_unused_gpu: bool

    def notes(self) -> list[Note]:
        """Return the report in sentences."""
        seen = {"version": self.jax_version, "count": len(self.devices), "devices": list(self.devices)}
        found = [note("device.seen", **seen, cores=self.cores, free=f"{self.free_bytes / GIB:.3g}")]
        speed = {"product": f"{self.product_gflops:.3g}", "copied": f"{self.copied_gib:.3g}"}
        found.append(note("device.speed", **speed))
        found.append(note("device.run", step=duration(self.step_seconds), compiling=duration(self.compile_seconds)))
        if not self.is_right:
            found.append(note("device.wrong"))
        if self.has_unused_gpu:
            found.append(note("device.unused"))
        return found

    def __str__(self) -> str:
        return "\n".join(each.said() for each in self.notes())

    def to_dict(self) -> Document:
        """Return the numbers for JSON."""
        return {**asdict(self), "devices": list(self.devices)}


def device_report() -> DeviceReport:
    """Measure the first device for about a second: a product of matrices, memory, and a small training run.

    When to use: after installation, or where training is slower than expected. The figures are of this moment: other
    programs on the machine slow them down.

    Example:
        >>> import plastica as pl
        >>> report = pl.doctor.device_report()
        >>> report.is_right, report.step_seconds > 0
        (True, True)
    """
    rng = np.random.default_rng(0)
    one, other = (rng.normal(size=(SIDE, SIDE)).astype(np.float32) for _ in range(2))
    product = jax.jit(jnp.matmul)
    is_right = np.allclose(np.asarray(product(one, other))[:8], one[:8] @ other, rtol=0.02, atol=0.5)
    on_device = jax.device_put((one, other))
    vector = jax.device_put(np.zeros(NUMBERS, np.float32))
    increased = jax.jit(_increased)
    copied = _fastest(lambda: increased(vector))
    x, y = rng.random((1024, 784), dtype=np.float32), rng.integers(0, 10, 1024)
    plan = _small_network().plan(x, y, epochs=1, seconds=0.3)
    devices = jax.devices()
    return DeviceReport(
        jax_version=jax.__version__,
        devices=tuple(shown_device(each) for each in devices),
        cores=count_cores(),
        free_bytes=free_bytes(),
        product_gflops=2 * SIDE**3 / _fastest(lambda: product(*on_device)) / 1e9,
        copied_gib=2 * vector.nbytes / copied / GIB,
        compile_seconds=plan.compile_seconds,
        step_seconds=plan.step_seconds,
        is_right=is_right,
        has_unused_gpu=devices[0].platform == "cpu" and shutil.which("nvidia-smi") is not None,
    )


def _increased(vector: jax.Array) -> jax.Array:
    return vector + 1


def _small_network() -> Sequential:
    model = Sequential([Dense(32, activation="relu"), Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def _fastest(compute: Callable[[], jax.Array]) -> float:
    """Return the seconds of the fastest of some calls, after one that compiles."""
    jax.block_until_ready(compute())
    found = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        jax.block_until_ready(compute())
        found.append(time.perf_counter() - began)
    return max(min(found), FASTEST)
