"""Descriptions of forecasters in the files of earlier versions, brought to the format of this one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import FileError

FORMAT = 2


def in_this_format(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the description of a forecaster with what its format did not have yet, so that it forecasts as before.

    Format 1 knew networks only, each with one weight for all steps. Its series were never taken as logarithms nor kept
    above 0, its networks always read the time of the year, and its intervals did not follow later errors.

    Raises:
        FileError: If the format is unknown.
    """
    if facts["format"] == FORMAT:
        return facts
    if facts["format"] != 1:
        raise FileError(f"it has format {facts['format']}, and this version of plastica reads formats up to {FORMAT}")
    scales = facts["scales"]
    no = [False] * len(scales["means"])
    return {
        **facts,
        "format": FORMAT,
        "parts": [
            {"name": name, "networks": networks, "weights": [weight], "without": [0.0]}
            for name, networks, weight in facts["parts"]
        ],
        "scales": {**scales, "logarithms": no, "nonnegative": no, "yearly": True},
        "widening": [0.0],
        "categories": [],
        "country": "",
    }
