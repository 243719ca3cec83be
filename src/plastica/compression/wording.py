"""Texts of compression, in English and Chinese."""

from __future__ import annotations

from ..language import Texts

SAY = Texts("compression")
