import pytest

from sluice.core.validation import workflow_faults, workflow_warnings


def warnings(task, **spec):
    manifest = {"metadata": {"name": "etl"}, "spec": {"tasks": [{"name": "a", "image": "debian"} | task]} | spec}
    assert workflow_faults(manifest, chart_has_image=False) == []
    return [str(warning) for warning in workflow_warnings(manifest)]


NO_BASH = (
    "has no bash, and sh ignores it where a command before a pipe fails; take an image with bash, or write what comes "
    "before the pipe to a file first"
)
NOTHING = "means nothing here; another interpreter, or its options, go into `shell`"


@pytest.mark.parametrize(
    ("task", "found"),
    [
        ({"bash": "false | true", "image": "busybox"}, [f"bash: 'busybox' {NO_BASH}"]),
        ({"bash": "false | true", "image": "a.io:5/x/alpine:3"}, [f"bash: 'a.io:5/x/alpine:3' {NO_BASH}"]),
        ({"bash": "false | true", "image": "python:3.13-alpine"}, [f"bash: 'python:3.13-alpine' {NO_BASH}"]),
        ({"bash": "false | true", "image": "bash:5-alpine3.22"}, []),
        ({"bash": "false | true", "image": "alpine/k8s:1.35"}, []),
        ({"bash": "false | true"}, []),
        ({"bash": "false || true", "image": "busybox"}, []),
        ({"bash": "false | true", "image": "busybox", "shell": ["sh"]}, []),
        ({"python": "print(1 | 2)", "image": "python:3.13-alpine"}, []),
        ({"bash": "#!/bin/bash -x\necho"}, [f"bash: #!/bin/bash -x {NOTHING}"]),
        ({"python": "#!/usr/bin/env pypy\n"}, [f"python: #!/usr/bin/env pypy {NOTHING}"]),
        ({"bash": "# !\n#!/bin/sh"}, []),
    ],
)
def test_a_script_that_does_something_else_than_one_may_think(task, found):
    assert warnings(task) == [f"spec.tasks[0].{words}" for words in found]


def test_a_script_with_the_image_of_the_defaults():
    spec = {"tasks": [{"name": "a", "bash": "a | b"}], "defaults": {"image": "alpine"}}
    assert len(workflow_warnings({"metadata": {"name": "etl"}, "spec": spec})) == 1


@pytest.mark.parametrize(("policy", "dropped"), [("OnFailure", True), ("Always", True), ("Never", False)])
def test_a_restart_policy_that_is_dropped(policy, dropped):
    main = {"name": "main", "restartPolicy": policy}
    template = {"podTemplate": {"spec": {"restartPolicy": policy, "containers": [{"name": "proxy"}, main]}}}
    words = "is dropped: each attempt is a pod of its own, with Never; say in `retries` how often to try again"
    paths = ["spec.defaults", "spec.tasks[0]"] if dropped else []
    fields = ("containers[1].restartPolicy", "restartPolicy")
    assert warnings(template, defaults=template) == [
        f"{path}.podTemplate.spec.{field}: {words}" for path in paths for field in fields
    ]


@pytest.mark.parametrize(
    ("task", "mixed"),
    [
        ({"command": ["date"]}, True),
        ({"bash": "date", "shell": ["zsh"]}, True),
        ({"bash": "date"}, False),
        ({"python": "print(1)"}, False),
    ],
)
def test_standard_output_of_a_program_without_a_launcher_is_its_log(task, mixed):
    words = (
        "spec.tasks[0].outputsFrom: standard output of a program that is no `bash` or `python` (or with `shell`) is "
        "its whole log, with standard error in it; after the kubelet's rotation, at 10 MiB by default, only the rest. "
        "Be sure that it writes little, and nothing to standard error"
    )
    assert warnings(task | {"outputs": ["k"], "outputsFrom": "Stdout"}) == ([words] if mixed else [])
