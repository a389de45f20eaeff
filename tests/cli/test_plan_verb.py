"""`sluice plan` from a file alone."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from sluice.cli.main import main
from sluice.cli.plan.of_file import check_namespace
from sluice.cli.run.file import BadFile, Manifest, read
from sluice.client.resources import WORKFLOWS

WORKFLOW = """
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: etl}
spec:
  parallelism: 2
  parameters: [{name: day, default: "1"}]
  defaults: {image: busybox, resources: {requests: {cpu: 500m, memory: 64Mi}}}
  tasks:
  - {name: extract, command: ["true"], expectedDuration: 10s, outputs: [files]}
  - {name: clean, command: ["true"], forEach: {range: {end: 4}}, dependsOn: [extract], expectedDuration: 1m}
  - {name: load, command: ["true"], forEach: {sameAs: clean}, pools: [{name: warehouse}], expectedDuration: 5s}
  - {name: alert, command: ["true"], dependsOn: [load], runIf: OneFailed}
"""
POOL = """
---
apiVersion: sluice.dev/v1alpha1
kind: Pool
metadata: {name: warehouse}
spec: {slots: 1}
"""


def planned(tmp_path, text, *arguments):
    file = tmp_path / "etl.yaml"
    file.write_text(text)
    answer = CliRunner().invoke(main, ["plan", str(file), "--offline", *arguments])
    return answer.exit_code, answer.output.replace(str(file), "etl.yaml")


def test_what_would_run_and_how_long_and_what_holds_it_up(tmp_path):
    assert planned(tmp_path, WORKFLOW + POOL) == (
        0,
        """\
etl: would start 1 run of 4 tasks, in about 2m25s.

  extract  +  new                 runs
  clean    +  new, after extract  runs, 4 items
  load     +  new, after clean    runs, 4 items
  alert    +  new, after load     skipped: runIf OneFailed does not hold

  time     2m25s (expectedDuration)
  longest  extract ▸ clean ▸ load  1m15s
  at most  2 pods, 1 CPU, 128Mi  ████████████
  waits    1m10s for parallelism 2; with 3 2m15s in all

Nothing was changed.   kubectl apply -f etl.yaml
""",
    )


def test_a_task_without_history_has_the_median_of_the_others(tmp_path):
    _, output = planned(tmp_path, WORKFLOW.replace(", expectedDuration: 5s", "") + POOL)
    assert "  guessed  load: 35s (no history)\n" in output


def test_times_of_called_workflows_without_history_are_guesses_too(tmp_path):
    calls = WORKFLOW.replace('{name: alert, command: ["true"],', "{name: alert, workflow: {name: tell},")
    told = "---\napiVersion: sluice.dev/v1alpha1\nkind: Workflow\nmetadata: {name: tell}\n"
    told += "spec: {trigger: Manual, tasks: [{name: mail, image: x}]}\n"
    _, output = planned(tmp_path, calls.replace("runIf: OneFailed", "runIf: AllDone") + told)
    assert "  guessed  pool warehouse has room for all" in output
    assert "           mail of tell: 1s (no history)\n" in output
    _, output = planned(tmp_path, told)
    assert "  time     unknown: no kept run, no expectedDuration, no --durations\n" in output


def test_durations_of_a_file_go_before_the_hints(tmp_path):
    times = tmp_path / "times.yaml"
    times.write_text("clean: 10s\nload: 20s\n")
    _, output = planned(tmp_path, WORKFLOW + POOL, "-p", "day=1", "--durations", str(times))
    assert "  time     1m40s (the durations file, expectedDuration)\n" in output
    times.write_text("claen: 10s\n")
    assert planned(tmp_path, WORKFLOW, "--durations", str(times)) == (
        2,
        "Error: --durations: no task is called 'claen'; did you mean 'clean'?\n",
    )
    times.write_text("clean: soon\nload: 1x\n")
    code, output = planned(tmp_path, WORKFLOW, "--durations", str(times))
    assert (code, output.count("is no duration")) == (2, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("load: 2026-13-45\n", ": load: '2026-13-45' is no duration; write for example 90s or 1h30m"),
        (f"load: {'9' * 5000}\n", f": load: '{'9' * 59}…' is no duration"),
        (f"load: {'[' * 3000}\n", ":1: this is nested too deeply"),
        ("load: [1]\n", ": load: '[1]' is no duration"),
        ("no: 5s\n", ':1: false: kubectl reads the key no as false; write "no"'),
        ("5s\n", ": write one line a task, such as clean: 1m30s"),
        ("", ": write one line a task, such as clean: 1m30s"),
    ],
)
def test_a_file_that_says_no_durations_has_its_faults_told(tmp_path, text, words):
    times = tmp_path / "times.yaml"
    times.write_text(text)
    code, output = planned(tmp_path, WORKFLOW, "--durations", str(times))
    assert (code, f"{times}{words}" in output) == (2, True), output


TWO = """
apiVersion: v1
kind: List
items:
- apiVersion: sluice.dev/v1alpha1
  kind: Workflow
  metadata: {name: etl, namespace: dev}
  spec: {tasks: [{name: a, image: x, expectedDuration: 10s}]}
