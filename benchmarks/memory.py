"""Errors of Hopfield networks by load, beside theory: ``python benchmarks/memory.py``.

Theory is that of infinitely many units at temperature 0 (Amit, Gutfreund, Sompolinsky 1987): 1.6 % of wrong units at
the critical load of 0.138, above which patterns are lost.
"""

from __future__ import annotations

import click

import plastica as pl

LOADS = (0.05, 0.1, 0.138, 0.15, 0.18)


@click.command()
@click.option("--units", type=int, default=1000, show_default=True, help="Units of each network.")
@click.option("--seeds", type=int, default=5, show_default=True, help="Networks for each load.")
def main(units: int, seeds: int) -> None:
    """Print the errors of three storage rules by load."""
    table = pl.memory.capacity(units=units, loads=LOADS, seeds=seeds)
    click.echo(f"{'storage':16}" + "".join(f"{load:>10g}" for load in LOADS))
    for storage in table["storage"].unique(maintain_order=True):
        errors = table.filter(storage=storage)["bit_error"]
        click.echo(f"{storage:16}" + "".join(f"{error:>10.2%}" for error in errors))


if __name__ == "__main__":
    main()
