"""`sluice plan` on a real cluster: what it says comes true."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tests.e2e.kubernetes import EXAMPLES, Json, Kubectl, by_hand, eventually, workflow
from tests.e2e.terminal import Sluice
from tests.e2e.test_pools import pool

SEED = datetime.now(UTC).toordinal()
"""Of the edits that are tried; another each day."""

INNER = workflow("inner", {"name": "x", "bash": "true"}, {"name": "y", "bash": "true"}, trigger="Manual")
LIST = {"name": "list", "bash": """echo '{"files":["a","b"]}' > "$SLUICE_OUTPUTS" """, "outputs": ["files"]}
TASKS: list[Json] = [
    LIST,
    {"name": "load", "bash": "true", "forEach": {"from": "$(tasks.list.outputs.files)"}, "pools": [{"name": "one"}]},
    {"name": "call", "workflow": {"name": "inner"}, "dependsOn": ["list"]},
    {"name": "audit", "bash": "true", "dependsOn": ["load"]},
    {"name": "alert", "bash": "true", "dependsOn": ["load"], "runIf": "OneFailed"},
    {"name": "many", "bash": "true", "when": "tasks.list.outputs.files.size() > 2"},
    {"name": "tidy", "bash": "true", "finally": True},
]
ETL = workflow("etl", *TASKS, onChange={"reuse": "Unchanged"})


NEW = """
etl in <namespace>: would start 1 run of 7 tasks.

  list  +  new  runs
  load  +  new, after list  runs, 1 item
  call  +  new, after list  runs Workflow inner
  audit  +  new, after load  runs
  alert  +  new, after load  skipped: runIf OneFailed does not hold
  many  +  new, after list  runs
  tidy  +  new  runs

  time  unknown: no kept run, no expectedDuration, no --durations
  at most  4 pods  <bars>  (as if all tasks took equally long)
  guessed  load: 1 item (the output of list is not known)
  many: its condition holds (the output of list is not known)

