import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.core.base.naming import pod_name
from sluice.core.pod.builder import RunEnd, build_pod
from sluice.core.spec.definition import Definition
from sluice.core.spec.scheduled_time import ScheduledTime
from sluice.core.validation import workflow_faults
from tests.core.kubelet import RUN

PARAMETERS = {"day": "2026-01-01", "max-cost": "5$ (of 7$)"}


def pod(*, defaults=None, parameters=PARAMETERS, run=RUN, attempt=1, hardened=False, before=None, **fields):
    definition = Definition.of({"defaults": defaults or {}, "tasks": [{"name": "a", "image": "busybox"} | fields]})
    identity = replace(run, parameters=parameters)
    return build_pod(identity, definition.tasks[0], attempt, hardened=hardened, **before or {})


def main(made):
    (container,) = [container for container in made["spec"]["containers"] if container["name"] == "main"]
    return container


def environment(made):
    return {variable["name"]: variable.get("value") for variable in main(made)["env"]}


# Names are claims.


@given(
    run=st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?", fullmatch=True),
    task=st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True),
    attempt=st.integers(1, 1101),
)
def test_name_is_a_dns_label_of_at_most_63_characters(run, task, attempt):
    name = pod_name(run, RUN.uid, task, attempt)
    assert len(name) <= 63
    assert all(c.isdigit() or "a" <= c <= "z" or c == "-" for c in name)
    assert name[0] != "-" != name[-1]


LONG = "x" * 62


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("r", "u1", "a", 1), ("r", "u2", "a", 1)),  # a run made again under its name
        (("r", "u1", "a", 1), ("r", "u1", "a", 2)),
        (("r", "u1", "a", 1), ("r", "u1", "b", 1)),
        (("r", "u1", LONG + "a", 1), ("r", "u1", LONG + "b", 1)),  # the difference is cut off
        (("r-a", "u1", "b", 1), ("r", "u2", "a-b", 1)),
        (("r", "u1", "a-1", 1), ("r", "u1", "a", 11)),
    ],
)
def test_another_run_task_or_attempt_has_another_name(one, other):
    assert pod_name(*one) != pod_name(*other)


def test_same_attempt_always_has_the_same_name():
    assert pod() == pod()
    assert pod()["metadata"]["name"] == pod(image="other")["metadata"]["name"]
    assert pod_name("etl-g1-4f7a9", "uid", "load", 1) == pod_name("etl-g1-4f7a9", "uid", "load", 1)


def test_name_shows_run_task_and_attempt():
    assert pod_name("etl-g1-4f7a9", "uid", "load", 2).startswith("etl-g1-4f7a9-load-2-")


@pytest.mark.parametrize(
    ("run", "task", "starts"),
    [
        ("etl-g1-4f7a9", "t" * 37, "etl-g1-4f7a9-" + "t" * 37 + "-1-"),  # there is room for all
        (
            "etl-g1-4f7a9",
            "load-the-orders-of-all-customers-into-the-warehouse-of-europe",
            "etl-g1-4f7a9-load-the-orders-of--arehouse-of-europe-1-",
        ),
        (
            "etl-g1-4f7a9",
            "load-the-orders-of-all-customers-into-the-warehouse-of-asia",
            "etl-g1-4f7a9-load-the-orders-of--warehouse-of-asia-1-",
        ),
        (
            "warehouse-of-the-whole-company-g12-4f7a9",
            "load-the-orders-of-all-customers-of-asia",
            "warehouse-of--ny-g12-4f7a9-load-the-ord--ers-of-asia-1-",
        ),
        ("r" * 63, "load", "r" * 23 + "--" + "r" * 22 + "-load-1-"),
    ],
)
def test_long_names_lose_their_middle_and_can_be_told_apart(run, task, starts):
    name = pod_name(run, "uid", task, 1)
    assert (name[:-8], len(name) <= 63) == (starts, True)


# Whose it is.


