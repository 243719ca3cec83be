"""Raw columns to features, and answers to labels: the interpreter of exported preprocessing, in plain Python.

What a column is and how it is encoded are data, from :mod:`.preprocessing`. Exported Python files contain the source of
this module, which therefore uses the standard library only.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

ColumnSpec = Mapping[str, Any]
RawCell = Any
FeatureColumn = list[float]
RawColumns = Mapping[str, Sequence[RawCell]]


def features_of(columns: RawColumns, specs: Sequence[ColumnSpec]) -> list[FeatureColumn]:
    """Return the features of encoded columns, one list for each feature.

    Args:
        columns: Cells by column: text as in a CSV file, numbers, Booleans, dates, or None.
        specs: The description of each column.

    Raises:
        ValueError: If a column is missing or a cell is of another kind; the message names row and column.
    """
    made: list[FeatureColumn] = []
    for spec in specs:
        name = str(spec["name"])
        if name not in columns:
            raise ValueError(f"the column {name!r} is missing; there are {', '.join(map(repr, columns))}.")
        made += ENCODERS[str(spec["kind"])](columns[name], spec)
    return made


def as_text(cell: RawCell, spec: ColumnSpec) -> str | None:
    """Return a cell as text, None if it is missing."""
    if is_missing(cell):
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2.0**53:
        cell = int(cell)
    text = str(cell).strip()
    gone = text.lower() in spec["missing"] or text in spec["missing_words"]
    return None if gone else text


def is_missing(cell: RawCell) -> bool:
    """Return whether a cell is empty: None or NaN."""
    return cell is None or (is_number(cell) and math.isnan(cell))


def is_number(cell: RawCell) -> bool:
    """Return whether a cell is a number already, of Python or NumPy."""
    return not isinstance(cell, str) and hasattr(cell, "__float__")


def wrong(row: int, spec: ColumnSpec, cell: RawCell, wanted: str) -> ValueError:
    """Return the error for a cell of another kind."""
    return ValueError(f"row {row + 1}, column {spec['name']!r}: {cell!r} is not {wanted}.")


def read_numbers(cells: Sequence[RawCell], spec: ColumnSpec) -> list[float | None]:
    """Return the numbers of a column, None for missing ones."""
    found: list[float | None] = []
    marked: list[float] = []
    for row, cell in enumerate(cells):
        number = None
        if is_number(cell):
            number = None if is_missing(cell) else float(cell)
        elif (text := as_text(cell, spec)) is not None:
            number = parse_number(text, spec)
            if number is None:
                raise wrong(
                    row, spec, cell, f"a number with {spec['unit_words']}" if spec["unit_words"] else "a number"
                )
            if re.search(str(spec["either"]), text):
                marked.append(number)
            elif str(spec["point"]) in text:
                marked.append(math.nan)
        if number is not None and math.isinf(number):
            raise wrong(row, spec, cell, "a finite number")
        found.append(None if number in spec["missing_numbers"] else number)
    refuse_thousands(marked, spec)
    return found


def parse_number(text: str, spec: ColumnSpec) -> float | None:
    """Return the number in a text, None if there is none in the format of the column."""
    text = text.replace("−", "-")
    for pattern, made in spec["rewrites"]:
        text = re.sub(pattern, re.sub(r"\$(\d)", r"\\\1", made), text, count=1)
    if spec["unit"]:
        if not re.search(str(spec["unit_pattern"]), text):
            return None
        text = re.sub(str(spec["unit_removed"]), "", text, count=1)
    return parse_parts(text, spec) if spec["patterns"] else parse_digits(text, spec)


def parse_parts(text: str, spec: ColumnSpec) -> float | None:
    """Return the sum of numbers with units such as 2h 15m, in the unit of the column."""
    whole, part = spec["patterns"]
    if not re.search(whole, text):
        return None
    total = 0.0
    for digits, unit in re.findall(part, text):
        number = parse_digits(digits, spec)
        if number is None:
            return None
        total += number * spec["factors"][unit.lower()]
    return -total if text.startswith("-") else total


def parse_digits(text: str, spec: ColumnSpec) -> float | None:
    """Return the number in a text without a unit."""
    if not re.search(str(spec["pattern"]), text):
        return None
    if spec["group"]:
        text = re.sub(str(spec["group"]), "", text)
    return float(text.replace(",", ".") if spec["point"] == "," else text)


def refuse_thousands(marked: Sequence[float], spec: ColumnSpec) -> None:
    """Raise an error for numbers such as 1.037 in a column of whole numbers for which 1037 would be in range."""
    limits = spec["whole"]
    if not limits or not marked or any(map(math.isnan, marked)):
        return
    low, high = limits
    inside = sum(low <= 1000 * number <= high for number in marked)
    if inside > len(marked) / 2:
        raise ValueError(
            f"column {spec['name']!r}: {marked[0]:g} where training had whole numbers from {low:g} to {high:g}; write "
            "thousands without a mark."
        )


def scaled(number: float | None, spec: ColumnSpec) -> float:
    """Return a number on the scale of the training rows, clipped smoothly; 0 if it is missing."""
    if number is None:
        return 0.0
    centre, scale, unit = (float(spec[name]) for name in ("centre", "scale", "unit_of_log"))
    bent = math.copysign(math.log1p(min(abs(number) / unit, 1.7976931348623157e308)), number) if unit else number
    part = min(max((bent / 2 - centre / 2) * scale * 2, -1e12), 1e12)
    return part / math.sqrt(1 + (part / 3) ** 2)


def with_indicator(features: list[FeatureColumn], gone: Sequence[bool], spec: ColumnSpec) -> list[FeatureColumn]:
    """Return features with one that tells which cells are missing, if the column has one."""
    return [*features, [float(each) for each in gone]] if spec["indicator"] else features


def encode_number(cells: Sequence[RawCell], spec: ColumnSpec) -> list[FeatureColumn]:
    """Return the features of numbers."""
    numbers = read_numbers(cells, spec)
    return with_indicator([[scaled(each, spec) for each in numbers]], [each is None for each in numbers], spec)


def encode_plain(cells: Sequence[RawCell], spec: ColumnSpec) -> list[FeatureColumn]:
    """Return numbers as they are."""
    return [[math.nan if each is None else each for each in read_numbers(cells, spec)]]


def encode_boolean(cells: Sequence[RawCell], spec: ColumnSpec) -> list[FeatureColumn]:
    """Return the features of yes and no."""
    words = list(spec["booleans"])
    found: list[float | None] = []
    for row, cell in enumerate(cells):
        if is_number(cell):
            truth = None if is_missing(cell) else float(cell)
        else:
            text = as_text(cell, spec)
            word = None if text is None else spec["spellings"].get(text.lower(), text.lower())
            truth = None if word is None else float(words.index(word)) if word in words else math.nan
        if truth is not None and truth not in (0.0, 1.0):
            raise wrong(row, spec, cell, f"{words[0]!r} or {words[1]!r}")
        found.append(truth)
    gone = [each is None for each in found]
    return with_indicator([[0.5 if each is None else each for each in found]], gone, spec)


def words_of(cells: Sequence[RawCell], spec: ColumnSpec) -> list[str | None]:
    """Return categories in one spelling each, None for missing ones."""
    texts = (as_text(cell, spec) for cell in cells)
    return [None if text is None else str(spec["spellings"].get(text, text)) for text in texts]


def encode_category(cells: Sequence[RawCell], spec: ColumnSpec) -> list[FeatureColumn]:
    """Return one feature for each category."""
    texts = words_of(cells, spec)
    found = [[float(text == each) for text in texts] for each in spec["categories"]]
    return with_indicator(found, [text is None for text in texts], spec)


def encode_code(cells: Sequence[RawCell], spec: ColumnSpec) -> list[FeatureColumn]:
    """Return the number of each category, 0 for others."""
    known = {each: float(place) for place, each in enumerate(spec["categories"], start=1)}
    texts = words_of(cells, spec)
    codes = [0.0 if text is None else known.get(text, 0.0) for text in texts]
    return with_indicator([codes], [text is None for text in texts], spec)


def read_date(cell: RawCell, spec: ColumnSpec) -> datetime.datetime | None:
    """Return the moment of a cell, in UTC and without a time zone; None if it is missing or no date."""
    if isinstance(cell, datetime.datetime):
        return cell.astimezone(datetime.UTC).replace(tzinfo=None) if cell.tzinfo else cell
    if isinstance(cell, datetime.date):
        return datetime.datetime(cell.year, cell.month, cell.day)
    text = as_text(cell, spec)
    if text is None:
        return None
    moments = (read_form(text, form) for form in spec["forms"])
    return next((moment for moment in moments if moment is not None), None)


def read_form(text: str, form: ColumnSpec) -> datetime.datetime | None:
    """Return the moment of a text in one of the forms of a column; None if it is none."""
    found = re.search(str(form["pattern"]), text)
    if found is None:
        return None
    part = {name: value or "" for name, value in found.groupdict().items()}
    year = part.get("y", "1970")
    if len(year) == 2:
        year = ("19" if year >= "69" else "20") + year
    named = part.get("month", "").lower()
    month = form["months"].get(named, 0) if named else part.get("m", "1")
    hour = int(part.get("H") or 0)
    half = part.get("half", "").lower()
    hour += 12 * (half == "pm" and hour < 12) - 12 * (half == "am" and hour == 12)
    clock = (hour, int(part.get("M") or 0), int(part.get("S") or 0))
    try:
        if "w" in part:
            return datetime.datetime.fromisocalendar(int(year), int(part["w"]), int(part.get("wd") or 1))
        moment = datetime.datetime(int(year), int(month), int(part.get("d") or 1), *clock)
    except ValueError:
        return None
    digits = re.sub(r"\D", "", part.get("zone", "")).ljust(4, "0")
    sign = -1 if part.get("zone", "").startswith("-") else 1
    return moment - sign * datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))


def encode_date(cells: Sequence[RawCell], spec: ColumnSpec) -> list[FeatureColumn]:
    """Return the features of dates: the day, phases of year, week and day, and weekends."""
    rows: list[FeatureColumn] = []
    gone: list[bool] = []
    for row, cell in enumerate(cells):
        moment = read_date(cell, spec)
        present = isinstance(cell, datetime.date) or as_text(cell, spec) is not None
        if moment is None and present:
            raise wrong(row, spec, cell, "a date like the others in the column")
        gone.append(moment is None)
        rows.append(calendar_features(moment, spec))
    return with_indicator([list(each) for each in zip(*rows, strict=True)], gone, spec)


def calendar_features(moment: datetime.datetime | None, spec: ColumnSpec) -> FeatureColumn:
    """Return the features of one date; 0 if it is missing."""
    cycles = list(spec["cycles"])
    if moment is None:
        return [0.0] * (1 + 2 * len(cycles) + bool(spec["weekend"]))
    day = (moment.date() - datetime.date(1970, 1, 1)).days
    in_day = (moment.hour * 3600 + moment.minute * 60 + moment.second) / 86400
    weekday = (day + 3) % 7
    phase = {"year": (moment.timetuple().tm_yday - 1) / 366, "week": weekday / 7, "hour": in_day}
    waves = [wave(2 * math.pi * phase[cycle]) for cycle in cycles for wave in (math.sin, math.cos)]
    return [scaled(day + in_day, spec), *waves, *([float(weekday >= 5)] if spec["weekend"] else [])]


def encode_text(cells: Sequence[RawCell], spec: ColumnSpec) -> list[FeatureColumn]:
    """Return hashed words or letters: each adds 1 to or subtracts 1 from a feature; the norm of a row is 0.5."""
    size = int(spec["features"])
    texts = [as_text(cell, spec) for cell in cells]
    rows: list[FeatureColumn] = []
    for text in texts:
        sums = [0.0] * size
        for piece in pieces(text or "", spec["pieces"] == "words"):
            code = murmur3(piece.encode())
            place = (2**31 - size) % size if code == -(2**31) else abs(code) % size
            sums[place] += 1.0 if code >= 0 else -1.0
        norm = math.sqrt(sum(each * each for each in sums)) or 1.0
        rows.append([0.5 * each / norm for each in sums])
    return with_indicator([list(each) for each in zip(*rows, strict=True)], [text is None for text in texts], spec)


def pieces(text: str, words: bool) -> list[str]:
    """Return the words of a text, or its character n-grams of length 2 to 4 within words."""
    text = text.lower()
    if words:
        return re.findall(r"(?u)\b\w\w+\b", text)
    found: list[str] = []
    for word in re.sub(r"\s\s+", " ", text).split():
        padded = f" {word} "
        for size in (2, 3, 4):
            found += [padded[start : start + size] for start in range(max(len(padded) - size, 0) + 1)]
            if len(padded) <= size:
                break
    return found


def murmur3(data: bytes) -> int:
    """Return MurmurHash3 of 32 bits with seed 0 as a signed number (Appleby 2011)."""
    code = 0
    for start in range(0, len(data), 4):
        block = int.from_bytes(data[start : start + 4], "little") * 0xCC9E2D51 & 0xFFFFFFFF
        block = (block << 15 | block >> 17) * 0x1B873593 & 0xFFFFFFFF
        code ^= block
        if start + 4 <= len(data):
            code = ((code << 13 | code >> 19) & 0xFFFFFFFF) * 5 + 0xE6546B64 & 0xFFFFFFFF
    code ^= len(data)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        code = (code ^ code >> shift) * factor & 0xFFFFFFFF
    return code - 2**32 if code >= 2**31 else code


ENCODERS: dict[str, Callable[[Sequence[RawCell], ColumnSpec], list[FeatureColumn]]] = {
    "number": encode_number,
    "plain": encode_plain,
    "boolean": encode_boolean,
    "category": encode_category,
    "code": encode_code,
    "date": encode_date,
    "text": encode_text,
}


def decided(shares: Sequence[float], decision: ColumnSpec) -> list[int]:
    """Return the number of the predicted class of a row, or 1 and 0 for each of several labels."""
    rule = decision["rule"]
    if rule == "threshold":
        thresholds: Sequence[float] = decision["thresholds"]
        if len(thresholds) > 1:
            return [int(share >= least) for share, least in zip(shares, thresholds, strict=True)]
        positive = int(decision["positive"])
        return [positive if shares[positive] >= thresholds[0] else 1 - positive]
    if rule == "costs":
        costs: Sequence[Sequence[float]] = decision["costs"]
        expected = [sum(share * row[k] for share, row in zip(shares, costs, strict=True)) for k in range(len(costs))]
        return [expected.index(min(expected))]
    weights: Sequence[float] = decision["weights"] or [1.0] * len(shares)
    weighed = [share * weight for share, weight in zip(shares, weights, strict=True)]
    return [weighed.index(max(weighed))]


def labelled(rows: Sequence[Sequence[float]], answers: ColumnSpec) -> list[list[object]]:
    """Return the predictions of each row, one for each target: labels, 1 and 0, or rounded numbers.

    Args:
        rows: The outputs of each row: probabilities of classes or labels, or numbers.
        answers: The description of the answers.
    """
    if answers["decision"] is None:
        digits: Sequence[int] = answers["digits"]
        return [[round(number, places) for number, places in zip(row, digits, strict=True)] for row in rows]
    found = [decided(row, answers["decision"]) for row in rows]
    if answers["task"] == "multilabel":
        return [list(each) for each in found]
    return [[answers["classes"][each[0]]] for each in found]
