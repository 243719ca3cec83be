"""The dialect of JavaScript; floats are rounded to 32 bits after each operation, as everywhere else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .c import float_digits
from .dialect import FORMS, Dialect, is_whole

_ROUNDED = ("exp", "log", "log1p", "expm1", "sqrt", "tanh", "sin", "cos")
_EXACT = {"floor": "Math.floor", "ceil": "Math.ceil", "abs": "Math.abs", "sign": "Math.sign", "round": "toEven"}
_EXACT |= {"is_finite": "Number.isFinite"}
_LARGER = {"max": "Math.max({0}, {1})", "min": "Math.min({0}, {1})"}
_TESTS = ("eq", "ne", "lt", "le", "gt", "ge")
_FLOATS = {
    **{name: form if name in (*_TESTS, "neg") else f"Math.fround{form}" for name, form in FORMS.items()},
    **{name: f"Math.fround(Math.{name}({{0}}))" for name in _ROUNDED},
    **{name: f"{function}({{0}})" for name, function in _EXACT.items()},
    **_LARGER,
    "erf": "Math.fround(erf({0}))",
    "rem": "Math.fround({0} % {1})",
    "pow": "Math.fround(Math.pow({0}, {1}))",
    "atan2": "Math.fround(Math.atan2({0}, {1}))",
}
# Kept to 32 bits by what follows; a division is cut by it.
_WHOLES = {
    **FORMS,
    **_LARGER,
    "mul": "Math.imul({0}, {1})",
    "rem": "({0} % {1})",
    "shift_right_logical": "({0} >>> {1})",
    "abs": "Math.abs({0})",
    "sign": "Math.sign({0})",
    "pow": "Math.pow({0}, {1})",
}

# Functions that Math lacks: halves to the even number, and the error function to 1.5e-7 (Abramowitz and Stegun 1964,
# equation 7.1.26).
HELPERS = """\
function toEven(a) { const b = Math.round(a); return b - a === 0.5 && b % 2 !== 0 ? b - 1 : b; }
function erf(a) {
    const t = 1 / (1 + 0.3275911 * Math.abs(a));
    const series = 0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)));
    return Math.sign(a) * (1 - t * series * Math.exp(-a * a));
}
"""


class JavaScript(Dialect):
    """JavaScript of 2015 and later."""

    def loop(self, index: str, size: int | str, down: bool = False) -> str:
        if down:
            return f"for (let {index} = {size} - 1; {index} >= 0; {index}--) {{"
        return f"for (let {index} = 0; {index} < {size}; {index}++) {{"

    def span(self, index: str, first: str, last: str) -> str:
        return f"for (let {index} = {first}; {index} < {last}; {index}++) {{"

    def local(self, name: str, dtype: str, value: str) -> str:
        return f"let {name} = {value};"

    def number(self, value: float | int | bool, dtype: str) -> str:
        if is_whole(dtype):
            text = str(int(value))
        elif np.isnan(value):
            return "NaN"
        elif np.isinf(value):
            text = "Infinity" if value > 0 else "-Infinity"
        else:
            # The digits name one float of 32 bits only after rounding.
            text = repr(float(np.float32(value))) if value % 1 else float_digits(float(value))
        return f"({text})" if text.startswith("-") else text

    def apply(self, name: str, operands: Sequence[str], dtype: str) -> str:
        if name == "not" and dtype == "bool":
            return f"(!{operands[0]})"
        if name in _TESTS or not is_whole(dtype):
            return _FLOATS[name].format(*operands)
        return f"({_WHOLES[name].format(*operands)} {_kept(dtype)})"

    def convert(self, operand: str, dtype: str, result: str) -> str:
        if dtype == result:
            return operand
        match result:
            case "bool":
                return f"({operand} != 0)"
            case "float32":
                return f"Math.fround({operand})"
            case _:
                return f"({operand} {_kept(result)})"


def _kept(dtype: str) -> str:
    """Return what keeps a number to 32 bits, with or without a sign; fractions are cut."""
    return ">>> 0" if dtype == "uint32" else "| 0"
