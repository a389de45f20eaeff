"""Runs one task of a DAG file in its pod: finds it by its ids, gives it Airflow's context, hands on what it returns.

A task that is skipped exits with 99, one that must not be retried with 98, a sensor that says "not yet" with 75.
"""

import collections
import importlib
import inspect
import itertools
import json
import os
import subprocess
import sys
import traceback

from . import assets, modules, operators
from .context import context_of
from .dags import DAGS
from .edges import AirflowException
from .render import rendered, text_of_file
from .results import XComArg
from .unknown import RUNNING

SKIPPED, NO_RETRY, NOT_YET = 99, 98, 75
CONTEXT = {}


def run(file, dag, task, airflow=2):
    """What the task hands on, for the stub, whose files lie in the first folder of the path.

    `airflow`: 3 if a run is named after its own time, not its interval's.
    """
    with open(os.path.join(os.path.dirname(sys.path[0]), "inputs.json"), encoding="utf-8") as inputs_file:
        inputs = json.load(inputs_file)
    operator = find(file, dag, task)
    RUNNING.append(True)
    context, pushed = context_of(operator, inputs, airflow)
    CONTEXT.update(context)
    try:
        pushed["return_value"] = execute(operator, context, inputs)
    except modules.AirflowSkipException as skipped:
        print(f"skipped: {skipped}", file=sys.stderr)
        sys.exit(SKIPPED)
    except modules.AirflowFailException:
        traceback.print_exc()
        sys.exit(NO_RETRY)
    wanted = inputs["function"]["outputs"]
    found = {key: pushed.get(key) for key in wanted}
    return found if len(wanted) != 1 else found[wanted[0]]


def find(file, dag_id, task_id):
    """The operator that the DAG file makes under these ids."""
    modules.install()
    importlib.import_module(file[: -len(".py")].replace("/", "."))
    for dag in DAGS:
        if dag.dag_id == dag_id and task_id in dag.tasks_by_id:
            return dag.tasks_by_id[task_id]
    raise LookupError(f"{file} makes no task {task_id} of a DAG {dag_id} here; does it depend on its environment?")


def execute(operator, context, inputs):
    if operator.mapped is not None and not type(operator).__module__.startswith(__package__):
        operator = _constructed(operator, mapped_arguments(operator, context, inputs))
    for name in operator.template_fields:
        if name in operator.fields or hasattr(operator, name):
            value = rendered(text_of_file(operator, getattr(operator, name, None)), context)
            operator.fields[name] = value
            setattr(operator, name, value)
    operator.fields.update(mapped_arguments(operator, context, inputs))
    if isinstance(operator, operators.PythonOperator):
        return _python(operator, context)
    if isinstance(operator, operators.BashOperator):
        return _bash(operator, operator.fields.get("bash_command"))
    if isinstance(operator, operators.LatestOnlyOperator):
        return context["is_latest"]
    if isinstance(operator, operators.BaseSensorOperator):
        return _poked(operator.poke(context))
    if isinstance(operator, operators.BaseBranchOperator):
        return _branches(operator, operator.choose_branch(context))
    return operator.execute(context)


def mapped_arguments(operator, context, inputs):
    """Of one item of `expand`: the fields that it adds, in `op_kwargs` for a function."""
    if operator.mapped is None:
        return {}
    ((how, mapped),) = operator.mapped.items()
    if how == "kwargs":
        item = inputs["item"] if isinstance(mapped, XComArg) else mapped[inputs["task"]["index"]]
    elif any(isinstance(values, XComArg) for values in mapped.values()):
        item = dict.fromkeys(mapped, inputs["item"])
    else:
        choices = [list(values.items()) if isinstance(values, dict) else list(values) for values in mapped.values()]
        chosen = next(itertools.islice(itertools.product(*choices), inputs["task"]["index"], None))
        item = dict(zip(mapped, chosen))
    item = rendered(item, context)
    own = {"op_kwargs", "op_args"} & set(item)
    if isinstance(operator, operators.PythonOperator) and not own:
        return {"op_kwargs": {**(operator.fields.get("op_kwargs") or {}), **item}}
    return item


def _constructed(partial, item):
    """An operator class of the user's own, by its constructor, with what the item adds."""
    made = type(partial)(**{**partial.given, **item})
    made.dag = partial.dag
    return made


def _python(operator, context):
    function = operator.fields["python_callable"]
    args = rendered(operator.fields.get("op_args") or [], context)
    kwargs = rendered(operator.fields.get("op_kwargs") or {}, context)
    if operator.fields.get("templates_dict"):
        context = {**context, "templates_dict": operator.fields["templates_dict"]}
    if isinstance(operator, operators.AssetOperator):
        kwargs = assets.arguments_of(operator, context)
    value = function(*args, **{**_of_context(function, args, context), **kwargs})
    if inspect.iscoroutine(value):
        import asyncio

        value = asyncio.run(value)
    if isinstance(operator, operators.BranchPythonOperator):
        return _branches(operator, value)
    if isinstance(operator, operators.ShortCircuitOperator):
        return bool(value)
    if isinstance(operator, operators.PythonSensor):
        return _poked(value)
    if isinstance(operator, operators.BashTaskOperator):
        return _bash(operator, rendered(value, context))
    return value


def _of_context(function, args, context):
    """What of the context the function takes: all of it with `**kwargs`."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:
        return {}
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        taken = {each.name for each in parameters[: len(args)]}
        return {name: value for name, value in context.items() if name not in taken}
    named = [each.name for each in parameters[len(args) :] if each.kind is not each.POSITIONAL_ONLY]
    return {name: context[name] for name in named if name in context}


def _branches(operator, chosen):
    """The ids of the tasks that go on; a group stands for its first tasks."""
    chosen = [] if chosen is None else [chosen] if isinstance(chosen, str) else list(chosen)
    ids = []
    for name in chosen:
        group = operator.dag.groups.get(name)
        ids += [task.task_id for task in group.roots] if group else [name]
    unknown = [name for name in ids if name not in operator.dag.tasks_by_id]
    if unknown:
        raise AirflowException(f"the branch {operator.task_id} chose {unknown}, which are no tasks")
    return ids


def _poked(value):
    done = getattr(value, "is_done", value)
    if not done:
        sys.exit(NOT_YET)
    return getattr(value, "xcom_value", None)


def _bash(operator, command):
    """Its last line."""
    fields = operator.fields
    env = {**(os.environ if not fields.get("env") or fields.get("append_env") else {}), **(fields.get("env") or {})}
    env = {name: str(value) for name, value in env.items()}
    lines = collections.deque([""], maxlen=1)
    with subprocess.Popen(
        ["bash", "-c", command], env=env, cwd=fields.get("cwd"), stdout=subprocess.PIPE, text=True
    ) as shell:
        for line in shell.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip("\n"))
    skips = fields.get("skip_on_exit_code", fields.get("skip_exit_code", SKIPPED))
    if shell.returncode in (skips if isinstance(skips, (list, tuple)) else [skips]):
        sys.exit(SKIPPED)
    if shell.returncode:
        sys.exit(shell.returncode if shell.returncode > 0 else 128 - shell.returncode)
    return lines[0]
