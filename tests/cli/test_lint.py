"""The output and exit codes of `sluice lint`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from sluice.cli.lint.check import LintedFile, check
from sluice.cli.lint.source import read_yaml
from sluice.cli.main import main
from tests.core.counting import calls

EXAMPLES = Path(__file__).parents[2] / "examples"
INVALID = EXAMPLES / "invalid"

WORKFLOW = """\
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata:
  name: etl
spec:
  parameters:
  - name: day
  trigger: Manual
  tasks:
  - name: load
    image: busybox:1.35
"""
RUN = """\
apiVersion: sluice.dev/v1alpha1
kind: WorkflowRun
metadata:
  name: by-hand
spec:
  workflow: etl
  arguments:
    dya: "2026-01-01"
"""

RUN_IN_JSON = """\
{"apiVersion": "sluice.dev/v1alpha1", "kind": "WorkflowRun", "metadata": {"name": "x"},
"spec": {"workflow": "etl",
"arguments": {"day": 3.10}}}"""

PLACEHOLDER = 'has the placeholder $(params.day), and a value could become code there; write "$PARAM_DAY" instead'
SELF = "'c' waits for itself and could never start; remove it from the list"
CIRCLE = "these tasks wait for each other in a circle:"
FAULTS = {
    "self-dependency": [f"16: spec.tasks[2].dependsOn[2]: {SELF}"],
    "cycle": [f"12: spec.tasks[0].dependsOn[0]: {CIRCLE} a -> c -> b -> a; remove one dependency"],
    "unknown-dependency": [
        "14: spec.tasks[1].dependsOn[0]: no task is called 'extrat'; did you mean 'extract'?",
    ],
    "when-hyphen": [
        (
            "15: spec.tasks[1].when: line 1, column 1: `tasks.load-data` is not read as one name; "
            "write tasks['load-data']"
        )
    ],
    "duplicate-name": ["13: spec.tasks[1].name: 'load' is the name of tasks[0] already; rename one"],
    "script-placeholder": [f"14: spec.tasks[0].bash: line 2 {PLACEHOLDER}"],
    "yaml-words": [
        '11: spec.tasks[0].name: must be a string, and kubectl reads y as true; write "y"',
        '15: spec.tasks[0].env[0].value: must be a string, and kubectl reads 3.10 as 3.1; write "3.10"',
        '17: spec.tasks[0].env[1].value: must be a string, and kubectl reads no as false; write "no"',
        '20: spec.tasks[1].forEach.items[0].true: kubectl reads the key y as true; write "y"',
    ],
    "all": [
        f"19: spec.tasks[2].dependsOn[2]: {SELF}",
        f"22: spec.tasks[3].dependsOn[0]: {CIRCLE} d -> e -> d; remove one dependency",
        "28: spec.tasks[5].dependsOn[0]: no task is called 'extract'",
        "30: spec.tasks[6].name: 'a' is the name of tasks[0] already; rename one",
        f"33: spec.tasks[7].bash: line 1 {PLACEHOLDER}",
    ],
}


def lint(*files: object, **more):
    return CliRunner().invoke(main, ["lint", *map(str, files)], **more)


@pytest.fixture
def file(tmp_path):
    def write(text, name="workflow.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("name", FAULTS)
def test_invalid_example(name):
    file = INVALID / f"{name}.yaml"
    result = lint(file)
    assert result.stdout.splitlines() == [f"{file}:{fault}" for fault in FAULTS[name]]
    assert result.exit_code == 1
    stated = "1 fault" if len(FAULTS[name]) == 1 else f"{len(FAULTS[name])} faults"
    assert f"# Result: Refused; {stated}" in file.read_text()


def test_every_invalid_example_is_known():
    assert {path.stem for path in INVALID.iterdir()} == set(FAULTS)


def test_faults_of_all_files_come_in_one_go():
    result = lint(INVALID)
    assert len(result.stdout.splitlines()) == 15
    assert result.stderr == "15 faults in 8 files\n"


def test_valid_examples_are_fine():
    files = sorted(EXAMPLES.glob("*.yaml"))
    result = lint(*files)
    assert (result.exit_code, result.stdout) == (0, "")
    kinds = Counter(found["kind"] for path in files for found in yaml.safe_load_all(path.read_text()))
    assert result.stderr.endswith(" are fine\n")
    assert {count for count in result.stderr.split() if count.isdigit()} == {str(count) for count in kinds.values()}


def test_a_task_without_an_image_is_a_fault_unless_the_operator_has_one_for_it(file):
    manifest = file(WORKFLOW.replace("    image: busybox:1.35\n", ""))
    assert "'load' has no image" in lint(manifest).stdout
    assert lint(manifest, "--default-image").exit_code == 0


def test_other_kinds_are_passed_over(file):
    other = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n---\napiVersion: v1\nkind: Secret\n---\njust: values\n"
    result = lint(file(f"{WORKFLOW}---\n{other}"))
    assert result.exit_code == 0
    assert result.stderr == "1 Workflow is fine (passed over: 1 Secret, 1 Workflow.argoproj.io, 1 no kind)\n"


def test_a_file_without_workflows_is_no_fault(file):
    result = lint(file("just: values\n"))
    assert (result.exit_code, result.stderr) == (0, "there is no Workflow in these files (passed over: 1 no kind)\n")


def test_standard_input():
    result = lint("-", input=WORKFLOW.replace("load", "Load"))
    assert result.stdout.startswith("<stdin>:10: spec.tasks[0].name: must be lower-case letters")


def test_a_directory_is_searched_for_manifests(file):
    file("a: b: c\n", "sub/b.yml")
    file("a: b: c\n", "a.yaml")
    file("a: b: c\n", ".hidden/c.yaml")
    result = lint(file("not a manifest", "README.md").parent)
    assert [Path(line.partition(":")[0]).name for line in result.stdout.splitlines()] == ["a.yaml", "b.yml"]


def test_a_run_is_checked_against_its_workflow_in_another_file(file):
    result = lint(file(RUN, "run.yaml"), file(WORKFLOW, "workflow.yaml"))
    assert [line.partition("run.yaml:")[2] for line in result.stdout.splitlines()] == [
        "7: spec.arguments: 'day' has no default in the Workflow; give it a value here",
        "8: spec.arguments.dya: the Workflow has no parameter called 'dya'; did you mean 'day'?",
    ]


@pytest.mark.parametrize(
    ("workflow", "why"),
    [
        ("", "there is none"),
        (WORKFLOW.replace("name: etl", "name: elt"), "it has another name"),
        (WORKFLOW.replace("name: etl", "name: etl\n  namespace: other"), "it is in another namespace"),
    ],
)
def test_a_run_without_its_workflow_is_not_judged_by_parameters(file, workflow, why):
    run = RUN.replace("name: by-hand", "name: by-hand\n  namespace: here")
    assert lint(file(f"{run}---\n{workflow}")).exit_code == 0, why


@pytest.mark.parametrize(
    ("rerun", "fault"),
    [
        ("[laod]", "rerun[0]: no task is called 'laod'; did you mean 'load'?"),
        ('[{task: load, items: "3"}]', "rerun[0].items: task 'load' has no forEach, and so no items; write its name"),
        ("[{task: load, items: 3}]", "rerun[0].items: must be a string"),
        ("[load]", ""),
    ],
)
def test_what_a_run_asks_to_be_run_again_is_held_against_its_workflow(file, rerun, fault):
    resumes = RUN.replace("dya", "day") + f"  resumeFrom: {{run: etl-g1-4f7a9, rerun: {rerun}}}\n"
    result = lint(file(f"{resumes}---\n{WORKFLOW}"))
    assert (fault in result.stdout, result.exit_code) == (True, 1 if fault else 0)


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        ("kind: Workflow", "1: apiVersion: is required; write sluice.dev/v1alpha1"),
        ("apiVersion: sluice.dev/v2\nkind: Workflow", "1: apiVersion: 'sluice.dev/v2' is not known here"),
        ("apiVersion: sluice.dev/v1alpha1", "1: kind: is required"),
        (
            "apiVersion: sluice.dev/v1alpha1\nkind: Workflw",
            "2: kind: sluice.dev/v1alpha1 has no kind 'Workflw'; did you mean 'Workflow'?",
        ),
        ("apiVersion: sluice.dev/v1alpha1\nkind: Workflow\nmetadata: []", "3: metadata: must be a map"),
        ("apiVersion: sluice.dev/v1alpha1\nkind: Workflow\nmetadata: {name: 3}", "3: metadata.name: must be a string"),
        ("apiVersion: sluice.dev/v1alpha1\nkind: WorkflowRun\nspec:", "3: spec: is required"),
    ],
)
def test_an_object_that_is_barely_one(file, head, fault):
    result = lint(file(head))
    assert f"workflow.yaml:{fault}" in result.stdout
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("first", "second", "where", "taken"),
    [
        ("", "", "two.yaml", True),
        ("", "", "prod/one.yaml", False),
        ("\n  namespace: a", "\n  namespace: a", "prod/one.yaml", True),
        ("\n  namespace: a", "\n  namespace: b", "two.yaml", False),
        ("\n  namespace: a", "", "two.yaml", False),
    ],
)
def test_a_name_that_another_has_in_the_same_namespace_is_a_fault(file, first, second, where, taken):
    one = file(WORKFLOW.replace("name: etl", f"name: etl{first}"), "one.yaml")
    two = file(WORKFLOW.replace("name: etl", f"name: etl{second}"), where)
    words = f"{two}:4: metadata.name: Workflow 'etl' is in {one}:4 already; rename one, or remove it\n"
    assert lint(one, two).stdout == (words if taken else "")


def test_objects_of_two_kinds_may_have_one_name(file):
    assert lint(file(f"{WORKFLOW}---\n{POOL.replace('warehouse', 'etl')}")).exit_code == 0


def test_a_file_is_read_once_however_it_is_called(file, monkeypatch):
    path = file(WORKFLOW)
    monkeypatch.chdir(path.parent)
    assert lint(path, path.name, ".", f"../{path.parent.name}/workflow.yaml").stderr == "1 Workflow is fine\n"


@pytest.mark.parametrize("kind", ["Workflow", "Pool"])
def test_what_others_refer_to_needs_a_name(file, kind):
    text = (WORKFLOW if kind == "Workflow" else POOL).replace("name: ", "generateName: ", 1)
    words = f"is required, as others refer to a {kind} by it; write `name` in place of `generateName`"
    assert f": metadata.name: {words}\n" in lint(file(text)).stdout


def test_a_run_may_have_its_name_generated(file):
    assert lint(file(RUN.replace("name: by-hand", "generateName: by-hand-"))).exit_code == 0


def test_a_name_that_no_object_can_have_is_told_once(file):
    path = file(WORKFLOW.replace("name: etl", "name: My_Workflow"))
    words = "must be lower-case letters and digits, with '-' between them, in parts divided by '.', not 'My_Workflow'"
    assert lint(path).stdout == f"{path}:4: metadata.name: {words}\n"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("name: etl", "name: y", '4: metadata.name: must be a string, and kubectl reads y as true; write "y"'),
        (
            "name: etl",
            "name: etl\n  namespace: 0x1F",
            '5: metadata.namespace: must be a string, and kubectl reads 0x1F as 31; write "0x1F"',
        ),
        (
            "name: etl",
            "name: etl\n  labels: {team: on}",
            '5: metadata.labels.team: must be a string, and kubectl reads on as true; write "on"',
        ),
        (
            "name: etl",
            "name: etl\n  annotations:\n    version: 1.0",
            '6: metadata.annotations.version: must be a string, and kubectl reads 1.0 as 1; write "1.0"',
        ),
        ("name: load", "name: n", '10: spec.tasks[0].name: must be a string, and kubectl reads n as false; write "n"'),
        (
            "name: load",
            "name: load\n    args: [a, 5]",
            '11: spec.tasks[0].args[1]: must be a string, and kubectl reads 5 as a number; write "5"',
        ),
        (
            "name: load",
            "name: load\n    forEach: {items: [~]}",
            '11: spec.tasks[0].forEach.items[0]: must be a string, and kubectl reads ~ as null; write "~"',
        ),
        ("name: load", "name: load\n    args: [[]]", "11: spec.tasks[0].args[0]: must be a string; put it in quotes"),
        (
            "name: load",
            "name: load\n    command: [null]",
            '11: spec.tasks[0].command[0]: must be a string, and kubectl reads null as no value; write "null"',
        ),
        (
            "name: load",
            "name: load\n    timeout: 90",
            (
                "11: spec.tasks[0].timeout: must be a duration such as 90s or 1h30m, "
                "or one placeholder such as $(params.NAME), not 90; write 90s"
            ),
        ),
        (
            "name: load",
            "name: load\n    retries: {on: [Error]}",  # told once, not as an unknown field as well
            '11: spec.tasks[0].retries.true: kubectl reads the key on as true; write "on"',
        ),
    ],
)
def test_what_kubectl_does_not_read_as_text_is_a_fault_where_text_must_be(file, old, new, fault):
    path = file(WORKFLOW.replace(old, new))
    assert lint(path).stdout == f"{path}:{fault}\n"


def test_a_key_that_is_there_twice_hides_no_other_fault_of_it(file):
    path = file(f"{WORKFLOW}    dependson: [x]\n    dependson: [y]\n")
    assert lint(path).stdout.splitlines() == [
        f"{path}:13: spec.tasks[0].dependson: there is no such field; did you mean 'dependsOn'?",
        f"{path}:13: spec.tasks[0].dependson: this key is in line 12 already; keep one",
    ]


@pytest.mark.parametrize(
    ("text", "place", "read"),
    [
        (RUN.replace('dya: "2026-01-01"', "day: 1_000"), "8: spec.arguments.day", ("1_000", "1000")),
        ('{"kind": "List", "items": [\n' + RUN_IN_JSON + "]}", "4: items[0].spec.arguments.day", ("3.10", "3.1")),
        (WORKFLOW.replace("name: day", "name: day\n    default: 01"), "8: spec.parameters[0].default", ("01", "1")),
        (WORKFLOW.replace("name: day", "name: day\n    default: no"), "8: spec.parameters[0].default", ("no", "false")),
        (
            WORKFLOW.replace("name: day", "name: day\n    type: Number\n    enum: [1.5, 3.10]"),
            "9: spec.parameters[0].enum[1]",
            ("3.10", "3.1"),
        ),
        (
            WORKFLOW.replace("image: busybox:1.35", "workflow: {name: x, arguments: {day: 007}}"),
            "11: spec.tasks[0].workflow.arguments.day",
            ("007", "7"),
        ),
        (
            WORKFLOW.replace("  tasks:", "  files: {a.py: x}\n  tasks:").replace(
                "load", "load\n    function: {file: a.py, name: f, arguments: {key: 18446744073709551615}}"
            ),
            "12: spec.tasks[0].function.arguments.key",
            ("18446744073709551615", "1.8446744073709552e+19"),
        ),
    ],
)
def test_a_value_that_kubectl_reads_as_another_is_warned_about(file, text, place, read):
    path = file(text, "list.json" if "List" in text else "etl.yaml")
    written, arrives = read
    words = f'warning: kubectl reads {written} as {arrives}; write "{written}", or {arrives} if that is meant'
    assert lint(path).stdout == f"{path}:{place}: {words}\n"


CALLS = """\
---
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: caller}
spec:
  parameters: [{name: count, default: "1"}]
  tasks:
  - name: call
    workflow: {name: etl, arguments: ARGUMENTS}
