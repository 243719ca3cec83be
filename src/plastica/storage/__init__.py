"""Files: one safetensors file a model, folders of checkpoints; each whole and verified, or not there."""

from __future__ import annotations

from .checkpoint import Checkpoint, CheckpointFolder, read_latest
from .model_file import read_model, write_model

__all__ = ["Checkpoint", "CheckpointFolder", "read_latest", "read_model", "write_model"]