- apiVersion: sluice.dev/v1alpha1
  kind: Workflow
  metadata: {name: load, namespace: prod}
  spec: {tasks: [{name: a, image: x, expectedDuration: 10h}]}
"""


@pytest.mark.parametrize("kind", ["apiVersion: v1\nkind: List", "apiVersion: sluice.dev/v1alpha1\nkind: WorkflowList"])
def test_the_objects_of_a_list_are_planned_and_drawn(tmp_path, kind):
    text = TWO.replace("apiVersion: v1\nkind: List", kind)
    _, output = planned(tmp_path, text)
    assert "etl: would start 1 run of 1 task, in about 10s." in output
    assert "load: would start 1 run of 1 task, in about 10h00m." in output
    drawn = CliRunner().invoke(main, ["graph", "-", "--workflow", "load"], input=text)
    assert (drawn.exit_code, drawn.output.splitlines()[0]) == (0, "load  1 task")


def test_workflows_of_one_name_in_several_namespaces_are_not_taken_for_one(tmp_path):
    text = TWO.replace("name: load", "name: etl")
    words = "Workflow 'etl' (dev, prod) is in this file for several namespaces; take a file for each\n"
    assert planned(tmp_path, text) == (2, f"Error: etl.yaml: {words}")
    assert CliRunner().invoke(main, ["graph", "-"], input=text).output == f"Error: -: {words}"


def test_the_exit_code_says_whether_something_would_start(tmp_path):
    by_hand = WORKFLOW.replace("parallelism: 2", "trigger: Manual").replace(', default: "1"', "")
    assert planned(tmp_path, WORKFLOW, "--detailed-exitcode")[0] == 3
    code, output = planned(tmp_path, by_hand, "--detailed-exitcode")
    assert code == 0
    assert output.startswith("etl: would start nothing: it runs by hand only (trigger: Manual). A run of it: 4 tasks")
    assert "parameter day is empty (it has no default; give -p day=VALUE)" in output
    assert "is empty" not in planned(tmp_path, by_hand, "-p", "day=1")[1]


def test_a_run_that_is_to_be_stopped_starts_nothing(tmp_path):
    run = "---\napiVersion: sluice.dev/v1alpha1\nkind: WorkflowRun\nmetadata: {name: r}\n"
    by_hand = WORKFLOW.replace("parallelism: 2", "trigger: Manual") + run + "spec: {workflow: etl, state: Stopped}\n"
    code, output = planned(tmp_path, by_hand, "--detailed-exitcode")
    assert (code, "r: would start nothing: it is to be Stopped (state)." in output) == (0, True)
    assert "trouble  the run was stopped before it had started" in output


def test_what_a_skipped_task_would_have_asked_is_no_guess(tmp_path):
    asks = WORKFLOW.replace('{name: alert, command: ["true"],', "{name: alert, approval: {message: go?},")
    assert "alert is approved at once" not in planned(tmp_path, asks)[1]
    assert "alert is approved at once" in planned(tmp_path, asks.replace("OneFailed", "AllDone"))[1]


def test_the_command_at_the_end_is_one_that_works(tmp_path):
    run = "---\napiVersion: sluice.dev/v1alpha1\nkind: WorkflowRun\nmetadata: {generateName: etl-x-}\n"
    _, output = planned(tmp_path, WORKFLOW + run + "spec: {workflow: etl}\n")
    assert "etl-x-…: would start 1 run of 4 tasks" in output
    assert output.endswith("Nothing was changed.   kubectl create -f etl.yaml\n")
    words = ", ".join(["x" * 30_000] * 9)
    large = WORKFLOW.replace('{name: extract, command: ["true"]', f"{{name: extract, command: [{words}]")
    assert planned(tmp_path, large)[1].endswith("kubectl apply --server-side -f etl.yaml\n")


def test_a_schedule_that_catches_up_says_how_many_runs_follow(tmp_path):
    schedule = "schedule: {every: 1d, startAt: '2020-01-01T00:00:00Z', catchUp: All}"
    _, output = planned(tmp_path, WORKFLOW.replace("parallelism: 2", schedule))
    assert "; then 1000 or more others, for times of its schedule that are due.\n" in output


def test_a_pool_that_is_not_in_the_file_is_a_guess(tmp_path):
    assert "pool warehouse has room for all (it is not in the file)" in planned(tmp_path, WORKFLOW)[1]


def test_a_pool_of_which_a_parameter_says_the_slots_is_found_in_the_file(tmp_path):
    slots = WORKFLOW.replace("{name: warehouse}", '{name: warehouse, slots: "$(params.day)"}')
    _, output = planned(tmp_path, slots.replace("parallelism: 2", "parallelism: 8") + POOL)
    assert "  time     1m30s (expectedDuration)\n" in output
    assert "waits    15s for pool warehouse (1 slot)" in output
    assert "pool warehouse has room for all (it is not in the file)" in planned(tmp_path, slots)[1]


def test_faults_are_those_of_lint(tmp_path):
    code, output = planned(tmp_path, WORKFLOW.replace("[load]", "[laod]"), "--offline")
    assert (code, output) == (
        2,
        "Error: etl.yaml:13: spec.tasks[3].dependsOn[0]: no task is called 'laod'; did you mean 'load'?\n",
    )


def test_an_unknown_parameter_has_the_nearest_name(tmp_path):
    assert planned(tmp_path, WORKFLOW, "-p", "dya=1") == (
        2,
        "Error: -p: no parameter is called 'dya'; did you mean 'day'?\n",
    )


def test_names_cannot_drive_the_terminal(tmp_path):
    file = tmp_path / "etl.yaml"
    task = {"name": "a", "image": "x", "command": ["true"], "when": "'\x1b[31m' == ''"}
    body = {"apiVersion": "sluice.dev/v1alpha1", "kind": "Workflow", "metadata": {"name": "etl"}}
    file.write_text(json.dumps(body | {"spec": {"tasks": [task]}}))
    answer = CliRunner().invoke(main, ["plan", str(file), "--offline"])
    assert (answer.exit_code, "\x1b" in answer.output, "\\x1b" in answer.output) == (0, False, True), answer.output


def test_for_programs_times_are_seconds_and_needs_are_numbers(tmp_path):
    code, output = planned(tmp_path, WORKFLOW + POOL, "-o", "json")
    (found,) = json.loads(output)["plans"]
    assert code == 0
    assert {task["name"]: (task["does"], task["pods"]) for task in found["tasks"]} == {
        "extract": ("runs", 1),
        "clean": ("runs", 4),
        "load": ("runs", 4),
        "alert": ("skipped", 0),
    }
    assert (found["starts"], found["pods"], found["time"]["typicalSeconds"]) == (True, 9, 145)
    assert (found["atMost"]["pods"], found["atMost"]["cpuMillis"], found["atMost"]["memoryBytes"]) == (2, 1000, 2**27)
    assert found["narrow"] == {"for": "parallelism", "slots": 2, "heldUpSeconds": 70, "withOneMoreSeconds": 135}


def test_markdown_has_a_marker_and_no_text_of_a_manifest_breaks_out_of_it(tmp_path):
    evil = WORKFLOW.replace("runIf: OneFailed", "when: \"'<b>|@team`' == ''\"")
    code, output = planned(tmp_path, evil, "--markdown")
    assert (code, output.splitlines()[0]) == (0, "<!-- sluice plan -->")
    assert output.count("<details>") == output.count("</details>") == 1
    assert "&lt;b&gt;\\|@\u200bteam\\`" in output


def test_limits_go_with_a_run_and_a_backfill_is_left_out(tmp_path):
    assert "--pool goes with a RUN, and " in planned(tmp_path, WORKFLOW, "--pool", "a=1")[1]
    answer = CliRunner().invoke(main, ["plan", "etl-g3", "--offline"])
    assert (answer.exit_code, "--offline goes with a FILE (*.yaml, *.json, *.py or -), and " in answer.output) == (
        2,
        True,
    )
    answer = CliRunner().invoke(main, ["plan", "etl-g3", "--pool", "a"])
    assert (answer.exit_code, "write --pool NAME=N" in answer.output) == (2, True)
    backfill = """
