"""A watch in the background: what has been and gone, which a LIST at the end cannot tell."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from threading import Thread
from typing import Self

from tests.e2e.kubernetes import Kubectl, eventually


class Watch:
    """Watches objects of a kind while its `with` block goes on. `seen` grows: a tuple for each event, of those fields.

    What is there at the start is seen before the block begins.

    Fields are JSON paths below `.object`; one that is absent is empty.
    """

    def __init__(self, kubectl: Kubectl, kind: str, *fields: str) -> None:
        line = '{"|"}'.join(f"{{.object{field}}}" for field in fields) + '{"\\n"}'
        options = ["--watch", "--output-watch-events", f"--output=jsonpath={line}"]
        self._kind = kind
        self._command = ["kubectl", "--namespace", kubectl.namespace, "get", kind, *options]
        self._fields = len(fields)
        self.kubectl = kubectl
        self.seen: list[tuple[str, ...]] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, env=self.kubectl.environment, stdout=subprocess.PIPE, text=True, errors="replace"
        )
        self._reader = Thread(target=self._read)
        self._reader.start()
        there = len(self.kubectl.list(self._kind))
        eventually(lambda: len(self.seen) >= there, "the watch has begun")
        return self

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.seen.append(tuple(line.strip().split("|", self._fields - 1)))

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


class PodWatch(Watch):
    """Every pod that has ever been in a namespace."""

    def __init__(self, kubectl: Kubectl) -> None:
        label = r".metadata.labels.sluice\.dev"
        super().__init__(kubectl, "pods", ".metadata.uid", f"{label}/task", f"{label}/attempt")

    def pods_of_attempts(self) -> dict[str, int]:
        """How many pods there have ever been of each attempt, by `task/attempt`."""
        there = {pod["metadata"]["uid"] for pod in self.kubectl.list("pods")}
        eventually(lambda: there <= {uid for uid, _, _ in self.seen}, "the watch has seen all pods")
        uids = defaultdict(set)
        for uid, task, attempt in self.seen:
            uids[f"{task}/{attempt}"].add(uid)
        return {attempt: len(pods) for attempt, pods in sorted(uids.items())}
