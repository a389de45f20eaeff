"""Import `kubernetes.aio` and aiohttp by way of this module: it loads only what we use of them.

`kubernetes/__init__.py` imports the whole package, its synchronous half as well, which would be a third of the time
until the first output of a command. Here the modules that we do not need load on first use, so never. They are
forgotten at once: whoever looks at all modules, as pydantic does to read docstrings, would load them.

The package's own client, which needs pydantic, is loaded when somebody makes one: requests are ours, see `client.api`.

As aiohttp is imported, it reads all certificates of the system, for connections that have no TLS context of their own.
Ours have one, which may well read them. So aiohttp finds none, and a connection without a context trusts nobody.
"""

import os
import ssl
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

_LATER = frozenset(
    f"kubernetes.{half}{module}"
    for half, modules in (
        ("", ("client", "config", "dynamic", "informer", "leaderelection", "stream", "utils", "watch")),
        ("aio.", ("config", "dynamic", "leaderelection", "stream", "watch")),
    )
    for module in modules
)


class _OnFirstUse(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in _LATER else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def _api_client(configuration: Any = None) -> Any:
    """In place of the class, in the module of kubeconfigs: that imports it for a function that we do not call."""
    from kubernetes.aio.client.api_client import ApiClient  # noqa: PLC0415

    return ApiClient(configuration)


@contextmanager
def _no_certificates() -> Iterator[None]:
    found = ssl.get_default_verify_paths()
    named = (found.openssl_cafile_env, found.openssl_capath_env)
    before = {name: os.environ[name] for name in named if name in os.environ}
    os.environ.update(dict.fromkeys(named, os.devnull))
    try:
        yield
    finally:
        for name in named:
            del os.environ[name]
        os.environ.update(before)


with _no_certificates():
    import aiohttp
    from aiohttp.http_exceptions import HttpProcessingError

_finder = _OnFirstUse()
sys.meta_path.insert(0, _finder)
try:
    from kubernetes.aio import client, config

    client.__dict__.setdefault("ApiClient", _api_client)
    from kubernetes.aio.client.configuration import Configuration
    from kubernetes.aio.client.rest import RESTClientObject
    from kubernetes.aio.config import ConfigException

    if client.ApiClient is _api_client:
        del client.ApiClient
finally:
    sys.meta_path.remove(_finder)
    for _name in _LATER & sys.modules.keys():
        if type(sys.modules[_name]) is not ModuleType:  # still to be loaded
            _parent, _, _child = _name.rpartition(".")
            delattr(sys.modules[_parent], _child)
            del sys.modules[_name]

__all__ = ["ConfigException", "Configuration", "HttpProcessingError", "RESTClientObject", "aiohttp", "config"]
