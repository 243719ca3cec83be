"""Associative memories: patterns stored in weights or slots, and recalled from a part or a damaged copy."""
