"""Pictures of dimensions: of activities by layer, and of the Hessian."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, MORE_COLOURS, SOFT
from ..drawing.layer_labels import label_layers
from .landscape_picture import dress
from .look import SAY

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .curvature import HessianSpectrum
    from .dimensions import LayerDimensions

WIDTH, HEIGHT = 8.2, 3.3  # inches
BINS = 60
SHOWN = 30  # principal components


def draw_dimensions(found: LayerDimensions) -> Drawing:
    """Draw the participation ratio by layer, and the variance by principal component of each layer."""
    from ..drawing.figure import Drawing

    drawing = Drawing(WIDTH, HEIGHT, layout="constrained")
    left, right = drawing.subplots(1, 2)
    places = np.arange(len(found.layers))
    left.plot(places, found.participation, "o-", color=COLOURS[0], label=SAY("participation"))
    left.plot(places, found.components, "s--", color=COLOURS[1], ms=4, label=SAY("components"))
    label_layers(left, found.layers, fontsize=7)
    left.set(title=SAY("dimensions_title"), ylim=(0, None))
    left.legend(frameon=False, fontsize=8)
    palette = COLOURS + MORE_COLOURS
    for place, (name, shares) in enumerate(zip(found.layers, found.variances, strict=True)):
        if shares.any():
            summed = shares.cumsum()[:SHOWN]
            right.plot(np.arange(1, len(summed) + 1), summed, color=palette[place % len(palette)], lw=1.5, label=name)
    right.axhline(0.9, color=SOFT, lw=0.8, ls=":")
    right.set(title=SAY("variance_title"), xlabel=SAY("components"), ylim=(0, 1.02))
    right.legend(frameon=False, fontsize=7)
    for axes in (left, right):
        dress(axes)
    left.tick_params(axis="x", labelsize=7)
    return drawing


def draw_spectrum(found: HessianSpectrum) -> Drawing:
    """Draw how many eigenvalues lie in each range, and the effective dimension by precision."""
    from ..drawing.figure import Drawing

    drawing = Drawing(WIDTH, HEIGHT, layout="constrained")
    left, right = drawing.subplots(1, 2)
    low, high = float(found.eigenvalues.min()), float(found.eigenvalues.max())
    if not high > low:
        low, high = low - 1, high + 1
    left.hist(
        found.eigenvalues, np.linspace(low, high, BINS).tolist(), weights=found.shares * found.weights, color=COLOURS[0]
    )
    left.set_yscale("log")
    left.set(xlabel=SAY("eigenvalue"), ylabel=SAY("count"), title=SAY("spectrum_title"))
    above = np.maximum(found.eigenvalues, 0) * found.rows
    precisions = np.geomspace(found.z * 1e-3, found.z * 1e3, 61)
    counted = found.weights * (found.shares * (above / (above + precisions[:, None]))).sum(1)
    right.semilogx(precisions, counted, color=COLOURS[0], lw=1.8)
    right.plot([found.z], [found.effective], "o", color=COLOURS[1])
    words = (
        f"N({found.z:g}) = {found.effective:.0f}"
        if found.effective >= 100
        else f"N({found.z:g}) = {found.effective:.3g}"
    )
    right.annotate(words, (found.z, found.effective), (6, 4), textcoords="offset points", fontsize=8, color=INK)
    right.set(xlabel="z", title=SAY("effective_title"), ylim=(0, None))
    for axes in (left, right):
        dress(axes)
    return drawing
