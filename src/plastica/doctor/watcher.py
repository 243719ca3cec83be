"""Doctor: a callback that watches training, and says what is wrong as soon as it is seen."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from .. import random
from ..checks.findings import Finding, percent
from ..declaration import replace
from ..errors import InvalidValue
from ..model.diagnosis import Diagnosis, finding_lines
from ..notes import Note, note
from ..rules import Batch
from ..training import Learner, Run, RunWatcher, Supervised
from ..training.callbacks import Logs, Needs, say
from ..training.loop import pick
from ..training.rows import Rows, count_rows
from ..training.wording import seconds
from .chance import ROWS as CHANCE_ROWS
from .chance import chance_loss
from .curves import curve_findings
from .judging import LookJudge
from .looks import StepLook, evenly, take_look
from .signal import always_clipped

if TYPE_CHECKING:
    from ..training import Member

SHARE = 0.02  # of the time of training that looks may take; the rest of 3 % is for looks that take longer than the last
FEWEST, MOST = 64, 256  # rows of a look


class Doctor(RunWatcher):
    """A callback that looks at training from time to time, and says what is wrong as soon as it is seen.

    When to use: ``fit(doctor=True)``, or ``callbacks=[pl.doctor.Doctor()]``. A look is a step on a fixed batch of up to
    256 training rows that is measured and not made: activities, errors and steps of each layer, and the loss along the
    step. Looks take at most 2 % of the time of training; the program of a look is compiled once for an architecture,
    which takes about a second the first time and is kept with the other compiled programs. Training itself is the
    same, bit for bit.

    Attributes:
        looks: What was measured, the newest last.
        diagnosis: What was found; complete after training.
        seconds: How long looks took, without compiling.
        compiling: How long compiling took.

    Args:
        share: The share of the time of training that looks may take.
        verbose: Whether to print findings as they arise. Default: unless ``fit`` is silent; not for members of a
            population, whose findings are in ``history.diagnosis``.

    Raises:
        InvalidValue: If the share is not between 0 and 1.

    Example:
        >>> import numpy as np, plastica as pl
        >>> x = np.random.default_rng(0).normal(size=(64, 3))
        >>> model = pl.Sequential([pl.Dense(8, "relu", bias_initializer=pl.initializers.Constant(-99)), pl.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(x, x[:, 0], epochs=10, doctor=True, verbose=0)
        >>> history.findings[0].code, history.findings[0].where
        ('dead_units', 'layer 0, Dense')
    """

    needs: Needs = "logs"

    def __init__(self, share: float = SHARE, verbose: bool | None = None) -> None:
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
            raise InvalidValue(
                f"Doctor(share={share!r}): give a number above 0 and at most 1; 0.02 is 2 % of the time."
            )
        self.share, self.verbose = float(share), verbose
        self._begin()

    def _begin(self) -> None:
        self._judge = LookJudge()
        self.seconds = self.compiling = 0.0
        self.diagnosis = Diagnosis.of([])
        self._curves: dict[str, list[float]] = {}
        self._unjudged: list[Note] = []
        self._batch: Batch | None = None
        self._chance: float | None = None
        self._last = self._run_seconds = 0.0
        self._is_able = self._alone = True

    @property
    def looks(self) -> list[StepLook]:
        """What was measured, the newest last."""
        return self._judge.looks

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin anew."""
        self._begin()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Record the losses of an epoch."""
        for name, value in (logs or {}).items():
            self._curves.setdefault(name, []).append(float(value))

    def look(self, run: Run) -> None:
        """Look at the step that comes next, if the time for looks is not used up."""
        member = next((each for each in run.members if each.trainee is self.model), None)
        if member is None or not self._is_able:
            return
        self._alone, self._run_seconds = len(run.members) == 1, run.seconds
        # Of a population, all doctors together keep within the share.
        if self.looks and self.seconds + self._last > self.share * run.seconds / len(run.members):
            return
        self._examine(member, min(member.step, max(0, run.total_of(member) - 1)))

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Take the last look, and judge the whole curves."""
        if self._batch is not None and self._is_able:
            self._measure(self.model.learner)
        restored = (self.model.stop_reason or "").startswith("EarlyStopping")
        self._tell(curve_findings(self._curves, self._chance, restored))
        if isinstance(self.model.program, Supervised):
            self._tell(always_clipped(self.looks, self.model.program.optimizer.global_clipnorm))
        measures = {"looks": [look.to_dict() for look in self.looks], "chance": self._chance, "seconds": self.seconds}
        self.diagnosis = Diagnosis.of([*self._judge.found.values()], self._unjudged, measures, {"model": self.model})
        if self.model.history is not None:
            self.model.history.findings = self.diagnosis.findings
            self.model.history.looks = tuple(look.to_dict() for look in self.looks)
        self._tell_cost()

    def _examine(self, member: Member, step: int) -> None:
        program = self.model.program
        if not isinstance(program, Supervised):
            self._is_able = False
            self._unjudged = [note("doctor.own_program", program=type(program).__name__)]
            return
        if self._batch is None:
            self._prepare(program, member.source.rows_at(step), member.source.size)
            if not program.rule.follows_gradient:
                self._unjudged = [note("doctor.local_rule", rule=type(program.rule).__name__)]
            # The first look is at what training began with: one long step may have changed everything since.
            if member.recovery.before.step == 0:
                self._measure(member.recovery.before.learner)
                return
        self._measure(self.model.learner)

    def _prepare(self, program: Supervised, rows: Rows, size: int) -> None:
        count = count_rows(rows.x)
        # Rows of a batch belong together where a network carries its state from batch to batch.
        wanted = size if program.network.remembers else min(MOST, max(FEWEST, size))
        numbers = np.arange(min(size, count)) if program.network.remembers else evenly(count, wanted)
        self._batch = pick(program, rows, numbers.astype(np.int32), np.asarray(len(numbers), np.int32))
        targets = rows.y
        if isinstance(targets, np.ndarray) or hasattr(targets, "__array__"):
            self._chance = chance_loss(self.model, np.asarray(targets[evenly(count, CHANCE_ROWS)]))

    def _measure(self, learner: Learner) -> None:
        began = time.perf_counter()
        program: Supervised = replace(self.model.program, metrics=(), weighted_metrics=())
        step = int(learner.step)
        if self.looks and self.looks[-1].step == step:
            return
        assert self._batch is not None
        look = take_look(program, learner, self._batch, random.fold(random.seed_key(self.model.seed), step), step)
        self._last = time.perf_counter() - began
        if self.looks:
            self.seconds += self._last
        else:
            self.compiling, self._last = self._last, 0.0
        self._tell(self._judge.judge(look, program.learning_rate, self._chance))

    def _tell_cost(self) -> None:
        """Print what looks have cost."""
        if not self.looks or not self._talks:
            return
        told = {"count": len(self.looks), "time": seconds(self.seconds), "compiled": seconds(self.compiling)}
        say(note("doctor.cost", **told, share=percent(self.seconds / max(self._run_seconds, 1e-9))).said())

    @property
    def _talks(self) -> bool:
        """Whether it prints: if asked to, or unless training is silent or it is one doctor of many."""
        # What a doctor says of one of many members would not tell of which: a population says it for all at its end.
        silent = self.params.get("verbose", 1) in (0, "0") or not self._alone
        return bool(self.verbose or (self.verbose is None and not silent))

    def _tell(self, found: Iterable[Finding]) -> None:
        """Keep findings, and print those that are new."""
        new = self._judge.keep(list(found))
        if not self._talks:
            return
        step = self.looks[-1].step if self.looks else 0
        for line in (line for each in new for line in finding_lines(each)):
            say(line if line.startswith(" ") else note("doctor.line", step=step, said=line).said())
