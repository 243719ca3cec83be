"""try_remedies: train a model again with each remedy, and say which helped by how much."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InvalidValue, NotFinite, PlasticaWarning
from ..layers import Sequential as Network
from ..losses import Loss
from ..model import Model, Sequential
from ..model.diagnosis import Diagnosis
from ..model.examples import take
from ..notebook import html
from ..notebook.html import shown
from ..notes import note
from ..populations import Population
from ..typing import Document
from .chance import chance_loss
from .remedies import Remedy, TrialData, remedies_for

EPOCHS, SEEDS = 20, 3
CLEARLY = 2.0  # standard errors
WORTH = 0.02  # of the way from a constant answer to a loss of 0; less is not worth a change


@dataclass(frozen=True)
class RemedyTrial:
    """What training with a remedy came to.

    Attributes:
        code: The finding that it is for; empty for training without a change.
        name: The remedy as a line of code.
        losses: The validation loss of each seed; infinite if training failed.
        skills: How far each is on the way from the loss of the best constant answer to 0.
        gain: The difference of the mean skill to training without a change; NaN for that itself.
        error: The standard error of the gain.
    """

    code: str
    name: str
    losses: tuple[float, ...]
    skills: tuple[float, ...]
    gain: float = math.nan
    error: float = math.nan

    @property
    def helped(self) -> bool:
        """Whether the gain is worth a change and more than twice its standard error."""
        return self.gain > max(WORTH, CLEARLY * self.error)


@dataclass(frozen=True, eq=False)
class RemedyTrials:
    """What training with each remedy came to, the best first.

    Attributes:
        trials: One for each remedy.
        unchanged: Training without a change.
    """

    trials: tuple[RemedyTrial, ...]
    unchanged: RemedyTrial

    @property
    def helped(self) -> tuple[RemedyTrial, ...]:
        """The trials that helped, the best first."""
        return tuple(trial for trial in self.trials if trial.helped)

    def __len__(self) -> int:
        return len(self.trials)

    def __getitem__(self, name: str) -> RemedyTrial:
        for trial in self.trials:
            if name in (trial.name, trial.code):
                return trial
        raise KeyError(
            f"{name!r} was not tried; there are: {', '.join(trial.name for trial in self.trials) or 'none'}."
        )

    def __repr__(self) -> str:
        if not self.trials:
            return note("doctor.no_remedies").said()
        return "\n".join(
            [note("doctor.trials_unchanged", loss=_spread(self.unchanged)).said(), *map(_line, self.trials)]
        )

    @shown
    def _repr_html_(self) -> str:
        heads = [note(f"doctor.head_{name}").said() for name in ("remedy", "loss", "gain")]
        rows = [(trial.name, _spread(trial), _gain(trial)) for trial in self.trials]
        return html.block(html.table(heads, [("-", _spread(self.unchanged), "-"), *rows]))

    def to_dict(self) -> Document:
        """Return everything as JSON-serializable values; a failed training has a loss of None."""

        def told(trial: RemedyTrial) -> Document:
            values = [loss if math.isfinite(loss) else None for loss in trial.losses]
            gain, error = (value if math.isfinite(value) else None for value in (trial.gain, trial.error))
            return {"code": trial.code, "remedy": trial.name, "losses": values, "gain": gain, "error": error}

        return {
            "unchanged": told(self.unchanged),
            "trials": [told(trial) | {"helped": trial.helped} for trial in self.trials],
        }


def try_remedies(
    diagnosis: Diagnosis, *, epochs: int | None = None, seeds: int = SEEDS, batch_size: int | None = None
) -> RemedyTrials:
    """Train the model of a diagnosis again with each remedy, and return which helped by how much.

    Remedies that are settings of the network are members of one population, trained in a program for each kind; those
    that change layers or data are fits of their own. Each is trained from new weights with several seeds and compared
    with training without a change by the validation loss, as a share of that of a constant answer, so that losses of
    scaled targets compare. The model itself is left as it is. Findings about the data (a leak, drift, copied rows) have
    no remedy of this kind: validation rows with the same fault would judge it.

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
    bound = diagnosis.measures.get("rate_bound")
    wanted = remedies_for(model, diagnosis.findings, bound if isinstance(bound, float) else None)
    setting = [remedy for remedy in wanted if remedy.is_setting]
    run = {
        "epochs": epochs or model.epochs_trained or EPOCHS,
        "batch_size": batch_size or diagnosis.given.get("batch_size"),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PlasticaWarning)  # faults that the findings name are warned of again
        losses = _together(model, setting, data, seeds, run)
        chance = chance_loss(model, data.val_y)
        unchanged = _trial("", "-", losses[0], chance)
        trials = [
            _against(unchanged, _trial(remedy.code, remedy.name, own, chance))
            for remedy, own in zip(setting, losses[1:], strict=True)
        ]
        for remedy in wanted:
            if not remedy.is_setting and (remedy.layers is None or type(model.network) is Network):
                own, changed = _alone(model, remedy, data, seeds, run)
                trials.append(_against(unchanged, _trial(remedy.code, remedy.name, own, changed)))
    return RemedyTrials(tuple(sorted(trials, key=lambda trial: -trial.gain)), unchanged)


