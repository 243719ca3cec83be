"""plastica: neural networks that learn like machines and like brains."""

__version__ = "0.1.0"
