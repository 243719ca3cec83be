"""Traffic on a motorway: which hours of tomorrow are going to be slow?

The time of a trip grows with the traffic: minutes * (1 + 0.15 (vehicles / capacity)^4), by the Bureau of Public Roads
(1964), Traffic assignment manual. Data: vehicles an hour with the columns ``date_time`` and ``traffic_volume``; what
lies before 2016 is left out, since ten months are missing. Run: ``python examples/city/traffic.py
hourly_traffic_volume.csv.gz``.
"""

from __future__ import annotations

import sys

import numpy as np
import polars as pl
from day_ahead import day_ahead
from outcome import alarms, compare, picture

CAPACITY = 6000  # vehicles an hour of three lanes
TRIP = 20  # minutes on an empty road
BUSY = 5500  # vehicles an hour, from which a sign asks people to leave at another time


def main(file, path="traffic.png", since="2016-01-01", **options):
    table = pl.read_csv(file, null_values="None").filter(pl.col("date_time") >= since)
    days = day_ahead(table, hour=0, target="traffic_volume", **options)

    def minutes(vehicles):
        return TRIP * (1 + 0.15 * (np.maximum(vehicles, 0) / CAPACITY) ** 4)

    def service(forecast):
        busy = days.truth > BUSY
        return {"minutes off in busy hours": np.abs(minutes(forecast) - minutes(days.truth))[busy].mean()}

    compare(days, "vehicles an hour", service, alarms(days, lambda vehicles: vehicles > BUSY))
    picture(days, path, "Vehicles an hour")
    return days


if __name__ == "__main__":
    main(sys.argv[1])
