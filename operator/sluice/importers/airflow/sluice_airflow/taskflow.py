"""`@dag`, `@task` and its variants, `@task_group`, `@setup` and `@teardown`."""

import functools
import inspect

from . import operators
from .dags import DAG, TaskGroup, current_dag, current_group
from .edges import connect
from .places import report
from .results import DagParam, ItemParam, XComArg, xcoms_in
from .unknown import RUNNING, Unknown


class Decorated:
    """A function under `@task`. A call makes a task, and gives what the task returns."""

    def __init__(self, function, operator, options):
        functools.update_wrapper(self, function)
        self.function, self.operator_class, self.options = function, operator, options
        self.role = ""
        self.on_failure_fail_dagrun = False

    def __call__(self, *args, **kwargs):
        if RUNNING or current_dag() is None:
            return self.function(*args, **kwargs)
        task = self._make({"op_args": list(args), "op_kwargs": kwargs})
        if self.role == "setup":
            task.as_setup()
        if self.role == "teardown":
            task.as_teardown(on_failure_fail_dagrun=self.on_failure_fail_dagrun)
        return XComArg(task)

    def _make(self, more):
        options = {name: value for name, value in self.options.items() if name != "multiple_outputs"}
        task_id = _free(options.pop("task_id", None) or self.function.__name__)
        return self.operator_class(task_id=task_id, python_callable=self.function, **{**options, **more})

    def override(self, **options):
        changed = Decorated(self.function, self.operator_class, {**self.options, **options})
        changed.role = self.role
        return changed

    def partial(self, **kwargs):
        return _DecoratedPartial(self, kwargs)

    def expand(self, **mapped):
        return self.partial().expand(**mapped)

    def expand_kwargs(self, items, strict=True):
        return self.partial().expand_kwargs(items)


class _DecoratedPartial:
    def __init__(self, decorated, kwargs):
        self.decorated, self.kwargs = decorated, kwargs

    def expand(self, **mapped):
        return self._make({"product": mapped})

    def expand_kwargs(self, items, strict=True):
        return self._make({"kwargs": items})

    def _make(self, mapped):
        task = self.decorated._make({"op_kwargs": self.kwargs})
        task.mapped = mapped
        for argument in xcoms_in(mapped):
            connect(argument, task)
        return XComArg(task)


def _free(task_id):
    """As Airflow: a function that is called again makes the task `add__1`."""
    dag, group = current_dag(), current_group()
    prefix = f"{group.prefix}." if group is not None and group.prefix else ""
    if f"{prefix}{task_id}" not in dag.tasks_by_id:
        return task_id
    number = 1
    while f"{prefix}{task_id}__{number}" in dag.tasks_by_id:
        number += 1
    return f"{task_id}__{number}"


def _decorator(operator):
    def decorate(function=None, **options):
        if callable(function):
            return Decorated(function, operator, options)
        return lambda function: Decorated(function, operator, options)

    return decorate


class _Task:
    """`task`, and `task.branch` and its like."""

    python = staticmethod(_decorator(operators.PythonOperator))
    branch = staticmethod(_decorator(operators.BranchPythonOperator))
    short_circuit = staticmethod(_decorator(operators.ShortCircuitOperator))
    sensor = staticmethod(_decorator(operators.PythonSensor))
    bash = staticmethod(_decorator(operators.BashTaskOperator))
    virtualenv = staticmethod(_decorator(operators.PythonVirtualenvOperator))
    branch_virtualenv = staticmethod(_decorator(operators.BranchPythonVirtualenvOperator))
    branch_external_python = staticmethod(_decorator(operators.BranchPythonVirtualenvOperator))
    external_python = staticmethod(_decorator(operators.ExternalPythonOperator))
    docker = staticmethod(_decorator(operators.DockerTaskOperator))
    kubernetes = staticmethod(_decorator(operators.KubernetesTaskOperator))

    def __call__(self, function=None, **options):
        return self.python(function, **options)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _decorator(operators.operator_class(f"task.{name}"))


task = _Task()


