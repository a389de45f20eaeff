"""Decisions, and nothing else: no clock, no randomness, no I/O. Time comes in as an argument.

How an event becomes an action: the shell tells an `Execution` what it saw (`execution`), `decide` says which pods to
make and delete and when to look again, and `status` says what the user should read. Everything else here is one
policy a file.
"""

from sluice.api.base import Json

__all__ = ["Instant", "Json"]

Instant = float
"""Seconds since 1970 UTC."""
