"""What can go wrong, and what follows.

SluiceError
├── Unanswered          a request got no answer: it counts as carried out until a GET says otherwise
├── Unreadable          an object lacks what makes it one: it is skipped
├── ApiError            the API server refused a request (controller.kube): most are retried
└── NotLeader           a write without a valid Lease (controller.kube): the process ends

A mistake in a manifest is not an error but a `Fault`: the status and lint list it, and nothing is retried. The API
server's refusal to create a pod is an answer, not an error: see `core.pod.create_errors`.
"""

from dataclasses import dataclass


class SluiceError(Exception):
    """The base class of all errors that Sluice raises."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake in a manifest. `path` says where, for example `spec.tasks[2].dependsOn[0]`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class Unanswered(SluiceError):
    """A request was sent, or may have been, and got no answer."""


class Unreadable(SluiceError):
    """An object of the API server without a name, UID or version that can be used."""