"""


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ('{day: 5, size: "$(params.count)"}', ""),
        ('{day: "5"}', ""),
        ('{day: "$(params.count)"}', ""),
        ("{day: five}", "arguments.day: must be a whole number such as 42"),
        ("{day: 5, size: smal}", "arguments.size: must be one of small, big; did you mean 'small'?"),
        ("{day: 5, siez: big}", "arguments.siez: the Workflow has no parameter called 'siez'; did you mean 'size'?"),
        ("{size: big}", "arguments: 'day' has no default in the Workflow; give it a value here"),
    ],
)
def test_arguments_for_a_workflow_among_the_files(file, arguments, found):
    declared = "name: day\n    type: Integer\n  - name: size\n    enum: [small, big]\n    default: big"
    path = file(WORKFLOW.replace("name: day", declared) + CALLS.replace("ARGUMENTS", arguments))
    assert [line.partition("tasks[0].workflow.")[2] for line in lint(path).stdout.splitlines()] == [found] * bool(found)


@pytest.mark.parametrize(
    ("for_each", "warnings"),
    [
        (
            "items: [3.1, 3.10, '3.10', 1, true, de, no, 2026-01-01]",
            [
                (12, "items[1]", 'kubectl reads 3.10 as 3.1; write "3.10", or 3.1 if that is meant'),
                (12, "items[6]", 'kubectl reads no as false; write "no", or false if that is meant'),
            ],
        ),
        (
            "items: [{id: 01234,\n      deep: {at: [0x1F, 1_000]}}]",
            [
                (12, "items[0].id", 'kubectl reads 01234 as 668; write "01234", or 668 if that is meant'),
                (13, "items[0].deep.at[0]", 'kubectl reads 0x1F as 31; write "0x1F", or 31 if that is meant'),
                (13, "items[0].deep.at[1]", 'kubectl reads 1_000 as 1000; write "1_000", or 1000 if that is meant'),
            ],
        ),
        (
            "matrix: {python: [3.9, 3.10]},\n      exclude: [{python: 3.10}]",
            [
                (12, "matrix.python[1]", 'kubectl reads 3.10 as 3.1; write "3.10", or 3.1 if that is meant'),
                (13, "exclude[0].python", 'kubectl reads 3.10 as 3.1; write "3.10", or 3.1 if that is meant'),
            ],
        ),
        ("range: {end: 0x1F}", []),
    ],
)
def test_an_item_that_does_not_arrive_as_written_is_a_warning(file, for_each, warnings):
    path = file(WORKFLOW + f"    forEach: {{{for_each}}}\n")
    result = lint(path)
    assert result.stdout.splitlines() == [
        f"{path}:{line}: spec.tasks[0].forEach.{place}: warning: {words}" for line, place, words in warnings
    ]
    assert result.exit_code == 0


def test_a_null_counts_as_absent(file):
    assert lint(file(WORKFLOW.replace("spec:", "spec:\n  defaults:\n  parallelism: null"))).exit_code == 0


def test_aliases_of_what_is_not_ours_are_not_written_out():
    text = "a: &a [{x: 1}, {y: 1}]\nb: &b [" + ", ".join(["*a"] * 50) + "]\nc: [" + ", ".join(["*b"] * 50) + "]\n"
    foreign = LintedFile("values.yaml", list(read_yaml(text)))
    assert calls(lambda: check([foreign])) < 1_000


def test_items_of_a_list(file):
    result = lint(file('{"kind": "List", "items": [\n{"kind": "Workflow",\n"apiVersion": "v2"}]}', "list.json"))
    assert (result.exit_code, result.stderr) == (
        0,
        "there is no Workflow in these files (passed over: 1 Workflow)\n",
    )
    inner = '{"apiVersion": "sluice.dev/v1alpha1", "kind": "Workflow",\n"metadata": {"name": "x"}}'
    result = lint(file(f'{{"kind": "List", "items": [\n{inner}]}}', "list.json"))
    assert "list.json:2: items[0].spec: is required; it needs at least `tasks`" in result.stdout


def test_words_of_a_stranger_command_no_terminal(file):
    text = WORKFLOW.replace("name: load", 'name: load\n    "\\e[2J\\nfoo": 1')
    assert r"spec.tasks[0].\x1b[2J\nfoo: there is no such field" in lint(file(text)).stdout


def test_called_wrongly():
    assert lint().exit_code == 2
    assert lint("no-such-file.yaml").exit_code == 2


def test_a_warning_is_no_fault(tmp_path):
    file = tmp_path / "etl.yaml"
    file.write_text(
        """\
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: etl}
spec:
  volumeClaimTemplates:
  - metadata: {name: scratch}
    spec: {accessModes: [ReadWriteOnce]}
  defaults: {image: busybox, volumeMounts: [{name: scratch, mountPath: /scratch}]}
  tasks: [{name: a}, {name: b}]
