"""Detection of other file formats by their first bytes, for error messages; such files are never opened."""

from __future__ import annotations

_IN_ZIP = (
    (b"data.pkl", "a PyTorch file (a pickle, which could run any program; it is not opened)"),
    (b"metadata.json", "a Keras model (.keras)"),
    (b"config.json", "a Keras model (.keras)"),
    (b"model.weights.h5", "a Keras model (.keras)"),
    (b".npy", "a NumPy archive (.npz)"),
)
_STARTS = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, such as Keras's .h5"),
    (b"\x93NUMPY", "a NumPy array (.npy)"),
    (b"\x1f\x8b", "a gzip file"),
    (b"PAR1", "a Parquet table"),
    (b"GGUF", "a GGUF model"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"version https://git-lfs", "a Git LFS pointer; fetch the file itself with: git lfs pull"),
    (b"{", "a JSON file"),
)
_PICKLE = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))


def what_it_seems(start: bytes) -> str:
    """Return the probable format of a file with its article, or "" if unknown.

    Args:
        start: The first few hundred bytes.
    """
    if not start:
        return "an empty file"
    if start.startswith(b"PK\x03\x04"):
        return next((name for mark, name in _IN_ZIP if mark in start), "a zip archive")
    for mark, name in _STARTS:
        if start.startswith(mark):
            return name
    if start.startswith(_PICKLE):
        return "a pickle (joblib, torch), which could run any program; it is not opened"
    if start[4:8] == b"TFL3":
        return "a TensorFlow Lite model"
    return "a text file" if _is_text(start) else ""


def _is_text(start: bytes) -> bool:
    # the last character may be incomplete
    return b"\x00" not in start and len(start.decode(errors="ignore").encode()) > len(start) - 4