not seen: whether it fits: that takes the nodes and all their pods (you may not list nodes)
Nothing was changed.   kubectl apply -f FILE -n <namespace> --as viewer
"""


def planned(kubectl: Kubectl, manifest: Json, folder: Path) -> Json:
    file = folder / "plan.json"
    file.write_text(json.dumps(manifest))
    said = Sluice(kubectl)("plan", str(file), "-o", "json")
    assert said.code == 0, said
    (found,) = json.loads(said.text)["plans"]
    assert isinstance(found, dict)
    return found


def pods_by_task(kubectl: Kubectl) -> Counter[str]:
    labels = (pod["metadata"]["labels"] for pod in kubectl.list("pods"))
    return Counter(f"{each['sluice.dev/run']}/{each['sluice.dev/task']}" for each in labels)


def plan_and_deed(kubectl: Kubectl, manifest: Json, folder: Path) -> Json:
    """Plans, applies, and compares which run and which pods came. Returns the plan."""
    plan = planned(kubectl, manifest, folder)
    before, pods_before = last_run(kubectl), pods_by_task(kubectl)
    kubectl.apply(manifest)
    eventually(lambda: up_to_date(kubectl), "the operator has seen the change")
    run = last_run(kubectl)
    assert (run != before) == plan["starts"], plan
    if plan["starts"]:
        status = kubectl.finished(run)["status"]
        assert status["phase"] == "Succeeded", status
        skipped = {name for name, entry in status["tasks"].items() if entry["phase"] == "Skipped"}
        assert skipped == {task["name"] for task in plan["tasks"] if task.get("does") == "skipped"}
    came = pods_by_task(kubectl) - pods_before
    wanted = {f"{run}/{task['name']}": task["pods"] for task in plan["tasks"] if plan["starts"] and task.get("pods")}
    assert {task: count for task, count in came.items() if task.startswith(f"{run}/")} == wanted
    assert came.total() == (plan["pods"] if plan["starts"] else 0), (came, plan)  # with those of the runs it calls
    return plan


def last_run(kubectl: Kubectl) -> str:
    runs = [run for run in kubectl.list("workflows.sluice.dev") if run["metadata"]["name"] == "etl"]
    return str(runs[0].get("status", {}).get("lastRun", {}).get("name", "")) if runs else ""


def up_to_date(kubectl: Kubectl) -> bool:
    found = kubectl.get("workflow", "etl")
    return bool(found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"])


def edited(number: int, change: Json) -> Callable[[Json], None]:
    return lambda manifest: manifest["spec"]["tasks"][number].update(change)


def added(name: str, after: str) -> Callable[[Json], None]:
    return lambda manifest: manifest["spec"]["tasks"].append({"name": name, "bash": "true", "dependsOn": [after]})


EDITS: list[tuple[str, Callable[[Json], None], set[str]]] = [
    ("a cap", lambda manifest: manifest["spec"].update(parallelism=2), set()),
    ("a hint", edited(3, {"expectedDuration": "5s"}), set()),
    ("a task", edited(3, {"bash": "echo other"}), {"audit"}),
    ("a new task", added("new", "call"), {"new"}),
    ("a condition", edited(5, {"when": "tasks.list.outputs.files.size() > 1"}), {"many"}),
]
"""What each changes, and which tasks run for it at least."""


def test_what_is_planned_is_what_comes(kubectl: Kubectl, tmp_path: Path) -> None:
    kubectl.apply(pool(1, name="one"))
    kubectl.apply(INNER)
    kubectl("create", "rolebinding", "view", "--clusterrole=view", "--user=viewer")
    viewer = Sluice(Kubectl(kubectl.cluster, kubectl.namespace, user="viewer"))
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(ETL))
    for in_terminal in (False, True):
        said = viewer("plan", str(file), in_terminal=in_terminal)
        replace(said, text=re.sub("[▁-█]+", "<bars>", said.text.replace(str(file), "FILE"))).shows(NEW)
    first = plan_and_deed(kubectl, ETL | {"spec": {**ETL["spec"], "tasks": TASKS[:1]}}, tmp_path)
    assert (first["starts"], first["time"], [task["sign"] for task in first["tasks"]]) == (True, None, ["+"])
    manifest = deepcopy(ETL)
    whole = plan_and_deed(kubectl, manifest, tmp_path)  # the output of `list` is known from the first run
    assert {task["name"]: task["does"] for task in whole["tasks"]} == {
        "list": "reused",
        **dict.fromkeys(["load", "call", "audit", "tidy"], "runs"),
        **dict.fromkeys(["alert", "many"], "skipped"),
    }
    chance = Random(SEED)  # noqa: S311  # no secret
    nothing, something = ([edit for edit in EDITS if bool(edit[2]) is runs] for runs in (False, True))
    for name, change, expected in [*chance.sample(nothing, 2), *chance.sample(something, 1)]:
        change(manifest)
        plan = plan_and_deed(kubectl, manifest, tmp_path)
        runs = {task["name"] for task in plan["tasks"] if task.get("does") == "runs"}
        assert expected <= runs if expected else not plan["starts"], (SEED, name, plan)
    assert planned(kubectl, manifest, tmp_path)["time"]["sources"] == ["kept runs"]
    said = viewer("plan", str(file), "--detailed-exitcode")
    assert (said.code, said.text.startswith("etl in ")) == (0, True), said
    assert "  fits " in Sluice(kubectl)("plan", str(file)).text
    said = viewer("plan", "etl", "--pool", "one=2")
    assert (said.code, "; with pool one 2 " in said.text.partition("\n")[0]) == (0, True), said


def test_a_run_that_has_to_wait_is_planned_to(kubectl: Kubectl, tmp_path: Path) -> None:
    """For its turn under `concurrency`, and for a Pool that a run of another Workflow holds as a whole."""
    long = {"name": "long", "bash": "sleep 1000", "expectedDuration": "1000s"}
    lock = {"pools": [{"name": "lock"}]}
    kubectl.apply({**pool(1, name="lock"), "spec": {"slots": 1, "heldBy": "Runs"}})
    kubectl.apply(workflow("solo", long, trigger="Manual", concurrency={"policy": "Queue", "maxRuns": 1}))
    kubectl.apply(workflow("locks", long, trigger="Manual", **lock))
    kubectl.apply(workflow("wants", {**long, "name": "short"}, trigger="Manual", **lock))
    for name in ("solo", "locks"):
        kubectl.apply(by_hand(f"{name}-1", name))
        eventually(lambda run=f"{name}-1": kubectl.task(run, "long").get("phase") == "Running", "it goes")
    for name, limit, reason in (("solo", "concurrency", "Queued: 1/1 "), ("wants", "pool/lock", "Pool: lock 1/1")):
        asked = by_hand(f"{name}-2", name)
        plan = planned(kubectl, asked, tmp_path)
        assert (plan["narrow"]["for"], plan["narrow"]["slots"], plan["pods"]) == (limit, 1, 1), plan
        assert 1800 < plan["time"]["typicalSeconds"] <= 2000  # what is left of the other, then its own
        kubectl.apply(asked)
        eventually(lambda run=f"{name}-2": kubectl.get("workflowrun", run).get("status", {}).get("message"), "it waits")
        assert kubectl.get("workflowrun", f"{name}-2")["status"]["message"].startswith(reason)


PLANNED = ("02-fan-in", "06-parameters", "13-outputs", "34-stdout")


def test_examples_do_what_their_plans_say(kubectl: Kubectl) -> None:
    files = [EXAMPLES / f"{name}.yaml" for name in PLANNED]
    said = [Sluice(kubectl)("plan", str(file), "-o", "json") for file in files]
    plans = [plan for each in said for plan in json.loads(each.text)["plans"]]
    for file in files:
        kubectl.apply(file)
    made = Counter[str]()
    for plan in plans:
        if plan["starts"]:
            name = plan["name"]
            run = kubectl.run_of(name) if plan["kind"] == "Workflow" else name
            assert kubectl.finished(run)["status"]["phase"] == "Succeeded", run
            made.update({f"{run}/{task['name']}": task["pods"] for task in plan["tasks"] if task["pods"]})
    came = pods_by_task(kubectl)
    assert {task: count for task, count in came.items() if task in made} == made
    assert came.total() == sum(plan["pods"] for plan in plans if plan["starts"])


def test_a_change_while_a_run_goes_on_under_a_quota(kubectl: Kubectl, tmp_path: Path) -> None:
    gate = {"name": "gate", "bash": "until [ -e /tmp/go ]; do sleep 0.1; done"}
    requests = {"image": "busybox:1.35", "resources": {"requests": {"cpu": "10m"}}}
    kubectl.apply(workflow("etl", gate, {"name": "after", "bash": "true", "dependsOn": ["gate"]}, defaults=requests))
    first = kubectl.run_of("etl")
    eventually(lambda: kubectl.task(first, "gate").get("phase") == "Running", "the gate runs")
    kubectl("create", "quota", "few", "--hard=pods=2")
    eventually(
        lambda: kubectl.get("resourcequota", "few").get("status", {}).get("used", {}).get("pods") == "1", "counted"
    )
    changed = workflow("etl", *({"name": name, "bash": "true"} for name in "abc"), defaults=requests)
    plan = planned(kubectl, changed, tmp_path)
    assert (plan["meets"], plan["pods"]) == (f"once {first} has ended", 3)
    assert plan["quotas"] == [{"quota": "few", "resource": "pods", "left": 1, "asked": 3}]
    assert [task["sign"] for task in plan["tasks"]] == ["+", "+", "+", "-", "-"]
    kubectl.apply(changed)
    second = eventually(lambda: (name := last_run(kubectl)) != first and name, "the changed Workflow has a run")
    assert not kubectl.pods(second)
    kubectl.let_go(kubectl.task(first, "gate")["pod"])
    assert kubectl.finished(second)["status"]["phase"] == "Succeeded"
    assert (len(kubectl.pods(second)), kubectl.get("workflowrun", first)["status"]["phase"]) == (3, "Succeeded")
