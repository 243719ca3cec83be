"""What training with each remedy came to, as a table in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..notebook import html
from ..notebook.html import shown
from ..notes import note
from ..typing import Document

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
        gone: Whether the finding no longer arises; None if that was not looked at.
    """

    code: str
    name: str
    losses: tuple[float, ...]
    skills: tuple[float, ...]
    gain: float = math.nan
    error: float = math.nan
    gone: bool | None = None

    @property
    def helped(self) -> bool:
        """Whether the gain is worth a change and more than twice its standard error."""
        return self.gain > max(WORTH, CLEARLY * self.error)

    @property
    def mended(self) -> bool:
        """Whether the finding no longer arises, and the loss is not clearly worse."""
        return bool(self.gone) and self.gain >= -max(WORTH, CLEARLY * self.error)


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

    @property
    def mended(self) -> tuple[RemedyTrial, ...]:
        """The trials after which the finding no longer arises, at no cost; those that helped are in ``helped``."""
        return tuple(trial for trial in self.trials if trial.mended and not trial.helped)

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
            return {
                "code": trial.code,
                "remedy": trial.name,
                "losses": values,
                "gain": gain,
                "error": error,
                "gone": trial.gone,
            }

        return {
            "unchanged": told(self.unchanged),
            "trials": [told(trial) | {"helped": trial.helped, "mended": trial.mended} for trial in self.trials],
        }


def trial(code: str, name: str, losses: Sequence[float], chance: float | None) -> RemedyTrial:
    """Return what training came to, by its losses and that of the best constant answer on the same rows."""
    unit = chance if chance else 1.0
    # A loss beyond all bounds is no worse than one of ten constant answers: the mean over seeds would otherwise be one.
    skills = tuple(1 - min(loss / unit, 10.0) if math.isfinite(loss) else -9.0 for loss in losses)
    return RemedyTrial(code, name, tuple(losses), skills)


def against(unchanged: RemedyTrial, changed: RemedyTrial) -> RemedyTrial:
    """Return a trial with its gain over training without a change; NaN if there are no rows that judge both."""
    if not unchanged.losses:
        return changed
    gain = float(np.mean(changed.skills) - np.mean(unchanged.skills))
    own = [np.var(each.skills, ddof=1) / len(each.skills) for each in (changed, unchanged)]
    return RemedyTrial(changed.code, changed.name, changed.losses, changed.skills, gain, float(np.sqrt(sum(own))))


def _spread(trial: RemedyTrial) -> str:
    known = [loss for loss in trial.losses if math.isfinite(loss)]
    return f"{np.mean(known):.4g} ± {np.std(known):.2g}" if known else "nan"


def _gain(trial: RemedyTrial) -> str:
    return f"{trial.gain:+.3f} ± {trial.error:.3f}"


def _line(trial: RemedyTrial) -> str:
    key = f"doctor.trial_{'helped' if trial.helped else 'mended' if trial.mended else 'not'}"
    return note(key, remedy=trial.name, loss=_spread(trial), gain=_gain(trial)).said()
