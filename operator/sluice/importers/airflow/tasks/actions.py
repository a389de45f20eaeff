"""What a task does, by the family of its operator: the fields of the manifest that say what runs."""

import json
import re
import shlex
from collections.abc import Callable
from typing import Any

from sluice.core import Json
from sluice.importers.airflow.dags.dag import USUAL_IMAGE, Translation
from sluice.importers.airflow.dags.external import other_dag
from sluice.importers.airflow.dags.names import parameter_of, workflow_of
from sluice.importers.airflow.dags.values import duration, flag, number, rfc3339, seconds_of, time_of
from sluice.importers.airflow.record.recording import RecordedTask
from sluice.importers.airflow.record.travel import TASK_FILE
from sluice.importers.airflow.tasks import common
from sluice.importers.airflow.tasks.in_airflow import by_airflow
from sluice.importers.airflow.tasks.mapped_groups import group_call
from sluice.importers.airflow.tasks.pod_templates import OTHERS, conf_names, connections, variables
from sluice.importers.airflow.tasks.pods import pod
from sluice.importers.airflow.texts.holes import InPod, ask_for_text, env_entry, in_field, in_script, parts_of
from sluice.importers.airflow.texts.secret_values import source_of
from sluice.importers.airflow.texts.shell import NotPossible, text_of

_POKE_S = 60
_LONGEST_MESSAGE = 1024
_CALLED: Json = {
    "allowed_states": ["success"],
    "failed_states": ["failed"],
    "logical_date": None,
    "execution_date": None,
    "trigger_run_id": None,
    "skip_when_already_exists": False,
}
"""Arguments of TriggerDagRunOperator that are not translated, and what they are by themselves."""
_SENSOR_TIMEOUT_S = 7 * 86400
_SEVERAL_COMMANDS = re.compile(r"[;|\n]")
_HOOK = re.compile(r"[A-Z]\w*Hook\Z")

Action = Callable[[RecordedTask, Translation, list[str]], Json]


