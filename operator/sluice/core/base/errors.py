"""What can go wrong, and what follows.

SluiceError
├── Unanswered          a request got no answer: it counts as carried out until a GET says otherwise
├── Unreadable          an object lacks what makes it one: it is skipped
├── ApiError            the API server refused a request (controller.kube): most are retried
└── NotLeader           a write without a valid Lease: the process ends

A mistake in a manifest is not an error but a `Fault` (`core.base.faults`): the status and lint list it, and nothing is
retried. The API server's refusal to create a pod is an answer, not an error: see `core.pod.create_errors`.
"""


class SluiceError(Exception):
    """The base class of all errors that Sluice raises."""


class Unanswered(SluiceError):
    """A request was sent, or may have been, and got no answer."""


class NotLeader(SluiceError):
    """A write was about to be sent without a valid Lease."""


class Unreadable(SluiceError):
    """An object of the API server without a name, UID or version that can be used."""
