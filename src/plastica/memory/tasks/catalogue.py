"""Tasks that need memory, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...errors import InvalidValue
from ...registry import look_up
from . import image_tasks, reber, sequence_tasks
from .memory_task import MemoryTask

# Streams of random numbers of their own, so that no sequence of one part is in another.
PARTS = ("training", "validation", "test")


class TaskMaker(NamedTuple):
    """How a task is made.

    Attributes:
        make: Returns the task, given a generator, the number of rows and of steps.
        shortest: The smallest number of steps.
        length: The usual number of steps.
    """

    make: Callable[..., MemoryTask]
    shortest: int
    length: int

    @property
    def of_images(self) -> bool:
        """Whether sequences are drawn from a set of images instead of made."""
        return self.make.__module__ == image_tasks.__name__


# The usual lengths are those of the papers where a network learns the task within minutes on one core.
TASKS = {
    "adding": TaskMaker(sequence_tasks.adding, 2, 100),
    "multiplication": TaskMaker(sequence_tasks.multiplication, 2, 100),
    "copy": TaskMaker(sequence_tasks.copy, 1, 20),
    "temporal_order": TaskMaker(sequence_tasks.temporal_order, 4, 100),
    "temporal_order_3": TaskMaker(sequence_tasks.temporal_order_3, 6, 100),
    "latch": TaskMaker(sequence_tasks.latch, 2, 100),
    "noise_free": TaskMaker(sequence_tasks.noise_free, 2, 100),
    "delayed_match": TaskMaker(sequence_tasks.delayed_match, 2, 50),
    "parity": TaskMaker(sequence_tasks.parity, 2, 16),
    "n_back": TaskMaker(sequence_tasks.n_back, 2, 30),
    "two_back": TaskMaker(sequence_tasks.two_back, 3, 30),
    "three_back": TaskMaker(sequence_tasks.three_back, 4, 30),
    "associative_recall": TaskMaker(sequence_tasks.associative_recall, 5, 9),
    "reber": TaskMaker(reber.reber, 12, 30),
    "embedded_reber": TaskMaker(reber.embedded_reber, 12, 30),
    "continual_reber": TaskMaker(reber.continual_reber, 12, 100),
    "sequential_digits": TaskMaker(image_tasks.sequential_digits, 1, 1),
    "permuted_digits": TaskMaker(image_tasks.permuted_digits, 1, 1),
    "digit_rows": TaskMaker(image_tasks.digit_rows, 1, 1),
}


def make_task(
    name: str,
    rows: int | None,
    length: int | None = None,
    seed: int | Sequence[int] = 0,
    *,
    part: str = "training",
    **options: object,
) -> MemoryTask:
    """Return a task with random sequences.

    Args:
        name: ``"adding"``, ``"multiplication"``: the sum or product of two marked numbers; ``"copy"``: ten symbols
            after a delay of ``length``; ``"temporal_order"``: which of two symbols came first and second, among
            distractors; ``"temporal_order_3"``: the same with three; ``"latch"``: the first of two symbols, after
            three others that take turns; ``"noise_free"``: the same, with another symbol at each step;
            ``"delayed_match"``: whether a symbol equals the one before a delay; ``"parity"`` of all bits;
            ``"n_back"``: whether each symbol equals that n steps before; ``"two_back"``, ``"three_back"``: the same for
            n = 2 and 3; ``"associative_recall"``: what followed a symbol earlier; ``"reber"``: the symbol before the
            last of the embedded Reber grammar, which repeats the second; ``"embedded_reber"``: after each symbol, which
            ones may follow; ``"continual_reber"``: the same in strings without an end; ``"sequential_digits"``,
            ``"permuted_digits"``, ``"digit_rows"``: the class of an image that is seen pixel by pixel, in a fixed
            random order of pixels, or row by row.
        rows: The number of sequences; None for all images.
        length: The number of steps; of the delay for ``"copy"``. Default: that of the task, 9 to 100. The lengths of
            Reber strings vary, and are padded; those of images are given by the images.
        seed: The random seed, or several numbers that make one.
        part: ``"training"``, ``"validation"`` or ``"test"``: each draws from random numbers of its own; of images, a
            tenth is kept for validation and a fifth for tests.
        **options: ``n=`` (2) and ``symbols=`` (6) of ``"n_back"``; ``images=``, ``(images, height, width)``, and
            ``labels=`` for images of your own, such as MNIST, instead of scikit-learn's 1,797 digits of 8 x 8 pixels.

    Returns:
        A ``MemoryTask`` with the scores of chance and of a perfect memory.

    Raises:
        UnknownName: If no task has this name.
        InvalidValue: If there is no row, the task needs more steps, or has no such option.
        ShapeError, DataError: If images or labels are not valid.

    Example:
        >>> task = make_task("copy", rows=2, length=5)
        >>> task.x.shape, task.y[:, 15:].shape, round(task.chance, 2)
        ((2, 25, 10), (2, 10), 0.65)
    """
    task = look_up("task", name, TASKS)
    length = task.length if length is None else length
    if part not in PARTS:
        raise InvalidValue(f"make_task(part={part!r}): expected one of {', '.join(PARTS)}.")
    if (rows is None and not task.of_images) or (rows is not None and rows < 1) or length < task.shortest:
        raise InvalidValue(f"make_task({name!r}, rows={rows}, length={length}): at least 1 row, {task.shortest} steps.")
    _check_options(name, task, options)
    rng = np.random.default_rng([PARTS.index(part), *np.atleast_1d(seed).tolist()])
    if task.of_images:
        options["part"] = part
    return task.make(rng, rows, length, **options)._replace(name=name.strip().lower())


def _check_options(name: str, task: TaskMaker, options: dict[str, object]) -> None:
    """Refuse options that the task does not have."""
    known = [each for each in list(inspect.signature(task.make).parameters)[3:] if each != "part"]
    if unknown := [each for each in options if each not in known]:
        has = f"its options are {', '.join(known)}" if known else "it has no options"
        raise InvalidValue(f"make_task({name!r}, {unknown[0]}=...): {has}.")
