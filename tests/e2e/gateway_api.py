"""The CRD of HTTPRoutes as the Gateway API publishes it: in a Go module, fetched once per version."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.cluster import binaries, cache, golang
from tests.cluster.commands import run

_MODULE, _FILE = "sigs.k8s.io/gateway-api", "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"
_PINNED = binaries.GO / "gateway-api"


def crd() -> Path:
    """The manifest, in the cache."""
    file = cache.directory("crds") / f"httproutes-{cache.key_of(cache.files_under(_PINNED))}.yaml"
    if not file.exists():
        env = os.environ | {"GOWORK": "off", "GOFLAGS": "-mod=readonly"}
        fetched = json.loads(run(golang.find(), "mod", "download", "-json", _MODULE, cwd=_PINNED, env=env))
        half_written = file.with_suffix(f".{os.getpid()}")
        half_written.write_bytes((Path(fetched["Dir"]) / _FILE).read_bytes())
        half_written.rename(file)
    return file
