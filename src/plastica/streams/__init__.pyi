# The public names of the package, each with its module. __init__.py reads them here and imports them on first use.

from .file_source import FileSource as FileSource
from .following import LearnedOn as LearnedOn
from .following import StreamOptions as StreamOptions
from .following import learn_on as learn_on
from .learner import StreamLearner as StreamLearner
from .sources import LineSource as LineSource
from .sources import source_of as source_of
