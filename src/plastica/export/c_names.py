"""Names that C takes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import InvalidValue
from .wording import SAY

_KEYWORDS = (
    "auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|long|main|"
    "register|restrict|return|short|signed|sizeof|static|struct|switch|typedef|union|unsigned|void|volatile|while"
)
# So that C++ can include the header too.
_KEYWORDS_OF_CPLUSPLUS = (
    "bool|catch|class|delete|explicit|export|false|friend|mutable|namespace|new|operator|private|protected|public|"
    "template|this|throw|true|try|typename|using|virtual"
)
# Names of statements, with or without a number.
_STATEMENTS = r"([vwitkjfcp]|at|choice|moved|value|total|best|free|floats|wholes|larger|smaller|sign)\d*"
_STATEMENTS += r"|w\d+_(begins|columns|weights)"
_TAKEN = re.compile(f"{_KEYWORDS}|{_KEYWORDS_OF_CPLUSPLUS}|{_STATEMENTS}")


def identifiers(names: Sequence[str]) -> list[str]:
    """Return different identifiers of C: other characters become ``_``, and names that are taken get one in front.

    Example:
        >>> identifiers(["age", "Größe (cm)", "int", "2nd", "年"])
        ['age', 'Gr_e_cm', '_int', '_2nd', 'x']
    """
    found: list[str] = []
    for each in names:
        name = _plain(each)
        if name[0].isdigit() or _TAKEN.fullmatch(name):
            name = f"_{name}"
        tried, number = name, 2
        while tried in found:
            tried, number = f"{name}_{number}", number + 1
        found.append(tried)
    return found


def prefix(name: str) -> str:
    """Return a name as the beginning of names, which is one already unless C has a word for it."""
    made = _plain(name)
    return f"model_{made}" if made[0].isdigit() or re.fullmatch(_KEYWORDS, made) else made


def _plain(name: str) -> str:
    return re.sub(r"_+", "_", re.sub(r"\W", "_", name, flags=re.ASCII)).strip("_") or "x"


def check_prefix(name: str) -> str:
    """Return a prefix of names.

    Raises:
        InvalidValue: If it is not an identifier of C.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or re.fullmatch(_KEYWORDS, name):
        raise InvalidValue(SAY("c_name", given=repr(name)))
    return name
