"""Electricity: how much has to be bought for each hour of tomorrow?

What was bought too much or too little is balanced on the day at a worse price. Data: the mean load of 321 clients in
kilowatts with the columns ``ts`` and ``y``. Run: ``python examples/city/energy.py hourly_electricity.csv.gz``.
"""

from __future__ import annotations

import sys

import numpy as np
from day_ahead import day_ahead
from outcome import compare, picture

CLIENTS = 321
KILO = 1000


def main(file, path="energy.png", **options):
    days = day_ahead(file, hour=0, **options)

    def service(bought):
        off = np.nansum(np.abs(days.truth - bought), axis=1).mean() * CLIENTS / KILO
        peak = np.abs(np.nanmax(bought, axis=1) - np.nanmax(days.truth, axis=1)).mean() * CLIENTS / KILO
        return {"MWh to balance a day": off, "peak off by MW": peak}

    compare(days, "kW a client", service)
    picture(days, path, "Mean load of a client in kW")
    return days


if __name__ == "__main__":
    main(sys.argv[1])
