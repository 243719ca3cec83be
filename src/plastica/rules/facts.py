"""What a rule requires of the biological tissue or the chip that would run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from ..typing import Document

# Yes, no, a number, or a few words if neither yes nor no is true.
Fact = bool | int | str

# A note of all rules that send errors or targets to layers of any kind.
RECURRENT: Final = (
    "This is about what passes between layers. Within a recurrent layer (LSTM, GRU) errors are propagated back through "
    "time by its own recurrent weights."
)
LAST_LAYER_ALONE: Final = "Layers before the last keep their initial weights."
QUESTIONS: Final = ("local", "symmetric_weights", "phases", "global_error", "labels")


class Facts(NamedTuple):
    """What a rule requires of the biological tissue or the chip that would run it; each fact may have a note.

    Attributes:
        source: Authors and year.
        local: Whether a connection changes depending only on values available at its two ends (including an error or a
            target that was sent there) and on signals broadcast to all units. Copies of other connections' weights
            are not available there.
        symmetric_weights: Whether errors travel back through the same weights as the forward activity.
        phases: Number of distinct phases in a step; 1 if activity and learning happen together.
        global_error: Whether one error of the output is sent to every layer at once; errors that are passed from layer
            to layer do not count.
        labels: Whether hidden layers learn from targets at all.
        notes: Remarks on a fact, by its name.

    Example:
        >>> import plastica as pl
        >>> facts = pl.rules.get("sign_symmetry").facts
        >>> facts.symmetric_weights, facts.notes["symmetric_weights"]
        ('signs only', 'Feedback weights share the signs of the forward weights but have their own magnitudes.')
    """

    source: str
    local: Fact
    symmetric_weights: Fact
    phases: int
    global_error: Fact
    labels: Fact = True
    notes: Mapping[str, str] = MappingProxyType({})

    def flat(self) -> dict[str, Fact]:
        """Return the facts, and each note under ``<fact>_note``, as plain values that go to JSON."""
        found = {name: value for name, value in self._asdict().items() if name != "notes"}
        return {**found, **{f"{name}_note": note for name, note in self.notes.items()}}


class FactsOf:
    """Facts that depend on the fields of a rule; accessed on the class, those of the default fields."""

    def __init__(self, facts: Callable[[Any], Facts]) -> None:
        self.facts = facts

    def __get__(self, rule: object, kind: type) -> Facts:
        return self.facts(kind() if rule is None else rule)


def together(source: str, first: Facts, after: Facts) -> Facts:
    """Return the combined requirements of two rules of which one follows the other."""
    found: Document = {"phases": max(first.phases, after.phases)}
    found["local"] = _most(first.local, after.local, gravest=False)
    for name in ("symmetric_weights", "global_error", "labels"):
        found[name] = _most(getattr(first, name), getattr(after, name), gravest=True)
    notes = {
        name: " ".join(dict.fromkeys(each.notes[name] for each in (first, after) if name in each.notes))
        for name in QUESTIONS
        if name in first.notes or name in after.notes
    }
    return Facts(source, notes=notes, **found)


def _most(one: Fact, other: Fact, *, gravest: bool) -> Fact:
    """Return the stronger of two facts: the given yes or no if one is it, else words, else the opposite."""
    if gravest in (one, other):
        return gravest
    return next((each for each in (one, other) if isinstance(each, str)), not gravest)