def test_labels_say_workflow_run_task_and_attempt():
    assert pod(attempt=2)["metadata"]["labels"] == {
        "sluice.dev/workflow": "etl",
        "sluice.dev/run": RUN.name,
        "sluice.dev/run-uid": RUN.uid,
        "sluice.dev/task": "a",
        "sluice.dev/attempt": "2",
    }


def test_owner_is_the_run_and_blocks_no_deletion():
    (owner,) = pod()["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("WorkflowRun", RUN.name, RUN.uid)
    assert owner["controller"] is True
    assert not owner.get("blockOwnerDeletion")
    assert pod()["metadata"]["namespace"] == RUN.namespace


# What a pod is without anybody's word.


def test_pod_is_one_container_that_runs_once_and_is_told_nothing_of_the_cluster():
    spec = pod()["spec"]
    assert [container["name"] for container in spec["containers"]] == ["main"]
    assert "initContainers" not in spec
    assert spec["restartPolicy"] == "Never"
    assert spec["enableServiceLinks"] is False
    assert spec["automountServiceAccountToken"] is False


def test_pod_is_safe_as_far_as_common_images_still_work():
    made = pod()
    assert made["spec"]["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert main(made)["securityContext"] == {"allowPrivilegeEscalation": False}


def test_hardened_pod_has_all_that_restricted_asks_for():
    made = pod(hardened=True)
    security = made["spec"]["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] > 0  # numeric: the kubelet cannot check a user's name
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert main(made)["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def test_token_is_mounted_only_where_a_service_account_was_asked_for():
    assert pod(serviceAccountName="loader")["spec"]["automountServiceAccountToken"] is True
    assert pod(defaults={"serviceAccountName": "loader"})["spec"]["automountServiceAccountToken"] is True
    no_token = {"spec": {"automountServiceAccountToken": False}}
    assert pod(serviceAccountName="loader", podTemplate=no_token)["spec"]["automountServiceAccountToken"] is False


@pytest.mark.parametrize("hardened", [False, True])
def test_users_own_security_settings_win(hardened):
    container = {
        "name": "main",
        "securityContext": {"allowPrivilegeEscalation": True, "capabilities": {"drop": ["KILL"]}},
    }
    template = {
        "securityContext": {"runAsUser": 7, "seccompProfile": {"type": "Unconfined"}},
        "containers": [container],
    }
    made = pod(hardened=hardened, podTemplate={"spec": template})
    assert made["spec"]["securityContext"]["runAsUser"] == 7
    assert made["spec"]["securityContext"]["seccompProfile"] == {"type": "Unconfined"}
    assert main(made)["securityContext"] == container["securityContext"]


@pytest.mark.parametrize("own", [{"privileged": True}, {"capabilities": {"add": ["CAP_SYS_ADMIN"]}}])
def test_privileged_container_is_not_told_that_it_cannot_escalate(own):
    """The API server refuses the two together."""
    made = pod(podTemplate={"spec": {"containers": [{"name": "main", "securityContext": own}]}})
    assert main(made)["securityContext"] == own


# The user's fields.


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("command", ["echo", "hello"]),
        ("args", ["hello"]),
        ("envFrom", [{"secretRef": {"name": "s"}}]),
        ("resources", {"requests": {"cpu": 0.5, "memory": "64Mi"}, "limits": {"memory": "1Gi"}}),
        ("volumeMounts", [{"name": "v", "mountPath": "/v"}]),
    ],
)
def test_fields_of_the_container_stand_in_it_as_they_are(field, value):
    assert main(pod(**{field: value}))[field] == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nodeSelector", {"disk": "ssd"}),
        ("tolerations", [{"key": "gpu", "operator": "Exists"}]),
        ("serviceAccountName", "loader"),
        ("volumes", [{"name": "v", "emptyDir": {}}]),
    ],
)
def test_fields_of_the_pod_stand_in_it_as_they_are(field, value):
    assert pod(**{field: value})["spec"][field] == value


