"""What the DAG file has made, as JSON: DAGs, tasks, edges, and what each task's function reaches."""

import datetime
import os
import re
import sys
import types

from sluice_airflow import assets, dags, edges, modules, operators, results, tasks, unknown
from sluice_airflow.context import context_of
from sluice_airflow.render import text_of_file
from sluice_recorder.conf import names_read

_TEMPLATED = (
    operators.ApprovalOperator,
    operators.BashOperator,
    operators.BashSensor,
    operators.DockerOperator,
    operators.FileSensor,
    operators.KubernetesPodOperator,
    operators.TriggerDagRunOperator,
)
"""Whose templates are rendered here, as far as they are known; the pods render those of the others."""
_SETTABLE = (
    *("trigger_rule", "retries", "retry_delay", "pool", "pool_slots", "priority_weight", "execution_timeout"),
    *("depends_on_past", "bash_command", "image", "cmds", "arguments", "env_vars", "op_args", "op_kwargs"),
)
"""What files set on a task that they have made: `task.trigger_rule = "all_done"`."""
_MOST_ITEMS, _MOST_DEPTH = 10_000, 20


def record(file, roots, opened):
    return {
        "dags": [_dag(dag) for dag in dags.DAGS if dag.in_with or dag.tasks_by_id],
        "modules": _modules(roots),
        "opened": opened,
        "marks": unknown.MARKS,
        "makers": _makers(file) if not any(dag.tasks_by_id for dag in dags.DAGS) else [],
    }


def _dag(dag):
    return {
        "id": plain(dag.dag_id),
        "file": dag.file,
        "line": dag.line,
        "schedule": plain(dag.schedule),
        "start_date": _time(dag.start_date),
        "end_date": _time(dag.end_date),
        "params": {str(name): plain(value) for name, value in dag.params.items()},
        "description": plain(dag.description),
        "fields": {str(name): plain(value) for name, value in dag.fields.items()},
        "tasks": [_task(task) for task in dag.tasks_by_id.values()],
        "edges": [list(edge) for edge in dag.edges],
    }


def _time(value):
    found = plain(value)
    return found if isinstance(found, dict) else None


def _task(task):
    templated = isinstance(task, _TEMPLATED)
    given = {
        name: text_of_file(task, each) if name in task.template_fields else each
        for name, each in {
            **_read_of_others(task),
            **task.fields,
            **{name: vars(task)[name] for name in _SETTABLE if name in vars(task)},
        }.items()
    }
    params = task.fields.get("params")
    params = params if isinstance(params, dict) else {}
    fields = {
        name: plain(value, params if templated and name in task.template_fields else None)
        for name, value in given.items()
    }
    classes = [each.__name__ for each in type(task).__mro__ if issubclass(each, edges.Node)]
    function = task.fields.get("python_callable")
    return {
        "id": plain(task.task_id),
        "file": task.file,
        "line": task.line,
        "operator": type(task).__name__,
        "classes": classes,
        "own": not type(task).__module__.startswith("sluice_airflow"),
        "unknown": bool(task.is_unknown),
        "group": task.group.group_id if task.group else None,
        "fields": fields,
        "mapped": plain(task.mapped),
        "setup": task.is_setup,
        "teardown": task.is_teardown,
        "setups": [setup.task_id for setup in task.setups],
        "fails_dag": bool(task.on_failure_fail_dagrun),
        "body": reached(function if function is not None else type(task)),
        **_templates([*(each for name, each in given.items() if name in task.template_fields), task.mapped], task.dag),
    }


def _templates(values, dag):
    """What of its templates the pod may not have: names of the context, and jinja2."""
    texts = [text for text in _texts_in(values) if "{{" in text or "{%" in text]
    if not texts:
        return {}
    from sluice_recorder.templates import names_in, needs_jinja  # only here, as it needs jinja2

    macros, filters = (_map(dag and dag.fields.get(f"user_defined_{kind}")) for kind in ("macros", "filters"))
    missing = {name for text in texts for name in names_in(text)} - {*_names_in_pod(), *macros}
    return {"missing": sorted(missing), "jinja": any(needs_jinja(text, filters) for text in texts)}


def _map(value):
    return value if isinstance(value, dict) else {}


def _names_in_pod():
    task = types.SimpleNamespace(task_id="", dag_id="", fields={}, dag=types.SimpleNamespace(tasks_by_id={}))
    return context_of(task, {"run": {"name": ""}, "task": {"attempt": 1}, "tasks": {}, "params": {}}, airflow=2)[0]


def _texts_in(value, depth=0):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list, tuple)) and depth <= _MOST_DEPTH:
        for each in list(value.values() if isinstance(value, dict) else value)[:_MOST_ITEMS]:
            yield from _texts_in(each, depth + 1)


def _read_of_others(task):
    """What an operator of their own has taken of other tasks' results, in fields of its own."""
    own = {name: vars(task)[name] for name in task.template_fields if name in vars(task)}
    return {name: value for name, value in own.items() if any(results.xcoms_in(value))}


