"""Manifests that live in Git: who applies them, how, what the tools see, and what they must not leave on children."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.e2e.gitops import GITOPS, argo_cd, kstatus
from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, by_hand, eventually, workflow
from tests.e2e.volumes import Disks
from tests.e2e.watch import Watch

Start = Callable[[str], HostOperator]

ROOT = Path(__file__).parents[2]
STAGING = GITOPS / "kustomize/staging"
FLUX = (GITOPS / "flux/wait.yaml", GITOPS / "flux/health-checks.yaml")

IDLE = {"name": "idle", "nodeSelector": {"example.com/nowhere": "true"}}
WAITS = {"name": "work", "bash": "until [ -e /tmp/go ]; do sleep 0.1; done"}
FAILS = {"name": "work", "bash": "exit 3"}
WHY = "task work failed: exit code 3"

CURRENT = ("Current", "Resource is current")  # kstatus' words

POOL = {"apiVersion": "sluice.dev/v1alpha1", "kind": "Pool", "metadata": {"name": "db"}, "spec": {"slots": 1}}


def observed(kubectl: Kubectl, kind: str, name: str) -> Json:
    """The object, once the operator has looked at it as it is now."""

    def look() -> Json | None:
        found = kubectl.get(kind, name)
        return found if found["status"].get("observedGeneration") == found["metadata"]["generation"] else None

    return eventually(look, f"{kind} {name} is observed")


def runs(kubectl: Kubectl) -> list[str]:
    return sorted(run["metadata"]["name"] for run in kubectl.list("workflowruns"))


# What the tools see.


def sees(kubectl: Kubectl, kind: str, name: str, flux: tuple[str, str], argo: tuple[str, str]) -> None:
    """It comes to look like that to Flux and to Argo CD."""

    def seen() -> tuple[tuple[str, str], tuple[str, str]]:
        found = kubectl.get(kind, name)
        return kstatus(found), argo_cd(found)

    with contextlib.suppress(AssertionError):
        eventually(lambda: seen() == (flux, argo), f"{kind} {name}")
    assert seen() == (flux, argo), f"{kind} {name}"


def test_the_tools_see_how_it_stands_and_why(kubectl: Kubectl) -> None:
    def by_expressions(name: str) -> str:
        return kstatus(kubectl.get("workflow", name), *FLUX)[0]

    fault = "spec.tasks[0].dependsOn[0]: no task is called 'helo'; did you mean 'hello'?"

    kubectl.apply(workflow("long", WAITS, health="Run"))
    kubectl.apply(workflow("plain", FAILS))
    kubectl.apply(workflow("broken", FAILS, health="Run"))
    kubectl.apply(workflow("refused", {"name": "hello", "dependsOn": ["helo"], "bash": "true"}))
    kubectl.apply(workflow("timed", FAILS, schedule={"cron": "* * * * *", "suspend": True}))
    kubectl.apply(POOL)
    kubectl.apply(by_hand("paused", "plain", state="Suspended"))
    kubectl.apply(by_hand("early", "later"))

    sees(kubectl, "workflow", "refused", ("Failed", fault), ("Degraded", fault))
    long, plain, broken = (kubectl.run_of(name) for name in ("long", "plain", "broken"))
    sees(kubectl, "workflow", "long", ("InProgress", f"run {long}: Running"), ("Progressing", f"run {long}: Running"))
    sees(kubectl, "workflowrun", long, ("InProgress", ""), ("Progressing", "0/1"))
    assert by_expressions("long") == "InProgress"
    sees(kubectl, "workflowrun", "paused", ("InProgress", ""), ("Suspended", "0/1"))
    missing = "there is no Workflow 'later' in this namespace; create it, or delete this run"
    sees(kubectl, "workflowrun", "early", ("InProgress", missing), ("Progressing", missing))

    sees(kubectl, "workflowrun", plain, ("Failed", WHY), ("Degraded", WHY))
    only_made = "Healthy", f"run {plain}: Failed"  # its run exists: no more was asked for
    sees(kubectl, "workflow", "plain", CURRENT, only_made)
    assert by_expressions("plain") == "Failed"
    why = f"run {broken}: {WHY}"
    sees(kubectl, "workflow", "broken", ("Failed", why), ("Degraded", why))
    sees(kubectl, "workflow", "timed", CURRENT, ("Suspended", "its schedule is suspended"))
    observed(kubectl, "pool", "db")
    assert kstatus(kubectl.get("pool", "db")) == CURRENT

    # What is mended recovers by itself.
    kubectl.apply(workflow("refused", {"name": "hello", "bash": "true"}, health="Run"))
    kubectl.apply(workflow("broken", {"name": "work", "bash": "true"}, health="Run"))
    kubectl.let_go(kubectl.task(long, "work")["pod"])
    for name in ("refused", "broken", "long"):
        sees(kubectl, "workflow", name, CURRENT, ("Healthy", f"run {kubectl.run_of(name)}: Succeeded"))
        assert by_expressions(name) == "Current"
    sees(kubectl, "workflowrun", long, CURRENT, ("Healthy", "1/1"))


def test_nobody_waits_for_a_run_that_was_deleted_and_nothing_is_made_for_what_is_going(kubectl: Kubectl) -> None:
    kubectl.apply(workflow("etl", IDLE, health="Run"))
    run = kubectl.run_of("etl")
    sees(kubectl, "workflow", "etl", ("InProgress", f"run {run}: Running"), ("Progressing", f"run {run}: Running"))
    kubectl("delete", "workflowrun", run)
    gone = f"run {run}: it was deleted before its end was seen"
    sees(kubectl, "workflow", "etl", ("Failed", gone), ("Degraded", gone))

    kubectl.patch("workflow", "etl", {"metadata": {"finalizers": ["example.com/hold"]}})
    try:
        kubectl("delete", "workflow", "etl", "--wait=false")
        kubectl.patch("workflow", "etl", {"spec": {"tasks": [IDLE | {"name": "other"}]}})
        assert kstatus(kubectl.get("workflow", "etl"))[0] == "Terminating"
        after = kubectl.run(workflow("after", {"name": "hello", "bash": "true"}))  # the operator has had its turn
        assert runs(kubectl) == [after["metadata"]["name"]]
    finally:
        kubectl.patch("workflow", "etl", {"metadata": {"finalizers": None}})


# Who applies, and how.


def test_nobody_fights_with_the_operator_over_a_field(kubectl: Kubectl) -> None:
    ways = {
        "client": (("apply",), ("apply",), ("diff",)),
        "server": (
            ("apply", "--server-side", "--field-manager=flux"),
            ("apply", "--server-side", "--field-manager=flux"),
            ("diff", "--server-side", "--field-manager=flux"),
        ),
        "replace": (("create",), ("replace",), ()),
    }

    def put(way: tuple[str, ...], manifest: Json) -> None:
        kubectl(*way, "-f", "-", stdin=json.dumps(manifest))  # a conflict is an error

    for name, (first, again, diff) in ways.items():
        manifest, changed = workflow(name, IDLE), workflow(name, IDLE, IDLE | {"name": "other"})
        put(first, manifest)
        run = kubectl.run_of(name)
        status = observed(kubectl, "workflow", name)["status"]
        put(again, manifest)
        assert kubectl.get("workflow", name)["status"] == status, f"{name}: the status is kept"
        if diff:
            put(diff, manifest)  # fails where it sees a difference
        put(again, changed)
        eventually(lambda run=run, name=name: kubectl.run_of(name) != run, f"{name} has a second run")
        put(again, changed)

    apply = ways["server"][0]
    for state, slots in (("Suspended", 1), ("Running", 2)):
        put(apply, by_hand("by-hand", "server", state=state))
        put(apply, POOL | {"spec": {"slots": slots}})
        observed(kubectl, "workflowrun", "by-hand")
        observed(kubectl, "pool", "db")
    found = [("workflow", name) for name in ways] + [("workflowrun", "by-hand"), ("pool", "db")]
    for kind, name in found:
        whole = json.loads(kubectl("get", kind, name, "-o", "json", "--show-managed-fields"))
        entries = whole["metadata"]["managedFields"]
        ours = {entry.get("subresource") for entry in entries if entry["manager"].startswith("sluice")}
        assert ours == {"status"}, f"{kind} {name}"
        theirs = {key for entry in entries if "subresource" not in entry for key in entry["fieldsV1"]}
        assert theirs <= {"f:metadata", "f:spec"}, f"{kind} {name}"
    made = [run for run in runs(kubectl) if run != "by-hand"]
    assert len(made) == 2 * len(ways), "one run for each manifest, and none for applying it again"


@pytest.mark.parametrize("kind", ["workflow", "workflowrun"])
def test_marks_of_the_tools_never_reach_children(kubectl: Kubectl, disks: Disks, kind: str) -> None:
    marks = {
        "labels": {
            "argocd.argoproj.io/instance": "by-tool",
            "app.kubernetes.io/instance": "by-tool",
            "app.kubernetes.io/managed-by": "by-tool",
            "helm.sh/chart": "by-tool",
            "kustomize.toolkit.fluxcd.io/name": "by-tool",
            "kustomize.toolkit.fluxcd.io/namespace": "by-tool",
        },
        "annotations": {
            "argocd.argoproj.io/tracking-id": "by-tool",
            "meta.helm.sh/release-name": "by-tool",
            "kustomize.toolkit.fluxcd.io/prune": "by-tool",
        },
    }
    disks.make(1)
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    large = 'mkdir -p /scratch; s=$(head -c 6000 /dev/zero | tr "\\0" x); echo "::outputs::{\\"text\\": \\"$s\\"}"'
    parent = workflow(
        "parent",
        {
            "name": "large",
            "bash": large,
            "outputs": ["text"],
            "outputsFrom": "Log",
            "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
        },
        {"name": "call", "workflow": {"name": "child"}},
        {"name": "work", "dependsOn": ["large", "call"], "bash": "exit 3"},  # a failed run keeps its volume
        volumeClaimTemplates=[{"metadata": {"name": "scratch"}, "spec": claim}],
        **({"trigger": "Manual"} if kind == "workflowrun" else {}),
    )
    child = workflow("child", {"name": "hello", "bash": "true"}, trigger="Manual")
    asked = by_hand("today", "parent")
    for manifest in (child, parent, asked) if kind == "workflowrun" else (child, parent):
        manifest["metadata"] |= marks
        kubectl.apply(manifest)
    run = kubectl.finished("today" if kind == "workflowrun" else kubectl.run_of("parent"))
    assert run["status"]["message"] == WHY

    kinds = ("workflowruns", "pods", "controllerrevisions", "configmaps", "pvc", "events")
    children = [each for kind in kinds for each in kubectl.list(kind) if each["metadata"]["name"] != "today"]
    assert {each["kind"] for each in children} >= {"WorkflowRun", "Pod", "ControllerRevision", "ConfigMap"}
    assert "PersistentVolumeClaim" in {each["kind"] for each in children}
    marked = [each["metadata"] for each in children if "by-tool" in json.dumps(each["metadata"])]
    assert marked == []


# What is shown.


def shown_in_readme() -> list[str]:
    (section,) = re.findall(r"## In Git\n.*?```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [line for line in section.splitlines() if line.startswith("kubectl ")]


def test_kustomize_and_the_lines_of_the_readme(kubectl: Kubectl) -> None:
    built = list(yaml.safe_load_all(kubectl("kustomize", STAGING)))
    images = re.findall(r"'image': '(\S+)'", str(built))
    assert images == ["python:3.13-slim"] * 2
    for line in shown_in_readme():
        words = [
            str(ROOT / word) if word.startswith("examples/") else word for word in shlex.split(line, comments=True)
        ]
        kubectl(*words[1:])
    etl = kubectl.get("workflowrun", kubectl.run_of("staging-etl"))
    (child,) = (each["metadata"]["name"] for each in kubectl.list("workflowruns", "sluice.dev/parent"))
    assert (etl["status"]["phase"], etl["status"]["tasks"]["load"]["run"]) == ("Succeeded", child)
    assert kubectl.log(child, "load") == "loading monday in the south\n"
    assert kubectl.log("staging-load-tuesday", "load") == "loading tuesday in the south\n"
    before = runs(kubectl)
    kubectl("apply", "-k", STAGING)
    assert "unchanged" in kubectl("apply", "-k", STAGING)
    assert runs(kubectl) == before


def test_kustomize_knows_every_field_that_names_an_object(bare: Kubectl, tmp_path: Path) -> None:
    """Each field that the configuration lists is in the manifest here, and is renamed with what it names."""
    template = {
        "env": [
            {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "the-map", "key": "a"}}},
            {"name": "B", "valueFrom": {"secretKeyRef": {"name": "the-secret", "key": "b"}}},
        ],
        "envFrom": [{"configMapRef": {"name": "the-map"}}, {"secretRef": {"name": "the-secret"}}],
        "volumes": [
            {"name": "map", "configMap": {"name": "the-map"}},
            {"name": "secret", "secret": {"secretName": "the-secret"}},
        ],
        "serviceAccountName": "the-account",
        "image": "old",
    }
    task = {"name": "work", "pools": [{"name": "the-pool"}], "workflow": {"name": "the-flow"}, **template}
    flow = workflow("the-flow", task, defaults=template, pools=[{"name": "the-pool"}], after=[{"workflow": "the-flow"}])
    asked = by_hand("the-run", "the-flow", resumeFrom={"run": "the-run"})
    past = asked | {"kind": "Backfill", "metadata": {"name": "the-past"}, "spec": {"workflow": "the-flow"}}
    others = [
        {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
        for kind, name in (("ConfigMap", "the-map"), ("Secret", "the-secret"), ("ServiceAccount", "the-account"))
    ]
    pool = POOL | {"metadata": {"name": "the-pool"}}
    configuration = GITOPS / "kustomize/base/sluice.yaml"
    (tmp_path / "sluice.yaml").write_text(configuration.read_text())
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all([flow, asked, past, pool, *others]))
    kustomization = {
        "resources": ["all.yaml"],
        "configurations": ["sluice.yaml"],
        "namePrefix": "a-",
        "images": [{"name": "old", "newName": "new"}],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))

    built = bare("kustomize", tmp_path)
    assert re.findall(r"(?<!a-)the-\w+", built) == []
    assert set(re.findall(r"image: (\w+)", built)) == {"new"}

    def there(node: object, path: list[str]) -> bool:
        if isinstance(node, list):
            return any(there(each, path) for each in node)
        return not path or (isinstance(node, dict) and path[0] in node and there(node[path[0]], path[1:]))

    told = yaml.safe_load(configuration.read_text())
    fields = [*told["images"], *(field for each in told["nameReference"] for field in each["fieldSpecs"])]
    manifests = {each["kind"]: each for each in (flow, asked, past)}
    for field in fields:
        assert there(manifests[field["kind"]], field["path"].split("/")), field


def test_the_kustomizations_for_flux_are_read_by_its_own_types(tmp_path: Path) -> None:
    assert kstatus(POOL, *FLUX)[0] == "Current"
    (tmp_path / "wrong.yaml").write_text(FLUX[0].read_text().replace("prune:", "prunes:"))
    with pytest.raises(subprocess.CalledProcessError):
        kstatus(POOL, tmp_path / "wrong.yaml")


# After a disaster.


def test_a_restored_backup_is_adopted_and_a_restart_runs_nothing(bare: Kubectl, operator: Start) -> None:
    bare.apply(workflow("etl", IDLE))
    bare.apply(POOL)
    bare.apply(by_hand("today", "etl", state="Suspended"))
    for kind, name in (("workflow", "etl"), ("pool", "db"), ("workflowrun", "today")):
        assert kstatus(bare.get(kind, name))[0] == "InProgress", "nobody has looked at it yet"
    assert argo_cd(bare.get("workflow", "etl")) == ("Progressing", "the operator has not looked at it yet")

    only = operator("only")
    run = bare.run_of("etl")
    eventually(lambda: bare.pods(run), "its pod is made")
    backup = [
        {key: value for key, value in each.items() if key != "status"}
        | {"metadata": {k: v for k, v in each["metadata"].items() if k not in ("uid", "resourceVersion", "generation")}}
        for each in (bare.get("workflow", "etl"), bare.get("workflowrun", run), *bare.list("controllerrevisions"))
    ]

    def looked_again(parallelism: int) -> None:
        """A change of a cap is a new generation and no run: the operator has decided about all that was before."""
        bare.patch("workflow", "etl", {"spec": {"parallelism": parallelism}})
        observed(bare, "workflow", "etl")

    only.end()
    only.start()
    looked_again(2)
    assert runs(bare) == [run, "today"]

    bare("delete", "workflow/etl", "workflowrun/today", "--cascade=foreground")
    only.end()
    only.settings["SLUICE_ON_FIRST_SIGHT"] = "Adopt"
    only.start()
    with Watch(bare, "pods", ".metadata.name") as pods:
        for each in backup:
            bare("create", "-f", "-", stdin=json.dumps(each))
        assert kstatus(observed(bare, "workflow", "etl")) == CURRENT
        eventually(lambda: not runs(bare), "its run of before, whose owner is gone, is collected")
        looked_again(3)
    assert (runs(bare), pods.seen) == ([], [])
    bare.apply(workflow("etl", IDLE | {"name": "changed"}))
    eventually(lambda: len(runs(bare)) == 1, "a change makes a run")
