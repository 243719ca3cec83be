"""How networks forget beside how people do: laws fitted to both, and the curves on the same axes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from ...errors import DataError
from ...language import Texts, using
from ..retention_by_lag.memory_by_lag import Retention
from .forgetting import ForgettingFit, fit_forgetting
from .human_curves import HumanCurve, human_curve

if TYPE_CHECKING:
    import polars

    from ...drawing.figure import Drawing

SAY = Texts("people")
PUBLISHED = ("forgetting", "forgetting_mack", "forgetting_seitz", "forgetting_dros", "recall_by_lag")
NAMES = {
    "forgetting": "Ebbinghaus 1885",
    "forgetting_mack": "Mack",
    "forgetting_seitz": "Seitz",
    "forgetting_dros": "Dros",
    "recall_by_lag": "Rubin 1999",
}
# What forgets: a curve, what a state retains of its inputs, or times and retentions.
Forgetter: TypeAlias = "HumanCurve | Retention | tuple[object, object]"


class ForgettingComparison(NamedTuple):
    """Forgetting of networks and people.

    Attributes:
        curves: Times or lags above 0, and what is retained, by name; those of people first.
        fits: The laws fitted to each curve, the best on times that it has not seen first.
        people: The names that are of people.
    """

    curves: dict[str, tuple[np.ndarray, np.ndarray]]
    fits: dict[str, dict[str, ForgettingFit]]
    people: list[str]

    @property
    def table(self) -> polars.DataFrame:
        """A polars data frame: who, people, law (the best on unseen times), exponent of the power law, and errors.

        ``power``, ``logarithmic`` and ``exponential`` are errors at unseen times.
        """
        import polars

        rows: list[dict[str, object]] = []
        for who, fits in self.fits.items():
            best = next(iter(fits))
            row = {"who": who, "people": who in self.people, "law": best, "exponent": fits["power"].b}
            rows.append({**row, **{law: fits[law].held_out_error for law in ("power", "logarithmic", "exponential")}})
        return polars.DataFrame(rows)

    @property
    def words(self) -> list[str]:
        """Which law describes each curve best, and whether it is that of most people, in the current language."""
        laws = [next(iter(self.fits[who])) for who in self.people]
        usual = max(set(laws), key=laws.count)
        said = [SAY("most_people", law=SAY(f"law_{usual}"), count=laws.count(usual), of=len(laws))]
        for who, fits in self.fits.items():
            if who not in self.people:
                best = next(iter(fits))
                key = "same_law" if best == usual else "other_law"
                said.append(SAY(key, who=who, law=SAY(f"law_{best}")))
        return said

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw the curves on logarithmic axes, on which a power law is a straight line; those of people in grey.

        Args:
            path: The file to write, ``.svg``, ``.png`` or ``.pdf``. Default: none.
        """
        from ...drawing import COLOURS, INK, SOFT, drawable_language, own_style
        from ...drawing.figure import Drawing

        with own_style(), using(drawable_language()):
            drawing = Drawing(5.6, 3.6, layout="constrained")
            axes = drawing.subplots()
            for place, (who, (times, retained)) in enumerate(self.curves.items()):
                own = place - len(self.people)
                colour = SOFT if who in self.people else COLOURS[own % len(COLOURS)]
                scaled = times / times[0]
                axes.loglog(scaled, np.maximum(retained, 1e-3), ".-", color=colour, label=who, lw=1.2)
            axes.set(xlabel=SAY("times_first"), ylabel=SAY("retained"), ylim=(5e-3, 1.2))
            axes.tick_params(colors=INK)
            axes.spines[["top", "right"]].set_visible(False)
            axes.legend(fontsize=8, frameon=False)
        return drawing.save(path)


def compare_forgetting(
    networks: Mapping[str, Forgetter], people: Mapping[str, HumanCurve] | None = None
) -> ForgettingComparison:
    """Fit laws of forgetting to what networks and people retain, and compare them.

    Args:
        networks: What each retains: a ``Retention``, as of ``retention(model)``, or times and retentions.
        people: Curves of people. Default: Ebbinghaus and three replications, and recall by lag of Rubin, Hinton and
            Wenzel.

    Returns:
        Curves and fits, with a data frame ``table``, sentences ``words`` and a picture ``plot()``.

    Raises:
        DataError: If a curve has fewer than four times above 0, or nothing is retained at any.

    Example:
        >>> lags = np.arange(1.0, 20)
        >>> found = compare_forgetting({"leaky unit": (lags, 0.8**lags)})
        >>> found.table.filter(who="leaky unit")["law"].item(), found.table["law"][0]
        ('exponential', 'power')

    Reference:
        J. T. Wixted, E. B. Ebbesen, 1991, On the form of forgetting.
        J. M. J. Murre, J. Dros, 2015, Replication and analysis of Ebbinghaus' forgetting curve.
    """
    given = {NAMES[name]: human_curve(name) for name in PUBLISHED} if people is None else dict(people)
    curves = {who: _points(who, each) for who, each in {**given, **networks}.items()}
    fits = {who: fit_forgetting(times, retained) for who, (times, retained) in curves.items()}
    return ForgettingComparison(curves, fits, list(given))


def _points(who: str, given: Forgetter) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(given, Retention):
        x, y = given.lags, given.explained
    elif isinstance(given, HumanCurve):
        x, y = given.x, given.y
    else:
        x, y = given
    times, retained = np.asarray(x, np.float64).ravel(), np.asarray(y, np.float64).ravel()
    if len(times) != len(retained):
        raise DataError(f"{who}: {len(times)} times and {len(retained)} retentions; they are pairs.")
    later = times > 0  # no law but the exponential one is defined at 0
    if later.sum() < 4 or not (retained[later] > 0).any():
        raise DataError(f"{who}: expected at least four times above 0, and something retained.")
    return times[later], retained[later]
