"""Server, credentials and namespace: from a kubeconfig or, in a pod without one, the ServiceAccount.

Credentials come from the kubernetes package: client certificates, tokens, exec plugins, OIDC.
"""

import logging
import os
from pathlib import Path

import yaml

from sluice.client.access import Access
from sluice.client.asynchronous import ConfigException, Configuration, config
from sluice.client.errors import NoCluster

_NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
_CA_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
_DEFAULT = "~/.kube/config"
_LOGGER = logging.getLogger(config.kube_config.__name__)
_UNUSABLE = (ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, AttributeError, KeyError)


async def load(access: Access) -> tuple[Configuration, str]:
    """The configuration of the HTTP client, and the namespace. Raises NoCluster."""
    configuration = Configuration()
    file = access.kubeconfig or os.environ.get("KUBECONFIG") or _DEFAULT
    if not _exists(file):
        if access.context is None and _exists(_NAMESPACE_FILE):
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
            return configuration, access.namespace or _own_namespace()
        raise NoCluster(f"there is no kubeconfig at {file}; name yours by --kubeconfig, or in $KUBECONFIG")
    complaints = _Complaints()
    try:
        with complaints:
            loader = await config.load_kube_config(  # type: ignore[no-untyped-call]
                file, access.context, configuration, persist_config=False
            )
        namespace = loader.current_context["context"].get("namespace") or "default"
    except _UNUSABLE as error:
        raise NoCluster(f"no usable kubeconfig: {' '.join(str(error).split())}") from error
    if complaints.texts:
        raise NoCluster(f"no credentials by {file}: {' '.join('; '.join(complaints.texts).split())}")
    return configuration, access.namespace or str(namespace)


def with_token(token: str) -> Configuration:
    """Of the cluster in which this pod runs, as whoever has the token; nothing of the pod's own account is used.

    Raises NoCluster outside of a cluster.
    """
    host, port = (os.environ.get(f"KUBERNETES_SERVICE_{name}") for name in ("HOST", "PORT"))
    if not host or not port or not _exists(_CA_FILE):
        raise NoCluster(f"this is no pod of a cluster: no $KUBERNETES_SERVICE_HOST, or no {_CA_FILE}")
    configuration = Configuration()
    configuration.host = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    configuration.ssl_ca_cert = _CA_FILE
    configuration.api_key["BearerToken"] = f"Bearer {token}"
    return configuration


class _Complaints(logging.Handler):
    """What the kubernetes package says of an exec plugin that fails: it goes on without credentials."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())

    def __enter__(self) -> None:
        _LOGGER.addHandler(self)

    def __exit__(self, *_: object) -> None:
        _LOGGER.removeHandler(self)


def _exists(files: str) -> bool:
    """Is there one of these files?"""
    return any(Path(path).expanduser().exists() for path in files.split(os.pathsep) if path)


def _own_namespace() -> str:
    return Path(_NAMESPACE_FILE).read_text().strip()
