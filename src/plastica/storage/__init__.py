"""Files: one safetensors file per model, folders of checkpoints; written atomically and verified when read."""

from __future__ import annotations

from .checkpoint import Checkpoint, CheckpointFolder, WatchedFolder, newest_step, read_latest
from .model_file import read_model, write_model

__all__ = [
    "Checkpoint",
    "CheckpointFolder",
    "WatchedFolder",
    "newest_step",
    "read_latest",
    "read_model",
    "write_model",
]
