"""What it means that the API server did not create a pod.

A full cluster is not a failed task: a quota makes it wait without limit, and conflicts, overload and timeouts are tried
again. What cannot become true by waiting ends the task with the server's words.
https://kubernetes.io/docs/reference/using-api/api-concepts/#api-errors
"""

from enum import StrEnum

_FIRST_DELAY_S = 0.5
_LONGEST_DELAY_S = 5.0


class CreateError(StrEnum):
    QUOTA = "QuotaExceeded"
    POD_SECURITY = "PodSecurity"
    FORBIDDEN = "Forbidden"
    BUSY = "ServerBusy"
    NAMESPACE_GONE = "NamespaceTerminating"
    TOO_LARGE = "TooLarge"
    INVALID = "Invalid"
    NAME_TAKEN = "NameTaken"
    """A pod of that name belongs to somebody else."""


WHAT_TO_CUT = "; the pod holds the script, the parameters, env and podTemplate: put the largest of them into the image"

GIVE_UP_AFTER_S = {
    CreateError.TOO_LARGE: 0.0,
    CreateError.INVALID: 0.0,
    CreateError.FORBIDDEN: 600.0,  # somebody may be about to grant the right, or to create the ServiceAccount
    CreateError.POD_SECURITY: 600.0,
}
"""Seconds of the same answer after which the task has failed. All others are waited for without limit."""

_TOO_LARGE_WORDS = ("request is too large", "message larger than max")  # etcd's, and those of the way to it
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _TOO_LARGE, _INVALID, _TOO_MANY = 401, 403, 404, 409, 413, 422, 429


def classify(status: int, message: str) -> CreateError:
    """From the HTTP status and the message of the API server's answer to a POST. AlreadyExists is the caller's."""
    text = message.lower()
    if status == _TOO_LARGE or any(words in text for words in _TOO_LARGE_WORDS):
        return CreateError.TOO_LARGE
    if status == _FORBIDDEN:
        if "exceeded quota" in text:
            return CreateError.QUOTA
        if "violates podsecurity" in text:
            return CreateError.POD_SECURITY
        if "because it is being terminated" in text:
            return CreateError.NAMESPACE_GONE
        return CreateError.FORBIDDEN
    if status == _NOT_FOUND:
        return CreateError.NAMESPACE_GONE
    if status in (_UNAUTHORIZED, _CONFLICT, _TOO_MANY) or status >= 500:  # noqa: PLR2004  # every server error
        return CreateError.BUSY
    return CreateError.INVALID


def create_delay_s(tries: int) -> float:
    """Seconds to wait after so many refusals in a row (from 1)."""
    return min(_FIRST_DELAY_S * 2.0 ** min(tries - 1, 16), _LONGEST_DELAY_S)
