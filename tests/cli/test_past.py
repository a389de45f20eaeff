"""What `sluice retry` reads of an earlier run: its graph, large outputs, and volumes that are still its own."""

import pytest
from aiohttp import web

from sluice.api import API_VERSION
from sluice.cli.retry.past import read
from sluice.core.base.naming import claim_name, graph_of, outputs_name, owner_reference, revision_name
from tests.client.server import serving, status

GRAPH = graph_of(
    {
        "tasks": [{"name": "a", "image": "b", "outputs": ["rows"]}],
        "volumeClaimTemplates": [{"metadata": {"name": "work"}, "spec": {"accessModes": ["ReadWriteOnce"]}}],
    }
)
REVISION = revision_name("etl", "w", GRAPH)
OURS, OTHERS = owner_reference("WorkflowRun", "old", "u"), owner_reference("WorkflowRun", "new", "v")
CLAIM, OUTPUTS = claim_name("old", "u", "work"), outputs_name("old", "u")


def run(phase="Failed"):
    entry = {"phase": "Succeeded", "outputsIn": "ConfigMap"}
    return {
        "apiVersion": API_VERSION,
        "metadata": {"name": "old", "namespace": "team", "uid": "u"},
        "spec": {"workflow": "etl"},
        "status": {"phase": phase, "revision": REVISION, "tasks": {"a": entry}},
    }


def revision(data=GRAPH):
    owner = owner_reference("Workflow", "etl", "w")
    return {"metadata": {"name": REVISION, "namespace": "team", "ownerReferences": [owner]}, "data": data}


def owned(name, owner, **rest):
    return {"metadata": {"name": name, "namespace": "team", "ownerReferences": [owner], **rest}}


async def found(tmp_path, run, *objects):
    there = {each["metadata"]["name"]: each for each in objects}

    async def answer(request):
        name = request.path.rpartition("/")[2]
        return web.json_response(there[name]) if name in there else status(404, "NotFound", "", name=name)

    async with serving(answer, tmp_path) as client:
        return await read(client, run)


CONFIG_MAP = {**owned(OUTPUTS, OURS), "data": {"a": '{"rows": 3}'}}


async def test_outputs_that_stand_apart_and_volumes_are_found(tmp_path):
    past = await found(tmp_path, run(), revision(), CONFIG_MAP, owned(CLAIM, OURS))
    assert past.outputs == {"a": {"rows": 3}}
    assert past.claims == {"work": CLAIM}


@pytest.mark.parametrize(
    ("phase", "claim"),
    [
        ("Failed", owned(CLAIM, OTHERS)),  # another run has taken it over
        ("Failed", owned(CLAIM, OURS, deletionTimestamp="2026-03-01T00:00:00Z")),
        ("Succeeded", owned(CLAIM, OURS)),  # it goes with the success
        ("Failed", owned("another", OURS)),
    ],
)
async def test_volumes_that_cannot_be_taken_over_are_left_out(phase, claim, tmp_path):
    assert (await found(tmp_path, run(phase), revision(), claim)).claims == {}


async def test_what_somebody_else_has_written_counts_for_nothing(tmp_path):
    past = await found(tmp_path, run(), revision(), {**CONFIG_MAP, **owned(OUTPUTS, OTHERS)})
    assert past.outputs == {}
    forged = {**GRAPH, "tasks": [{"name": "a", "image": "other"}]}
    assert await found(tmp_path, run(), revision(forged)) is None


async def test_a_graph_that_is_gone_is_told(tmp_path):
    assert await found(tmp_path, run()) is None
