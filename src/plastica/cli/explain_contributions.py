"""How ``plastica explain`` shows contributions: a bar for each column, largest first, and the same as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .output import Output, brief
from .wording import SAY

if TYPE_CHECKING:
    import numpy as np

    from ..explain.attribution import Attribution

BAR = 24  # characters of the longest bar
MOST_COLUMNS = 25  # in the terminal; all are in --json


def say_contributions(output: Output, found: Attribution, number: int, shown: int, head: str = "head_column") -> None:
    """Print the contributions to one prediction, the largest first.

    Args:
        output: Where they are printed.
        found: The contributions.
        number: The number of the row in them.
        shown: The number of the output.
        head: The key of the name of what has contributed.
    """
    import numpy as np

    values = found.flat[number, :, shown]
    error = _errors(found, number, shown)
    cells = any(any(row) for row in found.cells)
    order = np.argsort(-np.abs(values), kind="stable")[:MOST_COLUMNS]
    longest = float(np.abs(values).max(initial=0)) or 1.0
    answer, baseline = found.answers[number, shown], found.baseline[number, shown]
    output.say()
    heads = [SAY(head), *([SAY("head_value")] if cells else []), SAY("head_contribution")]
    shown_rows = [
        [
            brief(found.feature_names[place], 40),
            *([brief(found.cells[number][place], 30) or SAY("explain_missing")] if cells else []),
            f"{values[place]:+.4f}" if longest < 10 else f"{values[place]:+,.4g}",
            *([] if error is None else [f"± {error[place]:.2g}"]),
            ("▇" if values[place] > 0 else "▁") * round(BAR * abs(float(values[place])) / longest),
        ]
        for place in order
    ]
    output.table([*heads, *([] if error is None else [SAY("head_error")]), ""], shown_rows)
    output.say()
    if rest := len(values) - len(order):
        output.say(SAY("explain_rest", count=rest))
    gap = float(found.gap[number, shown])
    if found.additive and abs(gap) > 1e-3 * max(abs(float(answer - baseline)), 1e-9):
        output.say(SAY("explain_gap", method=found.method, gap=f"{gap:.3g}"))


def _errors(found: Attribution, number: int, shown: int) -> np.ndarray | None:
    """Return the standard errors of the contributions to one prediction, ``(columns,)``; None if nothing was drawn."""
    return None if found.error is None else found.error.reshape(found.flat.shape)[number, :, shown]


def row_facts(found: Attribution, number: int, shown: int, row: int) -> dict[str, object]:
    """Return the contributions to one prediction for JSON."""
    error = _errors(found, number, shown)
    return {
        "row": row,
        "output": found.output_names[shown],
        "answer": float(found.answers[number, shown]),
        "baseline": float(found.baseline[number, shown]),
        "gap": float(found.gap[number, shown]),
        "columns": [
            {
                "column": name,
                **({"value": found.cells[number][place]} if found.cells else {}),
                "contribution": float(found.flat[number, place, shown]),
                **({} if error is None else {"standard_error": float(error[place])}),
            }
            for place, name in enumerate(found.feature_names)
        ],
    }
