"""What runs in the pods of simulated nodes: each ends after a while as its plan says, with its exit code and outputs.

kwok plays the rest of the kubelet: it starts the pods, and lets them go when they are deleted.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from random import Random
from threading import Event, Thread
from typing import Self

from sluice.core.base.naming import LABEL_INDEX, LABEL_TASK, LABEL_WORKFLOW
from tests.chaos.server import Json, Refused, Server
from tests.core.kubelet import past_deadline
from tests.core.plan import OUT_OF_MEMORY, TIMED_OUT, Plan, Unit

_EVERY_S = 0.1


def unit_of(labels: Json) -> Unit:
    """Which task or item a pod's labels name. Raises KeyError or ValueError if they are not a task's."""
    index = labels.get(LABEL_INDEX)
    return int(labels[LABEL_TASK][1:]), None if index is None else int(index)


class Programs:
    """Run while the `with` block goes on. `plans` are those of the Workflows, by name, and may grow meanwhile."""

    def __init__(self, server: Server, chance: Random) -> None:
        self._server, self._chance = server, chance
        self.plans: dict[str, Plan] = {}
        self._ran: Counter[tuple[str, Unit]] = Counter()
        self._over = Event()

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(_EVERY_S):
            nodes = self._server.nodes()
            for pod in self._server.list("pods"):
                if self._is_ours(pod) and pod["spec"]["nodeName"] in nodes and self._chance.random() < 0.2:
                    self._end(pod)

    def _is_ours(self, pod: Json) -> bool:
        made_by_a_run = any(owner["kind"] == "WorkflowRun" for owner in pod["metadata"].get("ownerReferences", ()))
        going = "deletionTimestamp" in pod["metadata"]
        return made_by_a_run and pod["status"]["phase"] == "Running" and not going

    def _end(self, pod: Json) -> None:
        labels = pod["metadata"]["labels"]
        workflow, unit = labels[LABEL_WORKFLOW], unit_of(labels)
        plan = self.plans[workflow]
        code = plan.program(unit).code(self._ran[workflow, unit])
        where = self._server.path("pods", pod["metadata"]["name"], "status")
        unchanged = {"uid": pod["metadata"]["uid"], "resourceVersion": pod["metadata"]["resourceVersion"]}
        status = _ended(pod, code, plan.written(unit))
        try:
            self._server.ask("PATCH", where, {"metadata": unchanged, "status": status})
        except Refused:  # it has changed meanwhile, or is gone, or the first answer was lost
            if not self._has_ended(pod["metadata"]):
                return
        self._ran[workflow, unit] += 1

    def _has_ended(self, pod: Json) -> bool:
        """As only we let it."""
        try:
            found = self._server.get("pods", pod["name"])
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