def test_task_wins_over_its_defaults_and_over_the_pod_template():
    template = {"spec": {"nodeSelector": {"disk": "hdd", "zone": "b"}, "containers": [{"name": "main", "image": "c"}]}}
    made = pod(defaults={"image": "a", "podTemplate": template}, image="b", nodeSelector={"disk": "ssd"})
    assert main(made)["image"] == "b"
    assert made["spec"]["nodeSelector"] == {"disk": "ssd", "zone": "b"}


def test_timeout_is_the_pods_own_so_that_it_survives_the_operator():
    template = {"spec": {"activeDeadlineSeconds": 5}}
    assert pod(timeout="1h30m", podTemplate=template)["spec"]["activeDeadlineSeconds"] == 5400
    assert "activeDeadlineSeconds" not in pod()["spec"]


def test_pod_template_reaches_the_pod_under_ours():
    made = pod(
        podTemplate={
            "metadata": {"labels": {"team": "data", "sluice.dev/task": "forged"}, "annotations": {"note": "kept"}},
            "spec": {
                "priorityClassName": "low",
                "restartPolicy": "Always",
                "initContainers": [{"name": "fetch", "image": "git"}],
                "containers": [
                    {
                        "name": "main",
                        "tty": True,
                        "restartPolicy": "Always",
                        "restartPolicyRules": [{"action": "Restart"}],
                    },
                    {"name": "proxy", "image": "envoy"},
                ],
            },
        }
    )
    assert {"restartPolicy", "restartPolicyRules"}.isdisjoint(main(made))  # an attempt is a pod of its own
    assert made["metadata"]["labels"]["team"] == "data"
    assert made["metadata"]["labels"]["sluice.dev/task"] == "a"
    assert made["metadata"]["annotations"]["note"] == "kept"
    assert made["spec"]["priorityClassName"] == "low"
    assert made["spec"]["restartPolicy"] == "Never"
    assert made["spec"]["initContainers"] == [{"name": "fetch", "image": "git"}]
    assert [container["name"] for container in made["spec"]["containers"]] == ["main", "proxy"]
    assert main(made)["tty"] is True


PROTECTED = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true"}
OWN = {"karpenter.sh/do-not-disrupt": "30m"}


@pytest.mark.parametrize(
    ("fields", "annotations"),
    [
        ({}, PROTECTED),
        ({"safeToEvict": False}, PROTECTED),
        ({"safeToEvict": True}, {}),
        ({"podTemplate": {"metadata": {"annotations": OWN}}}, PROTECTED | OWN),
        ({"safeToEvict": True, "podTemplate": {"metadata": {"annotations": OWN}}}, OWN),
    ],
)
def test_autoscalers_are_asked_to_leave_the_pod_where_it_is(fields, annotations):
    assert pod(**fields)["metadata"].get("annotations", {}) == annotations


_JSON = st.recursive(
    st.sampled_from([None, True, 7, "x", "main"]),
    lambda node: st.lists(node, max_size=3) | st.dictionaries(st.sampled_from(["name", "add", "x"]), node, max_size=2),
    max_leaves=4,
)
_SECURITY = _JSON | st.fixed_dictionaries({}, optional={"privileged": _JSON, "capabilities": _JSON})
_NAMED = {"name": st.sampled_from(["main", "v"])}
_CONTAINER = st.fixed_dictionaries(_NAMED, optional={"securityContext": _SECURITY, "env": _JSON, "volumeMounts": _JSON})
_TEMPLATES = st.fixed_dictionaries(
    {},
    optional={
        "containers": st.lists(_CONTAINER, max_size=2) | _JSON,
        "initContainers": st.lists(_CONTAINER, max_size=2) | _JSON,
        "volumes": st.lists(st.fixed_dictionaries(_NAMED, optional={"emptyDir": _JSON})) | _JSON,
        "securityContext": _JSON,
        "nodeSelector": _JSON,
        "tolerations": _JSON,
    },
)


