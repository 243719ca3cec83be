"""Summaries and diagrams of networks."""
