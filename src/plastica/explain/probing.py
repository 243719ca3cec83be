"""What each layer of a network knows: how well a linear model reads a property from its activity."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ..data.spacing import spaced
from ..drawing.pictured import PicturedResult
from ..errors import DataError, InvalidValue, ShapeError
from ..language import Texts
from ..model import Model
from ..model.options import whole
from ..notes import note
from ..typing import Float, Shaped

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

SAY = Texts("explain")
MOST_ROWS = 2_000
MOST_NUMBERS = 1_000  # of a wide layer, projected at random: a linear probe needs no more
PENALTIES = np.logspace(-3, 4, 8)


@dataclass(frozen=True, eq=False, repr=False)
class LayerProbes(PicturedResult):
    """How well a linear model reads a property from each layer.

    Attributes:
        layers: The input, and the path of each layer.
        widths: The numbers in the activity of each.
        scores: The score on rows that the probe was not fitted to, in each fold, ``(layers, folds)``: accuracy for
            classes, R2 for numbers.
        control: The mean score on a control task of the same rows: what the probe reads from nothing, or by heart.
        metric: "accuracy" or "R2".
        task: The control task: "shuffled", the property shuffled among the rows; or "types", a random value of the
            property for each type of row.
    """

    layers: tuple[str, ...]
    widths: tuple[int, ...]
    scores: Float[np.ndarray, "layers folds"]
    control: Float[np.ndarray, "layers"]
    metric: str
    task: str = "shuffled"

    @property
    def selectivity(self) -> Float[np.ndarray, "layers"]:
        """The mean score less that on the control task: what the layer knows, and not the probe."""
        return self.scores.mean(1) - self.control

    def sentences(self) -> list[str]:
        """Return what it shows, in the current language."""
        best = int(self.selectivity.argmax())
        told = {"score": f"{self.scores[best].mean():.3f}", "control": f"{self.control[best]:.3f}"}
        start = f"{self.scores[0].mean():.3f}"
        return [SAY(f"probes_{self.task}", metric=self.metric, layer=self.layers[best], start=start, **told)]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each layer: layer, width, score, error (standard error over folds), control, selectivity."""
        import polars as pl

        error = self.scores.std(1, ddof=1) / np.sqrt(self.scores.shape[1])
        return pl.DataFrame(
            {
                "layer": list(self.layers),
                "width": list(self.widths),
                "score": self.scores.mean(1),
                "error": error,
                "control": self.control,
                "selectivity": self.selectivity,
            }
        )

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw the score by layer, with standard errors and the control.

        Args:
            path: Where to write the figure (``.svg``, ``.png``, ``.pdf``). None only returns it.
        """
        from .effect_pictures import draw_probes

        return draw_probes(self).save(path)


def probe_layers(
    model: object,
    x: ArrayLike,
    y: ArrayLike,
    *,
    types: ArrayLike | None = None,
    folds: int = 5,
    seed: int = 0,
    most: int = MOST_ROWS,
) -> LayerProbes:
    """Fit a linear model to the activity of each layer, and return how well it reads a property of the rows.

    Use it to see where in a network something becomes known: a class, or a property that the network was never told,
    such as the thickness of a digit. A layer that a linear model reads well has the property explicitly; one that it
    does not read may still have it in a way that is not linear.

    The probes are ridge regressions, whose penalty is chosen on the rows that they are fitted to. Layers of more than
    1,000 numbers are projected on 1,000 random directions.

    Args:
        model: A plastica model.
        x: Rows, ``(rows, *shape)``.
        y: A property of each: classes (whole numbers or names), or numbers, ``(rows,)``.
        types: The type of each row, such as its word, patient or category, ``(rows,)``. The control task then gives
            each type a random value of the property, which a probe can only learn by heart; a layer whose selectivity,
            score less control, is high knows the property. Default: the property is shuffled among the rows.
        folds: Parts of the rows, each of which the probes of the others are scored on; at least 2.
        seed: The seed of the folds, of the shuffling and of the projection.
        most: The largest number of rows, spaced evenly.

    Raises:
        ShapeError: If there is not one property, or not one type, for each row.
        DataError: If all rows have the same property, or a class has fewer rows than there are folds.
        InvalidValue: If the model is not plastica's.

    Reference:
        G. Alain, Y. Bengio (2017), Understanding intermediate layers using linear classifier probes. J. Hewitt, P.
        Liang (2019), Designing and interpreting probes with control tasks, sections 2 (tasks) and 3 (selectivity).
    """
    parts, rows = whole("folds", folds, 2), whole("most", most, 4)
    assert parts is not None and rows is not None
    if not isinstance(model, Model):
        raise InvalidValue(note("explain.probe_model", kind=type(model).__name__))
    inputs, target = np.asarray(x), np.asarray(y)
    target = target[:, 0] if target.ndim == 2 and target.shape[1] == 1 else target
    if target.shape != inputs.shape[:1]:
        raise ShapeError(note("explain.probe_shape", shape=str(target.shape), rows=str(len(inputs))))
    kinds = None if types is None else np.asarray(types).reshape(-1)
    if kinds is not None and len(kinds) != len(inputs):
        raise ShapeError(note("explain.probe_types", values=str(len(kinds)), rows=str(len(inputs))))
    chosen = spaced(len(inputs), rows)
    inputs, target = inputs[chosen], target[chosen]
    classes = target.dtype.kind not in "f"
    _check(target, classes, parts)
    activities = {"input": inputs}
    for layer in model.trace(inputs):
        if isinstance(layer.activity, np.ndarray):
            activities[layer.path] = layer.activity
    random = np.random.default_rng(seed)
    control_target = random.permutation(target) if kinds is None else _by_type(target, kinds[chosen], random)
    scores, control = [], []
    for activity in activities.values():
        flat = _narrow(activity.reshape(len(activity), -1).astype(np.float64), random)
        scores.append(_scores(flat, target, classes, parts, seed))
        control.append(_scores(flat, control_target, classes, parts, seed).mean())
    widths = tuple(int(np.prod(each.shape[1:])) for each in activities.values())
    metric = "accuracy" if classes else "R2"
    task = "shuffled" if kinds is None else "types"
    return LayerProbes(tuple(activities), widths, np.stack(scores), np.array(control), metric, task)


def _by_type(
    target: Shaped[np.ndarray, "rows"], kinds: Shaped[np.ndarray, "rows"], random: np.random.Generator
) -> Shaped[np.ndarray, "rows"]:
    """Return a random value of the property for each type, as often as it occurs."""
    names, which = np.unique(kinds, return_inverse=True)
    if len(names) < 2:
        raise DataError(note("explain.probe_one_type", type=repr(_plain(names[0]))))
    drawn = random.choice(target, len(names))
    # With few types all may draw the same value, which would be nothing to learn.
    while len(np.unique(drawn)) < 2:
        drawn = random.choice(target, len(names))
    return drawn[which]


def _check(target: Shaped[np.ndarray, "rows"], classes: bool, folds: int) -> None:
    values, counts = np.unique(target, return_counts=True)
    if len(values) < 2:
        raise DataError(note("explain.probe_one_value", rows=str(len(target)), value=repr(_plain(target[0]))))
    if classes and counts.min() < folds:
        rarest = _plain(values[counts.argmin()])
        raise DataError(note("explain.probe_rare", label=repr(rarest), rows=str(counts.min()), folds=str(folds)))


def _plain(value: object) -> object:
    """Return a value as Python writes it, without NumPy's type."""
    return value.item() if isinstance(value, np.generic) else value


