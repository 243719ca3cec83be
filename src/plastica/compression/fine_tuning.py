"""Fine-tuning of programs: training goes on with what was made smaller, and stops where held-out rows say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from ..export.program import ArrayProgram
from ..export.quantization import ranges
from ..inside.magnitudes import cuts, pruned, scores_of
from ..inside.sparse_rule import SparseBackprop
from ..losses import Loss
from ..model import Model
from ..optimizers import Adam
from ..settings import batch_size_for
from ..training import EarlyStopping
from .program_layer import RANGES, ProgramLayer, beside
from .rewriting import with_arrays

RATE = 1e-3
PATIENCE = 8
STAGES = 5


class Lessons(NamedTuple):
    """What a program is trained with.

    Attributes:
        inputs: Training rows, an array for each input of the program.
        targets: What it should answer, in the shape of its output.
        held: Validation rows, likewise; None without.
        held_targets: Their true answers.
        loss: The loss of answers.
        units: What the numbers of each output are divided by.
    """

    inputs: Sequence[np.ndarray]
    targets: np.ndarray
    held: Sequence[np.ndarray] | None
    held_targets: np.ndarray | None
    loss: Loss
    units: tuple[float, ...] = (1.0,)


class FineTuning(NamedTuple):
    """How training goes on.

    Attributes:
        epochs: The largest number of epochs.
        learning_rate: The learning rate of Adam.
        batch_size: Rows of a step; None for the usual number.
        seed: The seed of the order of rows.
        verbose: As for ``Model.fit``.
        callbacks: As for ``Model.fit``.
    """

    epochs: int = 20
    learning_rate: float = RATE
    batch_size: int | None = None
    seed: int = 0
    verbose: int = 0
    callbacks: tuple[Any, ...] = ()


def fine_tuned(program: ArrayProgram, lessons: Lessons, how: FineTuning, *, int8: bool = False) -> ArrayProgram:
    """Return a program after training: the best epoch on validation rows, or as it was if none is better.

    Weights that are 0 stay 0.

    Args:
        program: The program.
        lessons: What it is trained with.
        how: How training goes on.
        int8: Whether products are fake-quantized, as a file with weights of 8 bits computes them.

    Raises:
        InvalidValue: If the program has a loop without a fixed number of steps.
        DataError: If a product gets inputs that are not finite.
    """
    tuner = _Tuner(program, lessons, how, int8)
    if how.epochs:
        tuner.train(how.epochs)
    return tuner.program


def pruned_gradually(
    program: ArrayProgram, lessons: Lessons, how: FineTuning, sparsity: float, scope: Any
) -> ArrayProgram:
    r"""Return a program without the smallest weights of its kernels, pruned in stages with training between them.

    .. math:: s_k = s - s\,(1 - k / n)^3

    Args:
        program: The program.
        lessons: What it is trained with.
        how: How training goes on; the epochs are those of all stages.
        sparsity: The share of connections that is pruned, :math:`s`.
        scope: "global" or "layer", as for :func:`plastica.inside.pruning_curves`.

    Reference:
        M. Zhu, S. Gupta (2017), To prune, or not to prune, equation 1. S. Han et al. (2015), Learning both weights and
        connections for efficient neural networks.
    """
    tuner = _Tuner(program, lessons, how, False)
    stages = min(STAGES, how.epochs) or 1
    for stage in range(1, stages + 1):
        tuner.prune(sparsity - sparsity * (1 - stage / stages) ** 3, scope)
        # Half of the epochs are for what is left at the end.
        epochs = (
            how.epochs // (2 * stages) if stage < stages else how.epochs - (stages - 1) * (how.epochs // (2 * stages))
        )
        if epochs:
            tuner.train(epochs, last=stage == stages)
    return tuner.program


class _Tuner:
    """A program in training."""

    def __init__(self, program: ArrayProgram, lessons: Lessons, how: FineTuning, int8: bool) -> None:
        self.before, self.lessons, self.how = program, lessons, how
        products = tuple(ranges(program, lessons.inputs)) if int8 else ()
        self.layer = ProgramLayer(program, products, units=lessons.units)
        self.x = beside(lessons.inputs)
        self.model = Model(self.layer, seed=how.seed)
        self.model.build(self.x.shape[1:])
        self._compile()
        self.calibrate()

    @property
    def program(self) -> ArrayProgram:
        """The program with the weights of now."""
        params = self.model.params
        # Copies: training gives the memory of its arrays away.
        arrays = {value: np.array(params[name]) for name, value in self.layer.weights.items()}
        return with_arrays(self.before, arrays)

    def calibrate(self) -> None:
        """Set the ranges of fake-quantized products to those that calibration of the weights of now finds."""
        if self.layer.products:
            found = list(ranges(self.program, self.lessons.inputs).values())
            self.model.replace_weights(self.model.params, {RANGES: np.asarray(found, np.float32)})

    def prune(self, sparsity: float, scope: Any) -> None:
        """Set the smallest weights to 0."""
        scores = scores_of(self.model.params)
        params, state = pruned((self.model.params, scores, self.model.state), cuts(scores, sparsity, scope))
        self._compile()  # without the moments of the optimizer, which would move pruned weights away from 0
        self.model.replace_weights(params, state)

    def train(self, epochs: int, last: bool = True) -> None:
        """Train; at the last time, keep the best epoch."""
        lessons, how, held = self.lessons, self.how, None
        scale = np.asarray(lessons.units, np.float32)
        if lessons.held is not None and lessons.held_targets is not None:
            held = (beside(lessons.held), lessons.held_targets / scale)
        stopping = [EarlyStopping(patience=PATIENCE, restore_best_weights=True)] if held is not None and last else []
        start = jax.tree.map(np.array, (self.model.params, self.model.state))
        first = None if held is None else self._loss(held)
        self.model.fit(
            self.x,
            lessons.targets / scale,
            batch_size=how.batch_size or batch_size_for(len(self.x)),
            epochs=epochs,
            verbose=how.verbose,
            validation_data=held,
            callbacks=[*stopping, *how.callbacks],
        )
        self.calibrate()
        if held is not None and first is not None and last and not self._loss(held) <= first:
            self.model.replace_weights(*start)

    def _compile(self) -> None:
        self.model.compile(Adam(self.how.learning_rate), self.lessons.loss, rule=SparseBackprop())

    def _loss(self, held: tuple[np.ndarray, np.ndarray]) -> float:
        found = self.model.evaluate(*held, verbose=0)
        return float(found[0] if isinstance(found, list) else found)