"""
    )
    result = lint(file)
    where = f"{file}:7: spec.volumeClaimTemplates[0].spec.accessModes: warning: 'a' and 'b' can run at the same time"
    assert result.stdout.startswith(where)
    assert (result.stderr, result.exit_code) == ("1 Workflow is fine\n", 0)


TOO_MANY = "Pool 'warehouse' has 2, so the task would wait; ask for less, or raise its slots"
POOL = """\
apiVersion: sluice.dev/v1alpha1
kind: Pool
metadata: {name: warehouse}
spec: {slots: 2}
"""


@pytest.mark.parametrize(
    ("pool", "claim", "warning"),
    [
        (POOL, "{name: warehouse, slots: 2}", ""),
        (POOL.replace("}", ", namespace: other}", 1), "{name: warehouse, slots: 9}", ""),
        (POOL, "{name: warehouse, slots: 3}", f"slots: warning: {TOO_MANY}"),
        (POOL, "{name: lab}", "name: warning: no Pool among these files is called 'lab'"),
    ],
)
def test_workflow_is_checked_against_the_pools_among_the_files(file, pool, claim, warning):
    workflow = WORKFLOW.replace("name: etl", "name: etl\n  namespace: team") + f"    pools: [{claim}]\n"
    path, _ = file(workflow), file(pool, "pool.yaml")
    result = lint(path.parent)
    assert result.stdout.splitlines() == ([f"{path}:13: spec.tasks[0].pools[0].{warning}"] if warning else [])
    assert result.exit_code == 0


def test_slots_for_a_whole_run_are_checked_against_the_pools_as_well(file):
    pool = POOL.replace("slots: 2", "slots: 2, heldBy: Runs")
    path, _ = file(f"{WORKFLOW}  pools: [{{name: warehouse, slots: 3}}]\n"), file(pool, "pool.yaml")
    words = TOO_MANY.replace("the task", "each run")
    assert lint(path.parent).stdout.endswith(f": spec.pools[0].slots: warning: {words}\n")


BY_RUNS = "is held by whole runs; name it in spec.pools, or name one with heldBy: Tasks"
BY_TASKS = "is held by tasks; name it in the pools of tasks, or name one with heldBy: Runs"


@pytest.mark.parametrize(
    ("claim", "held_by", "fault"),
    [
        ("    pools: [{name: warehouse}]\n", "Runs", f"tasks[0].pools[0].name: Pool 'warehouse' {BY_RUNS}"),
        ("  pools: [{name: warehouse}]\n", "Tasks", f"pools[0].name: Pool 'warehouse' {BY_TASKS}"),
    ],
)
def test_claim_of_a_pool_that_is_held_otherwise_is_a_fault(file, claim, held_by, fault):
    workflow = WORKFLOW.replace("name: etl", "name: etl\n  namespace: team") + claim
    path, _ = file(workflow), file(POOL.replace("slots: 2", f"slots: 2, heldBy: {held_by}"), "pool.yaml")
    result = lint(path.parent)
    assert (result.stdout, result.exit_code) == (f"{path}:13: spec.{fault}\n", 1)


def calling(name, called, more="", namespace=""):
    return f"""\
