"""Inspection of a model: its summary and picture, and what its layers do with a batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ... import random
from ...notebook.html import shown
from ...rules import Alignment, alignment
from ...rules.alignment import whole_batch
from .. import examples, tracing
from ..base import BaseModel


class InspectionMethods(BaseModel):
    """The methods of a model that show it."""

    def summary(self) -> None:
        """Print a table of the layers with their output shapes and numbers of parameters."""
        from ...views.summary import summary

        print(summary(self.network, self._shape, self.params, self.state, name=self.name))  # noqa: T201

    def draw(
        self,
        path: str | Path | None = None,
        *,
        features: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
    ) -> Any:
        """Draw a diagram of the network: units, connections, shapes.

        Args:
            path: Where to write the figure; the suffix determines the format (``.svg``, ``.png``, ``.pdf``). None
                only returns it.
            features: A name for each input; used for small networks, whose units are drawn.
            classes: A name for each output, likewise.

        Returns:
            A matplotlib figure, displayed in notebooks.
        """
        from ...views.picture import draw

        shape = self._known_shape()
        return draw(self.network, shape, path, params=self.params, features=features, classes=classes)

    def trace(self, x: object, y: object = None) -> tracing.Trace:
        """Return the input, potential and activity of each layer and, with targets, its error and gradients.

        Args:
            x: Inputs, ``(rows, ...)``.
            y: Targets, ``(rows, ...)``; the network must be compiled.
        """
        if y is None or self.compiled.loss is None:
            inputs = examples.take_inputs(self, x)
            return tracing.trace(self.network, self.params, self.state, inputs, None, None)
        found = examples.take(self, x, y)
        return tracing.trace(self.network, self.params, self.state, found.x, found.y, self.objective)

    def alignment(self, x: object, y: object) -> tuple[Alignment, ...]:
        """Compare the direction of the learning rule with the true gradient on a batch, layer by layer.

        Args:
            x: Inputs, ``(rows, ...)``.
            y: Targets, ``(rows, ...)``; the network must be compiled with a loss.

        Returns:
            For each layer with parameters, its ``path`` and the ``cosine`` and the ``angle`` in degrees between the
            two directions.
        """
        found = examples.take(self, x, y)
        self._require_rule("alignment")
        rule, (_, _, _, memory) = self.compiled.rule, self.answering()
        batch = whole_batch(found.x, found.y, self.epochs_trained)
        objective, key = self.objective, random.seed_key(self.seed)
        return alignment(rule, self.network, self.params, self.state, memory, batch, objective, key)

    @shown
    def _repr_html_(self) -> str:
        from ...views.summary import page

        trained = f"{self.epochs_trained:,} epochs trained" if self.epochs_trained else ""
        said = [*self._compiled.words(), trained] if self._compiled else ["not compiled"]
        return page(self.network, self._shape, self.params, self.state, name=self.name, words=said)
