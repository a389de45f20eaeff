"""Where pods run: on simulated nodes, or on the real one, with its kubelet and its containers.

Either way a program runs until it is told how to end.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from tests.chaos.server import Json, Refused, Server
from tests.core.kubelet import past_deadline
from tests.core.plan import OUT_OF_MEMORY, TIMED_OUT, Program

_IMAGE = "busybox:1.35"


class Nodes(Protocol):
    defaults: Json
    """Of all tasks: what brings their pods here."""
    program: Json
    """The fields of each task that keep its pod running."""
    left_out: frozenset[str]
    """Faults that cannot be had here."""

    def feasible(self, program: Program) -> Program:
        """One like it that can be had here."""
        ...

    def end(self, server: Server, pod: Json, code: int, written: str) -> bool:
        """Lets the pod's program exit with that code and those outputs. False if it could not be told."""
        ...


class SimulatedNodes:
    """kwok starts the pods, and lets them go when they are deleted. We play the rest of the kubelet."""

    left_out: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.program = {"image": _IMAGE}
        self.defaults = {
            "nodeSelector": {"type": "kwok"},
            "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
            "podTemplate": {"metadata": {"annotations": {"simulation.sluice.dev/duration": "24h"}}},
        }

    def feasible(self, program: Program) -> Program:
        return program

    def end(self, server: Server, pod: Json, code: int, written: str) -> bool:
        where = server.path("pods", pod["metadata"]["name"], "status")
        unchanged = {"uid": pod["metadata"]["uid"], "resourceVersion": pod["metadata"]["resourceVersion"]}
        try:
            server.ask("PATCH", where, {"metadata": unchanged, "status": _ended(pod, code, written)})
        except Refused:  # it has changed meanwhile, or is gone, or the first answer was lost
            return _has_ended(server, pod["metadata"])
        return True


def _has_ended(server: Server, pod: Json) -> bool:
    """As only we let it."""
    try:
        found = server.get("pods", pod["name"])
    except Refused:
        return False
    (container,) = found["status"]["containerStatuses"]
    return found["metadata"]["uid"] == pod["uid"] and "terminated" in container["state"]


def _ended(pod: Json, code: int, written: str) -> Json:
    (container,) = pod["status"]["containerStatuses"]
    ended = {
        "exitCode": code,
        "reason": "OOMKilled" if code == OUT_OF_MEMORY else "Error" if code else "Completed",
        "startedAt": container["state"]["running"]["startedAt"],
        "finishedAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "message": "" if code else written,
    }
    state = {"running": None, "terminated": ended}
    status = {
        "phase": "Failed" if code else "Succeeded",
        "containerStatuses": [container | {"ready": False, "started": False, "state": state}],
    }
    return past_deadline(status) if code == TIMED_OUT else status


_WAITS_FOR_ITS_END = """trap "exit 143" TERM
until [ -f /ends/$(hostname) ]; do sleep 0.2; done
tail -n +2 /ends/$(hostname) > "$SLUICE_OUTPUTS"
exit $(head -n 1 /ends/$(hostname))"""


class RealNode:
    """A program's end is a file of its pod's name in `directory`, which the node shares with us.

    It may have exited when its pod is deleted, and nobody can know whether the operator saw that. So a program ends the
    same way each time.
    """

    left_out = frozenset({"node deleted"})

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        main = {"name": "main", "volumeMounts": [{"name": "ends", "mountPath": "/ends", "readOnly": True}]}
        spec = {"volumes": [{"name": "ends", "hostPath": {"path": str(directory)}}], "containers": [main]}
        self.program = {"image": _IMAGE, "command": ["sh", "-c", _WAITS_FOR_ITS_END]}
        self.defaults = {"podTemplate": {"spec": spec}}

    def feasible(self, program: Program) -> Program:
        return replace(program, codes=(min(program.codes[0], 1),))

    def end(self, server: Server, pod: Json, code: int, written: str) -> bool:  # noqa: ARG002
        new = self._directory / "new"
        new.write_text(f"{code}\n{written if code == 0 else ''}")
        new.rename(self._directory / pod["metadata"]["name"])
        return True
