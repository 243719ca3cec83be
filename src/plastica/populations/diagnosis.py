"""Which members of a population are ill, and which settings they have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, overload

from ..checks.findings import ORDER, Finding, noted, observed
from ..model.diagnosis import Diagnosis, finding_lines, word_of
from ..notebook import html
from ..notebook.html import shown
from ..notes import Note, note
from ..typing import Document

if TYPE_CHECKING:
    import polars

    from .results import PopulationHistory

FEWEST_VALUES = 2  # of a setting, for an edge
MOST_VALUES = 4  # of a setting, or members, that a line names


@dataclass(frozen=True, eq=False)
class SharedFinding:
    """A finding of one or several members of a population.

    Attributes:
        finding: The finding of the member that has it worst.
        members: The numbers of the members that have it.
        settings: What they have in common and others have not: the values by the name of a setting.
        edges: The number from which on, or up to which, all of them and no others have a setting, as text:
            ``{"learning_rate": "≥ 0.1"}``.
    """

    finding: Finding
    members: tuple[int, ...]
    settings: Mapping[str, tuple[object, ...]]
    edges: Mapping[str, str] = field(default_factory=dict)

    def whose(self, count: int) -> Note:
        """Return which members of ``count`` they are."""
        if len(self.members) == count:
            return note("doctor.all_members", count=count)
        named = [f"{name} {edge}" for name, edge in self.edges.items()] or [
            f"{name}={', '.join(map(_value, values[:MOST_VALUES]))}{_more(values)}"
            for name, values in self.settings.items()
        ]
        numbers = ", ".join(map(str, self.members[:MOST_VALUES])) + _more(self.members)
        numbered = note("doctor.member_numbers", count=len(self.members), numbers=numbers)
        which = "; ".join(named) if named else numbered
        return note("doctor.some_members", count=len(self.members), all=count, which=which)


@dataclass(frozen=True, eq=False)
class PopulationDiagnosis:
    """What was found wrong with the members of a population, and which settings those have.

    In a terminal and in a notebook it is a table with a row for each finding: what was found, how many members have it,
    and which settings they have in common. ``found[place]`` is the diagnosis of a member.

    Attributes:
        diagnoses: The diagnosis of each member.
        columns: The settings of each member.

    Example:
        >>> import numpy as np, plastica as pl
        >>> x = np.random.default_rng(0).normal(size=(64, 3))
        >>> model = pl.Sequential([pl.Dense(1)])
        >>> model.compile(pl.optimizers.SGD(0.01), "mse")
        >>> population = pl.Population(model, learning_rate=[0.01, 3.0])
        >>> history = population.fit(x, x.sum(1), epochs=1, verbose=0)
        >>> found = population.diagnose(x, x.sum(1))
        >>> found.ill, found["rate_above_bound"].settings
        ((1,), {'learning_rate': (3.0,)})
    """

    diagnoses: tuple[Diagnosis, ...]
    columns: tuple[Mapping[str, object], ...]

    @classmethod
    def of_history(cls, history: PopulationHistory) -> PopulationDiagnosis:
        """Return what a doctor found while members were trained, and which of them met a number that is not finite."""
        found = []
        for place, own in enumerate(history.histories):
            failed = [_not_finite(len(own.epoch))] if place in history.failed else []
            found.append(Diagnosis.of([*failed, *own.findings]))
        return cls(tuple(found), tuple(history.columns))

    @property
    def ill(self) -> tuple[int, ...]:
        """The numbers of the members with a finding that affects results; notes do not."""
        return tuple(place for place, each in enumerate(self.diagnoses) if not each.is_healthy)

    @cached_property
    def findings(self) -> tuple[SharedFinding, ...]:
        """The findings of all members, the most serious first, and of these what most members have."""
        groups: dict[tuple[str, str], list[tuple[int, Finding]]] = {}
        for place, diagnosis in enumerate(self.diagnoses):
            for each in diagnosis:
                groups.setdefault((each.code, _place(each)), []).append((place, each))
        found = [self._shared(group) for group in groups.values()]
        return tuple(sorted(found, key=lambda each: (ORDER[each.finding.severity], -len(each.members))))

    @property
    def codes(self) -> tuple[str, ...]:
        """The names of the findings, the most serious first."""
        return tuple(dict.fromkeys(each.finding.code for each in self.findings))

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.diagnoses)

    @overload
    def __getitem__(self, which: int) -> Diagnosis: ...
    @overload
    def __getitem__(self, which: str) -> SharedFinding: ...
    def __getitem__(self, which: int | str) -> Diagnosis | SharedFinding:
        """Return the diagnosis of a member by its number, or a finding by its name."""
        if isinstance(which, str):
            for each in self.findings:
                if each.finding.code == which:
                    return each
            raise KeyError(f"{which!r} was not found; there are: {', '.join(self.codes) or 'none'}.")
        return self.diagnoses[which]

    def __iter__(self) -> Iterator[SharedFinding]:
        """Iterate over the findings."""
        return iter(self.findings)

    def __repr__(self) -> str:
        """Show the findings as lines of text."""
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return the findings as lines of text in the current language."""
        if not self.findings:
            return [note("doctor.healthy").said(), *self._unjudged()]
        head = note("doctor.ill_members", count=len(self.ill), all=len(self)).said()
        found = [line for each in self.findings for line in self._lines(each)]
        return [head, *found, *self._unjudged()]

    def _unjudged(self) -> list[str]:
        """Return what could not be judged of any member."""
        every = dict.fromkeys(each for own in self.diagnoses for each in own.unjudged)
        return [note("doctor.unjudged", why=each).said() for each in every]

    def _lines(self, found: SharedFinding) -> list[str]:
        head, *others = finding_lines(found.finding)
        return [f"{found.whose(len(self)).said()}: {head}", *others]

    @shown
    def _repr_html_(self) -> str:
        names = ("severity", "members", "finding", "sure", "remedy")
        heads = [note(f"doctor.head_{name}").said() for name in names]
        rows = [
            (
                word_of("severity", each.finding.severity),
                each.whose(len(self)).said(),
                noted(each.finding).said(),
                word_of("sure", each.finding.certainty),
                each.finding.remedy,
            )
            for each in self.findings
        ]
        ill = note("doctor.ill_members", count=len(self.ill), all=len(self)).said()
        title = html.heading(note("doctor.title").said(), ill)
        said = [html.paragraph(each, soft=True) for each in self._unjudged()]
        healthy = html.paragraph(note("doctor.healthy").said())
        return html.block(title, html.table(heads, rows) if rows else healthy, *said)

    def by_setting(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each value of each setting: members, those ill, what they have."""
        import polars

        names = list(dict.fromkeys(name for columns in self.columns for name in columns))
        ill, rows = set(self.ill), []
        for name in names:
            for value in dict.fromkeys(columns.get(name) for columns in self.columns):
                own = [place for place, columns in enumerate(self.columns) if columns.get(name) == value]
                codes = dict.fromkeys(code for place in own if place in ill for code in self.diagnoses[place].codes)
                rows.append(
                    {
                        "setting": name,
                        "value": _value(value),
                        "members": len(own),
                        "ill": len(ill.intersection(own)),
                        "findings": ", ".join(codes),
                    }
                )
        return polars.DataFrame(rows, infer_schema_length=None)

    def to_frame(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each finding of each member."""
        import polars

        rows = [
            {
                "member": place,
                **columns,
                "finding": each.code,
                "severity": each.severity,
                "where": each.where,
                "value": each.value,
                "threshold": each.threshold,
                "certainty": each.certainty,
                "remedy": each.remedy,
            }
            for place, (columns, own) in enumerate(zip(self.columns, self.diagnoses, strict=True))
            for each in own
        ]
        return polars.DataFrame(rows, infer_schema_length=None)

    def to_dict(self) -> Document:
        """Return everything as JSON-serializable values."""
        findings = [
            {
                "code": each.finding.code,
                "severity": each.finding.severity,
                "message": each.finding.message,
                "remedy": each.finding.remedy,
                "members": list(each.members),
                "settings": {name: list(map(_value, values)) for name, values in each.settings.items()},
            }
            for each in self.findings
        ]
        members = [
            {"settings": dict(columns), **own.to_dict()}
            for columns, own in zip(self.columns, self.diagnoses, strict=True)
        ]
        return {"members": members, "ill": list(self.ill), "findings": findings}

    def _shared(self, group: Sequence[tuple[int, Finding]]) -> SharedFinding:
        members = tuple(dict.fromkeys(place for place, _ in group))
        worst = min((each for _, each in group), key=lambda each: ORDER[each.severity])
        return SharedFinding(worst, members, self._in_common(members), self._edges(members))

    def _edges(self, members: Sequence[int]) -> dict[str, str]:
        """Return the edges that part these members from all others, of settings with several numbers."""
        found: dict[str, str] = {}
        for name in dict.fromkeys(name for columns in self.columns for name in columns):
            values = [columns.get(name) for columns in self.columns]
            numbers = [float(each) for each in values if isinstance(each, int | float)]
            own = {numbers[place] for place in members} if len(numbers) == len(values) else set[float]()
            others = {number for place, number in enumerate(numbers) if place not in members}
            if name in ("seed", "fold") or len(own) < FEWEST_VALUES or not others:
                continue
            if min(own) > max(others):
                found[name] = f"≥ {min(own):g}"
            elif max(own) < min(others):
                found[name] = f"≤ {max(own):g}"
        return found

    def _in_common(self, members: Sequence[int]) -> dict[str, tuple[object, ...]]:
        found: dict[str, tuple[object, ...]] = {}
        for name in dict.fromkeys(name for columns in self.columns for name in columns):
            every = dict.fromkeys(columns.get(name) for columns in self.columns)
            own = dict.fromkeys(self.columns[place].get(name) for place in members)
            # What half of the values and more have says little.
            if len(own) < len(every) and (len(own) == 1 or 2 * len(own) <= len(every)):
                found[name] = tuple(own)
        # A setting says why; seeds and folds only if no setting does.
        named = {name: values for name, values in found.items() if name not in ("seed", "fold")}
        return named or found


def _not_finite(epochs: int) -> Finding:
    return observed(
        "not_finite",
        "serious",
        where=f"epoch {epochs + 1}",
        remedy="model.learning_rate /= 10",
        source="by definition",
    )


def _place(found: Finding) -> str:
    """Return the layer or column that a finding is about; rates and epochs differ from member to member."""
    is_number = found.where.replace(".", "").replace("e-", "").isdigit()
    return "" if is_number or found.where.startswith(("epoch ", "validation row ")) else found.where


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _more(values: Sequence[object]) -> str:
    return f" +{len(values) - MOST_VALUES}" if len(values) > MOST_VALUES else ""
