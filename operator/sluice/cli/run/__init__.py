"""`sluice run`: start a run of a Workflow, or apply a file and run what it says.

`arguments` types the values of `-p`, `file` reads and applies a file, `wait` follows the run to its end.
"""
