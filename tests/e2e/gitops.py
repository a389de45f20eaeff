"""What the tools that apply manifests from Git make of an object, by their own code as far as it can be had."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import yaml
from lupa import lua51  # Argo CD's interpreter, gopher-lua, is of Lua 5.1

from tests.cluster import binaries
from tests.e2e.kubernetes import EXAMPLES, Json

GITOPS = EXAMPLES / "gitops"
_HEALTH = yaml.safe_load((GITOPS / "argocd/argocd-cm.yaml").read_text())["data"]
_NOT_IN_ARGO_CD = ("string", "math", "io", "os", "debug", "coroutine", "python")


def kstatus(found: Json, *flux: Path) -> tuple[str, str]:
    """(status, message) as Flux and Helm see it. `flux` are Kustomizations whose healthCheckExprs count."""
    program = binaries.build(binaries.KSTATUS)
    answer = subprocess.run([program, *flux], input=json.dumps(found), capture_output=True, text=True, check=True)
    said = json.loads(answer.stdout)
    return said["status"], said["message"]


def argo_cd(found: Json) -> tuple[str, str]:
    """(status, message) by the health check in our example."""
    lua = lua51.LuaRuntime()
    for library in _NOT_IN_ARGO_CD:
        lua.globals()[library] = None
    lua.globals().obj = lua.table_from(found, recursive=True)
    said = lua.execute(_HEALTH[f"resource.customizations.health.sluice.dev_{found['kind']}"])
    return said.status, said.message
