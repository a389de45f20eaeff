"""A scripted stand-in for `Api`, for responses that a real API server gives only when it is failing."""

from __future__ import annotations

from collections import deque

from sluice.cli.watch.api import Refused
from sluice.core.base.errors import Unanswered

BROKEN = Unanswered("Connection refused")
EXPIRED = Refused(410, "Expired", "too old resource version")
UNKNOWN_PATH = Refused(404, "", "404 page not found")


def not_found(name):
    return Refused(404, "NotFound", f'workflowruns.sluice.dev "{name}" not found', name)


class Script:
    """`gets` maps each path to its responses, of which the last repeats; `watches` has the events of each watch.

    A response or event is an object, or an error to raise. `log` records the requests and pauses.
    """

    server = "https://cluster"
    namespace = "default"

    def __init__(self, gets, watches=()):
        self._gets = {path: deque(answers) for path, answers in gets.items()}
        self._watches = deque(watches)
        self.log = []

    def ours(self, plural, name=""):
        return f"{plural}/{name}" if name else plural

    def revision(self, name):
        return f"controllerrevisions/{name}"

    def get(self, path, accept=""):  # noqa: ARG002  # the real one's signature
        self.log.append(f"get {path}")
        answers = self._gets[path]
        return _returned_or_raised(answers.popleft() if len(answers) > 1 else answers[0])

    def watch(self, path, query):
        self.log.append(f"watch {path} from {query['resourceVersion']}")
        for event in self._watches.popleft():
            yield _returned_or_raised(event)

    def pause(self, seconds):
        self.log.append(f"pause {seconds:g}")


def _returned_or_raised(answer):
    if isinstance(answer, BaseException):
        raise answer
    return answer
