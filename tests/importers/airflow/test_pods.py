"""Operators of pods, sensors and calls of other DAGs."""

import pytest

from tests.importers.airflow.harness import faults, imported, tasks_of

KUBERNETES = """
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.secret import Secret
from kubernetes.client import models as k8s
"""
DAG = "with DAG('etl', schedule=None, params={'day': 'monday'}):\n"


def pod(tmp_path, arguments):
    result = imported(tmp_path, f"{KUBERNETES}{DAG}    KubernetesPodOperator(task_id='t', name='x', {arguments})\n")
    assert faults(result) == []
    return result


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        ("image='busybox', cmds=['echo'], arguments=['hi']", {"image": "busybox", "command": ["echo"], "args": ["hi"]}),
        ("image='b', arguments=['{{ params.day }}']", {"image": "b", "args": ["$(params.day)"]}),
        ("image='b', env_vars={'A': 'b'}", {"image": "b", "env": [{"name": "A", "value": "b"}]}),
        (
            "image='b', env_vars=[k8s.V1EnvVar(name='A', value='b')]",
            {"image": "b", "env": [{"name": "A", "value": "b"}]},
        ),
        (
            "image='b', secrets=[Secret('env', 'PASSWORD', 'db', 'password')]",
            {
                "image": "b",
                "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}],
            },
        ),
        (
            "image='b', env_from=[k8s.V1EnvFromSource(config_map_ref=k8s.V1ConfigMapEnvSource(name='c'))]",
            {"image": "b", "envFrom": [{"configMapRef": {"name": "c"}}]},
        ),
        (
            "image='b', container_resources=k8s.V1ResourceRequirements(requests={'cpu': '1'}, limits={'cpu': '2'})",
            {"image": "b", "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}},
        ),
        (
            "image='b', resources={'request_cpu': '100m', 'limit_memory': '1Gi'}",
            {"image": "b", "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}}},
        ),
        (
            "image='b', service_account_name='sa', node_selector={'disk': 'ssd'}, startup_timeout_seconds=120",
            {"image": "b", "nodeSelector": {"disk": "ssd"}, "serviceAccountName": "sa", "pendingTimeout": "2m"},
        ),
        (
            "image='b', labels={'team': 'x'}, image_pull_policy='Always'",
            {
                "image": "b",
                "podTemplate": {
                    "metadata": {"labels": {"team": "x"}},
                    "spec": {"containers": [{"name": "main", "imagePullPolicy": "Always"}]},
                },
            },
        ),
        ("image='b', skip_on_exit_code=[42]", {"image": "b", "skipExitCodes": [42]}),
        (
            "image='b', hostnetwork=True, priority_class_name='high', init_containers=[k8s.V1Container(name='i')]",
            {
                "image": "b",
                "podTemplate": {
                    "spec": {"hostNetwork": True, "priorityClassName": "high", "initContainers": [{"name": "i"}]}
                },
            },
        ),
        (
            "image='b', tolerations=[k8s.V1Toleration(key='gpu', operator='Exists', effect='NoSchedule')]",
            {"image": "b", "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]},
        ),
        (
            "image='b', volumes=[k8s.V1Volume(name='v')], volume_mounts=[k8s.V1VolumeMount(mount_path='/v')]",
            {
                "image": "b",
                "volumes": [{"name": "v"}],
                "volumeMounts": [{"mountPath": "/v"}],
            },
        ),
    ],
)
def test_pods(tmp_path, arguments, fields):
    result = pod(tmp_path, arguments)
    assert result.exit_code == 0, result.losses
    assert tasks_of(result)["t"] == {"name": "t", **fields}


@pytest.mark.parametrize(
    ("operator", "mapped", "fields"),
    [
        ("Kubernetes", "arguments=[['a'], ['b']]", {"args": ["$(item)"], "forEach": {"items": ["a", "b"]}}),
        (
            "Kubernetes",
            "arguments=[['a', 1], ['b', 2]]",
            {
                "args": ["$(item.word1)", "$(item.word2)"],
                "forEach": {"items": [{"word1": "a", "word2": "1"}, {"word1": "b", "word2": "2"}]},
            },
        ),
        (
            "Kubernetes",
            "env_vars=[{'A': '1'}, {'A': '2'}]",
            {"env": [{"name": "A", "value": "$(item.A)"}], "forEach": {"items": [{"A": "1"}, {"A": "2"}]}},
        ),
        ("Docker", "image=['x', 'y']", {"image": "$(item)", "forEach": {"items": ["x", "y"]}}),
        (
            "Docker",
            "command=['echo a', ['echo', 'b c']]",
            {
                "args": ["$(item.word1)", "$(item.word2)"],
                "forEach": {"items": [{"word1": "echo", "word2": "a"}, {"word1": "echo", "word2": "b c"}]},
            },
        ),
    ],
)
def test_what_an_item_adds_to_a_pod(tmp_path, operator, mapped, fields):
    result = expanded_pod(tmp_path, operator, mapped)
    assert (result.exit_code, faults(result)) == (0, [])
    assert tasks_of(result)["t"] == {"name": "t", "image": "b", **fields}


def expanded_pod(tmp_path, operator, mapped):
    task = f"{operator}{'Pod' if operator == 'Kubernetes' else ''}Operator.partial(task_id='t', image='b')"
    docker = "from airflow.providers.docker.operators.docker import DockerOperator"
    made = "made = PythonOperator(task_id='made', python_callable=lambda: [['a']])"
    return imported(tmp_path, f"{KUBERNETES}{docker}\n{DAG}    {made}\n    {task}.expand({mapped})\n")


@pytest.mark.parametrize(
    "mapped",
    [
        "arguments=[['a'], ['b', 'c']]",
        "arguments=made.output",
        "arguments=[['{{ ds }}']]",
        "env_vars=[{'A': '1'}, {'B': '2'}]",
        "arguments=[['a']], image=['x', 'y']",
        "labels=[{'a': 'b'}]",
    ],
)
def test_what_items_add_to_a_pod_in_several_shapes_is_left_to_the_user(tmp_path, mapped):
    result = expanded_pod(tmp_path, "Kubernetes", mapped)
    assert [(loss.what, loss.task, loss.left) for loss in result.losses] == [
        ("expand of KubernetesPodOperator", "t", True)
    ]
    assert "fill in the image b" in result.losses[0].instead
    assert faults(result) != []


def test_times_for_a_container_are_made_by_one_task(tmp_path):
    tasks = tasks_of(pod(tmp_path, "image='b', arguments=['--day={{ ds }}', '{{ macros.ds_add(ds, -7) }}']"))
    assert tasks["t"]["args"] == ["--day=$(tasks.dates.outputs.ds)", "$(tasks.dates.outputs.ds_minus_7d)"]
    assert tasks["dates"]["outputs"] == ["ds", "ds_minus_7d"]


def test_two_shapes_of_a_time_are_two_outputs(tmp_path):
    arguments = "'{{ execution_date.strftime(\"%Y/%m\") }}', '{{ execution_date.strftime(\"%Y-%m\") }}'"
    tasks = tasks_of(pod(tmp_path, f"image='b', arguments=[{arguments}]"))
    assert tasks["t"]["args"] == ["$(tasks.dates.outputs.date_Ym)", "$(tasks.dates.outputs.date_Ym_2)"]
    assert [line.partition("+")[2] for line in tasks["dates"]["bash"].splitlines()] == [
        '%Y/%m)" >> "$SLUICE_OUTPUTS"',
        '%Y-%m)" >> "$SLUICE_OUTPUTS"',
    ]


def test_a_pod_override_is_a_template(tmp_path):
    container = "k8s.V1Container(name='base', image_pull_policy='Always')"
    config = f"{{'pod_override': k8s.V1Pod(spec=k8s.V1PodSpec(containers=[{container}]))}}"
    text = f"{KUBERNETES}{DAG}    BashOperator(task_id='t', bash_command='true', executor_config={config})\n"
    result = imported(tmp_path, text)
    assert (result.exit_code, faults(result)) == (0, [])
    main = {"name": "main", "imagePullPolicy": "Always"}
    assert tasks_of(result)["t"]["podTemplate"] == {"spec": {"containers": [main]}}


def test_the_image_of_a_pod_override_is_the_tasks_and_what_is_not_known_of_it_a_parameter(tmp_path):
    container = "k8s.V1Container(name='base', image=conf.get('kubernetes_executor', 'repository') + ':1')"
    metadata = "k8s.V1ObjectMeta(namespace='n', labels={'a': 'b'})"
    pod = f"k8s.V1Pod(metadata={metadata}, spec=k8s.V1PodSpec(containers=[{container}]))"
    task = f"BashOperator(task_id='t', bash_command='true', executor_config={{'pod_override': {pod}}})"
    text = f"from airflow.configuration import conf\n{KUBERNETES}{DAG}    {task}\n"
    result = imported(tmp_path, text)
    assert (result.exit_code, faults(result)) == (0, [])
    assert tasks_of(result)["t"] == {
        "name": "t",
        "image": "$(params.configuration_kubernetes_executor_repository):1",
        "bash": "true",
        "podTemplate": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "main"}]}},
    }


