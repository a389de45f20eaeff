"""What can go wrong between us and the API server. Each message says what to do next.

ClientError
├── NoCluster       there is no usable kubeconfig, or its credentials are refused
├── Unreachable     no answer, or none that makes sense
├── NotInstalled    the server does not know our kinds
├── Deleted         what was followed is gone
└── Rejected        the server answered with an error
    ├── NotFound
    ├── Forbidden   a right is missing
    ├── Conflict    the object exists already, or was changed meanwhile
    ├── Expired     a watch or a page begins at a version that is no longer kept: list again
    └── Refused     anything else, in the server's words
"""

from collections.abc import Iterable

from sluice.client.resources import Resource
from sluice.core.base.errors import SluiceError
from sluice.core.base.text import did_you_mean


class ClientError(SluiceError):
    """The base class of the errors of this package."""


class NoCluster(ClientError):
    """There is no usable kubeconfig, or its credentials are refused."""


class Unreachable(ClientError):
    """A request got no answer. A write may have been carried out."""

    def __init__(self, server: str, reason: str) -> None:
        super().__init__(f"no answer from {server} ({reason})")


class NotInstalled(ClientError):
    """The API server has none of our CRDs."""

    def __init__(self, server: str) -> None:
        super().__init__(
            f"{server} does not know Workflows. To install Sluice: "
            "helm install sluice charts/sluice --namespace sluice-system --create-namespace"
        )


class Deleted(ClientError):
    """The object was deleted while it was followed."""

    def __init__(self, resource: Resource, name: str) -> None:
        super().__init__(f"{resource.kind} {name} was deleted")


class Rejected(ClientError):
    """The API server answered with an error. `status` is the HTTP code."""

    status = 0


class NotFound(Rejected):
    """There is no such object."""

    status = 404

    def __init__(self, resource: Resource, name: str, namespace: str, known: Iterable[str] = ()) -> None:
        self.resource, self.name = resource, name
        where = f" in namespace {namespace}" if namespace else ""
        super().__init__(f"no {resource.kind} is called '{name}'{where}{did_you_mean(name, known)}")


class Forbidden(Rejected):
    """A right is missing: `verb` on `resource`, in `namespace` or in all of them ('')."""

    status = 403

    def __init__(self, verb: str, resource: Resource, namespace: str, words: str) -> None:
        self.verb, self.resource, self.namespace = verb, resource, namespace
        where = f"in namespace {namespace}" if namespace else "in the whole cluster"
        scope = f" -n {namespace}" if namespace else " -A" if resource.namespaced else ""
        super().__init__(
            f"you may not {verb} {resource.full_name} {where}. "
            f"To see for yourself: kubectl auth can-i {verb} {resource.full_name}{scope}\n"
            f"The server says: {words}"
        )


class Conflict(Rejected):
    """The object exists already, or was changed since it was read. `exists` tells which."""

    status = 409

    def __init__(self, words: str, *, exists: bool) -> None:
        self.exists = exists
        super().__init__(words)


class Expired(Rejected):
    """The version at which a watch or a page begins is no longer kept."""

    status = 410


class Refused(Rejected):
    """The server said no, for example to an invalid manifest. The message is the server's own."""

    def __init__(self, status: int, words: str) -> None:
        self.status = status
        super().__init__(words)
