"""What runs in the pods: each program ends after a while as its plan says, with its exit code and outputs."""

from __future__ import annotations

from collections import Counter
from random import Random
from threading import Event, Thread
from typing import Self

from sluice.core.base.naming import LABEL_INDEX, LABEL_TASK, LABEL_WORKFLOW
from tests.chaos.nodes import Nodes
from tests.chaos.server import Json, Server
from tests.core.plan import Plan, Unit

_EVERY_S = 0.1


def unit_of(labels: Json) -> Unit:
    """Which task or item a pod's labels name. Raises KeyError or ValueError if they are not a task's."""
    index = labels.get(LABEL_INDEX)
    return int(labels[LABEL_TASK][1:]), None if index is None else int(index)


class Programs:
    """Run while the `with` block goes on. `plans` are those of the Workflows, by name, and may grow meanwhile."""

    def __init__(self, server: Server, nodes: Nodes, chance: Random) -> None:
        self._server, self._nodes, self._chance = server, nodes, chance
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
        if self._nodes.end(self._server, pod, code, plan.written(unit)):
            self._ran[workflow, unit] += 1