def test_what_a_pod_operator_says_and_a_task_cannot_is_a_loss(tmp_path):
    result = pod(tmp_path, "image='b', full_pod_spec=k8s.V1Pod()")
    assert [(loss.what, loss.task) for loss in result.losses] == [("full_pod_spec", "t")]


def test_what_another_dag_is_triggered_with_is_its_parameter(tmp_path):
    text = """
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
with DAG("caller", schedule=None):
    TriggerDagRunOperator(task_id="t", trigger_dag_id="called", conf={"n": 1}, wait_for_completion=True)
with DAG("called", schedule=None):
    PythonOperator(task_id="t", python_callable=lambda dag_run: print(dag_run.conf["n"]))
"""
    result = imported(tmp_path, text)
    assert (result.exit_code, faults(result)) == (0, [])
    assert result.objects[1].manifest["spec"]["parameters"] == [{"name": "n", "default": ""}]


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        ("EmptyOperator(task_id='t')", {"join": {}}),
        ("EmptyOperator(task_id='t', retries=2)", {"join": {}}),
        ("TimeDeltaSensor(task_id='t', delta=timedelta(minutes=5))", {"wait": {"for": "5m"}}),
        (
            "DateTimeSensor(task_id='t', target_time=datetime(2026, 3, 1))",
            {"wait": {"until": "2026-03-01T00:00:00Z"}},
        ),
        (
            "FileSensor(task_id='t', filepath='/data/ready', poke_interval=10, timeout=60, soft_fail=True)",
            {
                "poll": {"every": "10s", "timeout": "1m", "onTimeout": "Skip"},
                "bash": "test -e /data/ready || exit 75",
            },
        ),
        (
            "BashSensor(task_id='t', bash_command='test -e /x')",
            {"poll": {"every": "1m", "timeout": "7d"}, "bash": "(\ntest -e /x\n) || exit 75"},
        ),
        (
            "BashSensor(task_id='t', bash_command='test -e $X', retry_exit_code=3, env={'X': '/x'})",
            {
                "poll": {"every": "1m", "timeout": "7d"},
                "env": [{"name": "X", "value": "/x"}],
                "bash": "(\ntest -e $X\n) || if [ $? -eq 3 ]; then exit 75; else exit 1; fi",
            },
        ),
        (
            "TriggerDagRunOperator(task_id='t', trigger_dag_id='Other_dag', conf={'n': 1, 'day': '{{ params.day }}'})",
            {"workflow": {"name": "other-dag", "arguments": {"n": 1, "day": "$(params.day)"}}},
        ),
    ],
)
def test_tasks_of_other_kinds(tmp_path, call, fields):
    text = f"""
from airflow.sensors.bash import BashSensor
from airflow.sensors.date_time import DateTimeSensor
from airflow.sensors.filesystem import FileSensor
from airflow.sensors.time_delta import TimeDeltaSensor
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
{DAG}    {call}
"""
    result = imported(tmp_path, text)
    assert faults(result) == []
    assert tasks_of(result)["t"] == {"name": "t", **fields}


