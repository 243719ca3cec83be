"""The forms in which dates and times are written, as regular expressions."""

from __future__ import annotations

from .months import MONTH, NUMBERS, QUARTERS, WEEKDAY

CLOCK = r"(?<H>[0-9]{1,2}):(?<M>[0-9]{2})(?::(?<S>[0-9]{2})(?:[.,][0-9]+)?)?\s?(?<half>[AaPp][Mm])?"
ZONE = r"(?:\s?(?:Z|UTC|GMT|(?<zone>[+-][0-9]{2}:?(?:[0-9]{2})?)))?"
TIME = rf"(?:(?:[ T]|,\s)\s*{CLOCK}{ZONE})?$"
D, M, Y = r"(?<d>[0-9]{1,2})", r"(?<m>[0-9]{1,2})", r"(?<y>[0-9]{4})"
SHORT_Y = r"(?<y>[0-9]{4}|[0-9]{2})"
NAMED = rf"(?<month>{MONTH})\.?"
DAYS_NAME = rf"^(?:{WEEKDAY}\.?,?\s)?"
DAY_MONTH = rf"{DAYS_NAME}{D}(?:st|nd|rd|th|er|º)?(?:[-/.\s]\s?|\s(?:de|of)\s){NAMED}(?:[-/,\s]\s?|\sde\s)"
MONTH_DAY = rf"{DAYS_NAME}{NAMED}[-\s]{D}(?:st|nd|rd|th)?,?[-\s]\s?"
QUARTER = r"(?<month>[Qq][1-4])"  # by its first month
FIRST_QUARTER = r"(?<month>[1-4](?:[Qq]|\.\s?[Qq]uartal))"
HALF = r"(?<month>[Hh][12])"
WEEK = r"(?:[Ww]|[Kk][Ww]|[Cc][Ww]|[Ww]eek)\s?(?<w>[0-9]{1,2})"  # ISO 8601
FORMS = {
    "ymd": rf"^{Y}[-/.年]{M}[-/.月]{D}日?" + TIME,
    "dmy": rf"^{D}[-/.]{M}[-/.]{Y}" + TIME,
    "mdy": rf"^{M}[-/.]{D}[-/.]{Y}" + TIME,
    "day month": DAY_MONTH + Y + TIME,
    "month day": MONTH_DAY + Y + TIME,
    "year month": rf"^{Y}[-/.年]{M}月?$",
    "year month named": rf"^{Y}(?:[-/]|\s)?{NAMED}$",
    "month year": rf"^{NAMED}(?:[-/]|,?\s)?{Y}$",
    "month year short": rf"^{NAMED}[-/']\s?{SHORT_Y}$",
    "year M": rf"^{Y}[-\s]?[Mm]{M}$",
    "year quarter": rf"^{Y}[-\s/.]?{QUARTER}$",
    "quarter year": rf"^{QUARTER}[-\s/.,]\s?{Y}$",
    "quarter number": rf"^{FIRST_QUARTER}[-\s/.']?{SHORT_Y}$",
    "year half": rf"^{Y}[-\s/.]?{HALF}$",
    "half year": rf"^{HALF}[-\s/.,]\s?{Y}$",
    "month year number": rf"^{M}[-/.]{Y}$",
    "year week": rf"^{Y}[-\s/]?{WEEK}(?:-(?<wd>[1-7]))?$",
    "week year": rf"^{WEEK}[-\s/,]\s?{Y}$",
    "compact month": r"^(?<y>19[0-9]{2}|20[0-9]{2})(?<m>0[1-9]|1[0-2])$",
    "compact": r"^(?<y>19[0-9]{2}|20[0-9]{2})(?<m>[0-9]{2})(?<d>[0-9]{2})$",
    "time": rf"^{CLOCK}$",
    "ymd short": rf"^{SHORT_Y}[-/.年]{M}[-/.月]{D}日?" + TIME,
    "dmy short": rf"^{D}[-/.]{M}[-/.]{SHORT_Y}" + TIME,
    "mdy short": rf"^{M}[-/.]{D}[-/.]{SHORT_Y}" + TIME,
    "day month short": DAY_MONTH + SHORT_Y + TIME,
    "month day short": MONTH_DAY + SHORT_Y + TIME,
}
MONTHS_ONLY = (
    "year month",
    "year month named",
    "month year",
    "month year short",
    "year M",
    "month year number",
    "compact month",
)
QUARTERS_ONLY = ("year quarter", "quarter year", "quarter number")
HALVES_ONLY = ("year half", "half year")
WEEKS_ONLY = ("year week", "week year")
COMPACT = ("compact", "compact month")
NUMBERED = {*QUARTERS_ONLY, *HALVES_ONLY}  # forms whose group "month" is a quarter or half of a year


def forms_of(order: str) -> list[str]:
    """Return the forms of a column; several are joined by bars, such as "ymd|month day"."""
    return order.split("|") if order else ["ymd"]


def months_of(form: str) -> dict[str, int]:
    """Return the number of the month for each word of a form, in lower case."""
    return QUARTERS if form in NUMBERED else NUMBERS