---
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {{name: {name}{namespace}}}
spec: {{{more} tasks: [{{name: call, workflow: {{name: {called}}}}}]}}
"""


@pytest.mark.parametrize(
    ("more", "namespaces", "line"),
    [
        ("concurrency: {maxRuns: 1},", ("", ""), 10),
        ("concurrency: {maxRuns: 1},", ("", ", namespace: team"), 10),
        ("concurrency: {maxRuns: 1},", (", namespace: other", ", namespace: team"), None),
        ("concurrency: {policy: Allow},", ("", ""), None),
        ("", ("", ""), None),
    ],
)
def test_circle_of_calls_with_concurrency_is_a_fault(file, more, namespaces, line):
    path = file(calling("one", "two", namespace=namespaces[0]) + calling("two", "one", more, namespaces[1]))
    words = "two -> one -> two call each other; remove a call or this `concurrency`"
    found = f"{path}:{line}: spec.concurrency: runs could wait for each other for ever: {words}\n"
    assert lint(path).stdout == (found if line else "")


def test_workflow_that_cannot_be_read_is_in_no_circle(file):
    broken = calling("two", "one").replace("spec:", "specs:")
    assert "wait for each other" not in lint(file(calling("one", "two") + broken)).stdout


def test_pool_is_checked_too(file):
    path = file(POOL.replace("2", "-1"))
    assert lint(path).stdout == f"{path}:4: spec.slots: input should be greater than or equal to 0\n"


def test_backfill_is_checked_with_its_workflow_if_that_is_among_the_files(file):
    backfill = """\
apiVersion: sluice.dev/v1alpha1
kind: Backfill
metadata: {name: march}
spec:
  workflow: etl
  from: 2026-03-01T00:00:00Z
  until: 2026-03-03T00:00:00Z
  arguments: {day: monday}
"""
    path = file(backfill, "backfill.yaml")
    assert lint(path).exit_code == 0
    file(WORKFLOW)
    words = "'etl' has no schedule; say `cron` or `every` here"
    assert lint(path.parent).stdout == f"{path}:5: spec.workflow: {words}\n"