@pytest.mark.parametrize(
    ("call", "lost"),
    [
        ("allowed_states=['success']", []),
        ("allowed_states=['success', 'failed']", ["allowed_states=['success', 'failed']"]),
        ("failed_states=[]", ["failed_states=[]"]),
        ("logical_date='{{ ds }}'", ["logical_date='{{ ds }}'"]),
    ],
)
def test_how_another_dag_is_called_and_a_task_cannot_say_is_a_loss(tmp_path, call, lost):
    text = f"""
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
{DAG}    TriggerDagRunOperator(task_id="t", trigger_dag_id="other", wait_for_completion=True, {call})
"""
    assert [loss.what for loss in imported(tmp_path, text).losses] == lost


@pytest.mark.parametrize(
    ("said", "lost"),
    [("exponential_backoff=True", "exponential_backoff"), ("retry_exit_code=3, retries=1", "retry_exit_code")],
)
def test_what_of_a_sensor_is_a_loss(tmp_path, said, lost):
    text = f"""
from airflow.sensors.bash import BashSensor
{DAG}    BashSensor(task_id="t", bash_command="true", {said})
"""
    assert [loss.what for loss in imported(tmp_path, text).losses] == [lost]


@pytest.mark.parametrize(
    ("runs", "said", "width", "lost"),
    [
        ("schedule=None", "max_active_tis_per_dagrun=2", 2, []),
        ("schedule='@daily'", "max_active_tis_per_dag=2", 2, []),
        ("schedule=None", "task_concurrency=2, max_active_tis_per_dagrun=1", 1, []),
        ("schedule='@daily', max_active_runs=3", "max_active_tis_per_dag=2", 2, ["max_active_tis_per_dag"]),
        ("schedule=None, max_active_runs=3", "max_active_tis_per_dag=2", 2, []),
        ("schedule='@daily', max_active_runs=3", "max_active_tis_per_dagrun=2", 2, []),
    ],
)
def test_how_many_items_at_once(tmp_path, runs, said, width, lost):
    text = f"with DAG('etl', {runs}):\n"
    result = imported(
        tmp_path, f"{text}    BashOperator.partial(task_id='t', {said}).expand(bash_command=['a', 'b'])\n"
    )
    assert tasks_of(result)["t"]["forEach"] == {"items": ["a", "b"], "parallelism": width}
    assert ([loss.what for loss in result.losses], faults(result)) == (lost, [])


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        (
            "retries=3, retry_delay=timedelta(minutes=1)",
            {"retries": {"limit": 3, "backoff": {"initial": "1m", "factor": 1}}},
        ),
        ("retries=1", {"retries": {"limit": 1, "backoff": {"initial": "5m", "factor": 1}}}),
        (
            "retries=2, retry_delay=600",
            {"retries": {"limit": 2, "backoff": {"initial": "10m", "factor": 1, "max": "10m"}}},
        ),
        (
            "retries=2, retry_delay=5, retry_exponential_backoff=True, max_retry_delay=3600",
            {"retries": {"limit": 2, "backoff": {"initial": "5s", "max": "1h"}}},
        ),
        ("execution_timeout=timedelta(hours=1, minutes=30)", {"timeout": "1h30m"}),
        (
            "pool='db_pool', pool_slots=2, priority_weight=5",
            {"pools": [{"name": "db-pool", "slots": 2}], "priority": 5},
        ),
        ("pool='default_pool', owner='me', email=['a@b']", {}),
    ],
)
def test_what_any_task_can_say(tmp_path, said, fields):
    result = imported(tmp_path, f"{DAG}    BashOperator(task_id='t', bash_command='true', {said})\n")
    assert (result.exit_code, faults(result)) == (0, [])
    assert tasks_of(result)["t"] == {"name": "t", **fields, "bash": "true"}


