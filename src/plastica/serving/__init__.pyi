# The public names of the package, each with its module. __init__.py reads them here and imports them on first use.

from .app import application as application
from .options import ServingOptions as ServingOptions
from .service import Service as Service
