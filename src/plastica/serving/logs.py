"""What a server logs."""

from __future__ import annotations

import logging


def log_to_stderr(access: bool) -> None:
    """Print what the server logs on standard error.

    Args:
        access: Whether to print a line for each request.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("plastica.serving").setLevel(logging.INFO)
    if access:
        logging.getLogger("uvicorn.access").setLevel(logging.INFO)
