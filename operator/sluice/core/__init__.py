"""Decisions, and nothing else: no clock, no randomness, no I/O. Time comes in as an argument.

How an event becomes an action: the shell reports to a `RunState` what it observed (`run`), `decide` says which pods to
make and delete and when to look again (`reconcile`), and `status` says what the user should read. README.md is the map.
"""

from sluice.api import Json

__all__ = ["Instant", "Json"]

Instant = float
"""Seconds since 1970 UTC."""
