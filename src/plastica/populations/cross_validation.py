"""cross_validate: evaluate a network, or a search for one, on rows that it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import jax
import numpy as np
from numpy.typing import ArrayLike

from ..data.gathered import Gathered
from ..errors import InvalidValue
from ..model import Model
from ..model.inputs import Examples
from ..model.options import Options
from ..training import interrupting
from ..training.callbacks import Callback
from ..typing import PyTree
from . import fitting, nested, nested_population
from .cross_checks import refuse_groups_as_inputs, warn_of_copies
from .cross_parts import CrossFold, RowFacts, cross_folds, require_folds
from .cross_results import CrossValidation
from .diagnosis import PopulationDiagnosis
from .grid import MemberSettings
from .group import MemberGroup
from .population import Population
from .results import PopulationHistory
from .splits import FoldsLike


def cross_validate(
    model: Model | Population | nested.SettingsSearch,
    x: object,
    y: object = None,
    folds: FoldsLike = 5,
    *,
    repeats: int = 1,
    groups: ArrayLike | None = None,
    times: ArrayLike | None = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = 0,
    callbacks: Sequence[Callback] | Callback | Callable[[int], Sequence[Callback]] | None = None,
    validation_split: float = 0.0,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: object = None,
    time_limit: float | str | None = None,
    doctor: object = False,
    cluster: str | None = None,
) -> CrossValidation:
    """Train a network once for each fold on the other folds, and evaluate it on that fold.

    Use it to learn how well a network predicts new rows, and how far that depends on the rows that it was trained on.
    Every row is predicted by a network that was not trained on it. All folds of all repeats are trained in one program.

    With a :class:`Population` or another search as the model, this is nested cross-validation: the search chooses among
    its settings on the training rows of each outer fold alone, the choice is trained on all of them, and the held-out
    rows measure the whole procedure. The result is not better by luck, as the value of the best of many settings is.
    The members of a population on all outer folds are trained in one program too.

    Args:
        model: A compiled model, which is not trained itself; or an untrained search with the methods ``fit(x, y, ...)``
            and ``best()``, such as ``Population(model, learning_rate=[0.1, 0.01], folds=3)``.
        x, y: Inputs and targets, ``(rows, ...)``, in memory; as for :meth:`Model.fit`.
        folds: A number of folds (with each class's share, unless groups or times decide), a splitter of scikit-learn,
            or pairs of row numbers: training, held out.
        repeats: How often rows are dealt to folds anew, with new initial weights; the mean is less noisy for it.
        groups: The group of each row, ``(rows,)``; all rows of a group are in the same fold.
        times: The time of each row, ``(rows,)``, as numbers; each fold is trained on the rows before its own.
        batch_size, epochs, class_weight, sample_weight, time_limit: As for :meth:`Model.fit`. The weights of held-out
            rows count in their evaluation.
        verbose: As for :meth:`Population.fit`.
        callbacks: As for :meth:`Population.fit`.
        validation_split: The share of the training rows of each fold on which callbacks such as early stopping may
            look; the held-out rows are for the evaluation alone.
        doctor: As for :meth:`Population.fit`; ``history.diagnosis`` says which folds are ill.
        cluster: Where workers run that train the folds, as for :func:`plastica.cluster.fit`; of searches, a population
            only.

    Returns:
        The metrics of each fold, their mean, spread and interval, and the out-of-fold predictions.

    Raises:
        InvalidValue: If there are more folds than rows, rows of a class, groups or times, if a fold has a row in both
            parts, a column of ``x`` is ``groups``, or the model is neither a compiled model nor an untrained search.
        DataError, ShapeError: If the data are invalid.

    Example:
        >>> from plastica import Dense, Sequential
        >>> model = Sequential([Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.linspace(0, 1, 40)[:, None]
        >>> found = cross_validate(model, x, 2 * x, folds=4, epochs=3)
        >>> found.to_frame().shape, found.predictions.shape
        ((4, 5), (40, 1))

    Reference:
        M. Stone (1974), Cross-validatory choice and assessment of statistical predictions; S. Varma, R. Simon (2006),
        Bias in error estimation when using cross-validation for model selection, for nested cross-validation.
    """
    require_folds(folds)
    callbacks = fitting.with_doctors(callbacks, doctor)
    options = Options(batch_size, epochs, verbose, True, 0, None, time_limit, None, None, False, 10.0, cluster=cluster)
    if isinstance(model, Model):
        inner, search = model, None
    else:
        search = nested.require_search(model)
        inner = nested.model_for(search)
    first = fitting.model_of(inner, MemberSettings({}, {}, inner.seed))
    with interrupting.noted():
        data = fitting.data_for(first, x, y, sample_weight, class_weight, 0.0, None, options, has_folds=True)
        facts = RowFacts(data.learn.rows, data.classes, groups, times)
        parts = cross_folds(folds, repeats, facts, inner.seed)
        if groups is not None:
            refuse_groups_as_inputs(data.learn.x, groups)
        warn_of_copies(data.learn.x, data.learn.y if y is not None else None, parts)
        if search is None:
            models, history = _trained(inner, parts, data, facts, validation_split, callbacks, options)
            chosen: list[dict[str, object]] = [{} for _ in parts]
        else:
            if isinstance(search, Population):
                found = nested_population.choose(search, parts, data, facts, callbacks, validation_split, options)
            else:
                if cluster is not None:
                    raise InvalidValue(
                        f"cross_validate(cluster={cluster!r}): a search other than a population trains fold by fold; "
                        "give a Population, or leave cluster out."
                    )
                given: nested.InnerFit = {
                    "batch_size": batch_size,
                    "epochs": epochs,
                    "callbacks": callbacks,
                    "validation_split": validation_split,
                    "class_weight": class_weight,
                }
                found = [nested.chosen_on(search, part, x, y, sample_weight, groups, given) for part in parts]
            models, chosen = [each.model for each in found], [each.settings for each in found]
            history = PopulationHistory(
                [each.history for each in found], [{"fold": place} for place, _ in enumerate(found)], "fold"
            )
            history.diagnosis = PopulationDiagnosis.of_history(history) if doctor else None
    # For training, rows are weighted by class too; an evaluation must not be.
    learn = data.learn._replace(weight=data.weight)
    return _evaluated(models, parts, learn, y is not None, chosen, history)


def _trained(
    model: Model,
    parts: Sequence[CrossFold],
    data: fitting.PopulationData,
    facts: RowFacts,
    validation_split: float,
    callbacks: fitting.Callbacks,
    options: Options,
) -> tuple[list[Model], PopulationHistory]:
    members = [MemberSettings({}, {}, part.seed, place) for place, part in enumerate(parts)]
    splits = [part.inside(validation_split, facts) for part in parts]
    group = MemberGroup(members, [fitting.model_of(model, member) for member in members], splits, "fold")
    return group.models, fitting.fit(group, data, callbacks, options, ())


def _evaluated(
    models: Sequence[Model],
    parts: Sequence[CrossFold],
    learn: Examples,
    has_targets: bool,
    chosen: list[dict[str, object]],
    history: PopulationHistory,
) -> CrossValidation:
    figures, answers = [], []
    for model, part in zip(models, parts, strict=True):
        x = _rows_of(learn.x, part.held_out)
        y = _rows_of(learn.y, part.held_out) if has_targets else None
        weight = None if learn.weight is None else learn.weight[part.held_out]
        figures.append(model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True))
        answers.append(model.predict(x))
    return CrossValidation(list(parts), figures, answers, list(models), chosen, history, learn.rows)


def _rows_of(tree: PyTree, rows: np.ndarray) -> PyTree:
    """Return some rows of an array or of the arrays of a tuple."""
    return jax.tree.map(lambda part: np.asarray(part)[rows], tree, is_leaf=lambda part: isinstance(part, Gathered))
