"""What is made smaller: a model, the rows that it was trained on, and rows that judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..evaluation.decisions import Decision
from ..evaluation.scores import Scores, score
from ..export.exported import Exported
from ..export.program import ArrayProgram
from ..losses import BinaryCrossentropy, CategoricalCrossentropy, Loss, MeanSquaredError
from ..typing import Float, Num
from .answer_loss import answer_loss
from .fine_tuning import FineTuning, Lessons
from .interpretation import answers

if TYPE_CHECKING:
    from ..tables.base import BaseTableNetwork

TRUTH = 0.5
Distil = Callable[[tuple[int, ...], FineTuning], "CompressionSource"]


class JudgedInputs(NamedTuple):
    """Rows with what is true of them.

    Attributes:
        inputs: An array for each input of the program.
        y: Class indices or numbers ``(rows,)``; labels or several numbers ``(rows, outputs)``.
    """

    inputs: tuple[np.ndarray, ...]
    y: Num[np.ndarray, "rows *outputs"]


@dataclass(frozen=True, eq=False)
class CompressionSource:
    """A model to be made smaller.

    Attributes:
        exported: The model as it is exported, for any number of rows.
        task: "binary", "multiclass", "multilabel" or "regression".
        train: The rows that it was trained on.
        held: Validation rows; None without.
        test: Rows that no training saw.
        distil: Returns a smaller network that was taught by the model, with units for each hidden layer.
        decision: The decision from probabilities to predictions; None for the usual one.
        names: The names of several numbers.
        has_kernels: Whether it is a network, with weights that can be trained.
        table: The model for a table, which can be saved; None for a model of arrays.
    """

    exported: Exported
    task: str
    train: JudgedInputs
    held: JudgedInputs | None
    test: JudgedInputs
    distil: Distil
    decision: Decision | None = None
    names: tuple[str, ...] = ()
    has_kernels: bool = True
    table: BaseTableNetwork | None = None

    def lessons(self) -> Lessons:
        r"""Return what smaller forms of the model are trained with.

        The targets are the mean of the truth and of what the model answers, so that they are taught by it as well
        (Hinton, Vinyals and Dean 2015); its answers carry what was learned with dropout and early stopping.
        """
        taught = answers(self.exported.program, self.train.inputs)[0]
        targets = TRUTH * self.as_outputs(self.train.y, taught) + (1 - TRUTH) * taught
        held = None if self.held is None else self.as_outputs(self.held.y, taught)
        spread = taught.reshape(len(taught), -1).std(0) if self.task == "regression" else np.ones(1)
        units = tuple(float(each) or 1.0 for each in spread)
        loss = answer_loss(self.task, taught.shape[1])
        inputs = None if self.held is None else self.held.inputs
        return Lessons(self.train.inputs, targets.astype(np.float32), inputs, held, loss, units)

    def as_outputs(self, y: np.ndarray, like: np.ndarray) -> np.ndarray:
        """Return what is true in the form of the outputs of the program."""
        if self.task in ("binary", "multiclass") and like.shape[1] > 1:
            return np.eye(like.shape[1], dtype=np.float32)[y.astype(int)]
        return y.astype(np.float32).reshape(len(y), *like.shape[1:])

    def answers(self, program: ArrayProgram, inputs: Sequence[np.ndarray]) -> Float[np.ndarray, "rows *classes"]:
        """Return probabilities of classes or labels ``(rows, classes)``, or numbers like the truth."""
        found = answers(program, inputs)[0].astype(np.float64)
        if self.task == "binary" and found.shape[1] == 1:
            return np.concatenate([1 - found, found], 1)
        return found.reshape(len(found), *self.test.y.shape[1:]) if self.task == "regression" else found

    def scores(self, program: ArrayProgram) -> Scores:
        """Return the metrics on the test rows."""
        found = self.answers(program, self.test.inputs)
        return score(self.task, self.test.y, found, self.decision, self.names)


def loss_of(task: str, outputs: int) -> Loss:
    """Return the loss of a network that is taught, with the usual output layer of its task."""
    if task == "regression":
        return MeanSquaredError()
    return CategoricalCrossentropy() if task != "multilabel" and outputs > 1 else BinaryCrossentropy()
