"""The doctor: what is wrong with a network, its training or its data, in words with a number and a remedy.

``model.diagnose(x, y)`` examines a model, ``fit(doctor=True)`` watches one while it trains, and
``diagnosis.try_remedies()`` trains it again with each remedy::

    history = model.fit(x, y, epochs=50, validation_split=0.2, doctor=True)
    found = model.diagnose(x_train, y_train, validation_data=(x_val, y_val))

``LoopDoctor`` judges a training loop of your own by its arrays, ``diagnose_predictions`` the predictions of any model.
"""

from __future__ import annotations

from ..checks.catalogue import FindingFacts, explain_finding
from ..model.diagnosis import Diagnosis
from .curves import curve_findings
from .device import DeviceReport, device_report
from .examination import diagnose
from .looks import LayerLook, StepLook
from .own_loop import LoopDoctor
from .predictions import diagnose_predictions
from .signal import signal_findings
from .trial_results import RemedyTrial, RemedyTrials
from .trials import try_remedies
from .watcher import Doctor

__all__ = [
    "DeviceReport",
    "Diagnosis",
    "Doctor",
    "FindingFacts",
    "LayerLook",
    "LoopDoctor",
    "RemedyTrial",
    "RemedyTrials",
    "StepLook",
    "curve_findings",
    "device_report",
    "diagnose",
    "diagnose_predictions",
    "explain_finding",
    "signal_findings",
    "try_remedies",
]
