"""Train one rule with all seeds together and evaluate the networks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np

from ..errors import InvalidValue
from ..model import Sequential
from ..model.compiling import widths_for
from ..model.examples import take
from ..rules import NAMES, VARIANTS, Rule
from ..training import interrupting
from ..training.batches import Arrays, held_out_rows, training_rows
from ..training.history import History
from ..training.member import Member
from ..training.run import Hook, Run
from .clock import EpochClock
from .records import HiddenFigures, Numbers, RuleRecord, TestFigures, TrainingCurves, finite, middle
from .representation import hidden_activities, sparseness
from .task import Task
from .terms import Terms
from .timing import epochs_planned

CURVE_ROWS = 10_000  # test rows used for the learning curves
PROBE_ROWS = 500  # rows used for angles and for sparseness
MEASURE_SECONDS = 1.0


class Cost(NamedTuple):
    """The cost of a rule in seconds, for all seeds together.

    Attributes:
        epoch: An epoch, including its evaluation on the test set.
        around: The work before and after training: angles and evaluation.
        spent: The time the measurement itself took, including compilation.
    """

    epoch: float
    around: float
    spent: float

    def of(self, epochs: int) -> float:
        """Return the total cost of a number of epochs."""
        return self.spent + self.around + epochs * self.epoch


@dataclass(frozen=True, eq=False)
class Trial:
    """A rule to train on a task.

    Attributes:
        name: The name of the rule.
        rule: The rule.
        task: The data.
        terms: The conditions.
    """

    name: str
    rule: Rule
    task: Task
    terms: Terms

    def measure(self) -> Cost:
        """Compile, train for about a second and return the cost of the rule.

        Raises:
            InvalidValue: If the rule is not defined for the network or the task.
        """
        began = time.perf_counter()
        run, models = self._run(self.rule, self.terms.seeds, self.terms.epochs)
        _go(run, lambda: run.timing.running >= MEASURE_SECONDS)
        failed = _failed(run)
        self._judged(models, failed)  # compiles
        self._angles(models)
        compiled = time.perf_counter()
        self._judged(models, failed)
        judged = time.perf_counter()
        self._angles(models)
        ended = time.perf_counter()
        epoch = run.timing.running / max(run.step, 1) * run.batches
        return Cost(epoch, around=judged - compiled + 2 * (ended - judged), spent=ended - began)

    def run(
        self,
        epochs: int,
        seeds: tuple[int, ...],
        seconds: float = float("inf"),
        on_look: Hook = lambda run: None,
    ) -> RuleRecord:
        """Train one network per seed and evaluate them.

        Args:
            epochs: The number of epochs.
            seeds: The seeds.
            seconds: Training time; the number of epochs is adjusted after each epoch to match it.
            on_look: Called with the run between steps, to show the progress.

        Raises:
            InvalidValue: If the rule is not defined for the network or the task.
        """
        started = time.perf_counter()
        rule = self.terms.paced(self.rule, epochs)
        run, models = self._run(rule, seeds, epochs)
        began, clock = self._angles(models), EpochClock(run)

        def look(run: Run) -> None:
            clock.look(run)
            on_look(run)
            done = run.step // run.batches
            if done and not run.step % run.batches and seconds < float("inf"):
                run.epochs = epochs_planned(done, run.timing.running, seconds, self.terms.epochs)

        run.hooks = (look,)
        _go(run)
        for model in models:
            learner = model.learner
            model.learner = learner._replace(params=model.program.averaged(learner.params, learner.optimizer))
            model.epochs_trained = run.step // run.batches
        failed = _failed(run)
        good = [model for place, model in enumerate(models) if place not in failed]
        return RuleRecord(
            name=self.name,
            variant_of=variant_of(self.name, self.rule),
            unranked=rule.unranked,
            rule=repr(rule),
            optimizer=repr(models[0].optimizer),
            layers=_described(models[0]),
            facts=_facts(rule),
            seeds=list(seeds),
            planned_seeds=len(self.terms.seeds),
            layer_epochs=rule.epochs_each or 0,
            planned=run.epochs,
            failed={str(seeds[place]): where for place, where in failed.items()},
            figure=self.task.figure,
            angles_begin=began,
            steps=run.batches,
            row_error=self._row_error(good),
            angles_end=self._angles(good),
            **self._curves(run, clock),
            **self._judged(models, failed),
            **self._sparseness(good),
            spent=time.perf_counter() - started,
        )

    def _run(self, rule: Rule, seeds: tuple[int, ...], epochs: int) -> tuple[Run, list[Sequential]]:
        task, size = self.task, self.terms.batch_size_on(self.task)
        models = [self.terms.network(self.name, rule, task, seed) for seed in seeds]
        learn, test = (
            take(models[0], task.x, task.y),
            take(models[0], *part_of(task.x_test, task.y_test, CURVE_ROWS)),
        )
        shape = models[0].network.output_shape(task.x.shape[1:])
        widths = widths_for(models[0].program, learn.y, shape)
        size = len(task.x) if models[0].optimizer.full_batch else size
        rows, judged = training_rows(learn.x, learn.y, None), held_out_rows(test.x, test.y, None)
        members = []
        for model, seed in zip(models, seeds, strict=True):
            model.start_learner(widths)
            source = Arrays(rows, len(task.x), size, seed, True, 0, together=len(seeds))
            members.append(Member(model, source, judged, widths, callbacks=[History()]))
        return Run(members, epochs, raises=False), models

    def _curves(self, run: Run, clock: EpochClock) -> TrainingCurves:
        name, count = _label(self.task), len(run.members)

        def curve(name: str) -> list[Numbers]:
            found: list[Numbers] = []
            for member in run.members:
                (history,) = member.callbacks
                assert isinstance(history, History)
                known = history.history.get(name, [])
                found.append(finite([*known, *[float("nan")] * (len(clock.ends) - len(known))]))
            return found

        return {
            "epochs": len(clock.ends),
            "train_loss": curve("loss"),
            "test_loss": curve("val_loss"),
            "curve": curve(f"val_{name}"),
            "clock": [seconds / count for seconds in clock.ends],  # the share of one network
            "compile_seconds": run.timing.compiled,
            "epoch_seconds": run.timing.running / count / max(run.step, 1) * run.batches,
        }

    def _judged(self, models: list[Sequential], failed: Mapping[int, str]) -> TestFigures:
        """Evaluate on the test set and on equally many training rows."""
        task = self.task
        parts = {"train": part_of(task.x, task.y, len(task.x_test)), "test": (task.x_test, task.y_test)}
        found: dict[str, Numbers] = {"train": [], "test": []}
        losses: Numbers = []
        for place, model in enumerate(models):
            for name, (x, y) in parts.items():
                logs = {} if place in failed else model.evaluate(x, y, verbose=0, return_dict=True)
                figure, loss = (logs.get(each, float("nan")) for each in (_label(task), "loss"))
                found[name] += finite([figure])
                if name == "test":
                    losses += finite([loss])
        return {"train": found["train"], "test": found["test"], "test_losses": losses}

    def _row_error(self, models: list[Sequential]) -> float | None:
        """Return the standard error of the mean result due to the limited number of test rows."""
        x, y = self.task.x_test, self.task.y_test
        if not models or len(x) < 2:
            return None
        scores = np.mean([row_scores(self.task, y, model.predict(x)) for model in models], axis=0)
        return float(scores.std(ddof=1) / np.sqrt(len(scores)))

    def _sparseness(self, models: list[Sequential]) -> HiddenFigures:
        x, _ = part_of(self.task.x_test, self.task.y_test, PROBE_ROWS)
        activities = [hidden_activities(model.network, model.params, model.state, x) for model in models]
        found = [[sparseness(each) for each in layers] for layers in activities if len(x) > 1]
        by_layer = list(zip(*found, strict=True))
        return {
            "sparseness": [middle(finite(each[0] for each in layer)) for layer in by_layer],
            "silent": [middle(each[1] for each in layer) for layer in by_layer],
        }

    def _angles(self, models: list[Sequential]) -> Numbers | None:
        """Return the angle in each layer, averaged over the networks; None if the rule has no such direction."""
        if not self.rule.answers_forward or not models:
            return None
        x, y = part_of(self.task.x, self.task.y, PROBE_ROWS)
        try:
            found = [finite(each.angle for each in model.alignment(x, y)) for model in models]
        except InvalidValue:
            return None
        return [middle(layer) for layer in zip(*found, strict=True)]


def _go(run: Run, is_enough: Callable[[], bool] = lambda: False) -> None:
    """Train to the end, or until it is enough or interrupted."""
    with interrupting.noted() as interrupts:
        run.is_interrupted = lambda: interrupts.asked or is_enough()
        run.go()


def _failed(run: Run) -> dict[int, str]:
    """Return where networks met a number that is not finite, by their place."""
    return {place: member.where for place, member in enumerate(run.members) if member.failed}


def row_scores(task: Task, y: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return the score of each row; their mean is the main metric.

    Args:
        task: The task, which determines the metric.
        y: Targets, ``(rows, ...)``.
        answers: Predictions of a network, ``(rows, outputs)``.

    Returns:
        ``(rows,)``: 0 or 1 for classes, the fraction of correct labels, or 1 - (error / deviation)^2 for numbers.
    """
    if task.kind == "multiclass":
        return (answers.argmax(1) == y).astype(np.float64)
    y, answers = y.reshape(len(y), -1), answers.reshape(len(y), -1)
    if task.kind == "regression":
        return (1 - (answers - y) ** 2 / np.maximum(y.var(0), np.finfo(np.float32).tiny)).mean(1)
    return ((answers > 0.5) == (y > 0.5)).mean(1)


def variant_of(name: str, rule: Rule) -> str:
    """Return the name of the rule of which this one is a variant; empty if it is none."""
    known = VARIANTS.get(name, "")
    return known if known and NAMES[name]() == rule else ""


def part_of(x: np.ndarray, y: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return at most ``most`` rows, the same random sample on every call."""
    if len(x) <= most:
        return x, y
    places = np.sort(np.random.default_rng(0).permutation(len(x))[:most])
    return x[places], y[places]


def _label(task: Task) -> str:
    return "binary_accuracy" if task.kind == "multilabel" else task.figure


def _facts(rule: Rule) -> dict[str, str | bool | int] | None:
    return None if rule.facts is None else rule.facts.flat()


def _described(model: Sequential) -> list[str]:
    return [repr(layer) for layer, own in zip(model.layers, model.params, strict=True) if jax.tree.leaves(own)]
