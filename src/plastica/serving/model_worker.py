"""The process of a model: answers what :class:`~.model_process.ModelProcess` asks over its standard streams."""

from __future__ import annotations

import os
import sys
import traceback

from ..errors import PlasticaError
from ..notes import sentence_of
from .exchange import Served, spoken
from .model_process import ModelCall, ModelReturn, read_message, write_message
from .opening import open_served


def main() -> None:
    """Answer until the end of the input."""
    # Only messages go to standard output; what libraries print goes to standard error.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    path, remembered, lang = sys.argv[1:]
    try:
        served = open_served(path, int(remembered))
    except PlasticaError as error:
        write_message(out, ModelReturn(fault=spoken(sentence_of(error), lang)))
        return
    about = {"name": served.name, "kind": served.kind, "digest": served.digest, "schema": served.schema()}
    write_message(out, ModelReturn(about=about))
    while (asked := read_message(sys.stdin.buffer, ModelCall)) is not None:
        write_message(out, _told(served, asked))


def _told(served: Served, asked: ModelCall) -> ModelReturn:
    try:
        if asked.warm:
            served.warm(asked.warm)
        return ModelReturn(
            replies=served.answer(asked.requests) if asked.requests else [],
            drift=served.drift(asked.others) if asked.drift else [],
            counts=served.drift_counts() if asked.counts else [],
        )
    except Exception:
        return ModelReturn(fault=traceback.format_exc())


if __name__ == "__main__":
    main()
