"""Server, credentials and namespace: from a kubeconfig or, in a pod without one, the ServiceAccount.

Credentials come from the kubernetes package: client certificates, tokens, exec plugins, OIDC.
"""

import os
from pathlib import Path

import yaml

from sluice.client.access import Access
from sluice.client.asynchronous import Configuration, config
from sluice.client.errors import NoCluster

_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_KUBECONFIG: str = config.KUBE_CONFIG_DEFAULT_LOCATION
_UNUSABLE = (config.ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, AttributeError, KeyError)


async def load(access: Access) -> tuple[Configuration, str]:
    """The configuration of the HTTP client, and the namespace. Raises NoCluster."""
    configuration = Configuration()
    if access.kubeconfig is None and access.context is None and _in_pod():
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        return configuration, access.namespace or _own_namespace()
    try:
        loader = await config.load_kube_config(  # type: ignore[no-untyped-call]
            access.kubeconfig or _KUBECONFIG, access.context, configuration, persist_config=False
        )
        namespace = loader.current_context["context"].get("namespace") or "default"
    except _UNUSABLE as error:
        raise NoCluster(f"no usable kubeconfig: {' '.join(str(error).split())}") from error
    return configuration, access.namespace or str(namespace)


def _in_pod() -> bool:
    """With a ServiceAccount, and without a kubeconfig."""
    return _NAMESPACE_FILE.exists() and not any(
        Path(path).expanduser().exists() for path in _KUBECONFIG.split(os.pathsep) if path
    )


def _own_namespace() -> str:
    return _NAMESPACE_FILE.read_text().strip()
