"""The volumes of a run: which tasks mount them, what their claims are, and what lint says of them."""

import pytest

from sluice.core.base.naming import claim_name, graph_of, owner_reference
from sluice.core.graph.dag import Graph
from sluice.core.pod.builder import build_pod
from sluice.core.pod.volumes import claim_body, claims_of, mounted
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.validation import workflow_faults, workflow_warnings
from tests.core.kubelet import RUN
from tests.core.world import graph

SCRATCH = {
    "metadata": {"name": "scratch", "labels": {"team": "blue", "sluice.dev/run": "forged"}},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
MOUNTS = {"volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}]}
CLAIMS = claims_of(RUN.name, RUN.uid, ["scratch", "cache"])


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, []),
        (MOUNTS, ["scratch"]),
        ({"volumeMounts": [{"name": "other", "mountPath": "/other"}]}, []),
        ({"podTemplate": {"spec": {"containers": [{"name": "main"} | MOUNTS]}}}, ["scratch"]),
        ({"podTemplate": {"spec": {"initContainers": [{"name": "fetch"} | MOUNTS]}}} | MOUNTS, ["scratch"]),
        (
            {"volumeMounts": [{"name": n, "mountPath": f"/{n}"} for n in ("scratch", "cache")]},
            ["scratch", "cache"],
        ),
    ],
)
def test_task_mounts_a_claim_in_whichever_container(fields, found):
    assert mounted(fields, CLAIMS) == found


def test_pod_has_the_volumes_that_it_mounts_and_no_others():
    a, b = Definition.of(graph("a, b", a=MOUNTS | {"bash": "true"})).tasks
    run = RunIdentity(RUN.name, RUN.namespace, RUN.uid, "etl", {}, CLAIMS)
    volumes = {volume["name"]: volume for volume in build_pod(run, a, 1)["spec"]["volumes"]}
    assert volumes.keys() == {"sluice", "scratch"}
    assert volumes["scratch"]["persistentVolumeClaim"] == {"claimName": CLAIMS["scratch"]}
    assert "volumes" not in build_pod(run, b, 1)["spec"]


def test_claim_belongs_to_its_run_and_is_found_by_its_labels():
    run_owner = owner_reference("WorkflowRun", RUN.name, RUN.uid)
    made = claim_body(SCRATCH, CLAIMS["scratch"], run=RUN.name, workflow="etl", run_owner=run_owner)
    assert made["metadata"] == {
        "name": f"{RUN.name}-scratch-{CLAIMS['scratch'][-8:]}",
        "labels": {
            "team": "blue",
            "sluice.dev/workflow": "etl",
            "sluice.dev/run": RUN.name,
            "sluice.dev/run-uid": RUN.uid,
        },
        "ownerReferences": [run_owner],
    }
    assert made["spec"] == SCRATCH["spec"]


def test_two_runs_of_one_name_have_two_claims():
    assert claim_name("etl-1", "uid-1", "scratch") != claim_name("etl-1", "uid-2", "scratch")
    assert claim_name("etl-1", "uid-1", "scratch") == claim_name("etl-1", "uid-1", "scratch")


def test_changed_template_is_another_graph():
    spec = {"tasks": [], "parallelism": 2}
    assert graph_of(spec | {"volumeClaimTemplates": [SCRATCH]}) != graph_of(spec)


# What is wrong.


def template(name="scratch", mode="ReadWriteOnce"):
    return {"metadata": {"name": name}, "spec": {"accessModes": [mode]}}


