"""A run and each of its changes, whatever happens to the connection, until the caller has seen enough.

An ended watch is begun anew where it left off. After anything else (a version that is too old, a restart of the API
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
    """The run each time it changes, and what is waited for while the API server does not answer."""
    revisions = _Revisions(api)
    trouble = ConnectionState(api.server, run, pause)
    watched = {"fieldSelector": f"metadata.name={run}"}
    version = None
    while True:
        try:
            if version is None:
                found = api.get(api.ours("workflowruns", run))
                trouble.answered()
                yield revisions.view(found)
                version = found["metadata"]["resourceVersion"]
            for event in api.watch(api.ours("workflowruns"), {**watched, "resourceVersion": version}):
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] == "DELETED":
                    raise Gone(f"{run} was deleted")
                if event["type"] != "BOOKMARK":
                    yield revisions.view(event["object"])
                trouble.over()
            trouble.over()
            pause(_BETWEEN_WATCHES_S)
        except (Refused, Unanswered) as error:
            version = None
            words = trouble.judge(error)
            if not (isinstance(error, Refused) and error.status == _GONE):  # that one is the server's daily business
                yield words
            trouble.wait()


class _Revisions:
    """The plans of the graphs that were needed so far, by the name of their ControllerRevision."""

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
            except Refused as no:
                if no.status not in (_FORBIDDEN, _NOT_FOUND):
                    raise
                self._plans[revision] = None  # without it the tasks have names and states, but no order
        return self._plans[revision]
