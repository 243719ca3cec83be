"""The part of an exported Python file that reads and continues series."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..forecasting import calendar, frequency, grid, imputation, scales
from ..forecasting.frequency import Frequency
from . import forecast_file, raw_columns, series_rows, series_steps, table_file
from .sources import body, needed, plainly

if TYPE_CHECKING:
    from .forecasts import SeriesExport

_CELLS = ("as_text", "read_date", "read_numbers")
_CALENDAR = (calendar.calendar_features, calendar.time_of_day, calendar.waves)
_METHODS = (Frequency.positions, Frequency.is_open, Frequency.stamps, Frequency.moments, Frequency.raw, Frequency.shown)
_AXIS = '''@dataclass(frozen=True)
class Frequency:
    """The steps of a time axis: a whole number for each time stamp, and back.

    Steps are ``step`` seconds, months or numbers apart, by ``unit``, and step 0 is at ``phase``. Of each ``cycle`` of
    slots, ``slots`` are open, and only these count.
    """

    step: float
    unit: str = "second"
    phase: float = 0.0
    cycle: int = 1
    slots: tuple[int, ...] = (0,)

    @property
    def is_calendar(self) -> bool:
        """Whether time stamps are dates."""
        return self.unit != "number"
'''


def series_source(series: SeriesExport) -> list[str]:
    """Return the source of what is around the networks of a forecaster."""
    methods = "\n\n".join(plainly(each) for each in _METHODS)
    return [
        f"{_aliases()}\n\n{_constants()}",
        *needed(_CELLS, raw_columns),
        f"{_AXIS}\n{methods}",
        *map(plainly, (grid.impossible, imputation.filled, scales.logarithm, *_CALENDAR)),
        f"FORECAST = json.loads({_quoted(_laid_out(series.document))})\n"
        'FREQUENCY = Frequency(**{**FORECAST["frequency"], "slots": tuple(FORECAST["frequency"]["slots"])})',
        body(series_rows, "# The position"),
        body(series_steps, "class SeriesWindow"),
        inspect.getsource(table_file.read_table).rstrip(),
        body(forecast_file, "def predict"),
    ]


def _constants() -> str:
    own = {
        **{name: vars(frequency)[name] for name in ("HOUR", "DAY", "WEEK")},
        **{name: vars(calendar)[name] for name in ("MOST_SLOTS", "WAVES")},
        **{name: vars(grid)[name] for name in ("FAR", "CENTRAL")},
    }
    return "\n".join(f"{name} = {value!r}" for name, value in own.items())


def _aliases() -> str:
    source = inspect.getsource(raw_columns)
    return source[source.index("ColumnSpec = ") : source.index("\n\n\ndef features_of")]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""{escaped}"""'


def _laid_out(document: Mapping[str, Any]) -> str:
    """Return JSON with a line for each entry."""
    parts = [f'"{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in document.items()]
    return "{\n " + ",\n ".join(parts) + "\n}"
