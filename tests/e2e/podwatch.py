"""Every pod of a namespace that has ever been, also those that are gone: what a LIST at the end cannot tell."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from dataclasses import dataclass
from threading import Thread
from typing import Self

from tests.e2e.kubernetes import Kubectl, eventually

_FIELDS = (
    "{.type}",
    r"{.object.metadata.labels.sluice\.dev/task}",
    r"{.object.metadata.labels.sluice\.dev/attempt}",
    "{.object.metadata.uid}",
)
_LINE = '{"\t"}'.join(_FIELDS) + '{"\\n"}'


@dataclass(frozen=True, slots=True)
class PodEvent:
    type: str
    task: str
    attempt: str
    uid: str


class PodWatch:
    """Watches in the background while its `with` block goes on. `events` grows."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self.events: list[PodEvent] = []

    def __enter__(self) -> Self:
        words = ["get", "pods", "--watch", "--output-watch-events", f"--output=jsonpath={_LINE}"]
        self._process = subprocess.Popen(
            ["kubectl", "--namespace", self._kubectl.namespace, *words],
            env=self._kubectl.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = Thread(target=self._read)
        self._reader.start()
        return self

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(PodEvent(*line.rstrip("\n").split("\t")))

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def attempts(self) -> dict[str, int]:
        """How many pods there have ever been of each attempt, by `task/attempt`."""
        there = {pod["metadata"]["uid"] for pod in self._kubectl.list("pods")}
        eventually(lambda: there <= {event.uid for event in self.events}, "the watch has seen all pods")
        uids = defaultdict(set)
        for event in self.events:
            uids[f"{event.task}/{event.attempt}"].add(event.uid)
        return {attempt: len(pods) for attempt, pods in uids.items()}
