"""Raw columns to features, and answers to labels, in C: one row as a struct."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import c_text
from .c_names import identifiers
from .raw_columns import ColumnSpec

# How fields of a row are declared, by the kind of the column.
_FIELDS = {
    "number": ("double", "NAN if missing"),
    "plain": ("double", "NAN if missing"),
    "boolean": ("int", "1 for {1}, 0 for {0}, -1 if missing"),
    "category": ("const char *", "NULL if missing"),
    "code": ("const char *", "NULL if missing"),
    "date": ("int64_t", "seconds since 1970-01-01 in UTC, INT64_MIN if missing"),
    "text": ("const char *", "text in UTF-8; NULL or blank if missing"),
}

_SCALED = """\
/* A number on the scale of the training rows, clipped smoothly. */
static float scaled(double x, double centre, double scale, double unit) {
    double bent = unit > 0 ? copysign(log1p(fmin(fabs(x) / unit, 1.7976931348623157e308)), x) : x;
    double part = fmin(fmax((bent / 2 - centre / 2) * scale * 2, -1e12), 1e12);
    return (float)(part / sqrt(1 + part / 3 * (part / 3)));
}
"""
_DATES = """\
/* The day of the year from 0, of days since 1970 (Hinnant 2013, days_from_civil). */
static int64_t day_of_year(int64_t days) {
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t since_march = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * since_march + 2) / 153;
    if (month >= 10) { return since_march - 306; }
    int64_t civil = year + era * 400;
    return since_march + 59 + (civil % 4 == 0 && (civil % 100 != 0 || civil % 400 == 0));
}
"""


@dataclass(frozen=True, slots=True)
class CTable:
    """What surrounds the program of a table's model.

    Attributes:
        declared: Lines of the header: the row, the labels, the functions.
        defined: Lines of the source file.
        flash: The bytes of constants.
    """

    declared: Sequence[str]
    defined: Sequence[str]
    flash: int


def c_table(table: Mapping[str, Any], name: str) -> CTable:
    """Return the functions ``NAME_answers`` and ``NAME_label`` for rows of raw columns.

    Args:
        table: What happens around the program; see :mod:`.preprocessing`.
        name: The prefix of names.
    """
    inputs: Sequence[Sequence[ColumnSpec]] = table["inputs"]
    specs = {str(spec["name"]): spec for columns in inputs for spec in columns}
    fields = dict(zip(specs, identifiers(list(specs)), strict=True))
    answers = table["answers"]
    count = len(answers["classes"]) or len(answers["names"])
    declared = [
        f"/* One row of the table on which {name} was trained. */",
        "typedef struct {",
        *(_field(spec, fields[column]) for column, spec in specs.items()),
        f"}} {name}_row;\n",
        f"#define {name.upper()}_COLUMNS {len(specs)}",
        f"#define {name.upper()}_ANSWERS {count}",
        f"\n/* The columns, in the order of the fields. */\nextern const char *const {name}_columns[];",
        f"\n/* Fills in {_meaning(answers)} of a row. Returns 0, or the number, from 1, of the first field that has no",
        "   such value: an infinite number, or another one than 1, 0 and -1 for yes and no; answers are then left. */",
        f"int {name}_answers(const {name}_row *row, float *answers);",
        *_declared_labels(answers, name),
    ]
    widths = [sum(width_of(spec) for spec in columns) for columns in inputs]
    given = ", ".join(f"features + {sum(widths[:place])}" for place in range(len(widths)))
    kinds = {spec["kind"] for spec in specs.values()}
    of_text = [spec for columns in inputs for spec in columns if spec["kind"] == "text"]
    texts = c_text.functions((str(spec["pieces"]) for spec in of_text), any(spec["indicator"] for spec in of_text))
    named = ", ".join(map(_quoted, specs))
    defined = [
        f"const char *const {name}_columns[{name.upper()}_COLUMNS] = {{{named}}};\n",
        *([_SCALED] if kinds & {"number", "date"} else []),
        *([_DATES] if "date" in kinds else []),
        *texts,
        f"int {name}_answers(const {name}_row *row, float *answers) {{",
        f"    static float features[{sum(widths)}];",
        "    float *next = features;",
        *(f"    {line}" for place, column in enumerate(specs, 1) for line in _checked(specs[column], fields, place)),
        *(
            f"    {line}"
            for columns in inputs
            for spec in columns
            for line in _encoded(spec, fields[str(spec["name"])])
        ),
        f"    {name}_predict({given}, answers);",
        "    return 0;",
        "}",
        *_defined_labels(answers, name),
    ]
    return CTable(declared, defined, c_text.table_bytes() if texts else 0)


def _checked(spec: ColumnSpec, fields: Mapping[str, str], place: int) -> Iterator[str]:
    """Yield the statement that refuses a value."""
    value = f"row->{fields[str(spec['name'])]}"
    if spec["kind"] in ("number", "plain"):
        yield f"if (isinf({value})) {{ return {place}; }}"
    elif spec["kind"] == "boolean":
        yield f"if ({value} < -1 || {value} > 1) {{ return {place}; }}"


def width_of(spec: ColumnSpec) -> int:
    """Return the number of features of a column."""
    match spec["kind"]:
        case "category":
            own = len(spec["categories"])
        case "date":
            own = 1 + 2 * len(spec["cycles"]) + bool(spec["weekend"])
        case "text":
            own = int(spec["features"])
        case _:
            own = 1
    return own + bool(spec["indicator"])


def _field(spec: ColumnSpec, field: str) -> str:
    kind, missing = _FIELDS[str(spec["kind"])]
    words = spec.get("booleans") or spec.get("categories") or []
    told = [f"one of {', '.join(map(_quoted, words))}"] if "categories" in spec else []
    told += [f"in {spec['unit_words']}"] if spec.get("unit_words") else []
    told.append(missing.format(*map(_quoted, words)) if spec["kind"] == "boolean" else missing)
    text = _comment(f"{_quoted(spec['name'])}: {'; '.join(told)}")
    return f"    {kind}{'' if kind.endswith('*') else ' '}{field}; /* {text} */"


def _encoded(spec: ColumnSpec, field: str) -> Iterator[str]:
    """Yield the statements that write the features of a column to ``next``."""
    value = f"row->{field}"
    match spec["kind"]:
        case "number":
            gone = " || ".join([f"isnan({value})", *(f"{value} == {each!r}" for each in spec["missing_numbers"])])
            yield f"*next++ = {gone} ? 0 : scaled({value}, {_scale(spec)});"
        case "plain":
            gone = f"isnan({value})"
            yield f"*next++ = (float){value};"
        case "boolean":
            gone = f"{value} < 0"
            yield f"*next++ = {gone} ? 0.5f : {value} != 0;"
        case "date":
            gone = f"{value} == INT64_MIN"
            yield from _encoded_date(spec, value, gone)
        case "text":
            gone = f"is_blank({value})"
            yield f"encode_{spec['pieces']}({value}, next, {spec['features']});"
            yield f"next += {spec['features']};"
        case kind:
            gone = f"{value} == 0 || !*{value}"
            if kind == "code":
                yield "*next = 0;"
            for place, word in enumerate(spec["categories"], start=1):
                same = f"{value} != 0 && strcmp({value}, {_quoted(word)}) == 0"
                yield f"if ({same}) {{ *next = {place}; }}" if kind == "code" else f"*next++ = {same};"
            if kind == "code":
                yield "next++;"
    if spec["indicator"]:
        yield f"*next++ = {gone};"


def _encoded_date(spec: ColumnSpec, value: str, gone: str) -> Iterator[str]:
    width = width_of(spec) - bool(spec["indicator"])
    yield f"if ({gone}) {{"
    yield f"    for (int k = 0; k < {width}; k++) {{ *next++ = 0; }}"
    yield "} else {"
    yield f"    int64_t days = ({value} - (({value} % 86400) + 86400) % 86400) / 86400;"
    yield f"    double in_day = (double)({value} - days * 86400) / 86400;"
    yield "    int64_t weekday = (((days + 3) % 7) + 7) % 7;"
    yield f"    *next++ = scaled((double)days + in_day, {_scale(spec)});"
    phases = {"year": "(double)day_of_year(days) / 366", "week": "(double)weekday / 7", "hour": "in_day"}
    for cycle in spec["cycles"]:
        for wave in ("sin", "cos"):
            yield f"    *next++ = (float){wave}(6.283185307179586 * ({phases[cycle]}));"
    yield "    *next++ = weekday >= 5;" if spec["weekend"] else "    (void)weekday;"
    yield "}"


def _scale(spec: ColumnSpec) -> str:
    return ", ".join(repr(float(spec[each])) for each in ("centre", "scale", "unit_of_log"))


def _meaning(answers: ColumnSpec) -> str:
    if answers["decision"] is None:
        return f"the numbers {', '.join(answers['names'])}".replace("*/", "* /")
    return "the probability of each label" if answers["task"] == "multilabel" else "the probability of each class"


def _declared_labels(answers: ColumnSpec, name: str) -> list[str]:
    if answers["decision"] is None:
        return []
    if answers["task"] == "multilabel":
        told, function = (
            "Whether each label is predicted.",
            f"void {name}_labels_of(const float *answers, int *predicted);",
        )
    else:
        told, function = f"The predicted class, a place in {name}_labels.", f"int {name}_label(const float *answers);"
    return [f"\n/* {told} */", f"extern const char *const {name}_labels[{name.upper()}_ANSWERS];", function]


def _defined_labels(answers: ColumnSpec, name: str) -> list[str]:
    decision = answers["decision"]
    if decision is None:
        return []
    labels = ", ".join(_quoted(each) for each in answers["classes"])
    count = f"{name.upper()}_ANSWERS"
    lines = [f"\nconst char *const {name}_labels[{count}] = {{{labels}}};\n"]
    if answers["task"] == "multilabel":
        return [
            *lines,
            f"void {name}_labels_of(const float *answers, int *predicted) {{",
            _numbers("least", decision["thresholds"]),
            f"    for (int k = 0; k < {count}; k++) {{ predicted[k] = answers[k] >= least[k]; }}",
            "}",
        ]
    return [*lines, f"int {name}_label(const float *answers) {{", *_decided(decision, count), "}"]


def _decided(decision: ColumnSpec, count: str) -> list[str]:
    """Return the statements that return the place of the predicted class."""
    if decision["rule"] == "threshold":
        positive = int(decision["positive"])
        least = float(decision["thresholds"][0])
        return [f"    return answers[{positive}] >= {least!r} ? {positive} : {1 - positive};"]
    if decision["rule"] == "costs":
        table = [cost for row in decision["costs"] for cost in row]
        size = len(decision["costs"])
        terms = " + ".join(f"answers[{row}] * costs[{row * size} + k]" for row in range(size))
        value, before = f"-({terms})", [_numbers("costs", table)]
    elif decision["weights"]:
        value, before = "answers[k] * weights[k]", [_numbers("weights", decision["weights"])]
    else:
        value, before = "answers[k]", []
    return [
        *before,
        "    int best = 0;",
        "    double most = -INFINITY;",
        f"    for (int k = 0; k < {count}; k++) {{",
        f"        double value = {value};",
        "        if (value > most) { most = value; best = k; }",
        "    }",
        "    return best;",
    ]


def _numbers(name: str, values: Sequence[float]) -> str:
    return f"    static const double {name}[] = {{{', '.join(repr(float(each)) for each in values)}}};"


def _quoted(text: object) -> str:
    """Return a string of C, with other characters than those of ASCII as bytes of UTF-8."""
    plain = json.dumps(str(text))[1:-1]
    if re.fullmatch(r"[ -~]*", str(text)) and "?" not in plain:
        return f'"{plain}"'
    return '"' + "".join(f"\\{byte:03o}" for byte in str(text).encode()) + '"'


def _comment(text: str) -> str:
    return text.replace("*/", "* /").replace("/*", "/ *")
