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

    def flags(self) -> list[str]:
        """Those that a command which asks the same cluster needs, as this program was given them."""
        given = (
            ("--kubeconfig", self.kubeconfig),
            ("--context", self.context),
            ("-n", self.namespace),
            ("--as", self.as_user),
        )
        return [word for flag, value in given if value is not None for word in (flag, value)]
