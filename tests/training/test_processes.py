"""The same seed gives the same bits in another process, on one processor or two."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

TRAIN = textwrap.dedent(
    """
    import hashlib, os, sys
    if sys.argv[1] == "one":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import numpy as np, plastica as pl
    rng = np.random.default_rng(0)
    x, y = rng.random((256, 14, 14, 1), dtype=np.float32), rng.integers(0, 10, 256)
    wide = [pl.Flatten(), pl.Dense(400, activation="relu"), pl.Dropout(0.1), pl.Dense(10, activation="softmax")]
    small = [pl.Conv2D(8, 3, activation="relu"), pl.MaxPooling2D(), pl.BatchNormalization(), *wide]
    many = [pl.Conv2D(16, 3, padding="same", activation="relu"), pl.Conv2D(32, 3, activation="relu"), *small[1:]]
    for layers in (wide, small, many):
        model = pl.Sequential(layers, seed=7)
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=128, epochs=2, verbose=0, validation_split=0.2)
        print(hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights())).hexdigest())
        print(hashlib.sha256(model.predict(x).tobytes()).hexdigest())
    """
)


def digests(processors):
    optimized = {**os.environ, "XLA_FLAGS": ""}  # as people run it
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, processors], capture_output=True, text=True, check=True, env=optimized
    )
    return done.stdout.split()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot bind a process to a processor")
def test_weights_and_answers_are_the_same_bits_on_one_processor_and_on_all():
    one, every = digests("one"), digests("all")
    assert len(one) == 6
    assert one == every
