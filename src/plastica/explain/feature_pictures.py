"""The picture of visualised features: images in a grid, or lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..drawing import INK, POSITIVE, drawable_language, own_style
from ..language import using
from .picture import cut

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .visualised import VisualisedFeatures

PANEL = 1.3  # inches


def draw_features(found: VisualisedFeatures, columns: int) -> Drawing:
    """Draw the images; see ``VisualisedFeatures.plot``."""
    from ..drawing.figure import Drawing

    count = len(found.images)
    wide = min(columns, count)
    high = -(-count // wide)
    with own_style(), using(drawable_language()):
        drawing = Drawing(wide * PANEL, high * (PANEL + 0.25), layout="constrained")
        for place, (image, name, activity) in enumerate(zip(found.images, found.names, found.activity, strict=True)):
            axes = drawing.add_subplot(high, wide, place + 1)
            if image.ndim == 3:
                low, top = found.images.min(), found.images.max()
                shown = (image - low) / ((top - low) or 1.0)
                axes.imshow(shown if shown.shape[-1] == 3 else shown.mean(-1), cmap="gray", vmin=0, vmax=1)
            else:
                axes.plot(image.reshape(len(image), -1) if image.ndim > 1 else image, color=POSITIVE, lw=1)
            axes.set_title(f"{cut(name.rpartition(', ')[2])}: {activity[-1]:.2g}", fontsize=8, color=INK)
            axes.set_xticks([])
            axes.set_yticks([])
        return drawing
