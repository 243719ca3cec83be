"""HTML for notebooks: tables, curves, and a display that is updated in place, without importing IPython."""
