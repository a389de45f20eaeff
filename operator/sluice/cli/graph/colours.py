"""The colours of states in forms without a style sheet: rims that can be seen on light and on dark."""

RIMS = {"green": "#1a7f37", "red": "#cf222e", "cyan": "#0969da", "yellow": "#9a6700", "magenta": "#8250df"}
"""Those of the colours in `cli.states` that say something."""
