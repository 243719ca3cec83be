# The public names of the package, each with its module. __init__.py reads them here and imports them on first use.

from .answering import AnswerFunction as AnswerFunction
from .attribution import Attribution as Attribution
from .explained import ExplainOptions as ExplainOptions
from .gradients import expected_gradients as expected_gradients
from .gradients import gradient_times_input as gradient_times_input
from .gradients import integrated_gradients as integrated_gradients
from .gradients import smooth_grad as smooth_grad
from .image_patches import patches as patches
from .nearby import lime as lime
from .nearby import occlusion as occlusion
from .shapley import exact_shap as exact_shap
from .shapley import kernel_shap as kernel_shap
from .shapley import permutation_shap as permutation_shap
