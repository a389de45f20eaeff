"""Where the tasks of a graph are drawn: the same for `sluice graph` and for the page.

Start reading at `draw.lay_out`. Each step is a file of its own: `folding` (never too many boxes), `layers`, `reduction`
(edges that others imply), `joints`, `grids`, then for each connected part those in `parts` (`bends`, `order`, `places`,
`bands` and `columns`), and `shelves` at last. All of it is deterministic, and sizes are in pixels.
"""
