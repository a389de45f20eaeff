"""The few words that end-to-end tests use of Kubernetes: kubectl as a user would, and the API for looks in between."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from tests.cluster import Cluster
from tests.e2e.api import Json, Unread, api_of

Found = TypeVar("Found")

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
_LOOK_EVERY_S = 0.1

SLOW = 3
"""The machine may be so many times as slow as a usual one: limits of time are there to end a test that hangs."""


class KubectlError(Exception):
    """kubectl's no, in its words."""


class Kubectl:
    """kubectl in one namespace of a cluster. `user` is whom it impersonates; by default it is the administrator."""

    def __init__(self, cluster: Cluster, namespace: str, user: str = "") -> None:
        self.cluster, self.namespace, self.user = cluster, namespace, user
        self.environment = os.environ | {
            "KUBECONFIG": str(cluster.kubeconfig),
            "PATH": f"{cluster.bin}:{os.environ['PATH']}",
        }

    def __call__(self, *arguments: str | Path, stdin: str | None = None) -> str:
        done = subprocess.run(
            ["kubectl", "--namespace", self.namespace, *self._as(), *map(str, arguments)],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise KubectlError(done.stderr.strip() or done.stdout.strip())
        return done.stdout

    def apply(self, manifest: str | Path | Json) -> str:
        if isinstance(manifest, Path):
            return self("apply", "-f", manifest)
        text = manifest if isinstance(manifest, str) else json.dumps(manifest)
        return self("apply", "-f", "-", stdin=text)

    def install_crds(self, manifests: Path) -> None:
        """A file or a directory of them. The API server serves them afterwards.

        `kubectl wait` fails, rather than waits, for a definition so new that its conditions are null.
        """
        self("apply", "--server-side", "-f", manifests)
        eventually(
            lambda: self("wait", "--for=condition=Established", "--timeout=30s", "-f", manifests),
            f"{manifests.name} is established",
        )

    def get(self, kind: str, name: str) -> Json:
        """Raises KubectlError if it is not there."""
        try:
            return api_of(self.cluster.kubeconfig).get(self.namespace, kind, name, self.user)
        except Unread as error:
            raise KubectlError(str(error)) from error

    def list(self, kind: str, selector: str = "") -> list[Json]:
        try:
            return api_of(self.cluster.kubeconfig).list(self.namespace, kind, selector, self.user)
        except Unread as error:
            raise KubectlError(str(error)) from error

    def patch(self, kind: str, name: str, change: Json) -> None:
        self("patch", kind, name, "--type=merge", "-p", json.dumps(change))

    def let_go(self, pod: str) -> None:
        """Makes the file /tmp/go, which the program of the pod waits for. As soon as it is there, the program may end
        and take touch along, so an error counts only while the pod runs.
        """

        def gone() -> bool:
            try:
                self("exec", pod, "--", "touch", "/tmp/go")  # noqa: S108  a file in the pod
            except KubectlError:
                if any(found["metadata"]["name"] == pod for found in self.list("pods") if _runs(found)):
                    raise
            return True

        eventually(gone, f"the program of {pod} is let go")

    def whoami(self) -> str:
        return self("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")

    def decide(self, run: str, task: str, decision: str, **words: str) -> None:
        """About an approval. Signed by whoever we are, unless `by` says otherwise."""
        self.patch(
            "workflowrun", run, {"spec": {"approvals": {task: {"decision": decision, "by": self.whoami(), **words}}}}
        )

    def pods(self, run: str) -> list[Json]:
        return self.list("pods", f"sluice.dev/run={run}")

    def run_of(self, workflow: str, seconds: float = 60) -> str:
        """The name of the newest run that a Workflow has made."""
        return eventually(
            lambda: self.get("workflow", workflow).get("status", {}).get("lastRun", {}).get("name"),
            f"Workflow {workflow} has a run",
            seconds,
        )

    def finished(self, run: str, seconds: float = 180) -> Json:
        """The run, once it has ended."""

        def ended() -> Json | None:
            found = self.get("workflowrun", run)
            return found if found.get("status", {}).get("phase") in ("Succeeded", "Failed", "Stopped") else None

        try:
            return eventually(ended, f"run {run} ends", seconds)
        except AssertionError:
            print(json.dumps(self.get("workflowrun", run).get("status"), indent=1))
            raise

    def run(self, workflow: str | Path | Json, name: str | None = None, seconds: float = 180) -> Json:
        """Applies a Workflow and returns its run, ended. `name` is the Workflow's, needed if it is not a map."""
        self.apply(workflow)
        return self.finished(self.run_of(name or workflow["metadata"]["name"]), seconds)  # type: ignore[index]

    def task(self, run: str, task: str) -> Json:
        """The task's entry in the run's status; empty if there is none yet."""
        entry: Json = self.get("workflowrun", run).get("status", {}).get("tasks", {}).get(task, {})
        return entry

    def log(self, run: str, task: str) -> str:
        """Raises KubectlError as long as no container has started that could have one."""
        pods = f"sluice.dev/run={run},sluice.dev/task={task}"
        if not any(map(_has_started, self.list("pods", pods))):
            raise KubectlError(f"no container of task {task} of {run} has started")
        return self("logs", "-l", pods, "-c", "main", "--tail=-1")

    def _as(self) -> tuple[str, ...]:
        return (f"--as={self.user}",) if self.user else ()


def eventually(look: Callable[[], Found | None], what: str, seconds: float = 60) -> Found:
    """Looks again and again until it finds something true. Fails with what it was waiting for. `seconds` are those of a
    usual machine.
    """
    deadline = time.monotonic() + SLOW * seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            if found := look():
                return found
            last = found
        except (KubectlError, LookupError) as error:  # a field that is not there yet
            last = error
        time.sleep(_LOOK_EVERY_S)
    raise AssertionError(f"not within {SLOW * seconds:.0f} s: {what}; last seen: {last!r}")


def workflow(name: str, *tasks: Json, **spec: Any) -> Json:
    """A Workflow of tasks in busybox, unless they say otherwise."""
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"defaults": {"image": "busybox:1.35"}, "tasks": list(tasks), **spec},
    }


def by_hand(name: str, workflow: str, **spec: Any) -> Json:
    """A WorkflowRun as a person creates it."""
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "WorkflowRun",
        "metadata": {"name": name},
        "spec": {"workflow": workflow, **spec},
    }


def condition(found: Json, type_: str) -> Json:
    """A condition of an object; empty if it has none of that type."""
    conditions = found.get("status", {}).get("conditions", [])
    return next((c for c in conditions if c["type"] == type_), {})


def _runs(pod: Json) -> bool:
    return pod["status"]["phase"] in ("Pending", "Running")


def _has_started(pod: Json) -> bool:
    containers = pod["status"].get("containerStatuses", ())
    return any(each["name"] == "main" and "waiting" not in each["state"] for each in containers)


def container(pod: Json) -> Json:
    """The last state of the task's container: started and finished times, exit code."""
    (state,) = (s["state"] for s in pod["status"]["containerStatuses"] if s["name"] == "main")
    ended: Json = state["terminated"]
    return ended


def most_at_once(spans: Iterable[tuple[datetime, datetime]]) -> int:
    """The largest number of containers that ran at one time. One that starts in the second another ends did not
    overlap."""
    changes = sorted(change for start, end in spans for change in ((start, 1), (end, -1)))
    running = most = 0
    for _, change in changes:
        running += change
        most = max(most, running)
    return most
