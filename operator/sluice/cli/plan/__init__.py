"""`sluice plan`: what a file, or a past run under other limits, would do.

command    the verb; `of_file` and `replay` are what it does with a FILE and a RUN
wishes     what a person gives besides the file; `durations_file` reads --durations
seen       what the cluster shows
prepare    of all that makes what `core.whatif.plan` simulates; `beside` the runs that go on meanwhile
planned    what came of it, with the `guesses`
words      says it, for people and programs
"""
