"""What to do when the API server gives no answer, or says no.

The first question must be answered, since a wrong kubeconfig does not get better by waiting. Later ones are asked again
without limit, at most every ten seconds, unless what was asked for is gone.
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
    """What was watched was deleted."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing new to show at present, and why."""

    words: str


@dataclass(slots=True)
class ConnectionState:
    """How it stands with the questions about one object. `name` is the object's."""

    server: str
    name: str
    pause: Pause = time.sleep
    _answered: bool = False
    _tries: int = 0

    def answered(self) -> None:
        """There is such an object, and we may see it."""
        self._answered = True

    def over(self) -> None:
        self._answered, self._tries = True, 0

    def judge(self, error: Refused | Unanswered) -> Waiting:
        """What to say before `wait`. Raises what does not get better by waiting."""
        if not self._answered:
            raise self._in_better_words(error) from error
        if isinstance(error, Refused) and error.status == _NOT_FOUND and error.about == self.name:
            raise Gone(f"{self.name} was deleted") from error
        self._tries += 1
        who = "the API server refuses" if isinstance(error, Refused) else "no answer from the API server"
        return Waiting(f"{who} ({printable(str(error))}); trying again in {self._delay_s:.0f} s")

    def wait(self) -> None:
        self.pause(self._delay_s)

    @property
    def _delay_s(self) -> float:
        return min(_FIRST_DELAY_S * 2.0 ** min(self._tries, 10), _LONGEST_DELAY_S)

    def _in_better_words(self, error: Refused | Unanswered) -> SluiceError:
        if isinstance(error, Unanswered):
            return Unanswered(f"no answer from {self.server} ({error})")
        if error.status == _NOT_FOUND and not error.about:
            return Refused(error.status, error.reason, f"{self.server} does not know Workflows; is Sluice installed?")
        return error
