"""What layers say about networks that are computed side by side in one program, such as those of a population."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self


class InGroups:
    """The part of a layer that is about several networks in one program, and about the time to compile it."""

    if TYPE_CHECKING:  # of the layer

        @property
        def children(self) -> tuple[InGroups, ...]: ...

    @property
    def compiles_fast(self) -> bool:
        """Whether to reduce compilation time at the expense of slower steps."""
        return any(child.compiles_fast for child in self.children)

    @property
    def is_slow_in_groups(self) -> bool:
        """Whether several networks with this layer train faster one after another than side by side."""
        return any(child.is_slow_in_groups for child in self.children)

    @property
    def pads_units(self) -> bool:
        """Whether units may be added whose weights are 0 and stay so, without effect on all that follows.

        Networks with different numbers of units are then computed in one program.
        """
        return False

    @property
    def takes_padding(self) -> bool:
        """Whether inputs may be added that are 0 and have the weights 0, without effect on what this layer computes."""
        return False

    @property
    def hidden_widths(self) -> dict[int, int]:
        """The units of the layers inside that may be padded, by their place; see :attr:`pads_units`."""
        return {}

    def with_widths(self, widths: Mapping[int, int]) -> Self:
        """Return the network with other numbers of units of the layers inside."""
        return self
