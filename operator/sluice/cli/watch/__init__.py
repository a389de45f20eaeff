"""`sluice watch RUN`: shows the progress of a run until it ends.

    newest    waits for a Workflow's newest run
    plan      task order and tree layout
    view      a run's status, ready for display
    screen    view -> a frame of the live display
    plain     two views -> lines, for logs and pipes
    display   shows views as lines, or hands them to the live display
    live      the live display
    watch     follows the run, and hands each change to the display
    command   the verb

Plan, view, screen and plain do no I/O.
"""
