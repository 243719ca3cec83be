"""Air: is tomorrow a day on which people with asthma should stay inside?

China's standard GB 3095-2012 allows a mean of 75 micrograms of fine particles (PM2.5) in a cubic metre over 24 hours.
Data: hours of Beijing with the columns ``year, month, day, hour, pm2.5`` and the weather up to now. Run:
``python examples/city/air.py hourly_beijing_pm.csv.gz``.
"""

from __future__ import annotations

import sys

import numpy as np
from day_ahead import day_ahead
from outcome import alarms, compare, picture

LIMIT = 75.0
WEATHER = ("DEWP", "TEMP", "PRES", "Iws")  # known until now only: tomorrow's weather is not in the table


def main(file, path="air.png", **options):
    days = day_ahead(file, hour=0, target="pm2.5", past=WEATHER, **{"look_back": 72, **options})
    compare(days, "micrograms in a cubic metre", alarms(days, lambda air: np.nanmean(air, axis=1) > LIMIT))
    picture(days, path, "PM2.5 in micrograms in a cubic metre", last=14)
    return days


if __name__ == "__main__":
    main(sys.argv[1])
