"""What a rule asks of the tissue or the chip that would run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

# A yes, a no, a number, or a few words where neither yes nor no would be true.
Fact = bool | int | str

# Of all rules that send errors or targets to a layer of any kind.
RECURRENT: Final = (
    "Within a recurrent layer (LSTM, GRU) errors go back through time, by its own recurrent weights; this is said of "
    "what passes between layers."
)
LAST_LAYER_ALONE: Final = "Layers before the last stay as they were drawn."
QUESTIONS: Final = ("local", "symmetric_weights", "phases", "global_error", "labels")


class Facts(NamedTuple):
    """What a rule asks of the tissue or the chip that would run it; each fact may have a note.

    Attributes:
        source: Authors and year.
        local: Whether a connection changes by what its two ends hold, an error or a target that came there included,
            beside signals sent to all alike. Weights that are copied from other connections are not held there.
        symmetric_weights: Whether errors come back through the weights that the activity went forward through.
        phases: Into how many distinct phases a step falls; 1 where activity and learning go on together.
        global_error: Whether one error of the output is sent to every layer at once; errors that travel from layer to
            layer are not.
        labels: Whether hidden layers learn from targets at all.
        notes: What is to be said of a fact, by its name.

    Example:
        >>> import plastica as pl
        >>> facts = pl.rules.get("sign_symmetry").facts
        >>> facts.symmetric_weights, facts.notes["symmetric_weights"]
        ('signs only', "The way back has the weights' signs, and sizes of its own.")
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
    """Facts that hang on a rule's fields; asked of the class they are those of its defaults."""

    def __init__(self, told: Callable[[Any], Facts]) -> None:
        self.told = told

    def __get__(self, rule: Any, kind: type) -> Facts:
        return self.told(kind() if rule is None else rule)


def together(source: str, first: Facts, after: Facts) -> Facts:
    """Return what two rules ask together, one of which follows the other."""
    found: dict[str, Any] = {"phases": max(first.phases, after.phases)}
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
    """Return the graver of two facts: the given yes or no where there is one, else words, else the opposite."""
    if gravest in (one, other):
        return gravest
    return next((each for each in (one, other) if isinstance(each, str)), not gravest)
