"""Representations: similarity, sparseness and dimension of activities, and tuning curves of units."""
