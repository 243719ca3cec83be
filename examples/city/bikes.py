"""Hired bikes: how many are needed in each hour of tomorrow?

Vans bring bikes at night. Too few, and people stand before empty docks; too many, and bikes stand idle. Data: hourly
hires with the columns ``ts`` and ``count``. Run: ``python examples/city/bikes.py hourly_bikesharing.csv.gz``.
"""

from __future__ import annotations

import sys

import numpy as np
from day_ahead import day_ahead
from outcome import compare, picture


def main(file, path="bikes.png", **options):
    days = day_ahead(file, hour=0, target="count", **options)

    def service(planned):
        off = days.truth - planned
        unmet, idle = np.nansum(np.maximum(off, 0), axis=1).mean(), np.nansum(np.maximum(-off, 0), axis=1).mean()
        return {"empty docks a day": unmet, "idle bike-hours a day": idle}

    compare(days, "hires an hour", service)
    picture(days, path, "Hires an hour")
    return days


if __name__ == "__main__":
    main(sys.argv[1])
