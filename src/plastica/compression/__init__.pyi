# The public names of the package, each with its module. __init__.py reads them here and imports them on first use.

from .comparing import CompressionCost as CompressionCost
from .comparing import CompressionTable as CompressionTable
from .comparing import compare as compare
from .comparing import compress as compress
from .compressed import CompressedModel as CompressedModel
from .fine_tuning import FineTuning as FineTuning
from .of_models import model_source as model_source
from .of_tables import table_source as table_source
from .source import CompressionSource as CompressionSource
from .steps import Distillation as Distillation
from .steps import LowRank as LowRank
from .steps import Quantization as Quantization
from .steps import UnitPruning as UnitPruning
from .steps import WeightPruning as WeightPruning
from .steps import recipe as recipe