def _narrow(flat: Float[np.ndarray, "rows features"], random: np.random.Generator) -> Float[np.ndarray, "rows kept"]:
    if flat.shape[1] > MOST_NUMBERS:
        flat = flat @ random.standard_normal((flat.shape[1], MOST_NUMBERS)) / np.sqrt(MOST_NUMBERS)
    deviation = flat.std(0)
    return (flat - flat.mean(0)) / np.where(deviation > 0, deviation, 1)


def _scores(
    flat: Float[np.ndarray, "rows kept"], target: Shaped[np.ndarray, "rows"], classes: bool, folds: int, seed: int
) -> Float[np.ndarray, "folds"]:
    """Return the score of a probe for each fold."""
    from sklearn.linear_model import RidgeClassifierCV, RidgeCV
    from sklearn.model_selection import KFold, StratifiedKFold

    # The classes of a control task may have fewer rows than there are folds.
    stratified = classes and int(np.unique(target, return_counts=True)[1].min()) >= folds
    split = (StratifiedKFold if stratified else KFold)(folds, shuffle=True, random_state=seed)
    found = []
    for own, held in split.split(flat, target):
        if len(np.unique(target[own])) < 2:
            found.append(float((target[held] == target[own][0]).mean()) if classes else 0.0)
            continue
        probe: Any = (RidgeClassifierCV if classes else RidgeCV)(PENALTIES)
        found.append(float(probe.fit(flat[own], target[own]).score(flat[held], target[held])))
    return np.array(found)
