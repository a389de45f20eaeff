"""Retry rules for when the API server fails or does not respond.

The first request must succeed: retries do not fix a wrong kubeconfig. Later ones are retried without limit, with
backoff up to ten seconds, unless the object is gone.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sluice.cli.printable import printable
from sluice.cli.watch.api import Refused
from sluice.core.base.errors import SluiceError, Unanswered

Pause = Callable[[float], None]

_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.5, 10.0
_NOT_FOUND = 404


class Gone(SluiceError):
    """The watched object was deleted."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """There is nothing new to show; `words` say what is waited for."""

    words: str


@dataclass(slots=True)
class ConnectionState:
    """Whether requests about one object succeed. `server` is a URL, `name` the object's name."""

    server: str
    name: str
    pause: Pause = time.sleep
    _answered: bool = False
    _tries: int = 0

    def answered(self) -> None:
        """The first request succeeded: the object exists and we may read it."""
        self._answered = True

    def over(self) -> None:
        """All requests succeed again: the backoff starts over."""
        self._answered, self._tries = True, 0

    def judge(self, error: Refused | Unanswered) -> Waiting:
        """What to show before `wait`. Raises instead if a retry cannot help, Gone if the object was deleted."""
        if not self._answered:
            raise self._explained(error) from error
        if isinstance(error, Refused) and error.status == _NOT_FOUND and error.about == self.name:
            raise Gone(f"{self.name} was deleted") from error
        self._tries += 1
        problem = "the API server refuses" if isinstance(error, Refused) else "no answer from the API server"
        return Waiting(f"{problem} ({printable(str(error))}); trying again in {self._delay_s:.0f} s")

    def wait(self) -> None:
        self.pause(self._delay_s)

    @property
    def _delay_s(self) -> float:
        return min(_FIRST_DELAY_S * 2.0 ** min(self._tries, 10), _LONGEST_DELAY_S)

    def _explained(self, error: Refused | Unanswered) -> SluiceError:
        if isinstance(error, Unanswered):
            return Unanswered(f"no answer from {self.server} ({error})")
        if error.status == _NOT_FOUND and not error.about:
            return Refused(error.status, error.reason, f"{self.server} does not know Workflows; is Sluice installed?")
        return error
