"""Which cluster, as whom, in which namespace: what kubectl's flags say."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """What is None is as the kubeconfig says."""

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None
    as_user: str | None = None
    """`--as`: act as this user."""
    request_timeout_s: float | None = None
    """`--request-timeout`, of one request. 0 is for ever."""
