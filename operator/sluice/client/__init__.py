"""The user's side of the API server, with the user's own credentials: for the command line, the page and the SDK.

Start at `api.Client`. What it reads and writes are the `resources`, what can go wrong stands in `errors`; long lists
come as a `table`, and `find` gets the run that a person has named.
"""