---
apiVersion: sluice.dev/v1alpha1
kind: Backfill
metadata: {name: march}
spec: {workflow: etl, from: "2026-03-01T00:00:00Z", until: "2026-03-02T00:00:00Z", every: 1h}
"""
    scheduled = WORKFLOW.replace("parallelism: 2", "schedule: {every: 1h}") + backfill.replace(", every: 1h", "")
    assert "not planned: backfill/march; sluice backfill --dry-run counts its runs" in planned(tmp_path, scheduled)[1]


def test_a_plan_from_a_file_takes_nothing_that_asks_a_cluster(tmp_path):
    (tmp_path / "etl.yaml").write_text(WORKFLOW)
    code = """
import sys
sys.modules.update(dict.fromkeys(["aiohttp", "kubernetes", "orjson", "rich"]))
from sluice.cli.main import main
main(["plan", sys.argv[1], "--offline"])
"""
    command = [sys.executable, "-c", code, str(tmp_path / "etl.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_for_another_namespace_is_not_compared_with_this_one():
    manifests = [Manifest(WORKFLOWS, {"metadata": {"name": "etl", "namespace": "other"}})]
    with pytest.raises(BadFile, match="etl goes into namespace 'other'; to plan it there: -n other"):
        check_namespace("etl.yaml", manifests, "team")
    check_namespace("etl.yaml", manifests, "other")
    check_namespace("etl.yaml", [Manifest(WORKFLOWS, {"metadata": {"name": "etl"}})], "team")


def test_a_field_that_is_null_is_not_there_as_on_the_api_server(tmp_path):
    file = tmp_path / "etl.yaml"
    file.write_text(WORKFLOW.replace("expectedDuration: 10s", "expectedDuration: null, priority: null"))
    (manifest,) = read(str(file), chart_has_image=True)
    assert manifest.body["spec"]["tasks"][0].keys() == {"name", "command", "outputs"}
