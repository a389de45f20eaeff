"""`sluice ls`: the Workflows and runs of a namespace.

`rows` says what there is to show, `screen` makes lines of it, `objects` prints it for programs.
"""