@given(_TEMPLATES, _TEMPLATES)
def test_pod_template_that_is_accepted_can_be_built(under, over):
    """What is odd in it beyond that is the server's to refuse, in words that the user reads."""
    defaults = {"podTemplate": {"spec": under}, "volumes": [{"name": "v"}], "env": [{"name": "A", "value": "x"}]}
    own = {"podTemplate": {"spec": over}, "volumes": [{"name": "w"}], "bash": "true", "nodeSelector": {"disk": "ssd"}}
    task = {"name": "a", "image": "busybox"} | own
    refused = workflow_faults({"metadata": {"name": "etl"}, "spec": {"defaults": defaults, "tasks": [task]}})
    assert refused or pod(defaults=defaults, **own)["kind"] == "Pod"


# What the task is told.


def test_environment_says_who_runs_and_with_which_values():
    assert environment(pod(attempt=2)) == {
        "SLUICE_RUN": RUN.name,
        "SLUICE_TASK": "a",
        "SLUICE_INDEX": "0",
        "SLUICE_ATTEMPT": "2",
        "SLUICE_OUTPUTS": "/dev/termination-log",
        "PARAM_DAY": "2026-01-01",
        "PARAM_MAX_COST": "5$$ (of 7$$)",  # the kubelet makes one of two
    }


def test_users_own_variables_win_and_can_refer_to_ours():
    own = [{"name": "SLUICE_TASK", "value": "mine"}, {"name": "URL", "value": "s3://$(params.day)/$(SLUICE_RUN)"}]
    made = pod(env=own)
    assert environment(made)["SLUICE_TASK"] == "mine"
    assert environment(made)["URL"] == "s3://2026-01-01/$(SLUICE_RUN)"
    names = list(environment(made))
    assert names.index("SLUICE_RUN") < names.index("URL")  # the kubelet only knows what stands before


def test_variables_of_template_defaults_and_task_add_up():
    template = {
        "spec": {"containers": [{"name": "main", "env": [{"name": "A", "value": "t"}, {"name": "B", "value": "t"}]}]}
    }
    made = pod(
        defaults={"env": [{"name": "B", "value": "d"}, {"name": "C", "value": "d"}]},
        env=[{"name": "C", "value": "own"}],
        podTemplate=template,
    )
    assert {name: environment(made)[name] for name in "ABC"} == {"A": "t", "B": "d", "C": "own"}


# Scripts are files.


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        ({"bash": "x", "shell": ["zsh", "-e"]}, ["zsh", "-e", "/sluice/script"]),
        ({"python": "x", "shell": ["pypy"]}, ["pypy", "/sluice/script"]),
    ],
)
def test_script_runs_from_a_file(fields, command):
    assert main(pod(**fields))["command"] == command


def test_the_kubelet_expands_nothing_in_a_launcher():
    for made in (pod(bash="echo hello"), pod(python="print(1)")):
        assert all("$" not in word.replace("$$", "") for word in main(made)["command"])


SCRIPT = 'echo "$(date)" $(SLUICE_RUN) $$\n\ttab, ünïcode, `ticks`\n'


def test_script_travels_as_an_annotation_untouched():
    made = pod(bash=SCRIPT)
    assert made["metadata"]["annotations"]["sluice.dev/script"] == SCRIPT


def test_inputs_travel_as_json():
    inputs = json.loads(pod(bash=SCRIPT, attempt=2)["metadata"]["annotations"]["sluice.dev/inputs"])
    assert inputs["params"] == PARAMETERS
    times = {"startedAt": "2026-01-01T00:00:00Z"} | RUN.scheduled.values
    assert inputs["run"] == {"name": RUN.name, "workflow": "etl"} | times
    assert inputs["task"] == {"name": "a", "attempt": 2}


