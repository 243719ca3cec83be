# The public names of the package, each with its module. __init__.py reads them here and imports them on first use.

from .bandit import Bandit as Bandit
from .cart_pole import CartPole as CartPole
from .environment import Environment as Environment
from .environment import StepOutcome as StepOutcome
from .grid_world import GridWorld as GridWorld
from .gymnasium_environment import GymnasiumEnvironment as GymnasiumEnvironment
from .gymnasium_environment import HostedWorld as HostedWorld
from .policies import policy_for as policy_for
from .policies import usual_policy as usual_policy
from .policy_gradient import PolicyGradient as PolicyGradient
from .policy_gradient import episodes as episodes
from .return_curves import ReturnCurves as ReturnCurves
from .return_curves import train_policies as train_policies
