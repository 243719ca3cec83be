"""The dialect of C99, with numbers of 32 bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .dialect import FORMS, Dialect, is_whole

TYPES = {"float32": "float", "int32": "int32_t", "uint32": "uint32_t", "bool": "int32_t", "int8": "int8_t"}
TYPES |= {"uint8": "uint8_t", "uint16": "uint16_t"}

_ALIKE = ("exp", "log", "log1p", "expm1", "sqrt", "tanh", "sin", "cos", "erf", "floor", "ceil")
_OF_ONE = {name: f"{name}f({{0}})" for name in _ALIKE} | {"round": "rintf({0})", "abs": "fabsf({0})"}
_OF_ONE |= {"sign": "sign({0})", "is_finite": "(isfinite({0}) != 0)"}
_OF_TWO = {"pow": "powf", "rem": "fmodf", "atan2": "atan2f", "max": "larger", "min": "smaller"}
_FLOATS = FORMS | _OF_ONE | {name: f"{function}({{0}}, {{1}})" for name, function in _OF_TWO.items()}
_WHOLES = FORMS | {
    "rem": "({0} % {1})",
    "max": "({0} > {1} ? {0} : {1})",
    "min": "({0} < {1} ? {0} : {1})",
    "abs": "({0} < 0 ? -{0} : {0})",
    "sign": "(({0} > 0) - ({0} < 0))",
    # Floats of 64 bits hold whole numbers of 32 bits exactly.
    "pow": "(int32_t)pow({0}, {1})",
}

# Functions that math.h lacks, or that do not pass on what is not a number. 0 and NaN have no sign.
HELPERS = {
    "larger": "static float larger(float a, float b) { return a > b || a != a ? a : b; }",
    "smaller": "static float smaller(float a, float b) { return a < b || a != a ? a : b; }",
    "sign": "static float sign(float a) { return a > 0 ? 1.0f : a < 0 ? -1.0f : a; }",
}


class C(Dialect):
    """C99."""

    sparse = True

    def loop(self, index: str, size: int | str, down: bool = False) -> str:
        if down:
            return f"for (int32_t {index} = {size} - 1; {index} >= 0; {index}--) {{"
        return f"for (int32_t {index} = 0; {index} < {size}; {index}++) {{"

    def span(self, index: str, first: str, last: str) -> str:
        return f"for (int32_t {index} = {first}; {index} < {last}; {index}++) {{"

    def local(self, name: str, dtype: str, value: str) -> str:
        return f"{TYPES[dtype]} {name} = {value};"

    def number(self, value: float | int | bool, dtype: str) -> str:
        if is_whole(dtype):
            if dtype == "uint32":
                return f"{int(value)}u"
            return "(-2147483647 - 1)" if int(value) == -(2**31) else _signed(str(int(value)))
        if np.isnan(value):
            return "NAN"
        if np.isinf(value):
            return "INFINITY" if value > 0 else "(-INFINITY)"
        return _signed(float_digits(float(value)) + "f")

    def apply(self, name: str, operands: Sequence[str], dtype: str) -> str:
        if name == "not" and dtype == "bool":
            return f"(!{operands[0]})"
        return (_WHOLES if is_whole(dtype) else _FLOATS)[name].format(*operands)

    def convert(self, operand: str, dtype: str, result: str) -> str:
        if dtype == result:
            return operand
        if result == "bool":
            return f"({operand} != 0)"
        return f"(({TYPES[result]})({operand}))"


def float_digits(value: float) -> str:
    """Return the shortest decimal number that is the same 32-bit float."""
    text = np.format_float_scientific(np.float32(value), trim="0") if value else "0.0"
    plain = np.format_float_positional(np.float32(value), trim="0")
    return plain if len(plain) <= len(text) + 2 else text


def _signed(text: str) -> str:
    return f"({text})" if text.startswith("-") else text