def _data(model: Model, given: Mapping[str, Any]) -> TrialData:
    learn, held_out = take(model, given["x"], given["y"]), take(model, *given["validation_data"][:2])
    arrays = (learn.x, learn.y, held_out.x, held_out.y)
    if not all(isinstance(part, np.ndarray) for part in arrays):
        raise InvalidValue("try_remedies: only models with one input and one output are trained again.")
    return TrialData(*(part for part in arrays if isinstance(part, np.ndarray)))


def _together(
    model: Model, remedies: Sequence[Remedy], data: TrialData, seeds: int, run: Mapping[str, Any]
) -> list[list[float]]:
    """Train the model as it is and with each remedy, with several seeds; return their validation losses."""
    population = Population(model, [{}, *(dict(remedy.settings) for remedy in remedies)], seeds=seeds)
    history = population.fit(data.x, data.y, validation_data=(data.val_x, data.val_y), verbose=0, **run)
    found: list[list[float]] = [[] for _ in range(len(remedies) + 1)]
    for place, each in enumerate(history.histories):
        values = each.history.get("val_loss", [])
        found[place // seeds].append(values[-1] if values and place not in history.failed else math.inf)
    return found


def _alone(
    model: Model, remedy: Remedy, data: TrialData, seeds: int, run: Mapping[str, Any]
) -> tuple[list[float], float | None]:
    """Train with a remedy that changes layers or data; return the validation losses, and that of a constant answer."""
    data = data if remedy.data is None else remedy.data(data)
    compiled, found = model.compiled, []
    for seed in range(model.seed, model.seed + seeds):
        layers = list(model.network.children) if type(model.network) is Network else [model.network]
        made = Sequential(layers if remedy.layers is None else remedy.layers(tuple(layers)), seed=seed)
        optimizer = remedy.settings.get("optimizer", compiled.optimizer)
        made.compile(optimizer, compiled.loss, rule=compiled.rule)  # pyright: ignore[reportArgumentType]
        given: dict[str, Any] = {name: value() if callable(value) else value for name, value in remedy.fit.items()}
        if given.get("class_weight") == "balanced":
            given["class_weight"] = _balanced(model, data.y)
        try:
            made.fit(
                data.x, data.y, **{**run, "epochs": round(run["epochs"] * remedy.longer)}, **given, verbose=0,
                validation_data=(data.val_x, data.val_y),
            )  # fmt: skip
            found.append(float(made.evaluate(data.val_x, data.val_y, verbose=0)))
        except NotFinite:
            found.append(math.inf)
    return found, chance_loss(model, data.val_y)


def _balanced(model: Model, y: np.ndarray) -> dict[int, float]:
    loss = model.compiled.loss
    assert isinstance(loss, Loss)
    labels, known = loss.meaning.targets.classes(y, model.output_shape[-1] or 1)
    counts = {int(each): int((labels == each).sum()) for each in known}
    return {each: labels.size / (len(counts) * max(count, 1)) for each, count in counts.items()}


def _trial(code: str, name: str, losses: Sequence[float], chance: float | None) -> RemedyTrial:
    unit = chance if chance else 1.0
    # A loss beyond all bounds is no worse than one of ten constant answers: the mean over seeds would otherwise be one.
    skills = tuple(1 - min(loss / unit, 10.0) if math.isfinite(loss) else -9.0 for loss in losses)
    return RemedyTrial(code, name, tuple(losses), skills)


def _against(unchanged: RemedyTrial, trial: RemedyTrial) -> RemedyTrial:
    gain = float(np.mean(trial.skills) - np.mean(unchanged.skills))
    own = [np.var(each.skills, ddof=1) / len(each.skills) for each in (trial, unchanged)]
    return RemedyTrial(trial.code, trial.name, trial.losses, trial.skills, gain, float(np.sqrt(sum(own))))


def _spread(trial: RemedyTrial) -> str:
    known = [loss for loss in trial.losses if math.isfinite(loss)]
    return f"{np.mean(known):.4g} ± {np.std(known):.2g}" if known else "nan"


def _gain(trial: RemedyTrial) -> str:
    return f"{trial.gain:+.3f} ± {trial.error:.3f}"


def _line(trial: RemedyTrial) -> str:
    key = "doctor.trial_helped" if trial.helped else "doctor.trial_not"
    return note(key, remedy=trial.name, loss=_spread(trial), gain=_gain(trial)).said()
