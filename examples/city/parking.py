"""Car parks: how many spaces are taken tomorrow, and which car parks are going to be full?

A sign that sends drivers to a full car park costs them a round through the city; a sign that calls a half-empty one
full costs the operator. Run: ``python examples/city/parking.py`` (the data of Birmingham are included).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from day_ahead import day_ahead
from outcome import alarms, compare, picture

from plastica.datasets import path_of

FULL = 0.9  # of the capacity


def main(path="parking.png", **options):
    days = day_ahead("parking", hour=8, target="Occupancy", horizon=18, **options)
    table = pl.read_csv(path_of("parking")).group_by("SystemCodeNumber").agg(pl.col("Capacity").max())
    capacity = dict(table.iter_rows())
    spaces = np.array([capacity[days.names[number]] for number in days.series])[:, None]
    compare(days, "spaces", alarms(days, lambda taken: taken > FULL * spaces))
    picture(days, path, f"Spaces taken, {days.names[days.series[0]]}")
    return days


if __name__ == "__main__":
    main()
