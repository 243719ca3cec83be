"""``plastica memory forgetting`` and ``free-recall``: laws of forgetting, and the order in which people recall."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options, parameters
from .guard import guarded
from .memory_words import WORDS, end
from .names import OutCommand
from .options import OptionValue
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    import numpy as np
    import polars

    from ..memory import ForgettingFit, FreeRecall

EBBINGHAUS = "Ebbinghaus 1885"
POINTS = 100  # of the curve of a law


@click.command(cls=OutCommand, short_help="Fit laws of forgetting.")
@click.argument("file", required=False)
@click.option("--time", metavar="COLUMN", help="Column of times since learning. Default: the first column of numbers.")
@click.option("--retained", metavar="COLUMN", help="Column of what is retained. Default: the second column of numbers.")
@parameters.file_format
@parameters.results
@guarded
def forgetting(file: str | None, **given: OptionValue) -> None:
    """Fit an exponential, a power and a logarithmic law of forgetting, and compare them on times not seen.

    FILE is a table with times since learning and what is retained at each, such as the fraction recalled. Without one,
    it is Ebbinghaus's savings of 1885, with times in minutes.
    """
    import numpy as np

    from ..memory import fit_forgetting
    from ..memory.people.forgetting import EBBINGHAUS_MINUTES, EBBINGHAUS_SAVINGS
    from . import folders

    if file is None:
        times, retained = np.array(EBBINGHAUS_MINUTES), np.array(EBBINGHAUS_SAVINGS)
    else:
        times, retained = _curve(file, given)
    fits = fit_forgetting(times, retained)
    output = Output(given["json"], given["quiet"])
    folder = folders.new_folder(given["out"], f"{folders.name_of(file or EBBINGHAUS)}-forgetting")
    try:
        _write_fits(fits, times, retained, file or EBBINGHAUS, folder)
    finally:
        folders.give_back(folder)
    _say_fits(output, fits, file or EBBINGHAUS, len(times))
    said = {name: fit._asdict() for name, fit in fits.items()}
    end(output, folder, "forgetting.csv, forgetting.svg, forgetting.png", {"times": times.tolist(), "laws": said})


@click.command("free-recall", cls=OutCommand, short_help="Analyse the order of free recall.")
@click.argument("file")
@click.option("--length", type=int, help="Number of words of a list. Default: the largest position.")
@parameters.results
@guarded
def free_recall(file: str, **given: OptionValue) -> None:
    """Show where people, or models, begin to recall a list of words, and how they go on.

    FILE has a row for each list with the positions of the recalled words in the order of recall, 0 after the last and
    -1 for words that were not on the list, as in the data of the Penn Computational Memory Lab.
    """
    import numpy as np

    from ..memory import read_free_recall
    from . import folders

    found = read_free_recall(file, given["length"])
    output = Output(given["json"], given["quiet"])
    folder = folders.new_folder(given["out"], f"{folders.name_of(file)}-recall")
    try:
        _write_recall(found, folder)
    finally:
        folders.give_back(folder)
    _say_recall(output, found)
    lags, transitions = found.lag_transitions()
    seen = np.isfinite(transitions)  # not for lags that were never possible
    facts = {
        "lists": len(found.recalls),
        "length": found.length,
        "serial_position": found.serial_position().tolist(),
        "first_recall": found.first_recall().tolist(),
        "lag_transitions": {str(lag): float(p) for lag, p in zip(lags[seen], transitions[seen], strict=True)},
    }
    end(output, folder, "free_recall.csv, free_recall.svg, free_recall.png", facts)


def _curve(file: str, given: dict[str, OptionValue]) -> tuple[np.ndarray, np.ndarray]:
    """Return times and what is retained, from two columns of a table."""
    from ..data.reading import read_table
    from ..data.table import show
    from ..errors import DataError

    table = read_table(
        file, separator=options.separator(given["separator"]), encoding=given["encoding"], sheet=given["sheet"]
    )
    numbers = {name: values for name, column in table.columns.items() if (values := _numbers(column)) is not None}
    names = iter(name for name in numbers if name not in (given["time"], given["retained"]))
    found: list[np.ndarray] = []
    for option in ("time", "retained"):
        name = given[option] or next(names, None)
        if name is None:
            raise DataError(
                f"{table.source}: expected two columns of numbers, times since learning and what is retained; "
                f"there are {len(numbers)}."
            )
        table.column(name)  # raises an error if there is none
        if name not in numbers:
            raise DataError(f"{table.source}: column {show(name)} has cells that are no numbers.")
        found.append(numbers[name])
    return found[0], found[1]


def _numbers(column: polars.Series) -> np.ndarray | None:
    """Return a column as numbers; None if a cell is none."""
    import polars

    text = column.str.strip_chars() if column.dtype == polars.String else column
    numbers = text.cast(polars.Float64, strict=False)
    return None if numbers.null_count() else numbers.to_numpy()


def _write_fits(
    fits: Mapping[str, ForgettingFit], times: np.ndarray, retained: np.ndarray, source: str, folder: Path
) -> None:
    """Write the laws and the picture of their curves."""
    import numpy as np

    from ..memory import forgetting_table
    from ..memory.panels import CurvePanel, MeasuredCurve, draw_panels
    from ..storage.atomic import replace_file

    replace_file(folder / "forgetting.csv", [forgetting_table(dict(fits)).write_csv().encode()])
    dense = np.geomspace(times.min(), times.max(), POINTS)
    curves = [MeasuredCurve(source, times, retained, "points")]
    curves += [MeasuredCurve(WORDS.name("law", name), dense, fit.retention(dense)) for name, fit in fits.items()]
    drawing = draw_panels([CurvePanel(curves, "time_since", "retained", logarithmic=True)])
    drawing.save(folder / "forgetting.svg").save(folder / "forgetting.png")


def _say_fits(output: Output, fits: Mapping[str, ForgettingFit], source: str, count: int) -> None:
    from ..memory.people.forgetting import LAWS

    output.say(SAY("forgetting_points", source=source, count=count))
    output.say()
    heads = [SAY(f"head_{name}") for name in ("law", "formula", "a", "b", "error_fit", "error_unseen")]
    rows = [
        (
            WORDS.name("law", name),
            LAWS[name].formula,
            *(f"{value:.4g}" for value in (fit.a, fit.b, fit.error, fit.held_out_error)),
        )
        for name, fit in fits.items()
    ]
    output.table(heads, rows, strong=0)
    output.say()
    best, second = list(fits)[:2]
    names = {"best": WORDS.name("law", best), "second": WORDS.name("law", second)}
    output.say(SAY("forgetting_best", **names, ratio=f"{fits[second].held_out_error / fits[best].held_out_error:.2g}"))


def _write_recall(found: FreeRecall, folder: Path) -> None:
    """Write the three curves and their picture."""
    import numpy as np
    import polars as pl

    from ..memory.panels import CurvePanel, MeasuredCurve, draw_panels
    from ..storage.atomic import replace_file

    positions, (lags, transitions) = np.arange(1, found.length + 1), found.lag_transitions()
    curves = (
        ("serial_position", positions, found.serial_position()),
        ("first_recall", positions, found.first_recall()),
        ("lag_transitions", lags, transitions),
    )
    rows = [{"curve": name, "x": int(a), "y": float(b)} for name, x, y in curves for a, b in zip(x, y, strict=True)]
    frame = pl.DataFrame(rows).filter(pl.col("y").is_not_nan())
    replace_file(folder / "free_recall.csv", [frame.write_csv().encode()])
    names = ("position", "position", "lag_of_words")
    panels = [
        CurvePanel([MeasuredCurve("", x, y, "both")], x_name, name)
        for (name, x, y), x_name in zip(curves, names, strict=True)
    ]
    draw_panels(panels).save(folder / "free_recall.svg").save(folder / "free_recall.png")


def _say_recall(output: Output, found: FreeRecall) -> None:
    """Print how much is recalled at the ends and in the middle of lists, where recall begins, and where it goes on."""
    import numpy as np

    recalled, first = found.serial_position(), found.first_recall()
    lags, transitions = found.lag_transitions()
    output.say(SAY("free_recall_lists", count=len(found.recalls), length=found.length, words=f"{recalled.sum():.1f}"))
    output.say()
    third = max(1, found.length // 4)
    parts = (recalled[:third], recalled[third:-third], recalled[-third:])
    heads = [SAY(f"head_{name}") for name in ("of_list", "recalled_share", "recalled_first")]
    firsts = (first[:third], first[third:-third], first[-third:])
    names = ("list_start", "list_middle", "list_end")
    rows = [
        (SAY(name, count=len(part)), f"{part.mean():.0%}" if len(part) else "", f"{begin.sum():.0%}")
        for name, part, begin in zip(names, parts, firsts, strict=True)
    ]
    output.table(heads, rows)
    output.say()
    near = {lag: transitions[lags == lag] for lag in (1, -1)}
    if all(len(each) and np.isfinite(each).all() for each in near.values()):
        output.say(SAY("free_recall_next", after=f"{near[1][0]:.0%}", before=f"{near[-1][0]:.0%}"))
