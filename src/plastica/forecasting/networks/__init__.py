"""Networks for forecasts, as the papers describe them, made of the layers of the package.

Every network is a function of the sizes ``(look_back, features, horizon, targets)`` and returns a layer for
``pl.Model``, from windows ``(batch, look_back, features)`` to ``(batch, horizon, targets)``. The targets are the first
features of the window.
"""

from __future__ import annotations

from .interpolating import nhits
from .linear import dlinear, nlinear
from .mixing import tsmixer
from .patches import patchtst
from .recurrent import gru, lstm, reservoir, tcn

__all__ = ["dlinear", "gru", "lstm", "nhits", "nlinear", "patchtst", "reservoir", "tcn", "tsmixer"]
