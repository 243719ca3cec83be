"""The command ``plastica``: its options, its output and its error handling."""
