"""Whatever happens between the operator and the API server: each attempt's pod is made once, and the run ends right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.controller.proxy import Act, Fault, Forward, Proxy, expire, lose, refuse, swallow
from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, workflow

PODS = r"/pods$"
RUNS = r"/workflowruns$"
RUN_STATUS = r"/workflowruns/.*/status$"
WORKFLOW_STATUS = r"/workflows/.*/status$"
WATCH_PODS = r"/pods\?.*watch="
WATCH_WORKFLOWS = r"/workflows\?.*watch="
WATCH_RUNS = r"/workflowruns\?.*watch="

TASKS: list[Json] = [
    {"name": name, "dependsOn": list(dependencies), "nodeSelector": {"example.com/nowhere": "true"}}
    for name, dependencies in {"a": "", "b": "", "c": "", "d": "ab", "e": "bc", "f": "de"}.items()
]

BUSY, BROKEN = refuse(429, "TooManyRequests"), refuse(500, "InternalError")
CONFLICT = refuse(409, "Conflict")
