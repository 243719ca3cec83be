"""A network that reads digits as files for other places: Python with NumPy, C, a browser; with weights of 8 bits too.

Run: ``python examples/export.py``. The files are written to a new folder, whose name is printed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from sklearn.datasets import load_digits

import plastica as pl

FILES = ("digits.py", "digits.c", "digits.html")


def main(epochs: int = 20) -> dict[str, tuple[int, int]]:
    """Print and return the bytes of each file, with weights of 32 and of 8 bits."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("float32")
    model = pl.Sequential([pl.Dense(32, "relu"), pl.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    model.fit(x[:1400], y[:1400], epochs=epochs, verbose=0)

    folder = Path(tempfile.mkdtemp())
    print(folder)
    sizes: dict[str, tuple[int, int]] = {}
    for name in FILES:
        exact = pl.export.write(model, folder / name)
        small = pl.export.write(model, folder / f"small_{name}", int8=[x[:200]])
        sizes[name] = (exact.size, small.size)
        print(f"{name}: {exact.size:,} bytes, {small.size:,} with weights of 8 bits")
    return sizes


if __name__ == "__main__":
    main()
