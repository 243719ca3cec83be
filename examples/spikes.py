"""A spiking network learns digits: rows as spikes, leaky neurons, two rules, and how much the neurons fire.

python examples/spikes.py
"""

from __future__ import annotations

from sklearn.datasets import load_digits

import plastica as pl


def main(epochs: int = 30) -> dict[str, float]:
    """Train by both rules; return the accuracy of each on the rows behind the first 1,500."""
    digits = load_digits()
    x, y = (digits.data / 16).astype("float32"), digits.target
    loss = pl.losses.SparseCategoricalCrossentropy(from_logits=True)
    found = {}
    for rule in ("backprop", "eprop"):
        network = [
            pl.RateEncoder(25, max_rate=400),
            pl.Spiking(64, pl.LIF(10.0)),
            pl.Dense(10),
            pl.LeakyReadout(10.0),
            pl.MembraneMean(),
        ]
        model = pl.Sequential([pl.Input((64,)), *network])
        model.compile(pl.optimizers.Adam(0.005), loss, ["accuracy"], rule=rule)
        model.fit(x[:1500], y[:1500], epochs=epochs, batch_size=50, verbose=0)
        found[rule] = model.evaluate(x[1500:], y[1500:], verbose=0)[1]
        rate = pl.spikes.firing_rates(model, x[1500:])[0].rates.mean()
        print(f"{rule}: accuracy {found[rule]:.1%}, {rate:.0f} spikes a second for each neuron")
    return found


if __name__ == "__main__":
    main()
