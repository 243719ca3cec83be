"""Learning a stream: one experience after another, under a strategy, from several seeds."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import numpy as np

from ..errors import InvalidValue
from ..losses import OutputLosses
from ..model import Model
from ..model.options import BATCH_SIZE
from ..training.run import Hook
from .experiences import ContinualStream
from .names import label_of, strategy_named
from .results import ContinualResult
from .runs import ExperienceLearned, LearningOptions, Told, run_of
from .strategy import ContinualStrategy


def learn(
    model: Model,
    stream: ContinualStream,
    strategy: str | ContinualStrategy = "naive",
    *,
    seeds: int | Sequence[int] = 1,
    epochs: int = 1,
    batch_size: int = BATCH_SIZE,
    reset_optimizer: bool = False,
    pretrained: bool = False,
    verbose: int = 0,
    on_experience: Told | None = None,
    hooks: Sequence[Hook] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
) -> ContinualResult:
    """Let a network learn the experiences of a stream one after another, and test it on all of them after each.

    When to use: to see how much a network forgets, and how much a strategy helps.

    Args:
        model: The compiled network; it stays as it is, and each seed trains a copy. For classes it ends with
            ``Dense(classes, "softmax")``; in the scenario ``"task"`` only the outputs of the task at hand are compared,
            in training and in tests.
        stream: The experiences.
        strategy: A name, see :func:`strategy_named`, or a strategy.
        seeds: The number of runs, or their seeds, which decide initial weights, orders of rows and what is kept.
        epochs: The passes over each experience.
        batch_size: The number of new rows in a step; strategies that replay add as many stored rows.
        reset_optimizer: Whether the optimizer begins each experience with empty moments.
        pretrained: Whether each seed begins with the weights of ``model`` instead of new ones.
        verbose: 1 prints a line after each experience.
        on_experience: Called after each experience with an ``ExperienceLearned``.
        hooks: As for :meth:`Model.fit`, called while an experience is learned.
        checkpoint: A folder in which each run is kept after each experience.
        resume: Go on after the last finished experience of each run in the folder; the result is that of a run without
            a break, bit for bit. Runs that are not there begin from the start.

    Returns:
        The accuracies on all experiences after each, for each seed, and the trained networks.

    Raises:
        UnknownName: If the strategy is unknown.
        InvalidValue: If the model is not compiled, is trained by a rule that sends no errors back, remembers rows or
            needs all rows at once; or if a number is out of range.
        ShapeError: If the outputs of the network do not fit the stream.
        FileError: If a checkpoint is damaged, or was made with other rows or settings.

    Example:
        >>> import numpy as np, plastica as pl
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(200, 8)), np.arange(200) % 4
        >>> x += 3 * np.eye(8)[y]
        >>> stream = pl.continual.split_classes(x, y, scenario="class")
        >>> model = pl.Sequential([pl.Dense(16, "relu"), pl.Dense(4, "softmax")])
        >>> model.compile(pl.optimizers.Adam(0.03), "sparse_categorical_crossentropy")
        >>> result = pl.continual.learn(model, stream, "naive", epochs=40, batch_size=8)
        >>> bool(result.forgetting.value > 0.5)
        True

    Reference:
        D. Lopez-Paz, M. Ranzato (2017), Gradient episodic memory for continual learning, section 2, for the protocol.
    """
    chosen = strategy_named(strategy)
    numbers = _seeds(seeds)
    _check(model, epochs, batch_size)
    options = LearningOptions(epochs, batch_size, reset_optimizer, pretrained, tuple(hooks), checkpoint, resume)
    label, began = label_of(strategy), time.perf_counter()
    told = _talking(on_experience, verbose)
    found = [run_of(model, stream, chosen, seed, options, label, told) for seed in numbers]
    return ContinualResult(
        strategy=label,
        scenario=stream.scenario,
        names=tuple(each.name for each in stream),
        score="accuracy" if stream.labels else "r2",
        seeds=numbers,
        matrices=np.stack([each.matrix for each in found]),
        baselines=np.stack([each.baseline for each in found]),
        models=tuple(each.model for each in found),
        seconds=time.perf_counter() - began,
    )


def _check(model: Model, epochs: int, batch_size: int) -> None:
    """Refuse models whose loss cannot be extended.

    Raises:
        InvalidValue: If it is such a model, or a number is out of range.
    """
    compiled = model.compiled
    if epochs < 1 or batch_size < 1:
        raise InvalidValue(f"epochs={epochs}, batch_size={batch_size}: expected at least 1.")
    if compiled.own is not None or compiled.loss is None or isinstance(compiled.loss, OutputLosses):
        raise InvalidValue("continual learning takes a model with one output that is compiled with a loss.")
    if not compiled.rule.takes_costs:
        raise InvalidValue(
            f"{type(compiled.rule).__name__} follows no loss that a strategy could extend; compile with a rule that "
            'sends errors back: "backprop", "feedback_alignment", "sign_symmetry" or "direct_feedback_alignment".'
        )
    if compiled.optimizer.full_batch:
        raise InvalidValue(
            f"{type(compiled.optimizer).__name__} takes all rows at once and evaluates the loss by itself, without "
            'what strategies add; compile with another optimizer, such as "adam".'
        )
    if model.network.remembers:
        raise InvalidValue("this network is stateful, which needs rows in order; replayed rows are mixed.")


def _seeds(given: int | Sequence[int]) -> tuple[int, ...]:
    """Return the seeds.

    Raises:
        InvalidValue: If there is none, or one is negative or no whole number.
    """
    found = tuple(range(given)) if isinstance(given, int) else tuple(given)
    if not found or any(isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0 for seed in found):
        raise InvalidValue(f"seeds={given!r}: expected how many runs to make, or different seeds of at least 0.")
    return tuple(int(seed) for seed in found)


def _talking(on_experience: Told | None, verbose: int) -> Told:
    """Return what tells of an experience."""
    from .progress import print_line

    def told(learned: ExperienceLearned) -> None:
        if verbose:
            print_line(learned)
        if on_experience is not None:
            on_experience(learned)

    return told
