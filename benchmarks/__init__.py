"""Benchmarks of plastica and its peers; see README.md."""
