"""Retention: what the state of a network tells about its input, by lag."""
