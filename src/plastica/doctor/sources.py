"""Where thresholds come from, as findings name them."""

from __future__ import annotations

MEASURED = "benchmarks/doctor.py"  # chosen so that healthy networks of the benchmark stay below it
DEFINITION = "by definition"
AUTOTRAINER = "Zhang et al. 2021, AutoTrainer"
AS_FOR_DEAD = "as for dead units: Zhang et al. 2021, AutoTrainer"
REFRACTORY = "30 % of the neurons, chosen; a refractory period of one step allows spikes in half of the steps"
GLOROT = "benchmarks/doctor.py; saturation: Glorot, Bengio 2010, section 3"
LECUN = "ten times the size of 1 to which LeCun et al. 1998, Efficient BackProp, section 4.3, scale inputs"
STABILITY = "2 / lambda_max: LeCun et al. 1998; 1 is the edge of stability of Cohen et al. 2021"
CHANCE = "loss of the best constant answer"
PRECHELT = "10 %; generalization loss of Prechelt 1998, Early stopping - but when?"
HOCHREITER = "benchmarks/doctor.py; gradients in time: Hochreiter et al. 2001"
MCCANDLISH = "20 batches; noise scale of McCandlish et al. 2018, equation 2.9"
NORTHCUTT = (
    "at least 3.3 %: Northcutt, Athalye, Mueller 2021, Pervasive label errors; "
    "confident joint: Northcutt, Jiang, Chuang 2021, equation 1"
)
TWO_SAMPLES = "benchmarks/doctor.py; Lopez-Paz, Oquab 2017, Revisiting classifier two-sample tests"
PERMUTATION = "permutation test, p < 0.01"
INTERVAL = "95 % confidence interval"
GUO = "benchmarks/doctor.py; Guo et al. 2017, On calibration of modern neural networks"
ARPIT = "more than half; Arpit et al. 2017, A closer look at memorization in deep networks"
HESTNESS = "10 %; law of Hestness et al. 2017, Deep learning scaling is predictable, empirically"
