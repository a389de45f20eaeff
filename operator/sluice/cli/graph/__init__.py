"""`sluice graph`: `look` finds what is to be drawn, and `read` makes a `subject` of it. Each form that it is printed in
is a file, that for the terminal a folder.
"""
