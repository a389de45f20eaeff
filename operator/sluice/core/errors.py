"""What can go wrong, by whose turn it is.

SluiceError
├── ManifestError       the user's: listed in the status and by lint, never tried again
│   └── Fault           one of its faults: path, message
└── Unanswered          a request without an answer: it counts as carried out until a GET says otherwise

What the API server refuses is not an error but an answer: see `refusal`.
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


class ManifestError(SluiceError):
    """A manifest that cannot run, with all its faults."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


class Unanswered(SluiceError):
    """A request was sent, or may have been, and no answer came."""
