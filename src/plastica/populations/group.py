"""The members of one run: their settings, their models and the rows of each."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from ..errors import PlasticaWarning
from ..model import Model
from .grid import MemberSettings
from .results import PopulationHistory
from .splits import RowSplit

MOST_NAMED = 3


@dataclass(frozen=True, eq=False)
class MemberGroup:
    """Networks that are trained together.

    Args:
        members: The settings of each.
        models: The models.
        splits: The parts of the rows to which ``MemberSettings.part`` refers; None if all train on all rows.
        part_name: What the parts are called in tables.
    """

    members: list[MemberSettings]
    models: list[Model]
    splits: list[RowSplit] | None
    part_name: str

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.members)

    def columns(self) -> list[dict[str, object]]:
        """Return the settings of each member as the columns of a table."""
        return [member.columns(self.part_name) for member in self.members]

    def warn_of_failed(self, found: PopulationHistory) -> None:
        """Warn of members that met a number that is not finite."""
        if not found.failed:
            return
        named = [
            f"member {place} ({self.members[place].words()}): {why}"
            for place, why in list(found.failed.items())[:MOST_NAMED]
        ]
        more = len(found.failed) - len(named)
        named += [f"and {more} more; history.failed has all of them"] if more else []
        warnings.warn(
            f"{len(found.failed)} of {len(self)} members met a number that is not finite and stopped there. "
            + " ".join(named),
            PlasticaWarning,
            stacklevel=5,
        )