def action(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:
    """Of the first family that the task is one of. `marks`: origins of unknown texts."""
    if hooks := _hooks(task):
        return by_airflow(task, dag) if dag.options.airflow_image else _left(task, dag, ", ".join(hooks))
    for names, translate in _FAMILIES:
        if task.is_a(*names):
            return translate(task, dag, marks)
    if not task.own or task.unknown:
        return by_airflow(task, dag) if dag.options.airflow_image else _left(task, dag)
    return _sensor(task, dag, marks) if task.is_a("BaseSensorOperator") else _function(task, dag, marks)


def _function(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:  # noqa: ARG001  # as the others
    """By the stand-ins in the pod, which find the operator by its ids."""
    arguments: Json = {"file": dag.path, "dag": dag.dag.id, "task": task.id}
    if not dag.by_interval:
        arguments["airflow"] = 3
    fields: Json = {"function": {"file": TASK_FILE, "name": "run", "arguments": arguments}}
    if keys := dag.handed_on[task.id]:
        fields["outputs"] = [parameter_of(key) for key in keys]
    for kind in ("Variable", "Connection", "get_connection"):
        if kind in task.body.names:
            _from_installation(task, dag, kind, fields)
    entries = [_variable(name, default, dag) for name, default in variables(task).items()]
    if entries := [*entries, *(_connection(name, dag) for name in connections(task))]:
        there = {each["name"] for each in fields.get("env", [])}
        fields["env"] = [*fields.get("env", []), *(each for each in entries if each["name"] not in there)]
    _declare_conf(task, dag)
    if task.jinja and dag.options.image == USUAL_IMAGE:
        dag.lose(task, "jinja2", f"its template needs it, and {USUAL_IMAGE} has not got it; give --image IMAGE")
    for name in task.missing:
        dag.lose(task, f"{{{{ {name} }}}}", "it is not there: the task fails until its template is changed", left=True)
    return fields | common.skips(task)


def _variable(name: str, default: str | None, dag: Translation) -> Json:
    """One that a template in the pod reads."""
    variable = f"AIRFLOW_VAR_{name.upper()}"
    if name in dag.options.variables:
        return {"name": variable, "value": _as_text(dag.options.variables[name])}
    hole: Json = {"variable": name}
    return env_entry(variable, [hole if default is None else hole | {"default": default}], dag)


def _connection(name: str, dag: Translation) -> Json:
    """One that a template in the pod reads: with its password a secret."""
    variable = f"AIRFLOW_CONN_{name.upper()}"
    if name in dag.options.connections:
        return {"name": variable, "value": _as_text(dag.options.connections[name])}
    dag.note(None, f"Connection {name} is read from the Secret airflow-connections, as a URI or as JSON")
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": "airflow-connections", "key": name}}}


def _declare_conf(task: RecordedTask, dag: Translation) -> None:
    """What it reads of `dag_run.conf` are parameters. One that is empty was not given."""
    names = conf_names(task) | set(task.body.conf)
    if OTHERS in names:
        dag.lose(task, "dag_run.conf", "what it reads of it by names that are not known has to be among `parameters`")
    for name in sorted(map(parameter_of, names - {OTHERS})):
        if name not in dag.parameters:
            dag.parameters[dag.parameter(name)]["default"] = ""
            dag.optional.add(name)


def _from_installation(task: RecordedTask, dag: Translation, kind: str, fields: Json) -> None:
    """Variables and connections that the body reads come by the environment, from a Secret as they may be secret."""
    given, prefix = (dag.options.variables, "VAR") if kind == "Variable" else (dag.options.connections, "CONN")
    named = [text for text in task.body.texts if text in given]
    values = [{"name": f"AIRFLOW_{prefix}_{name.upper()}", "value": _as_text(given[name])} for name in sorted(named)]
    values += _secrets_in(task, dag, kind, prefix)
    if values:
        fields["env"] = [*fields.get("env", []), *values]
    else:
        option = "--variables" if kind == "Variable" else "--connections"
        instead = f"give {option} FILE, or set AIRFLOW_{prefix}_NAME in `env`; a default in the call holds else"
        dag.note(task, f"{task.id} may read a {kind.replace('get_c', 'C')} when it runs: {instead}")


def _secrets_in(task: RecordedTask, dag: Translation, kind: str, prefix: str) -> list[Json]:
    """The texts of a body that name a secret: from a Secret, if it has them."""
    found = []
    for text in task.body.texts:
        source = source_of(f"{'Variable' if kind == 'Variable' else 'Connection'} {text}")
        if source is not None and text.isidentifier() and text not in dag.options.variables:
            source["secretKeyRef"]["optional"] = True
            found.append({"name": f"AIRFLOW_{prefix}_{text.upper()}", "valueFrom": source})
            dag.note(task, f"{kind} {text} is read from the Secret {source['secretKeyRef']['name']}, if it is there")
    return found


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _bash(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:
    said = task.fields.get("bash_command")
    if task.mapped is not None or dag.handed_on[task.id] or task.own:
        return _bash_in_pod(task, dag, marks)
    try:
        parts = parts_of(said, marks)
        script, env = in_script(parts, dag)
        env += _environment(task.fields.get("env"), dag, marks)
    except (InPod, NotPossible) as reason:
        dag.note(task, f"{task.id} is rendered in its pod, by the stand-ins: {reason}")
        return _bash_in_pod(task, dag, marks)
    text = text_of(parts)
    if isinstance(folder := task.fields.get("cwd"), str):
        script = f"cd {shlex.quote(folder)} || exit 1\n{script}"
    if (parts and not text) or _SEVERAL_COMMANDS.search(text):
        script = f"set +eo pipefail\n{script}"  # as Airflow runs it: the last command decides
    return ({"env": env} if env else {}) | {"bash": script} | common.skips(task, script if text else None)


def _bash_in_pod(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:
    """By the stand-ins, which end with 99 for each exit code that is a skip."""
    may_skip = common.skips(task, task.fields.get("bash_command", ""), task.mapped or "")
    return _function(task, dag, marks) | ({"skipExitCodes": [common.SKIPPED]} if may_skip else {})


def _environment(said: Any, dag: Translation, marks: list[str]) -> list[Json]:
    if not isinstance(said, dict) or "$template" in said:
        return []
    entries = {name: parts_of(value, marks) for name, value in said.items()}
    for parts in entries.values():
        ask_for_text(parts, dag)
    return [env_entry(name, parts, dag) for name, parts in entries.items()]


def _empty(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:  # noqa: ARG001  # as the others
    return {"join": {}}


def _sensor(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:
    if task.is_a("FileSensor"):
        path = in_field(parts_of(task.fields.get("filepath", ""), marks), dag)
        if "$(" in path:
            return _left(task, dag)
        fields: Json = {"bash": f"test -e {shlex.quote(path)} || exit 75"}
        dag.lose(task, "fs_conn_id", "the path is that of the task's own container; mount the volume")
    elif task.is_a("BashSensor"):
        try:
            script, env = in_script(parts_of(task.fields.get("bash_command"), marks), dag)
            env += _environment(task.fields.get("env"), dag, marks)
        except (InPod, NotPossible):
            return _left(task, dag)
        fields = ({"env": env} if env else {}) | {"bash": f"(\n{script}\n) || {_not_yet(task)}"}
    else:
        fields = _function(task, dag, marks)
    if task.fields.get("retry_exit_code") is not None and number(task.fields.get("retries")):
        dag.lose(task, "retry_exit_code", "after any other exit code it is tried again, as `retries` says")
    if flag(task.fields.get("exponential_backoff")):
        dag.lose(task, "exponential_backoff", "it looks again at equal times")
    return {"poll": _poll(task)} | fields


def _not_yet(task: RecordedTask) -> str:
    """After a command that has failed: with `retry_exit_code` it has to be that one."""
    code = number(task.fields.get("retry_exit_code"))
    return "exit 75" if code is None else f"if [ $? -eq {code} ]; then exit 75; else exit 1; fi"


def _poll(task: RecordedTask) -> Json:
    """Airflow looks at the clock after a try that said no, so there are always two."""
    said = seconds_of(task.fields.get("poke_interval"))
    every = max(1, _POKE_S if said is None else said)
    timeout = max(seconds_of(task.fields.get("timeout")) or _SENSOR_TIMEOUT_S, every + 1)
    poll: Json = {"every": duration(every), "timeout": duration(timeout)}
    return poll | ({"onTimeout": "Skip"} if flag(task.fields.get("soft_fail")) else {})


def _wait_delta(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:  # noqa: ARG001  # as the others
    seconds = seconds_of(task.fields.get("delta"))
    if seconds is None:
        return _left(task, dag)
    dag.lose(task, "delta", "counted from when it is its turn, not from the end of the interval")
    return {"wait": {"for": duration(max(1, seconds))}}


def _wait_until(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:  # noqa: ARG001  # as the others
    when = time_of(task.fields.get("target_time"))
    return _left(task, dag) if when is None else {"wait": {"until": rfc3339(when)}}


def _approval(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:
    said = task.fields
    texts = [said[name] for name in ("subject", "body") if said.get(name)]
    approval: Json = {}
    try:
        approval["message"] = "\n".join(in_field(parts_of(text, marks), dag) for text in texts)[:_LONGEST_MESSAGE]
    except InPod as reason:
        dag.lose(task, "its subject and body", f"left out: {reason}")
    if timeout := seconds_of(said.get("response_timeout") or said.get("execution_timeout")):
        approval["timeout"] = duration(timeout)
    defaults = said.get("defaults")
    if (default := defaults[0] if isinstance(defaults, list) and defaults else defaults) in ("Approve", "Reject"):
        approval["default"] = default
    if not flag(said.get("fail_on_reject")):
        dag.lose(task, "a rejection", "it fails the task; Airflow skips what comes after it")
    if said.get("assigned_users") or said.get("respondents"):
        dag.lose(task, "who may answer", "whoever may change the run's approvals")
    return {"approval": approval}


def _external(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:  # noqa: ARG001  # as the others
    """A place to begin at, as the run begins once the other has succeeded."""
    if other_dag(task, dag) is not None:
        return {"join": {}}
    what = f"ExternalTaskSensor on {task.fields.get('external_dag_id')!r:.60} in the middle of a run"
    instead = "put what follows into a Workflow of its own, with `after: [{workflow: ...}]`"
    dag.lose(task, what, instead, left=True)
    return {"image": ""}


def _trigger(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:
    target = task.fields.get("trigger_dag_id")
    if not isinstance(target, str) or "\ue000" in target or "{{" in target:
        return _left(task, dag)
    fields: Json = {"workflow": {"name": workflow_of(target)}}
    conf = task.fields.get("conf")
    if isinstance(conf, dict) and conf:
        try:
            arguments = {parameter_of(name): _argument(value, dag, marks) for name, value in conf.items()}
            fields["workflow"]["arguments"] = arguments
        except InPod as reason:
            dag.lose(task, "conf", f"left out: {reason}")
    if not flag(task.fields.get("wait_for_completion")):
        dag.lose(task, "wait_for_completion=False", "it waits for the run that it starts, and fails with it")
    for name, usual in _CALLED.items():
        if (said := task.fields.get(name)) not in (None, usual):
            dag.lose(task, f"{name}={said!r:.60}", "it starts a run of now, and fails if that does")
    return fields


def _argument(value: Any, dag: Translation, marks: list[str]) -> Any:
    is_text = isinstance(value, str) or (isinstance(value, dict) and next(iter(value), "").startswith("$"))
    return in_field(parts_of(value, marks), dag) if is_text else value


def _pod(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:
    return pod(task, dag, marks) | common.skips(task)


def _in_image(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:
    """`@task.docker` and `@task.kubernetes`."""
    image = task.fields.get("image")
    return ({"image": image} if isinstance(image, str) else {}) | _function(task, dag, marks)


def _virtualenv(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:
    packages = task.fields.get("requirements") or task.fields.get("python") or "its packages"
    dag.lose(task, task.operator, f"it runs with the packages of its image, which needs {packages!r:.200}")
    return _function(task, dag, marks)


def _sub_dag(task: RecordedTask, dag: Translation, marks: list[str]) -> Json:  # noqa: ARG001  # as the others
    called = task.fields.get("subdag")
    name = called.get("$dag") if isinstance(called, dict) else None
    if not isinstance(name, str):
        return _left(task, dag)
    call: Json = {"workflow": {"name": workflow_of(name)}}
    if task.mapped is None:
        return call
    group = group_call(task, dag)
    call["workflow"]["arguments"] = group.pop("arguments")
    return group | call


def _hooks(task: RecordedTask) -> list[str]:
    """The classes of hooks in what it calls: they are providers', and need Airflow."""
    return sorted(name for name in task.body.names if _HOOK.match(name) and name != "BaseHook")


def _left(task: RecordedTask, dag: Translation, what: str = "") -> Json:
    """A task that `lint` and the operator refuse until somebody fills it in."""
    instead = "it needs Airflow; give --airflow-image IMAGE, or say what it runs by `image`, `bash` or `python`"
    dag.lose(task, what or task.operator, instead, left=True)
    return {"image": ""}


_FAMILIES: tuple[tuple[tuple[str, ...], Action], ...] = (
    (("DockerTaskOperator", "KubernetesTaskOperator"), _in_image),
    (("PythonVirtualenvOperator", "ExternalPythonOperator", "BranchPythonVirtualenvOperator"), _virtualenv),
    (("PythonSensor", "BashSensor", "FileSensor", "TimeSensor", "DayOfWeekSensor"), _sensor),
    (("PythonOperator", "BaseBranchOperator", "LatestOnlyOperator"), _function),
    (("BashOperator",), _bash),
    (("EmptyOperator",), _empty),
    (("KubernetesPodOperator", "DockerOperator"), _pod),
    (("TriggerDagRunOperator",), _trigger),
    (("ExternalTaskSensor",), _external),
    (("SubDagOperator",), _sub_dag),
    (("TimeDeltaSensor",), _wait_delta),
    (("DateTimeSensor",), _wait_until),
    (("ApprovalOperator",), _approval),
)
