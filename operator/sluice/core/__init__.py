"""Decisions, and nothing else: no clock, no randomness, no I/O. Time comes in as an argument.

How an event becomes an action: the shell tells an `RunState` what it saw (`execution`), `decide` says which pods to
make and delete and when to look again, and `status` says what the user should read. Everything else here is one
policy a file.
"""

from typing import Any

Json = dict[str, Any]

Instant = float
"""Seconds since 1970 UTC."""
