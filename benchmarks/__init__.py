"""Measurements of plastica beside its peers; see README.md."""
