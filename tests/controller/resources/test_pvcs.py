"""PersistentVolumeClaims of runs: made once, and never again where a task has written."""

import asyncio
from dataclasses import replace

import pytest

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import ApiError
from sluice.controller.resources.pvcs import VolumeClaims
from sluice.core.base.naming import owner_reference
from sluice.core.pod.create_errors import CreateError
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.spec.definition import Definition
from tests.core.kubelet import RUN, START
from tests.core.world import graph

CLAIM = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
MOUNTS = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
OWNED = {
    "metadata": {"namespace": "team", "ownerReferences": [owner_reference("WorkflowRun", RUN.name, RUN.uid)]},
}


class Server:
    def __init__(self, *, there: bool) -> None:
        self.there, self.made = there, []

    async def create(self, _path, body):
        self.made.append(body["metadata"]["name"])

    async def get(self, _path):
        if not self.there:
            raise ApiError(404, "NotFound", "")
        return OWNED


@pytest.mark.parametrize(
    ("extract", "there", "made", "refused"),
    [
        ("Pending", False, ["data-1"], None),
        ("Succeeded", True, [], None),
        ("Succeeded", False, [], CreateError.INVALID),  # it would be empty
        ("Failed", False, ["data-1"], None),
    ],
)
def test_a_claim_that_was_written_to_is_not_made_again(extract, there, made, refused):
    identity = replace(RUN, claims={"data": "data-1"})
    definition = Definition.of(
        graph("extract >> load", extract=MOUNTS, load=MOUNTS) | {"volumeClaimTemplates": [CLAIM]}
    )
    entry = {"phase": extract, "attempt": 1, "reason": "Error" if extract == "Failed" else ""}
    status = {"tasks": {} if extract == "Pending" else {"extract": entry}}
    run = restore(identity, "rev", definition, status=status, pods=[], now=START, orders=Orders())
    server = Server(there=there)
    found = asyncio.run(VolumeClaims(server, Cache(), Clock()).refusal(run, 1))
    assert server.made == made
    assert (found and found[0]) == refused
