"""Training: the compiled loop, stopping rules, history, callbacks, checkpoints."""

from __future__ import annotations

from .callbacks import Callback, LambdaCallback, TerminateOnNaN
from .early_stopping import EarlyStopping
from .gradient_alignment import GradientAlignment
from .history import History
from .learning_rate import LearningRateScheduler
from .loggers import CSVLogger, TensorBoard
from .model_checkpoint import ModelCheckpoint
from .plateau import ReduceLROnPlateau
from .program import Learner, Plan, Program, Rows, advance, evaluate, predict
from .stopping import MaxSteps, Reached, StopRule, TimeLimit, Until

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "GradientAlignment",
    "History",
    "LambdaCallback",
    "Learner",
    "LearningRateScheduler",
    "MaxSteps",
    "ModelCheckpoint",
    "Plan",
    "Program",
    "Reached",
    "ReduceLROnPlateau",
    "Rows",
    "StopRule",
    "TensorBoard",
    "TerminateOnNaN",
    "TimeLimit",
    "Until",
    "advance",
    "evaluate",
    "predict",
]