@pytest.mark.parametrize(
    ("templates", "defaults", "task", "faults"),
    [
        ([template()], {}, MOUNTS, []),
        ([template()], MOUNTS, {}, []),
        (
            [template(), template()],
            {},
            MOUNTS,
            ["[1].metadata.name: 'scratch' is the name of volumeClaimTemplates[0] already; rename one"],
        ),
        (
            [template("sluice")],
            {},
            {},
            ["[0].metadata.name: 'sluice' is the volume of a task's script; choose another name"],
        ),
        (
            [template()],
            {},
            {"volumes": [{"name": "scratch", "emptyDir": {}}]},
            ["[0].metadata.name: 'scratch' is one of the volumes of spec.tasks[0] too; rename one"],
        ),
        (
            [template()],
            {"podTemplate": {"spec": {"volumes": [{"name": "scratch"}]}}},
            {},
            ["[0].metadata.name: 'scratch' is one of the volumes of spec.defaults too; rename one"],
        ),
        ([{"metadata": {"name": "scratch"}}], {}, {}, ["[0].spec: is required"]),
        ([template(mode={})], {}, {}, ["[0].spec.accessModes: must be a list of strings such as [ReadWriteOnce]"]),
        (
            [{"metadata": {"name": "scratch"}, "spec": {"accessModes": "ReadWriteOnce"}}],
            {},
            {},
            ["[0].spec.accessModes: must be a list of strings such as [ReadWriteOnce]"],
        ),
        (["scratch"], {}, {}, ["[0]: must be a map"]),
    ],
)
def test_faults_of_templates(templates, defaults, task, faults):
    spec = {
        "volumeClaimTemplates": templates,
        "defaults": defaults,
        "tasks": [{"name": "a", "image": "busybox"} | task],
    }
    found = workflow_faults({"metadata": {"name": "etl"}, "spec": spec})
    assert [str(fault) for fault in found] == [f"spec.volumeClaimTemplates{fault}" for fault in faults]


def test_mount_of_an_unknown_volume_is_a_fault():
    spec = {
        "volumeClaimTemplates": [template("scratch")],
        "defaults": {"image": "busybox"},
        "tasks": [{"name": "a", "volumeMounts": [{"name": "scrach", "mountPath": "/s"}]}],
    }
    (fault,) = workflow_faults({"metadata": {"name": "etl"}, "spec": spec})
    assert str(fault) == "spec.tasks[0].volumeMounts[0].name: no volume is called 'scrach'; did you mean 'scratch'?"


@pytest.mark.parametrize(
    ("text", "mode", "users", "pair"),
    [
        ("a >> b", "ReadWriteOnce", "ab", None),
        ("a >> x >> b", "ReadWriteOnce", "ab", None),
        ("a, b", "ReadWriteOnce", "ab", ("a", "b")),
        ("a, b", "ReadWriteOncePod", "ab", ("a", "b")),
        ("a, b", "ReadWriteMany", "ab", None),
        ("a, b", "ReadWriteOnce", "a", None),
        ("a >> b, c >> d", "ReadWriteOnce", "abd", None),
        ("a >> b, c >> d", "ReadWriteOnce", "abcd", ("b", "c")),
    ],
)
def test_warning_where_tasks_on_two_nodes_could_want_a_volume_of_one(text, mode, users, pair):
    spec = graph(text, **dict.fromkeys(users, MOUNTS)) | {"volumeClaimTemplates": [template(mode=mode)]}
    said = [str(warning).partition(" can run")[0] for warning in workflow_warnings({"spec": spec})]
    path = "spec.volumeClaimTemplates[0].spec.accessModes"
    assert said == ([f"{path}: '{pair[0]}' and '{pair[1]}'"] if pair else [])
    assert workflow_warnings({"spec": spec | {"parallelism": 1}}) == []


@pytest.mark.parametrize(("parallelism", "warned"), [(None, True), (2, True), (1, False)])
def test_items_of_a_fan_out_run_beside_each_other(parallelism, warned):
    each = {"items": ["x", "y"]} | ({"parallelism": parallelism} if parallelism else {})
    spec = graph("a", a=MOUNTS | {"forEach": each}) | {"volumeClaimTemplates": [template()]}
    assert bool(workflow_warnings({"spec": spec})) is warned


def test_finally_task_does_not_run_beside_the_others():
    spec = graph("a, z", a=MOUNTS, z=MOUNTS | {"finally": True}) | {"volumeClaimTemplates": [template()]}
    assert workflow_warnings({"spec": spec}) == []


@pytest.mark.parametrize(
    ("text", "some", "pair"),
    [
        ("a >> b >> c", [0, 2], None),
        ("c >> b; a >> b", [0, 1, 2], (0, 2)),
        ("a >> b; c >> d", [1, 3], (1, 3)),
        ("a", [], None),
    ],
)
def test_two_tasks_of_which_neither_waits_for_the_other(text, some, pair):
    tasks = graph(text)["tasks"]
    assert Graph.of([t["name"] for t in tasks], [t["dependsOn"] for t in tasks]).unordered(some) == pair
