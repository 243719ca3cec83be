"""sweep: compare values of one or more settings by the validation loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InvalidValue
from ..model import Model
from ..training.early_stopping import EarlyStopping
from ..training.monitor import require_figure
from ..training.run import Hook, Run, as_hooks
from . import fitting, results
from .axes import AXES, axis_of, checked_epochs
from .population import Population
from .sharpness import sharpness
from .splits import FoldsLike, RandomRows, is_count
from .sweep_results import Sweep

USUAL_EPOCHS = 10
CURVE_EPOCHS = 50  # of learning curves, whose members stop early


def sweep(
    model: Model,
    x: object,
    y: object = None,
    grid: Mapping[str, object] | None = None,
    *,
    over: str | None = None,
    rows: Sequence[int] | None = None,
    seeds: int | Sequence[int] | None = None,
    folds: FoldsLike | None = None,
    monitor: str | None = None,
    validation_split: float = 0.2,
    validation_data: object = None,
    fit: fitting.PopulationFit | None = None,
    epochs: int | Sequence[int] | None = None,
    batch_size: int | None = None,
    verbose: int | str = "auto",
    **settings: object,
) -> Sweep:
    """Train a model with each combination of some settings, and compare the validation losses.

    Use it to choose a learning rate before a long run, and to see how the error depends on one quantity at a time: the
    learning rate, the number of rows, units, layers or epochs, the optimizer, dropout. Without settings, it tries 13
    learning rates from 1e-4 to 1.

    Along the learning rate of gradient descent, the figure marks the bound 2 / lambda_max, where lambda_max is the
    largest eigenvalue of the Hessian at the initial weights of the first member: see
    :func:`~plastica.populations.sharpness.sharpness`. Along rows, members make equally many steps, in which smaller
    sets are repeated, and keep the weights of their best epoch.

    Args:
        model: The compiled model; it is not trained itself.
        x, y: Inputs and targets, ``(rows, ...)``.
        grid: As for :class:`Population`.
        over: An axis with its usual values: ``"learning_rate"``, ``"rows"``, ``"width"``, ``"depth"``, ``"epochs"``,
            ``"optimizer"`` or ``"dropout"``. Values of your own are given by the same names: ``width=[8, 16, 32]``.
        rows: Numbers of training rows, drawn with each class's share; the validation set stays the same.
        seeds, folds: As for :class:`Population`.
        monitor: The metric by which settings are compared. Default: the validation loss.
        validation_split, validation_data: As for :meth:`Model.fit`; not used with folds.
        fit: Further arguments of :meth:`Population.fit`, such as callbacks.
        epochs: As for :meth:`Population.fit`, 10 by default and at most 50 for a learning curve; several numbers
            compare the figures after so many epochs of one run.
        batch_size, verbose: As for :meth:`Population.fit`.
        settings: Values by name, as for :class:`Population`, and ``width=`` and ``depth=``.

    Returns:
        The members, their metrics as a table and as a picture.

    Raises:
        UnknownName: If a name stands for no field, or there is no such metric.
        InvalidValue: As for :class:`Population` and its ``fit``.

    Example:
        >>> import numpy as np
        >>> from plastica import Dense, Sequential
        >>> model = Sequential([Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.linspace(-1, 1, 40)[:, None]
        >>> found = sweep(model, x, 2 * x, learning_rate=[0.001, 0.1], epochs=20, verbose=0)
        >>> found.best
        {'learning_rate': 0.1}
    """
    named: dict[str, Any] = {**(grid or {}), **settings}
    if rows is not None:
        named["rows"] = rows
    if epochs is not None and not isinstance(epochs, int):
        named["epochs"] = epochs
    if over is None and not named:
        over = "learning_rate"
    if over is not None and over not in named:
        named[over] = axis_of(over).usual(_count(x, validation_split if validation_data is None else 0.0, folds))
    rows, several = named.pop("rows", None), named.pop("epochs", None)
    read = checked_epochs(
        several if several is not None else epochs or (USUAL_EPOCHS if rows is None else CURVE_EPOCHS)
    )
    if rows is not None and folds is not None:
        raise InvalidValue("sweep(rows=..., folds=...): folds already say which rows a member trains on.")
    population = Population(model, named, seeds=seeds, folds=folds, rows=None if rows is None else _sets(rows))
    given: fitting.PopulationFit = {}
    if folds is None:
        split = 0.0 if validation_data is not None else validation_split
        given = {"validation_split": split, "validation_data": validation_data}
    if rows is not None:
        # A small set is repeated as often as it takes to make the steps of the largest, and would be learned by heart.
        given["callbacks"] = EarlyStopping("val_loss", patience=max(3, read[-1] // 5), restore_best_weights=True)
    marks = stable_rate_of(population, x, y) if "learning_rate" in named else {}
    given |= {"batch_size": batch_size, "epochs": read[-1], "verbose": verbose, **(fit or {})}
    if monitor is not None and given.get("cluster") is None:
        given["hooks"] = (_requires(monitor), *as_hooks(given.get("hooks", ())))
    history = population.fit(x, y, **given)
    if several is not None:
        history = results.at_epochs(history, read)
    axis = over or ("rows" if rows is not None else "epochs" if several is not None else next(iter(named), None))
    law = axis is not None and axis in AXES and AXES[axis].follows_law
    return Sweep(history, monitor, axis, population if several is None else None, marks, shows_law=law)


def learning_curve(
    model: Model,
    x: object,
    y: object = None,
    rows: Sequence[int] | None = None,
    *,
    seeds: int | Sequence[int] = 3,
    **given: Any,
) -> Sweep:
    """Train a model on several numbers of rows, and fit the law by which the error falls.

    Use it to decide whether more data would help: ``found.law`` predicts the error for other numbers of rows, and the
    number of rows that an error needs.

        E(n) = a n^-b + c

    Args:
        model: The compiled model; it is not trained itself.
        x, y: Inputs and targets, ``(rows, ...)``; the last fifth is the validation set unless ``validation_data`` or
            ``validation_split`` say otherwise.
        rows: Numbers of training rows. Default: all of them, and halves of halves.
        seeds: How many networks are trained on each number of rows, or their seeds.
        given: Further arguments of :func:`sweep`.

    Raises:
        InvalidValue: As for :func:`sweep`, and if there are fewer rows than a number says.

    Example:
        >>> import numpy as np
        >>> from plastica import Dense, Sequential
        >>> model = Sequential([Dense(1)])
        >>> model.compile("adam", "mse")
        >>> x = np.random.default_rng(0).normal(size=(200, 4))
        >>> found = learning_curve(model, x, x.sum(1), [20, 40, 80, 160], seeds=1, epochs=2, verbose=0)
        >>> found.to_frame().sort("rows")["rows"].to_list()
        [20, 40, 80, 160]

    Reference:
        J. Hestness et al., 2017, Deep learning scaling is predictable, empirically.
    """
    return sweep(model, x, y, over="rows", rows=rows, seeds=seeds, **given)


def _requires(monitor: str) -> Hook:
    """Return a hook that ends a run without this metric after its first epoch instead of after its last."""

    def look(run: Run) -> None:
        for member in run.members:
            if member.logs:
                require_figure("Population", monitor, member.logs)

    return look


def _count(x: object, validation_split: float, folds: object) -> int:
    """Return the number of training rows."""
    rows = fitting.rows_in(x)
    return rows if folds is not None or not validation_split else int(rows * (1 - validation_split))


def _sets(rows: Sequence[int]) -> list[RandomRows]:
    if not len(rows) or not all(is_count(each) for each in rows):
        raise InvalidValue(f"sweep(rows={rows!r}): give numbers of rows, such as [100, 200, 400].")
    return [RandomRows(int(each), int(max(rows))) for each in rows]


def stable_rate_of(population: Population, x: object, y: object) -> dict[str, float]:
    """Return the largest learning rate with which gradient descent is stable at the first weights, if it is known."""
    model = fitting.model_of(population.model, population.members[0])
    compiled = model.compiled
    known = compiled.own is None and compiled.rule.follows_gradient and compiled.optimizer.stable_rate(1.0) is not None
    if not known or compiled.loss is None or y is None:
        return {}
    curvature = sharpness(model, x, y)
    return {"stable": compiled.optimizer.stable_rate(curvature) or 0.0} if curvature > 0 else {}
