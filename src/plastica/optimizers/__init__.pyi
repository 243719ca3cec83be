# The public names of the package, each with its module. __init__.py reads them here and imports them on first use.

from .adadelta import Adadelta as Adadelta
from .adagrad import Adagrad as Adagrad
from .adam import Adam as Adam
from .adam import AdamW as AdamW
from .adamax import Adamax as Adamax
from .foreign import Optax as Optax
from .lamb import Lamb as Lamb
from .lbfgs import LBFGS as LBFGS
from .lion import Lion as Lion
from .multi import MultiOptimizer as MultiOptimizer
from .nadam import Nadam as Nadam
from .names import NAMES as NAMES
from .names import OptimizerLike as OptimizerLike
from .names import get as get
from .optimizer import Optimizer as Optimizer
from .rmsprop import RMSprop as RMSprop
from .sgd import SGD as SGD