def test_a_scheduled_run_tells_its_times():
    run = replace(RUN, scheduled=ScheduledTime("2026-03-02T02:00:00Z", "2026-03-01T02:00:00Z"))
    (task,) = Definition.of({"tasks": [{"name": "a", "bash": SCRIPT, "args": ["$(run.intervalStart)"]}]}).tasks
    made = build_pod(run, task, 1)
    assert main(made)["args"] == ["2026-03-01T02:00:00Z"]
    known = environment(made)
    assert known["SLUICE_INTERVAL_START"] == "2026-03-01T02:00:00Z"
    assert known["SLUICE_SCHEDULED_TIME"] == known["SLUICE_INTERVAL_END"] == "2026-03-02T02:00:00Z"
    told = json.loads(made["metadata"]["annotations"]["sluice.dev/inputs"])["run"]
    assert told["scheduledTime"] == "2026-03-02T02:00:00Z"


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("name", RUN.name),
        ("startedAt", "2026-01-01T00:00:00Z"),
        ("phase", "Failed"),
        ("duration", "75"),  # whole seconds
    ],
)
def test_what_a_task_at_the_end_knows_of_the_run(run, said):
    end = RunEnd("Failed", ("load",), 75)
    made = pod(before={"end": end}, env=[{"name": "SAID", "value": f"$(run.{run})"}], bash=SCRIPT)
    assert environment(made)["SAID"] == said
    inputs = json.loads(made["metadata"]["annotations"]["sluice.dev/inputs"])
    assert str(inputs["run"][run]) == said


def test_a_run_that_no_schedule_made_has_no_such_variables_and_empty_placeholders():
    made = pod(command=["echo", "<$(run.scheduledTime)>"])
    assert main(made)["command"] == ["echo", "<>"]
    assert "SLUICE_SCHEDULED_TIME" not in environment(made)


def test_annotations_appear_as_files_beside_the_users_own_volumes():
    made = pod(bash=SCRIPT, volumes=[{"name": "v", "emptyDir": {}}], volumeMounts=[{"name": "v", "mountPath": "/v"}])
    volumes = {volume["name"]: volume for volume in made["spec"]["volumes"]}
    assert volumes["v"] == {"name": "v", "emptyDir": {}}
    assert {item["path"]: item["fieldRef"]["fieldPath"] for item in volumes["sluice"]["downwardAPI"]["items"]} == {
        "script": "metadata.annotations['sluice.dev/script']",
        "inputs.json": "metadata.annotations['sluice.dev/inputs']",
    }
    mounts = {mount["mountPath"]: mount for mount in main(made)["volumeMounts"]}
    assert mounts["/v"]["name"] == "v"
    assert mounts["/sluice"] == {"name": "sluice", "mountPath": "/sluice", "readOnly": True}


def test_task_without_a_script_has_no_volume_and_no_script():
    made = pod(command=["true"])
    assert "volumes" not in made["spec"]
    assert "sluice.dev/script" not in made["metadata"]["annotations"]


def test_placeholders_are_filled_in_everywhere_but_in_scripts():
    made = pod(
        image="etl:$(params.day)",
        args=["$(params.max-cost)"],
        bash="echo $(params.day)",
        podTemplate={"metadata": {"labels": {"day": "$(params.day)"}}, "spec": {"hostname": "h-$(params.day)"}},
    )
    assert main(made)["image"] == "etl:2026-01-01"
    assert main(made)["args"] == ["5$$ (of 7$$)"]
    assert made["metadata"]["labels"]["day"] == "2026-01-01"
    assert made["spec"]["hostname"] == "h-2026-01-01"
    assert made["metadata"]["annotations"]["sluice.dev/script"] == "echo $(params.day)"


@pytest.mark.parametrize(
    ("fields", "variable"),
    [
        ({"bash": "date", "outputsFrom": "Stdout"}, "SLUICE_STDOUT"),
        ({"python": "print()", "outputsFrom": "Stdout"}, "SLUICE_STDOUT"),
        ({"python": "print()", "outputsFrom": "Log"}, "SLUICE_OUTPUTS"),
        ({"bash": "date", "shell": ["zsh"], "outputsFrom": "Stdout"}, "SLUICE_OUTPUTS"),
        ({"command": ["date"], "outputsFrom": "Stdout"}, "SLUICE_OUTPUTS"),
    ],
)
def test_the_outputs_file_is_the_launchers_where_it_copies_standard_output(fields, variable):
    names = {each["name"] for each in main(pod(outputs=["k"], **fields))["env"]}
    assert names & {"SLUICE_OUTPUTS", "SLUICE_STDOUT"} == {variable}
