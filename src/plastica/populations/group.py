"""The members of one run: their settings, their models and the rows of each."""

from __future__ import annotations

from dataclasses import dataclass

from ..model import Model
from .grid import MemberSettings
from .splits import RowSplit


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
