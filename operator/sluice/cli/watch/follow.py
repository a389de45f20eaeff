"""Follows a run through its changes, across lost connections and API server restarts.

A watch that times out resumes at its last version. After any other error (an expired version, a restart of the API
server) the run is read again: its status holds all that was missed.
"""

import time
from collections.abc import Iterator

from sluice.cli.watch.api import Api, Refused
from sluice.cli.watch.plan import Plan
from sluice.cli.watch.trouble import ConnectionState, Gone, Pause, Waiting
from sluice.cli.watch.view import RunView
from sluice.core import Json
from sluice.core.base.errors import Unanswered

_BETWEEN_WATCHES_S = 0.2
_FORBIDDEN, _NOT_FOUND, _GONE = 403, 404, 410


def follow(api: Api, run: str, pause: Pause = time.sleep) -> Iterator[Waiting | RunView]:
    """The run now and after each change, without end; a Waiting before each retry.

    Raises Gone once the run is deleted, and Refused or Unanswered if the first request fails.
    """
    revisions = _Revisions(api)
    connection = ConnectionState(api.server, run, pause)
    selector = {"fieldSelector": f"metadata.name={run}"}
    version = None
    while True:
        try:
            if version is None:
                current = api.get(api.ours("workflowruns", run))
                connection.answered()
                yield revisions.view(current)
                version = current["metadata"]["resourceVersion"]
            for event in api.watch(api.ours("workflowruns"), {**selector, "resourceVersion": version}):
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] == "DELETED":
                    raise Gone(f"{run} was deleted")
                if event["type"] != "BOOKMARK":
                    yield revisions.view(event["object"])
                connection.over()
            connection.over()
            pause(_BETWEEN_WATCHES_S)
        except (Refused, Unanswered) as error:
            version = None
            waiting = connection.judge(error)
            if not (isinstance(error, Refused) and error.status == _GONE):  # versions expire in normal operation
                yield waiting
            connection.wait()


class _Revisions:
    """Reads each ControllerRevision once, and keeps the plan of its graph."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._plans: dict[str, Plan | None] = {}

    def view(self, run: Json) -> RunView:
        revision = run.get("status", {}).get("revision")
        return RunView.of(run, self._plan(revision) if revision else None)

    def _plan(self, revision: str) -> Plan | None:
        if revision not in self._plans:
            try:
                self._plans[revision] = Plan.of(self._api.get(self._api.revision(revision))["data"])
            except Refused as error:
                if error.status not in (_FORBIDDEN, _NOT_FOUND):
                    raise
                self._plans[revision] = None  # the tasks are then shown by name, without their order
        return self._plans[revision]
