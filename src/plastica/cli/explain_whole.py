"""What ``plastica explain`` says beyond single rows: effects of columns, and how far contributions can be relied on."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .output import Output, brief
from .wording import SAY

if TYPE_CHECKING:
    from ..explain.attribution import Attribution
    from .explain_table import TableCase

JUDGED_ROWS = 10


def say_whole(case: TableCase) -> dict[str, Any]:
    """Print the effects of columns and a judgement of contributions as asked for, and return them for JSON."""
    found: dict[str, Any] = {}
    if case.given["effect"]:
        found["effects"] = [_say_effect(case, column) for column in case.given["effect"]]
    if case.given["judge"]:
        found["judgement"] = _say_judgement(case)
    return found


def _say_effect(case: TableCase, column: str) -> dict[str, Any]:
    """Print how the mean prediction changes with a column."""
    from ..explain.table_effects import MOST_ROWS, table_effect
    from .folders import name_of

    compared = case.table if case.background is None else case.background
    output = case.given["label"]
    if output is None and case.network.task == "binary":
        output = str(case.network.target.classes[1])  # the other one is 1 minus it
    found = table_effect(case.network, compared, column, output=output)
    case.output.say(SAY("explain_effect", column=column, count=min(compared.height, MOST_ROWS)))
    for line in found.sentences():
        case.output.say(line)
    frame, several = found.to_frame(), len(found.output_names) > 1
    heads = [*([SAY("head_output")] if several else []), brief(column, 30), SAY("head_mean_answer"), SAY("head_error")]
    case.output.table(
        heads,
        [
            [
                *([brief(output)] if several else []),
                found.value(place % len(found.grid)),
                f"{effect:.4g}",
                f"± {error:.2g}",
            ]
            for place, (output, _, effect, error) in enumerate(frame.rows())
        ],
    )
    case.output.say()
    if (path := case.picture(f"effect-{name_of(column)}")) is not None:
        found.plot(path)
        case.output.fact("saved", path)
    return {"column": column, **found.to_dict()}


def _say_judgement(case: TableCase) -> dict[str, Any]:
    """Print how far contributions of this method can be relied on, judged on rows of the table."""
    from ..data.spacing import spaced
    from ..explain.table_columns import explain_table
    from .explain import drawn

    given = case.given
    rows = spaced(case.table.height, JUDGED_ROWS).tolist()
    asked = {"method": given["method"], "output": given["label"], "most": given["background_rows"], **drawn(given)}
    found = explain_table(case.network, case.table, case.background, rows=rows, groups=case.groups, **asked)
    return say_judgement(case.output, found, given["seed"])


def say_judgement(output: Output, found: Attribution, seed: int) -> dict[str, Any]:
    """Print how far contributions can be relied on, and return it for JSON."""
    judged = found.judge(seed=seed)
    output.say(SAY("explain_judge"))
    for line in [*judged.sentences(), *(judged.failures or [SAY("explain_judged_well")])]:
        output.say(f"  {line}")
    output.say()
    return {**asdict(judged), "failures": list(judged.failures)}
