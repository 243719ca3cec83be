"""Training: the compiled loop, stopping rules, history, callbacks, checkpoints."""

from __future__ import annotations

from .callbacks import Callback, LambdaCallback, TerminateOnNaN
from .early_stopping import EarlyStopping
from .gradient_alignment import GradientAlignment
from .history import History
from .learning_rate import LearningRateScheduler
from .loggers import CSVLogger, TensorBoard
from .loop import advance, evaluate, predict
from .member import Member
from .model_checkpoint import ModelCheckpoint
from .plateau import ReduceLROnPlateau
from .program import Learner, Program
from .rows import Plan, Rows
from .run import Run
from .stopping import MaxSteps, Reached, StopRule, TimeLimit, Until
from .sums import BatchFigures
from .supervised import Supervised
from .watcher import RunWatcher
from .weight_averaging import StochasticWeightAveraging

__all__ = [
    "BatchFigures",
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "GradientAlignment",
    "History",
    "LambdaCallback",
    "Learner",
    "LearningRateScheduler",
    "MaxSteps",
    "Member",
    "ModelCheckpoint",
    "Plan",
    "Program",
    "Reached",
    "ReduceLROnPlateau",
    "Rows",
    "Run",
    "RunWatcher",
    "StochasticWeightAveraging",
    "StopRule",
    "Supervised",
    "TensorBoard",
    "TerminateOnNaN",
    "TimeLimit",
    "Until",
    "advance",
    "evaluate",
    "predict",
]
