"""A time series of 100 values: LSTM(50) and Dense(1), Adam, mean squared error, 100 epochs, then predict.

The network receives the last ten values and predicts the next. (A single value of a wave does not show whether it rises
or falls, so an LSTM with windows of one value cannot predict it.) Run: ``python examples/series.py``.
"""

from __future__ import annotations

import numpy as np

import plastica as pl


def windows(series, length):
    """Return all windows of ``length`` values, ``(rows, length, 1)``, and the value after each."""
    found = np.lib.stride_tricks.sliding_window_view(series, length + 1)
    return found[:, :-1, None], found[:, -1]


def main(units=50, epochs=100, length=10):
    time = np.arange(100)
    series = np.sin(time / 5) + 0.5 * np.sin(time / 3)
    x, y = windows(series, length)
    cut = 70  # the test set follows the training set in time

    model = pl.Sequential([pl.LSTM(units, input_shape=(length, 1)), pl.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(x[:cut], y[:cut], epochs=epochs, batch_size=8, verbose=0)

    answers = model.predict(x[cut:])[:, 0]
    error = np.sqrt(np.mean((answers - y[cut:]) ** 2))
    same_again = np.sqrt(np.mean((x[cut:, -1, 0] - y[cut:]) ** 2))
    for right, answer in list(zip(y[cut:], answers, strict=True))[:5]:
        print(f"next value {right:+.3f}, predicted {answer:+.3f}")
    print(f"root mean squared error {error:.3f}; saying the last value again: {same_again:.3f}")
    return error, same_again


if __name__ == "__main__":
    main()
