"""Findings of the inputs and targets: columns that say nothing or everything, scales, shapes, and their reach."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import numpy as np

from ..checks.findings import Finding, listed_names, observed, percent
from ..checks.leaks import told_by
from ..layers import BatchNormalization, LayerNormalization, UnitNormalization
from ..layers.walk import walk
from ..model import Model
from ..typing import Float, Num
from .lookback import lookback_findings
from .sources import DEFINITION, LECUN, MEASURED
from .tasks import TaskRows

EXACT = 1e-6  # of the standard deviation, and of the eigenvalues of a correlation matrix: float32 rounds to 6e-8
LARGE, VERY_LARGE = 10.0, 100.0  # root mean square of an input, which is 1 for standardized ones
MOST_COLUMNS = 100
TELLS, TELLS_ALL = 0.999, 0.9999
RARE, VERY_RARE = 0.1, 0.02
PARAMETERS_A_ROW = 100
_SCALES = (BatchNormalization, LayerNormalization, UnitNormalization)


def input_findings(model: Model | None, rows: TaskRows, names: tuple[str, ...]) -> Iterator[Finding]:
    """Find what is wrong with inputs and targets.

    Args:
        model: The model; None for one of another library.
        rows: Training rows.
        names: The names of the columns; empty if they have none.
    """
    x = rows.x
    tokens = model is not None and model.network.takes_integers is True
    if x.ndim == 2 and not tokens:
        named = names or tuple(f"column {place}" for place in range(x.shape[1]))
        yield from _constant(x, named)
        yield from _collinear(model, x, named)
        same = list(_identity(x, rows, named, "x = np.delete(x, {place}, axis=1)"))
        yield from same
        if not same:
            yield from _leaks(rows, named)
    elif x.ndim == 3 and not tokens:  # (rows, time, features)
        last = [f"the last step of {names[place] if names else f'feature {place}'}" for place in range(x.shape[2])]
        yield from _identity(x[:, -1], rows, tuple(last), "x = x[:, :-1]" if x.shape[1] > 1 else "")
    if model is not None and not tokens and np.issubdtype(x.dtype, np.floating):
        yield from _unscaled(model, x, names)
    yield from _targets(model, rows)
    yield from _imbalance(rows)
    if model is not None:
        yield from _parameters(model, rows)
        yield from lookback_findings(model, rows)


def _constant(x: Float[np.ndarray, "rows features"], names: tuple[str, ...]) -> Iterator[Finding]:
    same = [names[place] for place in np.flatnonzero(np.ptp(x, axis=0) == 0)]
    if same and len(x) > 1:
        yield observed(
            "constant_inputs",
            "note",
            where=same[0],
            value=float(len(same)),
            threshold=0.0,
            source=DEFINITION,
            remedy="x = x[:, x.std(0) > 0]",
            columns=listed_names(same),
            places=" ".join(map(str, np.flatnonzero(np.ptp(x, axis=0) == 0))),
        )


def _collinear(model: Model | None, x: Float[np.ndarray, "rows features"], names: tuple[str, ...]) -> Iterator[Finding]:
    places = np.flatnonzero((np.ptp(x, axis=0) > 0) & ~_coded(x))
    if not 1 < len(places) <= min(MOST_COLUMNS, len(x) - 2):
        return
    scaled = x[:, places].astype(np.float64)
    scaled = (scaled - scaled.mean(0)) / scaled.std(0)
    values, vectors = np.linalg.eigh(scaled.T @ scaled / len(x))
    if values[0] > EXACT:
        return
    among = places[np.abs(vectors[:, 0]) > 0.05]
    involved = [names[place] for place in among]
    is_linear = model is not None and sum(layer.linear_units for _, layer, _ in walk(model.network)) == 1
    yield observed(
        "collinear_inputs",
        "warning" if is_linear else "note",
        where=involved[0] if involved else "",
        value=float(max(values[0], 0.0)),
        threshold=EXACT,
        source=DEFINITION,
        remedy=f"x = np.delete(x, {among[-1]}, axis=1)" if involved else "",
        columns=listed_names(involved),
        places=" ".join(str(places[each]) for each in _dependent(scaled)),
    )


def _coded(x: Float[np.ndarray, "rows features"]) -> np.ndarray:
    """Return which columns are codes of a category, which add up to a constant as they should.

    They have two values, and another such column never has its high value in the same row.
    """
    high, low = x == x.max(0), x == x.min(0)
    two = (high | low).all(0) & ~(high & low).any(0)
    codes = (high & two).astype(np.float32)
    apart = (codes.T @ codes == 0) & two & two[:, None]
    return apart.any(0)


def _dependent(scaled: Float[np.ndarray, "rows features"]) -> list[int]:
    """Return columns that depend on those before them, so that the rest does not."""
    left = np.abs(np.diag(np.linalg.qr(scaled / np.sqrt(len(scaled)), mode="r")))  # of each column, beside those before
    return np.flatnonzero(left <= np.sqrt(EXACT)).tolist()


def _identity(
    x: Num[np.ndarray, "rows features"], rows: TaskRows, names: tuple[str, ...], remedy: str
) -> Iterator[Finding]:
    """Find a column that is the target itself."""
    if rows.task != "regression" or rows.y.shape[1] != 1:
        return
    target = rows.y[:, 0]
    off = np.abs(x - target[:, None]).max(0)
    place = int(off.argmin())
    if target.std() > 0 and off[place] <= 10 * EXACT * target.std():
        yield observed(
            "identity_map",
            "serious",
            where=names[place],
            value=float(off[place]),
            threshold=float(10 * EXACT * target.std()),
            source=DEFINITION,
            remedy=remedy.format(place=place),
            places=str(place) if rows.x.ndim == 2 else "",
        )


def _leaks(rows: TaskRows, names: tuple[str, ...]) -> Iterator[Finding]:
    """Find columns each of which predicts the target alone on unseen rows (see ``checks.leaks``)."""
    if len(rows.x) < 60 or rows.x.shape[1] < 2:
        return
    order = np.random.default_rng(0).permutation(len(rows.x))
    cut = 2 * len(order) // 3
    numbers, best = rows.task == "regression", not rows.decides
    for place in range(min(rows.x.shape[1], MOST_COLUMNS)):
        column = rows.x[:, [place]].astype(np.float64)
        value = told_by(column, rows.indicators, order[:cut], order[cut:], numbers, best)
        if value >= TELLS:
            yield observed(
                "leaking_column",
                "serious" if value >= TELLS_ALL else "warning",
                where=names[place],
                value=value,
                threshold=TELLS,
                source=MEASURED,
                certainty="likely",
                remedy=f"x = np.delete(x, {place}, axis=1)",
                measure="R2" if numbers else "AUC",
                figure=f"{value:.4f}",
                places=str(place),
            )


def _unscaled(model: Model, x: np.ndarray, names: tuple[str, ...]) -> Iterator[Finding]:
    first = next(
        (layer for _, layer, _ in walk(model.network) if type(layer).__name__ not in ("Input", "Flatten")), None
    )
    if isinstance(first, _SCALES) or "Normaliz" in type(first).__name__ or "Standardiz" in type(first).__name__:
        return
    if "Rescaling" in type(first).__name__:
        return
    sizes = np.sqrt(np.square(x.astype(np.float64)).reshape(-1, x.shape[-1]).mean(0))
    place = int(sizes.argmax())
    if sizes[place] > LARGE:
        yield observed(
            "unscaled_inputs",
            "warning",
            where=names[place] if names else f"column {place}",
            value=float(sizes[place]),
            threshold=LARGE,
            source=LECUN,
            certainty="likely",
            remedy="x = (x - x.mean(0)) / x.std(0)",
            size=f"{sizes[place]:.3g}",
            limit=f"{LARGE:g}",
        )


def _targets(model: Model | None, rows: TaskRows) -> Iterator[Finding]:
    """Find targets that the last layer cannot reach, or whose scale is far from 1."""
    if rows.task != "regression":
        return
    activation = None if model is None else model.network.output_activation
    low, high = (-np.inf, np.inf) if activation is None else activation.output_range
    outside = float(((rows.y < low) | (rows.y > high)).mean())
    if outside:
        yield observed(
            "targets_out_of_reach",
            "serious",
            where="" if activation is None else activation.name,
            value=outside,
            threshold=0.0,
            source=DEFINITION,
            remedy="Dense(units)",
            share=percent(outside),
            low=f"{low:g}",
            high=f"{high:g}",
        )
        return
    middle, spread = np.abs(rows.y.mean(0)).max(), rows.y.std(0).max()
    if max(middle, spread) > LARGE or 0 < spread < 1 / VERY_LARGE:
        yield observed(
            "unscaled_targets",
            "warning" if rows.score < 0.9 else "note",
            value=float(max(middle, spread) if max(middle, spread) > LARGE else spread),
            threshold=LARGE,
            source=LECUN,
            certainty="likely",
            remedy="y = (y - y.mean()) / y.std()",
            mean=f"{middle:.3g}",
            spread=f"{spread:.3g}",
        )


def _imbalance(rows: TaskRows) -> Iterator[Finding]:
    if not rows.decides:
        return
    counts = np.bincount(rows.y, minlength=rows.classes)
    share = float(counts.min() * rows.classes / len(rows.y))  # 1 if all classes are equally frequent
    rarest, commonest = int(counts.argmin()), int(counts.argmax())
    if share < 2 * RARE:
        of_rows = float(counts.min() / len(rows.y))
        yield observed(
            "rare_class",
            "warning" if of_rows < RARE / 2 else "note",
            where=f"class {rarest}",
            value=of_rows,
            threshold=2 * RARE / rows.classes,
            source=MEASURED,
            remedy=f"class_weight={{{rarest}: {counts.max() / max(counts.min(), 1):.3g}, {commonest}: 1.0}}",
            share=percent(of_rows),
            common=f"class {commonest}",
            times=round(counts.max() / max(counts.min(), 1)),
        )


def _parameters(model: Model, rows: TaskRows) -> Iterator[Finding]:
    count, given = sum(leaf.size for leaf in jax.tree.leaves(model.params)), int(rows.numbers[-1]) + 1
    if count > PARAMETERS_A_ROW * given:
        yield observed(
            "many_parameters",
            "note",
            value=count / given,
            threshold=float(PARAMETERS_A_ROW),
            source=MEASURED,
            certainty="possible",
            remedy="Dropout(0.3)",
            parameters=count,
            rows=given,
        )