def plain(value, params=None, depth=0):
    """`value` as JSON; what JSON has no word for becomes a map with one key that begins with `$`.

    `params`: those of the task, if templates are to be rendered.
    """
    if isinstance(value, str):
        if params is None or not ("{{" in value or "{%" in value):
            return str(value)
        from sluice_recorder.templates import template_of  # only here, as it needs jinja2

        return template_of(value, params)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return value if abs(value) < 2**63 else str(value)
    if depth > _MOST_DEPTH:
        return {"$object": "nested too deeply"}
    if isinstance(value, dict):
        return {str(key): plain(each, params, depth + 1) for key, each in list(value.items())[:_MOST_ITEMS]}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
        return [plain(each, params, depth + 1) for each in list(items)[:_MOST_ITEMS]]
    return _special(value, depth)


def _special(value, depth):
    if isinstance(value, datetime.datetime):
        zone = value.tzinfo
        name = getattr(zone, "key", None) or getattr(zone, "name", None) or getattr(zone, "zone", None)
        utc = (value if zone else value.replace(tzinfo=datetime.timezone.utc)).astimezone(datetime.timezone.utc)
        return {"$time": utc.isoformat(), "zone": name if isinstance(name, str) else None}
    if isinstance(value, datetime.timedelta):
        return {"$seconds": value.total_seconds()}
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, results.XComArg):
        return {"$xcom": value.operator.task_id, "key": value.key}
    if isinstance(value, results.DagParam):
        return {"$param": value.name}
    if isinstance(value, assets.AssetExpression):
        return {"$assets": value.operation, "parts": [plain(each, depth=depth + 1) for each in value.parts]}
    if isinstance(value, assets.Asset):
        return {"$asset": str(value.uri)}
    if isinstance(value, modules.Param):
        return {"$param_of": plain(value.default), "description": plain(value.description), **_param(value, depth)}
    if isinstance(value, modules.Timetable):
        arguments = [plain(each, depth=depth + 1) for each in getattr(value, "args", ())]
        return {
            "$timetable": value.kind,
            "args": arguments,
            "kwargs": plain(getattr(value, "kwargs", {}), depth=depth + 1),
        }
    if isinstance(value, modules.KubernetesModel):
        return {"$k8s": type(value).__name__, "fields": plain(value.fields, depth=depth + 1)}
    if isinstance(value, unknown.Unknown):
        return {"$unknown": value.origin}
    if isinstance(value, tasks.BaseOperator):
        return {"$task": value.task_id}
    if isinstance(value, dags.DAG):
        return {"$dag": value.dag_id}
    delta = type(value).__name__ == "relativedelta" and {"days", "hours"} <= set(vars(value))
    if delta and not (value.years or value.months):
        return {"$seconds": ((value.days * 24 + value.hours) * 60 + value.minutes) * 60 + value.seconds}
    fields = vars(value) if type(value).__module__ == "sluice_airflow.unknown" else {}
    return {"$object": type(value).__name__, "fields": plain(fields, depth=depth + 1)}


def _param(value, depth):
    return {"schema": plain(value.schema, depth=depth + 1)}


def reached(start):
    """The names and texts in the code of a function or class, and of what it calls in the user's own modules, and what
    it reads of `dag_run.conf`. A class has also its own name and those of its bases, whatever the code calls it.
    """
    names, texts, conf, seen, todo = set(), set(), set(), set(), [start]
    while todo and len(seen) < 1000:
        found = todo.pop()
        found = getattr(found, "__wrapped__", found)
        if isinstance(found, types.CodeType):
            names |= {*found.co_names, *found.co_freevars}
            for constant in found.co_consts:
                if isinstance(constant, types.CodeType):
                    todo.append(constant)
                texts |= {
                    each for each in (constant if isinstance(constant, tuple) else (constant,)) if isinstance(each, str)
                }
        elif isinstance(found, types.FunctionType) and found not in seen:
            seen.add(found)
            todo.append(found.__code__)
            conf |= names_read(found)
            inner = {
                cell.cell_contents
                for cell in found.__closure__ or ()
                if isinstance(cell.cell_contents, (types.FunctionType, type, unknown.Unknown))
            }
            todo += [*inner, *(found.__globals__.get(name) for name in _all_names(found.__code__))]
        elif isinstance(found, unknown.Unknown):
            names |= set(re.findall(r"\w+", found.origin))
        elif isinstance(found, type) and found not in seen:
            seen.add(found)
            names |= {base.__name__ for base in found.__mro__}
            todo += [each for base in found.__mro__ if _is_theirs(base) for each in vars(base).values()]
        elif isinstance(found, (staticmethod, classmethod, types.MethodType)):
            todo.append(found.__func__)
    short = sorted(text for text in texts if len(text) <= 250)
    return {"names": sorted(names)[:5000], "texts": short[:5000], "conf": sorted(conf)[:1000]}


def _all_names(code):
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _all_names(constant)
    return names


def _is_theirs(cls):
    from sluice_airflow.places import is_users

    return is_users(getattr(sys.modules.get(cls.__module__), "__file__", None) or "<")


def _modules(roots):
    """The user's own modules that were imported, as (name, file)."""
    folders = tuple(os.path.join(root, "") for root in roots)
    found = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.startswith(folders) and file.endswith(".py"):
            found.append([name, file])
    return found


def _makers(file):
    """The functions of the file whose code names a DAG."""
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) == file:
            functions = [each for each in vars(module).values() if isinstance(each, types.FunctionType)]
            return [
                f"{each.__name__} (line {each.__code__.co_firstlineno})"
                for each in functions
                if "DAG" in _all_names(each.__code__)
            ]
    return []
