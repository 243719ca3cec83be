"""The formulations that are fast where XLA's own are not; pure functions on arrays."""
