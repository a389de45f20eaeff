"""`sluice graph`: `look` finds what is to be drawn, and `read` makes a `subject` of it. Each form in which it is printed
is a file of its own, that for the terminal a folder.
"""
