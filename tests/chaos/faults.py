"""What is done to the system, each at a moment when it hits something: a request under way, or a pod that lives.

A fault returns what it hit, or None if there was nothing to hit; then it has not happened and does not count.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from tests.chaos.system import Replica, System
from tests.controller.proxy import Act, Fault, Forward, hang_up, refuse
from tests.e2e.kubernetes import eventually

if TYPE_CHECKING:
    from aiohttp import web

Strike = Callable[[System, Random], str | None]

REQUESTS = {
    "POST pod": ("POST", r"/pods$"),
    "PATCH run status": ("PATCH", r"/workflowruns/[^/]+/status$"),
}
_PATIENCE_S = 3


def kill_9(system: System, chance: Random) -> str | None:
    """Right before a request reaches the server, or when it is carried out and not answered."""
    leader, request, carried_out = system.leader, _any_request(chance), chance.random() < 0.5

    async def act(request: web.Request, forward: Forward) -> web.StreamResponse:
        if carried_out:
            await forward()
        leader.operator.send(signal.SIGKILL)
        return hang_up(request)

    if not _at(leader, request, act):
        return None
    leader.operator.exit_code()
    return f"{request}, {'carried out' if carried_out else 'not sent'}"


def error_500(system: System, chance: Random) -> str | None:
    return _refused(system, chance, 500, "InternalError")


def _refused(system: System, chance: Random, code: int, reason: str) -> str | None:
    request = _any_request(chance)
    return request if _at(system.leader, request, refuse(code, reason)) else None


def _any_request(chance: Random) -> str:
    return chance.choice(list(REQUESTS))


def _at(replica: Replica, request: str, act: Act) -> bool:
    """Whether there was such a request within a few seconds. It is done to the first one."""
    fault = Fault(act, *REQUESTS[request])
    replica.proxy.inflict(fault)
    try:
        eventually(lambda: not fault.times, request, _PATIENCE_S)
    except AssertionError:
        replica.proxy.inflict()
    return not fault.times


KINDS: dict[str, Strike] = {"kill -9": kill_9, "500": error_500}