def test_what_runs_nothing_is_not_tried_again(tmp_path):
    text = """
from airflow.operators.empty import EmptyOperator
from airflow.sensors.date_time import DateTimeSensor
from airflow.sensors.time_delta import TimeDeltaSensor
with DAG("etl", schedule=None, default_args={"retries": 2, "execution_timeout": timedelta(hours=1)}):
    TimeDeltaSensor(task_id="a", delta=timedelta(seconds=30))
    DateTimeSensor(task_id="b", target_time=datetime(2026, 1, 1))
    EmptyOperator(task_id="c")
"""
    result = imported(tmp_path, text)
    assert faults(result) == []
    assert tasks_of(result) == {
        "a": {"name": "a", "wait": {"for": "30s"}},
        "b": {"name": "b", "wait": {"until": "2026-01-01T00:00:00Z"}},
        "c": {"name": "c", "join": {}},
    }


@pytest.mark.parametrize(("more", "losses"), [("fail_on_reject=True", []), ("retries=2", ["a rejection"])])
def test_an_approval_waits_for_a_person(tmp_path, more, losses):
    text = f"""
from airflow.providers.standard.operators.hitl import ApprovalOperator
with DAG("etl", schedule=None, params={{"day": "monday"}}):
    ApprovalOperator(
        task_id="ask", subject="ship?", body="of {{{{ params.day }}}}", defaults="Reject",
        response_timeout=timedelta(minutes=5), {more}) >> BashOperator(task_id="ship", bash_command="true")
"""
    result = imported(tmp_path, text)
    assert faults(result) == []
    approval = {"message": "ship?\nof $(params.day)", "timeout": "5m", "default": "Reject"}
    assert tasks_of(result)["ask"] == {"name": "ask", "approval": approval}
    assert [loss.what for loss in result.losses] == losses
