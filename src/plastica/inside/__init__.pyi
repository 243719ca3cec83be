# The public names of the package, each with its module. __init__.py reads them here and imports them on first use.

from .connectivity import ModeConnectivity as ModeConnectivity
from .connectivity import mode_connectivity as mode_connectivity
from .dimensions import HessianSpectrum as HessianSpectrum
from .dimensions import LayerDimensions as LayerDimensions
from .dimensions import activity_dimensions as activity_dimensions
from .dimensions import hessian_spectrum as hessian_spectrum
from .landscape import LossLandscape as LossLandscape
from .landscape import loss_landscape as loss_landscape
from .lottery import LotteryTickets as LotteryTickets
from .lottery import lottery_tickets as lottery_tickets
from .matching import UnitMatch as UnitMatch
from .matching import match_units as match_units
from .pruning import PruningCurves as PruningCurves
from .pruning import pruning_curves as pruning_curves
