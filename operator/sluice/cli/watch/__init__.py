"""`sluice watch RUN`: shows the progress of a run until it ends.

    api       HTTP client for the API server
    trouble   retries when the API server fails or does not respond
    newest    finds a Workflow's newest run
    follow    yields each change of a run
    plan      task order and tree layout
    view      a run's status, ready for display
    screen    view -> a frame of the live display, on a terminal
    plain     two views -> lines, for logs and pipes
    terminal  redraws the live display
    command   wires them together

Plan, view, screen and plain do no I/O.
"""
