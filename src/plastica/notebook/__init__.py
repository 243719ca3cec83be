"""HTML for notebooks: tables, curves, and a display that is updated in place. Nothing here imports IPython."""
