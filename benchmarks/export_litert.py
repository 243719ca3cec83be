"""The networks of benchmarks.export as LiteRT files, run by the interpreter of LiteRT: started by benchmarks.export.

Needs TensorFlow, which makes the files, and ai-edge-litert, which runs them; not plastica. Reads weights and rows from
an .npz file and prints JSON: for float32 and for 8 bits the bytes of the file, the median time of one row in
microseconds, and the largest difference from the expected answers.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

SECONDS = 0.3


def table() -> keras.Model:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((16,)),
            layers.Dense(64, "relu"),
            layers.Dense(64, "relu"),
            layers.Dense(3, "softmax"),
        ]
    )


def lstm() -> keras.Model:
    return keras.Sequential([keras.Input((24, 4)), keras.layers.LSTM(32, unroll=True), keras.layers.Dense(1)])


def image() -> keras.Model:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, "softmax"),
        ]
    )


MODELS = {each.__name__: each for each in (table, lstm, image)}


def converted(model: keras.Model, x: np.ndarray, int8: bool) -> bytes:
    """Return a network as a file of LiteRT, with float32 or with products in 8 bits."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if int8:

        def rows() -> Iterator[list[np.ndarray]]:
            yield from ([row[None]] for row in x)

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = rows
    return converter.convert()


def measured(content: bytes, x: np.ndarray, expected: np.ndarray) -> dict[str, float]:
    """Return size, time of one row, and difference."""
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    (at,), (out,) = (
        [each["index"] for each in found]
        for found in (interpreter.get_input_details(), interpreter.get_output_details())
    )

    def answer(row: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(at, row)
        interpreter.invoke()
        return interpreter.get_tensor(out)

    found = np.concatenate([answer(row[None]) for row in x])
    times, end = [], time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(times) < 3:
        begin = time.perf_counter()
        answer(x[:1])
        times.append(time.perf_counter() - begin)
    difference = float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))
    return {"bytes": len(content), "microseconds": float(np.median(times)) * 1e6, "difference": difference}


def main(name: str, file: str) -> None:
    """Print the figures of a network whose weights, rows and expected answers a file has."""
    with np.load(file) as given:
        x, expected = given["x"], given["y"]
        weights = [given[f"w{place}"] for place in range(len(given.files) - 2)]
    model = MODELS[name]()
    model.set_weights(weights)
    print(
        json.dumps({form: measured(converted(model, x, form == "int8"), x, expected) for form in ("float32", "int8")})
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
