"""Exported files beside the models that they were made of: time of one row, size, and difference.

    python -m benchmarks.export                     # every target, within a minute on one core
    python -m benchmarks.export --models table lstm --targets numpy

A time is the median of calls with one row, in microseconds, in one process on one core. The difference is the largest
of an output on 100 rows. onnxruntime, where it is installed, answers with the ONNX file of the same model, and stands
beside every target.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import plastica as pl
from plastica.errors import MissingExtra
from plastica.export.measuring import measure
from plastica.export.targets import TARGETS


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
    given = parser.parse_args()
    heads = ("µs a row", "plastica", "onnxrt", "bytes", "weights", "differs")
    print(f"{'model':12} {'target':8} {' '.join(f'{head:>9}' for head in heads)}")
    with tempfile.TemporaryDirectory() as folder:
        for name in given.models:
            model = MODELS[name]()
            model.build()
            for target in given.targets:
                try:
                    written = pl.export.write(model, Path(folder) / f"{name}{TARGETS[target].ending}", target)
                    found = measure(written)
                except MissingExtra as why:
                    print(f"{name:12} {target:8} {why}")
                    continue
                onnx = found.microseconds if target == "onnx" else found.beside.get("onnxruntime", float("nan"))
                print(
                    f"{name:12} {target:8} {found.microseconds:9.0f} {found.beside['plastica']:9.0f} {onnx:9.0f} "
                    f"{written.size:9,} {4 * written.exported.program.numbers:9,} {found.difference:9.1e}"
                )


if __name__ == "__main__":
    main()