def _with_role(role):
    def decorate(function=None, on_failure_fail_dagrun=False):
        if function is None:
            return lambda function: decorate(function, on_failure_fail_dagrun)
        decorated = function if isinstance(function, Decorated) else task(function)
        decorated.role, decorated.on_failure_fail_dagrun = role, on_failure_fail_dagrun
        return decorated

    return decorate


setup, teardown = _with_role("setup"), _with_role("teardown")


def dag(dag_id=None, *args, **fields):
    """The function's parameters are those of the DAG."""
    if callable(dag_id) and not isinstance(dag_id, Unknown):
        return dag()(dag_id)

    def decorate(function):
        @functools.wraps(function)
        def make(*args, **kwargs):
            made = DAG(dag_id or function.__name__, **fields)
            made.file, made.line = function.__code__.co_filename, function.__code__.co_firstlineno
            made.description = made.description or inspect.getdoc(function)
            made.function = function
            bound = inspect.signature(function).bind_partial(*args, **kwargs)
            bound.apply_defaults()
            for name in inspect.signature(function).parameters:
                made.params.setdefault(name, bound.arguments.get(name))
            with made:
                function(**{name: DagParam(name, made.params[name]) for name in inspect.signature(function).parameters})
            return made

        return make

    return decorate


def task_group(function=None, **fields):
    if function is None:
        return lambda function: task_group(function, **fields)
    options = {name: value for name, value in fields.items() if name != "group_id"}

    def make(*args, **kwargs):
        group = TaskGroup(_free_group(fields.get("group_id") or function.__name__), **options)
        with group:
            returned = function(*args, **kwargs)
        return GroupResult(group, returned) if returned is not None else group

    functools.update_wrapper(make, function)
    make.override = lambda **more: task_group(function, **{**fields, **more})

    make.partial = lambda **given: _GroupPartial(function, fields.get("group_id") or function.__name__, given)
    make.expand = lambda **mapped: make.partial().expand(**mapped)
    make.expand_kwargs = lambda items: make.partial().expand_kwargs(items)
    return make


class _GroupPartial:
    """A group to be expanded: a DAG of its own, which a task runs for each item."""

    def __init__(self, function, group_id, given):
        self.function, self.group_id, self.given = function, group_id, given

    def expand(self, **mapped):
        return self._make({"product": mapped}, mapped)

    def expand_kwargs(self, items, strict=True):
        names = [name for name in inspect.signature(self.function).parameters if name not in self.given]
        return self._make({"kwargs": items}, names)

    def _make(self, mapped, names):
        outer, group_id = current_dag(), _free(_free_group(self.group_id))
        inner = DAG(f"{outer.dag_id}.{group_id}", schedule=None, default_args=outer.default_args)
        made_before = {name: value for name, value in self.given.items() if isinstance(value, XComArg)}
        inner.params.update(dict.fromkeys([*names, *made_before]))
        with inner:
            returned = self.function(**{**self.given, **{name: ItemParam(name, None) for name in inner.params}})
        inner.fields["returns"] = returned if isinstance(returned, XComArg) else None
        task = operators.MappedGroup(task_id=group_id, subdag=inner, names=list(names), given=made_before)
        task.mapped = mapped
        for argument in xcoms_in(mapped):
            connect(argument, task)
        return XComArg(task)


class GroupResult(XComArg):
    """What a group's function returns: in an edge the group, in an argument the value."""

    def __new__(cls, group, returned):
        if not isinstance(returned, XComArg):
            return group
        return super().__new__(cls)

    def __init__(self, group, returned):
        super().__init__(returned.operator, returned.key)
        self.task_group = group


def _free_group(group_id):
    made, number = current_dag().groups, 0
    above = f"{current_group().prefix}." if current_group() is not None and current_group().prefix else ""
    name = group_id
    while f"{above}{name}" in made:
        number += 1
        name = f"{group_id}__{number}"
    return name


def get_current_context():
    from .execute import CONTEXT

    if not CONTEXT:
        report("asked", "the context of a task, outside of one")
        return Unknown("the context of a task")
    return CONTEXT
