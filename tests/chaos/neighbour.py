"""A neighbour who floods: in a namespace of its own come hundreds of runs, and go again.

Half of them stand in one line, and the pods of the others are refused by a quota, each again and again.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from threading import Event, Thread
from typing import Self

from tests.chaos.server import Json, Refused, Server
from tests.chaos.workloads import named

# As much as two cores can take that have the API server and the operators to carry as well.
_RUNS_AT_A_TIME = 60
_EVERY_S = 0.3


def _workflow(name: str, task: Json, **spec: Json) -> Json:
    return named("Workflow", name, {"trigger": "Manual", "tasks": [{"name": "a", **task}], **spec})


_WORKFLOWS = (
    _workflow("refused", {"image": "busybox:1.35"}),
    _workflow("queued", {"approval": {"message": "nobody decides"}}, concurrency={"policy": "Queue"}),
)
_NO_PODS: Json = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "none"},
    "spec": {"hard": {"pods": "0"}},
}


class Neighbour:
    """Floods while the `with` block goes on."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = Event()
        self.runs_made = 0

    def __enter__(self) -> Self:
        self._server.ask("POST", self._server.path("resourcequotas"), _NO_PODS)
        for workflow in _WORKFLOWS:
            self._server.ask("POST", self._server.path("workflows"), workflow)
        self._thread = Thread(target=self._flood)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _flood(self) -> None:
        for number in count():
            if self._over.wait(_EVERY_S):
                return
            workflow = _WORKFLOWS[number % len(_WORKFLOWS)]["metadata"]["name"]
            run = named("WorkflowRun", f"r{number}", {"workflow": workflow})
            with suppress(Refused):  # the answer to the first request was lost
                self._server.ask("POST", self._server.path("workflowruns"), run)
                self.runs_made += 1
            if number >= _RUNS_AT_A_TIME:
                with suppress(Refused):
                    self._server.ask("DELETE", self._server.path("workflowruns", f"r{number - _RUNS_AT_A_TIME}"))
