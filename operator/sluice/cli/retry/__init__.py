"""`sluice retry`: a new run that keeps what an earlier one has done.

`past` reads the earlier run, `forecast` says what is kept and what runs, by the functions that the operator uses.
"""
