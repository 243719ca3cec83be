"""Exported files beside the models that they were made of: time of one row, size, and difference.

    python -m benchmarks.export                     # every target, within a minute on one core
    python -m benchmarks.export --models table lstm --targets numpy
    python -m benchmarks.export --litert ~/tensorflow/bin/python    # also LiteRT, from an environment with TensorFlow

A time is the median of calls with one row, in microseconds, in one process on one core. The difference is the largest
of an output on 100 rows. onnxruntime, where it is installed, answers with the ONNX file of the same model, and stands
beside every target. LiteRT (TensorFlow Lite) answers with a file that TensorFlow makes of the same weights, see
benchmarks.export_litert; the transformer is not among its networks. "int8" has weights of 8 bits, of whose calibration
and difference the 100 rows are.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import numpy as np

import plastica as pl
from plastica.errors import MissingExtra
from plastica.export.measuring import CheckRows, measure
from plastica.export.quantization import narrow
from plastica.export.targets import TARGETS, ExportedFiles

ROWS = 100
OF_LITERT = ("table", "lstm", "image")


def table() -> pl.Sequential:
    """A network for a table of 16 features."""
    return pl.Sequential([pl.Dense(64, "relu", input_dim=16), pl.Dense(64, "relu"), pl.Dense(3, "softmax")])


def lstm() -> pl.Sequential:
    """A day of 4 hourly numbers, and one answer."""
    return pl.Sequential([pl.LSTM(32, input_shape=(24, 4)), pl.Dense(1)])


def image() -> pl.Sequential:
    """A small convolutional network for pictures of 28 by 28."""
    return pl.Sequential(
        [
            pl.Conv2D(8, 3, activation="relu", input_shape=(28, 28, 1)),
            pl.MaxPooling2D(2),
            pl.Conv2D(16, 3, activation="relu"),
            pl.MaxPooling2D(2),
            pl.Flatten(),
            pl.Dense(10, "softmax"),
        ]
    )


def transformer() -> pl.Sequential:
    """One block of attention over 16 steps of 32 features."""
    block = pl.transformer_block(32, num_heads=4, units=64)
    return pl.Sequential([pl.Input((16, 32)), block, pl.GlobalAveragePooling1D(), pl.Dense(2, "softmax")])


MODELS = {each.__name__: each for each in (table, lstm, image, transformer)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--litert", metavar="PYTHON", help="Python with TensorFlow and ai-edge-litert.")
    given = parser.parse_args()
    heads = ("µs a row", "plastica", "onnxrt", "bytes", "weights", "differs")
    print(f"{'model':12} {'file':14} {' '.join(f'{head:>9}' for head in heads)}")
    with tempfile.TemporaryDirectory() as folder:
        for name in given.models:
            model = MODELS[name]()
            model.build()
            x = np.random.default_rng(0).standard_normal((ROWS, *model.input_shape[1:]), np.float32)  # pyright: ignore[reportArgumentType]
            for target in given.targets:
                for int8 in (False, True) if target == "c" else (False,):
                    path = Path(folder) / f"{name}{TARGETS[target].ending}"
                    try:
                        say_file(name, model, path, target, x if int8 else None)
                    except MissingExtra as why:
                        print(f"{name:12} {target:14} {why}")
            if given.litert is not None and name in OF_LITERT:
                say_litert(name, model, x, Path(folder), given.litert)


def say_file(name: str, model: pl.Sequential, path: Path, target: str, int8: np.ndarray | None) -> None:
    """Print the figures of one file."""
    written = pl.export.write(model, path, target, int8=None if int8 is None else [int8])
    found = measure(written, None if int8 is None else CheckRows([int8]))
    onnx = found.microseconds if target == "onnx" else found.beside.get("onnxruntime", float("nan"))
    file = target if int8 is None else f"{target}, int8"
    print(
        f"{name:12} {file:14} {found.microseconds:9.0f} {found.beside['plastica']:9.0f} {onnx:9.0f} "
        f"{written.size:9,} {weights_of(written):9,} {found.difference:9.1e}"
    )


def weights_of(written: ExportedFiles) -> int:
    """Return the bytes of the constants of a file."""
    return sum(narrow(array).nbytes for part in written.exported.program.walk() for array in part.constants.values())


def say_litert(name: str, model: pl.Sequential, x: np.ndarray, folder: Path, python: str) -> None:
    """Print the figures of LiteRT, in another process."""
    weights = {f"w{place}": each for place, each in enumerate(model.get_weights())}
    np.savez(folder / "litert.npz", x=x, y=model.predict(x, verbose=0), **weights)  # pyright: ignore[reportArgumentType]
    command = [python, str(Path(__file__).with_name("export_litert.py")), name, str(folder / "litert.npz")]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    if ended.returncode:
        print(f"{name:12} {'litert':14} {ended.stderr.strip().splitlines()[-1]}")
        return
    for form, each in json.loads(ended.stdout.splitlines()[-1]).items():
        file = "litert" if form == "float32" else "litert, int8"
        print(
            f"{name:12} {file:14} {each['microseconds']:9.0f} {'':9} {'':9} {each['bytes']:9,} {'':9} "
            f"{each['difference']:9.1e}"
        )


if __name__ == "__main__":
    main()
