"""try_remedies: train a model again with each remedy, and say which helped by how much."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..declaration import replace as declared_again
from ..errors import InvalidValue, NotFinite, PlasticaWarning
from ..layers import Embedding, Input
from ..layers import Sequential as Network
from ..losses import Loss
from ..model import Model, Sequential
from ..model.diagnosis import Diagnosis
from ..model.examples import take
from ..populations import Population
from .chance import chance_loss
from .examination import diagnose
from .remedies import remedies_for
from .remedy import JudgedRows, Remedy, TrialData
from .trial_results import RemedyTrial, RemedyTrials, against, trial

EPOCHS, SEEDS = 20, 3
NEED_TRAINING = ("label_errors", "memorized_labels")  # findings that only networks of folds show


def try_remedies(
    diagnosis: Diagnosis, *, epochs: int | None = None, seeds: int = SEEDS, batch_size: int | None = None
) -> RemedyTrials:
    """Train the model of a diagnosis again with each remedy, and return which helped by how much.

    Remedies that are settings of the network are members of one population, trained in a program for each kind; those
    that change layers or data are fits of their own. Each is trained from new weights with several seeds and compared
    with training without a change by the validation loss, as a share of that of a constant answer, so that losses of
    scaled targets compare. The model itself is left as it is. Remedies of what ``fit(doctor=True)`` found while the
    model was trained are tried as well.

    Remedies of the data are judged on rows that do not share the fault, and so is the network without the remedy:
    without columns that give the target away, which are at their mean for a network that reads them; on rows whose
    label is not suspect; on validation rows that no training row is equal to; on validation rows that early stopping
    did not look at; with as many rows of each class. Where such a remedy gains nothing, as without a constant column,
    the network is examined again: the remedy has ``mended`` the finding if it is gone and the loss no worse.

    Args:
        diagnosis: The result of ``model.diagnose`` with ``validation_data``.
        epochs: The epochs of each training. Default: those that the model was trained, 20 if it was not.
        seeds: How many seeds.
        batch_size: Rows of a batch. Default: as in ``diagnose``.

    Raises:
        InvalidValue: If there are no validation rows, or the model has a program of its own.

    Example:
        >>> import numpy as np, plastica as pl
        >>> x = np.random.default_rng(0).normal(size=(256, 2))
        >>> y = x.sum(1) + 10
        >>> model = pl.Sequential([pl.Dense(1)])
        >>> model.compile(pl.optimizers.SGD(1e-6), "mse")
        >>> history = model.fit(x[:200], y[:200], epochs=5, verbose=0)
        >>> found = model.diagnose(x[:200], y[:200], validation_data=(x[200:], y[200:]))
        >>> found.try_remedies(seeds=2).helped[0].code in found.codes
        True
    """
    model = diagnosis.given.get("model")
    if not isinstance(model, Model) or diagnosis.given.get("validation_data") is None:
        raise InvalidValue(
            "try_remedies: remedies are compared by the validation loss; make the diagnosis with "
            "model.diagnose(x, y, validation_data=(x_val, y_val))."
        )
    if model.compiled.own is not None or not isinstance(model.compiled.loss, Loss):
        raise InvalidValue("try_remedies: only models with one output, compiled with one loss, are trained again.")
    if isinstance(seeds, bool) or not isinstance(seeds, int) or seeds < 2:
        raise InvalidValue(f"try_remedies(seeds={seeds!r}): give a whole number of at least 2, for a spread.")
    data = _data(model, diagnosis.given)
    watched = () if model.history is None else model.history.findings  # faults of the training may be over by its end
    wanted = remedies_for(model, (*diagnosis.findings, *watched), diagnosis.measures)
    setting = [remedy for remedy in wanted if remedy.is_setting]
    run = {
        "epochs": epochs or model.epochs_trained or EPOCHS,
        "batch_size": batch_size or diagnosis.given.get("batch_size"),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PlasticaWarning)  # faults that the findings name are warned of again
        population, losses = _together(model, setting, data, seeds, run)
        chance = chance_loss(model, data.val_y)
        unchanged = trial("", "-", losses[0], chance)
        trials = [
            against(unchanged, trial(remedy.code, remedy.name, own, chance))
            for remedy, own in zip(setting, losses[1:], strict=True)
        ]
        before = _Before(unchanged, [population[place] for place in range(seeds)])
        for remedy in wanted:
            if not remedy.is_setting and (remedy.layers is None or type(model.network) is Network):
                changed = data if remedy.data is None else remedy.data(data)
                if changed is not None:
                    trials.append(_alone(model, remedy, changed, before, run))
    return RemedyTrials(tuple(sorted(trials, key=_by_gain)), unchanged)


def _by_gain(found: RemedyTrial) -> float:
    return math.inf if math.isnan(found.gain) else -found.gain


class _Before(NamedTuple):
    """Training without a change: what it came to, and its networks, one for each seed."""

    trial: RemedyTrial
    models: Sequence[Model]

    def judged_on(self, rows: JudgedRows | None) -> RemedyTrial:
        """Return what it came to on these rows; as it stands for None."""
        if rows is None:
            return self.trial
        if not len(rows[0]):
            return RemedyTrial("", "-", (), ())
        losses = [
            math.inf if not math.isfinite(loss) else _loss(model, rows)
            for model, loss in zip(self.models, self.trial.losses, strict=True)
        ]
        return trial("", "-", losses, chance_loss(self.models[0], rows[1]))


def _loss(model: Model, rows: JudgedRows) -> float:
    return float(model.evaluate(*rows, verbose=0, return_dict=True)["loss"])


def _data(model: Model, given: Mapping[str, Any]) -> TrialData:
    learn, held_out = take(model, given["x"], given["y"]), take(model, *given["validation_data"][:2])
    arrays = (learn.x, learn.y, held_out.x, held_out.y)
    if not all(isinstance(part, np.ndarray) for part in arrays):
        raise InvalidValue("try_remedies: only models with one input and one output are trained again.")
    x, y, val_x, val_y = (part for part in arrays if isinstance(part, np.ndarray))
    return TrialData(x, y, val_x, val_y)


def _together(
    model: Model, remedies: Sequence[Remedy], data: TrialData, seeds: int, run: Mapping[str, Any]
) -> tuple[Population, list[list[float]]]:
    """Train the model as it is and with each remedy, with several seeds; return them and their validation losses."""
    population = Population(model, [{}, *(dict(remedy.settings) for remedy in remedies)], seeds=seeds)
    history = population.fit(data.x, data.y, validation_data=(data.val_x, data.val_y), verbose=0, **run)
    found: list[list[float]] = [[] for _ in range(len(remedies) + 1)]
    for place, each in enumerate(history.histories):
        values = each.history.get("val_loss", [])
        found[place // seeds].append(values[-1] if values and place not in history.failed else math.inf)
    return population, found


def _alone(model: Model, remedy: Remedy, data: TrialData, before: _Before, run: Mapping[str, Any]) -> RemedyTrial:
    """Train with a remedy that changes more than settings, and judge it beside training without a change."""
    judged = data.judged or (data.val_x, data.val_y)
    losses, trained = [], []
    for own in before.models:
        made = _changed(model, remedy, data, own.seed)
        given: dict[str, Any] = {name: value() if callable(value) else value for name, value in remedy.fit.items()}
        if given.get("class_weight") == "balanced":
            given["class_weight"] = _balanced(model, data.y)
        given = {**run, "epochs": round(run["epochs"] * remedy.longer), **given}
        try:
            made.fit(data.x, data.y, **given, verbose=0, validation_data=(data.val_x, data.val_y))
            if remedy.loss is not None:
                made.compile(made.compiled.optimizer, model.compiled.loss)
            losses.append(_loss(made, judged))
            trained.append(made)
        except NotFinite:
            losses.append(math.inf)
    found = against(
        before.judged_on(data.as_before), trial(remedy.code, remedy.name, losses, chance_loss(model, judged[1]))
    )
    if remedy.data is None or found.helped or not trained:
        return found
    retrain = remedy.code in NEED_TRAINING
    left = diagnose(trained[0], data.x, data.y, validation_data=judged, batch_size=run["batch_size"], retrain=retrain)
    return replace(found, gone=remedy.code not in left.codes)


def _changed(model: Model, remedy: Remedy, data: TrialData, seed: int) -> Sequential:
    """Return a model with other layers, an optimizer or a loss, compiled and not trained."""
    layers = list(model.network.children) if type(model.network) is Network else [model.network]
    if data.x.shape[1:] != model.declared_shape:
        layers = [each for each in layers if not isinstance(each, Input)]
        known = {"input_shape": None, **({} if isinstance(layers[0], Embedding) else {"input_dim": None})}
        layers[0] = declared_again(layers[0], **known)
    made = Sequential(layers if remedy.layers is None else remedy.layers(tuple(layers)), seed=seed)
    compiled = model.compiled
    optimizer = remedy.settings.get("optimizer", compiled.optimizer)
    loss = compiled.loss if remedy.loss is None else remedy.loss
    made.compile(optimizer, loss, rule=compiled.rule)  # pyright: ignore[reportArgumentType]
    return made


def _balanced(model: Model, y: np.ndarray) -> dict[int, float]:
    loss = model.compiled.loss
    assert isinstance(loss, Loss)
    labels, known = loss.meaning.targets.classes(y, model.output_shape[-1] or 1)
    counts = {int(each): int((labels == each).sum()) for each in known}
    return {each: labels.size / (len(counts) * max(count, 1)) for each, count in counts.items()}
