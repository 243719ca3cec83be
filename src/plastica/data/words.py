"""Words for missing values, and words for yes and no."""

from __future__ import annotations

MISSING = frozenset(
    {
        *("", "na", "n/a", "n.a.", "<na>", "#n/a", "#na", "nan", "-nan", "null", "none", "nil", "missing"),
        *("?", "-", "--", "---", "–", "—", ".", "..", "...", "\\n", "#null!", "#div/0!", "#value!", "nat"),
    }
)
PERHAPS_A_CLASS = ("none", "nil", "missing")  # possible classes of a target, such as the sleep disorder "None"
PERHAPS_A_VALUE = (*PERHAPS_A_CLASS, "na", "n/a", "n.a.", "null")  # Namibia, North America, "not applicable"
BOOLEANS = (("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"), ("否", "是"))
INFINITE = ("inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "∞", "-∞")


def is_missing(cell: str) -> bool:
    """Return whether a cell of text is a missing value."""
    return cell.strip().lower() in MISSING
