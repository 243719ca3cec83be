"""Peers for each learning rule: implementations in common use, written in the usual way."""
