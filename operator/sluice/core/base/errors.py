"""What can go wrong, by whose turn it is.

SluiceError
├── Unanswered          a request without an answer: it counts as carried out until a GET says otherwise
├── ApiError            the API server's no (controller.kube): most are tried again
└── NotLeader           a write without a valid Lease (controller.kube): the process ends

A user's mistake is none of these but a `Fault`: listed in the status and by lint, and never tried again. What the API
server says to a pod that it does not create is an answer, not an error: see `create_errors`.
"""

from dataclasses import dataclass


class SluiceError(Exception):
    """The root of all errors that we raise."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong in a manifest. `path` reads like `spec.tasks[2].dependsOn[0]`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class Unanswered(SluiceError):
    """A request was sent, or may have been, and no answer came."""
