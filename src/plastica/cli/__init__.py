"""The command ``plastica``: its words, what it prints and how it fails."""
