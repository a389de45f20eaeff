"""Classifies the API server's refusals to create a pod: which to retry, and for how long.

A full cluster is not a failed task: a quota is waited for without limit, unless the one pod asks for more than it
allows in all; conflicts, overload and timeouts are retried with backoff. What no retry can fix fails the task with the
server's message.
https://kubernetes.io/docs/reference/using-api/api-concepts/#api-errors
"""

from enum import StrEnum

from sluice.core.base import quantity

_FIRST_DELAY_S = 0.5
_LONGEST_DELAY_S = 5.0


class CreateError(StrEnum):
    QUOTA = "QuotaExceeded"
    QUOTA_TOO_SMALL = "QuotaTooSmall"
    """For this one pod alone."""
    POD_SECURITY = "PodSecurity"
    FORBIDDEN = "Forbidden"
    BUSY = "ServerBusy"
    NAMESPACE_GONE = "NamespaceTerminating"
    TOO_LARGE = "TooLarge"
    INVALID = "Invalid"
    FILES_GONE = "FilesGone"
    """The ConfigMap of its files was deleted, and nobody has them any more."""
    NAME_TAKEN = "NameTaken"
    """Another owner's pod has the name."""


WHAT_TO_CUT = "; the pod holds the script, the parameters, env and podTemplate: put the largest of them into the image"

GIVE_UP_AFTER_S = {
    CreateError.TOO_LARGE: 0.0,
    CreateError.INVALID: 0.0,
    CreateError.FILES_GONE: 0.0,
    CreateError.QUOTA_TOO_SMALL: 600.0,  # someone may still raise it
    CreateError.FORBIDDEN: 600.0,  # someone may still grant the permission or create the ServiceAccount
    CreateError.POD_SECURITY: 600.0,
}
"""Seconds of the same error after which the task fails. Errors not listed are retried without limit."""

_TOO_LARGE_MESSAGES = ("request is too large", "message larger than max")  # etcd's, and its gRPC client's
_BAD_REQUEST, _FORBIDDEN, _NOT_FOUND, _TOO_LARGE, _INVALID = 400, 403, 404, 413, 422


def classify(status: int, message: str) -> CreateError:
    """The error behind a POST's HTTP status and message. The caller handles AlreadyExists itself."""
    text = message.lower()
    if status == _TOO_LARGE or any(fragment in text for fragment in _TOO_LARGE_MESSAGES):
        return CreateError.TOO_LARGE
    if status == _FORBIDDEN:
        reason = _reason(message)
        if reason.startswith(_EXCEEDED):
            return CreateError.QUOTA_TOO_SMALL if above_quota(message) else CreateError.QUOTA
        if reason.startswith("violates PodSecurity"):
            return CreateError.POD_SECURITY
        if "because it is being terminated" in text:
            return CreateError.NAMESPACE_GONE
        return CreateError.FORBIDDEN
    if status == _NOT_FOUND:
        return CreateError.NAMESPACE_GONE
    return CreateError.INVALID if status in (_BAD_REQUEST, _INVALID) else CreateError.BUSY


def _reason(message: str) -> str:
    """The words of the admission plugin. Farther on they may quote what a tenant has written."""
    _, forbidden, reason = message.partition(" is forbidden: ")
    return reason if forbidden else message


_EXCEEDED = "exceeded quota: "
"""https://github.com/kubernetes/kubernetes/blob/v1.35.4/staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go"""


def above_quota(message: str) -> str:
    """In words, what one object asks for beyond all that a quota allows, by the server's message; empty if nothing."""
    reason = _reason(message)
    if not reason.startswith(_EXCEEDED):
        return ""
    quota, _, amounts = reason.removeprefix(_EXCEEDED).partition(", requested: ")
    asked, _, amounts = amounts.partition(", used: ")
    requested, limited = _amounts(asked), _amounts(amounts.partition(", limited: ")[2])
    above = [
        f"{name}={amount} and ResourceQuota {quota} allows {limited[name]} in all"
        for name, amount in requested.items()
        if name in limited and _is_more(amount, limited[name])
    ]
    return f"alone it asks for {', for '.join(above)}; ask for less, or have the quota raised" if above else ""


def _amounts(text: str) -> dict[str, str]:
    """`pods=1,requests.cpu=2` by resource."""
    return {name.strip(): amount.strip() for name, _, amount in (part.partition("=") for part in text.split(","))}


def _is_more(one: str, other: str) -> bool:
    amounts = quantity.parse(one), quantity.parse(other)
    return amounts[0] is not None and amounts[1] is not None and amounts[0] > amounts[1]


def create_delay_s(tries: int) -> float:
    """Seconds to wait after the given number of consecutive failures (at least 1)."""
    return min(_FIRST_DELAY_S * 2.0 ** min(tries - 1, 16), _LONGEST_DELAY_S)
