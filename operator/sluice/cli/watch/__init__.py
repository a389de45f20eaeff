"""`sluice watch RUN`: the progress of a run until its end.

    api       HTTP with the API server
    trouble   what to do when it gives no answer
    newest    which run of a Workflow is meant
    follow    each change of a run
    plan      in which order and under which tasks the tasks are shown
    view      the run's status, as it is shown
    screen    view -> a frame of the live display, on a terminal
    plain     two views -> lines, elsewhere
    command   puts them together

Plan, view, screen and plain know nothing of the cluster.
"""
