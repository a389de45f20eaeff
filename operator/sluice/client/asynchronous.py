"""Import `kubernetes.aio` by way of this module: it loads only what we use of it.

`kubernetes/__init__.py` imports the whole package, its synchronous half as well, which would be a third of the time
until the first output of a command. Here the modules that we do not need load on first use, so never. They are
forgotten at once: whoever looks at all modules, as pydantic does to read docstrings, would load them.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

_UNUSED = frozenset(
    f"kubernetes.{half}{module}"
    for half, modules in (
        ("", ("client", "config", "dynamic", "informer", "leaderelection", "stream", "utils", "watch")),
        ("aio.", ("dynamic", "leaderelection", "stream", "watch")),
    )
    for module in modules
)


class _OnFirstUse(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in _UNUSED else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


_finder = _OnFirstUse()
sys.meta_path.insert(0, _finder)
try:
    from kubernetes.aio import config
    from kubernetes.aio.client import ApiClient, Configuration
finally:
    sys.meta_path.remove(_finder)
    for _name in _UNUSED & sys.modules.keys():
        if type(sys.modules[_name]) is not ModuleType:  # still to be loaded
            _parent, _, _child = _name.rpartition(".")
            delattr(sys.modules[_parent], _child)
            del sys.modules[_name]

__all__ = ["ApiClient", "Configuration", "config"]
