"""Time of explanations, beside shap and captum: ``python -m benchmarks.explain``.

The same network, rows, background and number of evaluations; shap calls the network as NumPy products, the fastest way
for it. Peers that are not installed are skipped: ``pip install shap captum torch``.

Beside the time that passes stands that of the processor, which other programs disturb little. With
``OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1`` it compares core by core.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import click
import numpy as np

import plastica as pl

UNITS = 64


def network(columns: int) -> pl.Sequential:
    """Return a network with two hidden layers."""
    model = pl.Sequential([pl.Dense(UNITS, "relu"), pl.Dense(UNITS, "relu"), pl.Dense(1)], seed=0)
    model.build((columns,))
    return model


def in_numpy(model: pl.Sequential) -> Callable[[np.ndarray], np.ndarray]:
    """Return the network as NumPy products."""
    w1, b1, w2, b2, w3, b3 = map(np.asarray, model.get_weights())

    def answer(x: np.ndarray) -> np.ndarray:
        hidden = np.maximum(np.maximum(x.astype(np.float32) @ w1 + b1, 0) @ w2 + b2, 0)
        return (hidden @ w3 + b3)[:, 0]

    return answer


class Took(NamedTuple):
    """Seconds of a call: as they pass, and of the processor."""

    passed: float
    computed: float

    def __truediv__(self, rows: int) -> Took:
        return Took(self.passed / rows, self.computed / rows)

    def __str__(self) -> str:
        return f"{self.passed * 1e3:8.3f} ms a row, {self.computed * 1e3:8.3f} ms of the processor"

    def times(self, other: Took) -> str:
        """Return how much longer this took than another."""
        return f"{self.passed / other.passed:.1f} times, {self.computed / other.computed:.1f} of the processor"


def timed(call: Callable[[], object], repeats: int = 1, first: bool = True) -> tuple[Took, object]:
    """Return the shortest time of a call, and its result; a first call compiles and is not counted."""
    found = call() if first else None
    times = []
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        found = call()
        times.append(Took(time.perf_counter() - start[0], time.process_time() - start[1]))
    return min(times), found


def in_shap(model: pl.Sequential, x: np.ndarray, background: np.ndarray, evaluations: int) -> tuple[Took, np.ndarray]:
    """Return the time a row of shap's KernelExplainer, and its values."""
    import shap

    explainer = shap.KernelExplainer(in_numpy(model), background)
    took, values = timed(lambda: explainer.shap_values(x, nsamples=evaluations, l1_reg=0, silent=True), first=False)
    return took / len(x), np.asarray(values)


def in_captum(model: pl.Sequential, x: np.ndarray, steps: int) -> tuple[Took, np.ndarray]:
    """Return the time a row of captum's IntegratedGradients, and its values."""
    import torch
    from captum.attr import IntegratedGradients

    layers: list[torch.nn.Module] = []
    weights = list(map(np.array, model.get_weights()))
    for place in range(0, len(weights), 2):
        linear = torch.nn.Linear(*weights[place].shape)
        linear.weight.data = torch.tensor(weights[place].T.copy())
        linear.bias.data = torch.tensor(weights[place + 1])
        layers += [linear, torch.nn.ReLU()]
    explainer, rows = IntegratedGradients(torch.nn.Sequential(*layers[:-1])), torch.tensor(x)
    took, values = timed(lambda: explainer.attribute(rows, target=0, n_steps=steps), 3)
    return took / len(x), values.detach().numpy()  # pyright: ignore[reportAttributeAccessIssue]


@click.command()
@click.option("--rows", type=int, default=1000, show_default=True, help="Rows to explain.")
@click.option(
    "--shap-rows", type=int, default=10, show_default=True, help="Rows that shap explains; its rows are alike."
)
@click.option("--columns", type=int, default=20, show_default=True, help="Columns.")
@click.option("--background", type=int, default=20, show_default=True, help="Background rows.")
@click.option("--steps", type=int, default=64, show_default=True, help="Steps of integrated gradients.")
def main(rows: int, shap_rows: int, columns: int, background: int, steps: int) -> None:
    """Print milliseconds a row, and how far values differ."""
    random = np.random.default_rng(0)
    x, behind = random.normal(size=(rows, columns)), random.normal(size=(background, columns))
    x, behind, model = x.astype(np.float32), behind.astype(np.float32), network(columns)
    evaluations = 2 * columns + 2048
    took, found = timed(lambda: pl.explain.kernel_shap(model, x, behind, evaluations=evaluations))
    own = took / rows
    click.echo(f"KernelSHAP, {evaluations} coalitions, {background} background rows, {columns} columns, {rows} rows")
    click.echo(f"  plastica {own}")
    try:
        other, values = in_shap(model, x[:shap_rows], behind, evaluations)
        exact = pl.explain.permutation_shap(model, x[:shap_rows], behind, orders=400).values[..., 0]
        click.echo(f"  shap     {other}: {other.times(own)}")
        for name, each in (("plastica", found.values[:shap_rows, :, 0]), ("shap", values)):
            click.echo(f"  {name}: root mean square error {np.sqrt(np.square(each - exact).mean()):.2g}")
    except ImportError:
        click.echo("  shap is not installed")
    took, found = timed(lambda: pl.explain.integrated_gradients(model, x, steps=steps), 3)
    own = took / rows
    click.echo(f"integrated gradients, {steps} steps")
    click.echo(f"  plastica {own}")
    try:
        other, values = in_captum(model, x, steps)
        far = np.abs(values - found.values[..., 0]).max()
        click.echo(f"  captum   {other}: {other.times(own)}; largest difference {far:.1g}")
    except ImportError:
        click.echo("  captum is not installed")


if __name__ == "__main__":
    main()
