"""Each verb through the real program, in the states that matter: what it prints, and its exit code."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.kubernetes import Json, Kubectl, by_hand, eventually, workflow
from tests.e2e.terminal import Said, Sluice

EXTRACT = {"name": "extract", "bash": "true"}
LOAD = {"name": "load", "bash": "sleep 600", "dependsOn": ["extract"]}
TIDY = {"name": "tidy", "finally": True, "bash": "true"}
PARAMETERS = [{"name": "day", "default": "monday"}, {"name": "size", "type": "Integer", "default": 1}]


def manual(name: str, *tasks: Json, **spec: object) -> Json:
    return workflow(name, *tasks, trigger="Manual", **spec)


@pytest.fixture
def sluice(kubectl: Kubectl) -> Sluice:
    return Sluice(kubectl)


def is_running(kubectl: Kubectl, run: str, task: str) -> None:
    eventually(lambda: kubectl.task(run, task).get("phase") == "Running", f"{task} of {run} runs")


def state(kubectl: Kubectl, run: str) -> str:
    return str(kubectl.get("workflowrun", run)["spec"].get("state"))


def test_a_run_is_started_stopped_and_taken_up_again(kubectl: Kubectl, sluice: Sluice) -> None:
    kubectl.apply(manual("etl", EXTRACT, LOAD, TIDY, parameters=PARAMETERS))
    sluice("ls").shows(
        """
          WORKFLOW  RUN  STATE  DONE  TIME  STARTED  WHY
        ○ etl  \N{EN DASH}  Idle
        """
    )
    sluice("run", "etl", "-p", "size=x", "-p", "dya=1").fails(
        """
        Error: -p dya: the Workflow has no parameter called 'dya'; did you mean 'day'?
        -p size: must be a whole number such as 42
        """
    )
    sluice("run", "etl", "-p", "size=4", "--name", "first").shows("workflowrun/first created")
    assert kubectl.get("workflowrun", "first")["spec"]["arguments"] == {"size": 4}
    chart = {"defaults.json": json.dumps({"page": "https://sluice.example.org/"})}
    kubectl.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sluice-defaults"}, "data": chart})
    sluice("run", "etl", "-p", "size=4", "--name", "first").shows(
        """
        workflowrun/first exists already
        see it at https://sluice.example.org/?ns=<namespace>&run=first
        """
    )
    sluice("run", "etl", "-p", "size=5", "--name", "first").fails(
        "Error: run first exists already, and was asked for otherwise; take another --name"
    )
    is_running(kubectl, "first", "load")
    running = """
          WORKFLOW  RUN  STATE  DONE  TIME  STARTED  WHY
        ● etl  first  Running  1/3{bar}  <span>  <clock>
        """
    sluice("ls").shows(running.format(bar=""))
    sluice("ls", in_terminal=True).shows(running.format(bar=" █▋"))
    sluice("ls", "--state", "failed").fails("There is no such Workflow or run in namespace <namespace>.", code=0)
    sluice("ls", "elt").fails("Error: no Workflow is called 'elt' in namespace <namespace>; did you mean 'etl'?")

    sluice("suspend", "etl").shows("first: suspended; what runs goes on, and no further task starts")
    eventually(lambda: sluice("ls", "--state", "suspended").text, "it is suspended")
    sluice("resume", "etl").shows("first: goes on")
    assert state(kubectl, "first") == "Running"
    eventually(lambda: sluice("ls", "--state", "running").text, "it goes on")
    sluice("stop", "elt").fails("Error: no run or Workflow is called 'elt'; did you mean 'etl'?")
    sluice("retry", "etl").fails(
        "Error: first has not ended yet (Running); to end it: sluice stop first -n <namespace>"
    )
    sluice("stop", "etl").shows("first: stopping; 1 pod ends within <span>, the finally task tidy still runs")
    kubectl.finished("first")
    sluice("stop", "etl").fails("Error: first has ended already: Stopped")
    sluice("retry", "etl", "--task", "laod").fails("Error: no task is called 'laod'; did you mean 'load'?")
    sluice("retry", "etl", "--name", "second").shows(
        """
        first was stopped. The new run keeps 1 success and runs 2 tasks: load, tidy.
        workflowrun/second created
        """
    )
    is_running(kubectl, "second", "load")
    assert kubectl.task("second", "extract")["reason"] == "Kept: from run first"
    sluice("ls").shows(
        """
          WORKFLOW  RUN  STATE  DONE  TIME  STARTED  WHY
        ● etl  second  Running  1/3  <span>  <clock>
        ■ etl  first  Stopped  2/3  <span>  <clock>
        """
    )
    sluice("stop", "etl~1").fails("Error: first has ended already: Stopped; still going: second")
    sluice("ls", "-o", "name").shows("workflowrun.sluice.dev/second\nworkflowrun.sluice.dev/first")
    listed = json.loads(sluice("ls", "-o", "json").text)
    assert [item["metadata"]["name"] for item in listed["items"]] == ["first", "second"]
    assert "managedFields" not in listed["items"][0]["metadata"]


def shell(line: str, kubectl: Kubectl) -> None:
    done = subprocess.run(line, shell=True, env=kubectl.environment, capture_output=True, text=True, check=False)  # noqa: S602  # as a person pastes it
    assert done.returncode == 0, done.stderr


def line_of(said: Said) -> str:
    """The kubectl line after a dry run."""
    assert said.code == 0, said.errors
    assert "(dry run)" in said.text
    return said.text.splitlines()[-1]


def test_a_dry_run_changes_nothing_and_its_line_does_the_same(kubectl: Kubectl, sluice: Sluice) -> None:
    schedule = {"cron": "0 2 * * *"}
    kubectl.apply(workflow("etl", {"name": "ask", "approval": {}}, schedule=schedule, parameters=PARAMETERS))
    shell(line_of(sluice("run", "etl", "--name", "a", "-p", "size=3", "-p", "day=it's", "--dry-run")), kubectl)
    assert kubectl.get("workflowrun", "a")["spec"] == {"workflow": "etl", "arguments": {"size": 3, "day": "it's"}}
    for verb, expected in (("suspend", "Suspended"), ("resume", "Running")):
        line = line_of(sluice(verb, "a", "--dry-run"))
        assert state(kubectl, "a") != expected
        shell(line, kubectl)
        assert state(kubectl, "a") == expected
    eventually(lambda: str(kubectl.task("a", "ask").get("reason")).startswith("Approval"), "it asks")
    line = line_of(sluice("approve", "a/ask", "-m", "it's fine", "--dry-run"))
    assert "approvals" not in kubectl.get("workflowrun", "a")["spec"]
    shell(line, kubectl)
    assert kubectl.finished("a")["status"]["phase"] == "Succeeded"
    shell(line_of(sluice("retry", "a/ask", "--name", "b", "--dry-run")), kubectl)
    assert kubectl.get("workflowrun", "b")["spec"]["resumeFrom"] == {"run": "a", "rerun": ["ask"]}
    line = line_of(sluice("stop", "b", "--dry-run"))
    assert state(kubectl, "b") != "Stopped"
    shell(line, kubectl)
    assert state(kubectl, "b") == "Stopped"
    shell(line_of(sluice("suspend", "etl", "--schedule", "--dry-run")), kubectl)
    assert kubectl.get("workflow", "etl")["spec"]["schedule"] == {**schedule, "suspend": True}
    range_ = ("--from", "2026-03-01", "--until", "2026-03-03")
    shell(line_of(sluice("backfill", "etl", *range_, "--name", "march", "--dry-run")), kubectl)
    assert kubectl.get("backfill", "march")["spec"] == {
        "workflow": "etl",
        "from": "2026-03-01T00:00:00Z",
        "until": "2026-03-03T00:00:00Z",
    }


def test_a_decision_is_in_ones_own_name(kubectl: Kubectl, sluice: Sluice) -> None:
    me = kubectl.whoami()
    deploy = {"name": "deploy", "approval": {"message": "ship it?"}}
    after = [{"name": name, "bash": "true", "dependsOn": ["deploy"]} for name in ("east", "west")]
    kubectl.apply(manual("release", deploy, *after, {"name": "other", "bash": "true"}))
    kubectl.apply(by_hand("one", "release"))
    eventually(lambda: str(kubectl.task("one", "deploy").get("reason")).startswith("Approval"), "deploy asks")
    sluice("approve", "one/other").fails("Error: no task is called 'other'")
    sluice("approve", "one", "-m", "checked staging").shows(f"deploy of one: approved by {me}. 2 tasks go on.")
    assert kubectl.finished("one")["status"]["phase"] == "Succeeded"
    sluice("approve", "one/deploy").fails("Error: one has ended already: Succeeded")
    kubectl.apply(by_hand("two", "release"))
    eventually(lambda: str(kubectl.task("two", "deploy").get("reason")).startswith("Approval"), "deploy asks")
    sluice("approve", "release/deploy", "--reject", "-m", "not on Friday").shows(f"deploy of two: rejected by {me}.")
    kubectl.finished("two")
    sluice("ls", "release").shows(
        f"""
          WORKFLOW  RUN  STATE  DONE  TIME  STARTED  WHY
        ○ release  \N{EN DASH}  Idle  kept ✔✖
        ✖ release  two  Failed  1/4  <span>  <clock>  task deploy failed: rejected by {me}: not on Friday
        ✔ release  one  Succeeded  4/4  <span>  <clock>
        """
    )


def test_times_that_have_passed_are_counted_before_they_run(kubectl: Kubectl, sluice: Sluice) -> None:
    kubectl.apply(workflow("nightly", {"name": "a", "bash": "true"}, schedule={"cron": "0 0 * * *"}))
    days = ("--from", "2026-03-01", "--until", "2026-03-04")
    sluice("backfill", "nightly", *days, "--max-runs", "3", "--name", "march").shows(
        """
        3 times: 3 runs, 3 at a time, oldest first.
        backfill/march created
        """
    )
    eventually(lambda: kubectl.get("backfill", "march").get("status", {}).get("phase") == "Succeeded", "it is done")
    sluice("backfill", "nightly", "--from", "2026-03-01", "--until", "2026-03-06", "--name", "more").shows(
        """
        5 times, 3 have a run already: 2 runs, 1 at a time, oldest first. About <span>, by 3 kept runs.
        backfill/more created
        """
    )
    eventually(lambda: kubectl.get("backfill", "more").get("status", {}).get("phase") == "Succeeded", "it is done")
    sluice("suspend", "backfill/more").fails("Error: more has ended already: Succeeded")
    sluice("backfill", "nightly", "--from", "2026-03-04", "--until", "2026-03-01").fails(
        "Error: spec.until: is not after `from`, so no time is left; it is itself not part of the range"
    )
    assert "kept ✔✔✔✔✔" in sluice("ls", "--state", "idle").text
    sluice("suspend", "nightly", "--schedule").shows("nightly: makes no further run on time")
    eventually(lambda: sluice("ls", "--state", "suspended").text, "the schedule is suspended")
    sluice("resume", "nightly", "--schedule").shows("nightly: runs on time again")


def test_a_file_is_checked_applied_and_run(sluice: Sluice, tmp_path: Path) -> None:
    file = tmp_path / "etl.json"
    file.write_text(json.dumps(workflow("etl", {"name": "a", "bash": "exit 1"}, {"name": "b", "bash": "true"})))
    sluice("run", str(file), "--wait").shows(
        """
        workflow/etl applied
        workflowrun/etl-g1-<hash> started by the Workflow itself
        ✖ etl-g1-<hash>  Failed  1/2, 1 failed  <span>  task a failed: exit code 1
        """,
        code=1,
    )
    file.write_text(json.dumps(workflow("etl", {"name": "a", "bash": "true"})))
    said = sluice("run", str(file), "--follow")
    assert said.code == 0
    assert "etl-g2-<hash> started by the Workflow itself" in said.comparable(said.text)
    assert "a Succeeded" in said.text
    again = sluice("run", "-", stdin=file.read_text())
    again.shows("workflow/etl unchanged\nworkflowrun/etl-<random> created")
    file.write_text(json.dumps(workflow("etl", {"name": "a", "bash": "true", "dependsOn": ["b"]})))
    said = sluice("run", str(file))
    assert (said.code, said.errors.count("no task is called 'b'")) == (2, 1)


def test_a_viewer_sees_all_and_is_told_what_is_missing_to_do_more(kubectl: Kubectl, sluice: Sluice) -> None:
    kubectl.apply(manual("etl", EXTRACT))
    kubectl.apply(by_hand("first", "etl"))
    kubectl.finished("first")
    kubectl("create", "serviceaccount", "viewer")
    account = f"system:serviceaccount:{kubectl.namespace}:viewer"
    kubectl("create", "rolebinding", "viewer", "--clusterrole=view", f"--serviceaccount={kubectl.namespace}:viewer")
    viewer = Sluice(Kubectl(kubectl.cluster, kubectl.namespace, account))
    assert viewer("ls").text == sluice("ls").text
    assert viewer("ls", "-o", "yaml").text == sluice("ls", "-o", "yaml").text
    for verb, right in (("stop", "has ended already"), ("run", "you may not create workflowruns.sluice.dev")):
        said = viewer(verb, "etl")
        assert said.code == 2
        assert right in said.errors
    viewer("ls", "-A").fails(
        f"""
        Error: you may not list workflows.sluice.dev in the whole cluster. To see for yourself: kubectl auth can-i list workflows.sluice.dev -A --as {account}
        The server says: workflows.sluice.dev is forbidden: User "{account}" cannot list resource "workflows" in API group "sluice.dev" at the cluster scope
        """.replace(kubectl.namespace, "<namespace>")  # noqa: E501  # as they are
    )


def test_who_may_not_approve_is_told_by_the_policy(kubectl: Kubectl) -> None:
    kubectl.apply(manual("release", {"name": "deploy", "approval": {}}))
    kubectl.apply(by_hand("one", "release"))
    eventually(lambda: str(kubectl.task("one", "deploy").get("reason")).startswith("Approval"), "deploy asks")
    kubectl("create", "rolebinding", "editor", "--clusterrole=edit", "--user=ada")
    editor = Sluice(Kubectl(kubectl.cluster, kubectl.namespace, "ada"))
    said = editor("approve", "one")
    assert said.code == 2
    assert "approve" in said.errors
    assert "workflowruns" in said.errors
    editor("stop", "one").shows("one: stopping")


def test_a_retry_keeps_what_other_workflows_have_done_for_as_long_as_they_are_the_same(
    kubectl: Kubectl, sluice: Sluice
) -> None:
    kubectl.apply(manual("part", EXTRACT))
    kubectl.apply(manual("whole", {"name": "part", "workflow": {"name": "part"}}, {"name": "bad", "bash": "exit 1"}))
    kubectl.apply(by_hand("first", "whole"))
    kubectl.finished("first")
    sluice("ls", "--state", "succeeded").fails("There is no such Workflow or run in namespace <namespace>.", code=0)
    assert "✔ part " in sluice("ls", "--state", "succeeded", "--children").text
    kept = "{} failed at bad. The new run keeps 1 success and runs 1 task: bad.\nworkflowrun/{} created"
    for old, new in (("first", "second"), ("second", "third")):
        sluice("retry", old, "--name", new).shows(kept.format(old, new))
        assert kubectl.finished(new)["status"]["tasks"]["part"]["reason"] == "Kept: from run first"
    kubectl.apply(manual("part", {"name": "extract", "bash": "echo changed"}))
    sluice("retry", "third", "--name", "fourth").shows(
        """
        third failed at bad. The new run keeps 0 successes and runs 2 tasks: part, bad.
        workflowrun/fourth created
        """
    )
    assert "reason" not in kubectl.finished("fourth")["status"]["tasks"]["part"]


def test_names_are_completed_behind_kubectl_too(kubectl: Kubectl) -> None:
    kubectl.apply(manual("etl", EXTRACT, LOAD))
    kubectl.apply(by_hand("first", "etl"))
    is_running(kubectl, "first", "load")

    def completed(*words: str) -> list[str]:
        program = "import sys; from sluice.cli.completion import for_kubectl; for_kubectl()"
        command = [Sluice(kubectl).command("ls")[0].replace("sluice", "python"), "-c", program, *words]
        return subprocess.run(
            command, env=kubectl.environment, capture_output=True, text=True, check=True
        ).stdout.split()

    here = ("--namespace", kubectl.namespace)
    assert completed("stop", *here, "") == ["etl", "first", ":4"]
    assert completed("retry", *here, "etl/") == ["etl/extract", "etl/load", ":4"]
    assert completed("retry", *here, "etl", "--task", "l") == ["load", ":4"]
    assert completed("run", *here, "e") == ["etl", ":4"]


def test_one_item_of_a_fan_out_is_run_again(kubectl: Kubectl, sluice: Sluice) -> None:
    load = {"name": "load", "forEach": {"range": {"end": 3}}, "bash": 'test "$ITEM" != 1'}
    kubectl.apply(manual("etl", load, {"name": "audit", "bash": "true", "dependsOn": ["load"]}))
    kubectl.apply(by_hand("first", "etl"))
    kubectl.finished("first")
    sluice("retry", "etl/load[7]").fails(
        "Error: items of 'load' in run 'first': 7 is none of them: there are 3, counted from 0"
    )
    sluice("retry", "etl", "--name", "second").shows(
        """
        first failed at load[1]. The new run keeps 2 successes and runs 2 tasks: load[1], audit.
        workflowrun/second created
        """
    )
    assert kubectl.finished("second")["status"]["tasks"]["load"]["items"]["succeeded"] == "0,2"
    assert len(kubectl.pods("second")) == 1
    sluice("retry", "etl~1/load[2]", "--name", "third").shows(
        """
        first failed at load[1]. The new run keeps 1 success and runs 2 tasks: load[1-2], audit.
        workflowrun/third created
        """
    )
    kubectl.finished("third")
    assert sorted(pod["metadata"]["labels"]["sluice.dev/index"] for pod in kubectl.pods("third")) == ["1", "2"]
    sluice("ls", "--state", "Failed", "-o", "name").shows(
        "workflowrun.sluice.dev/third\nworkflowrun.sluice.dev/second\nworkflowrun.sluice.dev/first"
    )


def test_what_goes_on_goes_on_when_nobody_looks_any_more(kubectl: Kubectl, sluice: Sluice) -> None:
    kubectl.apply(manual("etl", EXTRACT, LOAD))
    with (
        sluice.started("ls", "--watch") as watching,
        sluice.started("run", "etl", "--name", "a", "--follow") as follows,
    ):
        eventually(lambda: "● a Running 1/2" in watching.text, "the watch has a line for it")
        eventually(lambda: "load Running" in follows.text, "so has who follows it")
        assert follows.interrupted() == 130
        assert follows.errors == f"a goes on; to follow it: sluice watch a -n {kubectl.namespace}\n"
        assert watching.interrupted() == 130
    assert all(line.split()[1] in "◌●" for line in watching.text.splitlines())
    assert kubectl.task("a", "load")["phase"] == "Running"
    with sluice.started("watch", "etl", in_terminal=True) as watching:
        eventually(lambda: "● load" in watching.text, "a watch shows it live")
        assert watching.interrupted() == 130
        assert watching.text.splitlines()[-1] == "The run goes on."
    with sluice.started("ls", "-w", in_terminal=True) as watching:
        eventually(lambda: "● etl       a    Running  1/2 ██▌" in watching.text, "a terminal has the table")
        assert watching.interrupted() == 130


def test_two_runs_are_compared(kubectl: Kubectl, sluice: Sluice) -> None:
    load = {"name": "load", "bash": 'test "$PARAM_DAY" = monday'}
    kubectl.apply(manual("etl", load, parameters=PARAMETERS))
    sluice("run", "etl", "--name", "second", "--wait")
    sluice("diff", "etl").fails("Error: Workflow etl has only 1 run; the oldest is second")
    kubectl.apply(manual("etl", load, EXTRACT, parameters=PARAMETERS))
    sluice("run", "etl", "-p", "day=friday", "--wait")
    said = sluice("diff", "etl")
    rows = said.comparable(said.text).splitlines()
    assert [re.sub("^graph.*  ", "graph  ", row) for row in rows if not row.startswith("time")] == [
        "second  etl-<random>",
        "state  Succeeded  Failed",
        "parameters  day=monday  day=friday",
        "graph  + extract new",
        "load  ✔ Succeeded <span>  ✖ Failed exit code 1 <span>",
        "extract  \N{EN DASH}  ✔ Succeeded <span>",
    ]
    sluice("diff", "etl~1").fails("Error: with which run? Write for example: sluice diff etl~1 etl -n <namespace>")


def test_a_watch_ends_with_the_run(kubectl: Kubectl, sluice: Sluice) -> None:
    kubectl.apply(manual("etl", {"name": "load", "bash": "exit 3"}, {**EXTRACT, "dependsOn": ["load"]}, TIDY))
    with sluice.started("watch", "etl") as watching:
        eventually(lambda: "trigger is Manual: sluice run etl" in watching.errors, "it waits for a run")
        kubectl.apply(by_hand("first", "etl"))
        assert watching.ended() == 1
    shown = sluice("watch", "first")
    assert [line.partition(" ")[2] for line in shown.comparable(shown.text).splitlines()] == [
        "load Failed <span> Error: exit code 3",
        "tidy Succeeded <span>",
        "extract UpstreamFailed because of load",
        "first: task load failed: exit code 3",
        "first Failed 1/3, 1 failed, 1 not run <span>",
        "of load: sluice logs run/first/load -n <namespace>",
    ]
    assert shown.text.splitlines()[-2:] == watching.text.splitlines()[-2:]
    assert shown.code == 1
    sluice("watch", "first/load").fails(
        "Error: watch shows whole runs; for one task: sluice logs first/load -f -n <namespace>"
    )


def test_kubectl_knows_it_as_a_plugin(kubectl: Kubectl, sluice: Sluice) -> None:
    kubectl.apply(manual("etl", EXTRACT))
    kubectl.apply(by_hand("first", "etl"))
    kubectl.finished("first")
    path = f"{Path(sluice.command('ls')[0]).parent}:{kubectl.environment['PATH']}"
    command = ["kubectl", "sluice", "ls", "-n", kubectl.namespace]
    done = subprocess.run(command, env=kubectl.environment | {"PATH": path}, capture_output=True, text=True, check=True)
    assert done.stdout == sluice("ls").text
