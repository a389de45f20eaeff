"""DAGs, tasks, groups and the edges between them, as a DAG file makes them."""

import inspect

from .places import here, report
from .unknown import Unknown

DAGS = []
_open_dags = []
_open_groups = []


class AirflowException(Exception):
    pass


class DuplicateTaskIdFound(AirflowException):
    pass


def is_part_of_graph(value):
    return isinstance(value, (DAG, Node, TaskGroup, XComArg))


class DAG:
    def __init__(self, dag_id=None, description=None, schedule="not said", start_date=None, end_date=None, **fields):
        for old in ("schedule_interval", "timetable"):
            if old in fields:
                schedule = fields.pop(old)
        self.dag_id = dag_id
        self.schedule = schedule
        self.default_args = dict(fields.pop("default_args", None) or {})
        self.start_date = start_date or self.default_args.get("start_date")
        self.end_date = end_date or self.default_args.get("end_date")
        self.params = dict(fields.pop("params", None) or {}) | dict(self.default_args.get("params") or {})
        self.description = description
        self.fields = fields
        self.tasks_by_id = {}
        self.groups = {}
        self.edges = []
        self.file, self.line = here()
        self.in_with = False
        self.function = None
        DAGS.append(self)

    def __getattr__(self, name):
        if name.startswith("__") or "fields" not in self.__dict__:
            raise AttributeError(name)
        return self.fields.get(name)

    def __enter__(self):
        self.in_with = True
        _open_dags.append(self)
        _open_groups.append(None)
        return self

    def __exit__(self, *error):
        _open_dags.pop()
        _open_groups.pop()
        return False

    @property
    def tasks(self):
        return list(self.tasks_by_id.values())

    @property
    def task_ids(self):
        return list(self.tasks_by_id)

    @property
    def task_dict(self):
        return self.tasks_by_id

    @property
    def roots(self):
        return [task for task in self.tasks if not task.upstream_task_ids]

    @property
    def leaves(self):
        return [task for task in self.tasks if not task.downstream_task_ids]

    def get_task(self, task_id):
        return self.tasks_by_id[task_id]

    def has_task(self, task_id):
        return task_id in self.tasks_by_id

    def add_task(self, task):
        task.join(self, None)

    def __rshift__(self, task):
        return task

    def param(self, name, default=None):
        return DagParam(name, self.params.setdefault(name, default))

    def test(self, *args, **kwargs):
        """For `if __name__ == "__main__"`."""

    cli = test

    def __hash__(self):
        return id(self)


def current_dag():
    return _open_dags[-1] if _open_dags else None


def current_group():
    return _open_groups[-1] if _open_groups else None


class Node:
    """What stands on either side of `>>`."""

    def __rshift__(self, other):
        connect(self, other)
        return other

    def __lshift__(self, other):
        connect(other, self)
        return other

    def __rrshift__(self, other):
        connect(other, self)
        return self

    def __rlshift__(self, other):
        connect(self, other)
        return self

    def set_downstream(self, other, edge_modifier=None):
        connect(self, other)

    def set_upstream(self, other, edge_modifier=None):
        connect(other, self)


class Label(Node):
    """Words on an edge, which pass through."""

    def __init__(self, label=None, *args):
        self.before, self.after = [], []

    __hash__ = object.__hash__


EdgeModifier = Label


def ends_of(value, first):
    """The tasks by which a value takes part in an edge: of a group its roots (`first`) or its leaves."""
    if isinstance(value, (list, tuple, set)):
        return [task for each in value for task in ends_of(each, first)]
    if isinstance(value, TaskGroup):
        return value.roots if first else value.leaves
    if isinstance(value, XComArg):
        return [value.operator]
    if isinstance(value, Label):
        return [task for each in (value.after if first else value.before) for task in ends_of(each, first)]
    if isinstance(value, DAG) or value is None:
        return []
    if isinstance(value, Unknown):
        report("edge", f"an edge to or from {value.origin}, which is not known")
        return []
    if isinstance(value, BaseOperator):
        return [value]
    if getattr(value, "operator", None) is not None:
        return [value.operator]
    raise AirflowException(f"{value!r:.80} is no task")


def connect(up, down):
    if isinstance(down, Label):
        down.before.append(up)
    elif isinstance(up, Label):
        up.after.append(down)
    file, line = here()
    for before in ends_of(up, first=False):
        for after in ends_of(down, first=True):
            before.connect(after, file, line)


class BaseOperatorMeta(type):
    def __call__(cls, *args, **kwargs):
        """Adds `default_args`, as Airflow's own metaclass does, and puts the task into the open DAG and group."""
        group = kwargs.pop("task_group", None) or current_group()
        dag = kwargs.pop("dag", None) or current_dag() or (group.dag if group else None)
        defaults = dict(dag.default_args) if isinstance(dag, DAG) else {}
        for each in reversed(list(group.outward())) if group else ():
            defaults.update(each.default_args)
        defaults.update(kwargs.pop("default_args", None) or {})
        taken = set() if args else _own_parameters(cls)
        for name, value in defaults.items():
            if name not in kwargs and name not in _OF_DAG and (taken is None or name in taken or name in _OF_ANY):
                kwargs[name] = value
        partial = kwargs.pop("is_partial", False)
        task = cls.__new__(cls)
        task.fields = {}
        task.file, task.line = here()
        task.edges_before, task.is_built = [], False
        task.given = kwargs
        if partial:  # the constructor of a class of theirs may need what only the items have
            BaseOperator.__init__(task, **kwargs)
        else:
            cls.__init__(task, *args, **kwargs)
        own = [task.__dict__.get(name) for name in task.template_fields if name not in task.fields]
        for argument in xcoms_in([*task.fields.values(), *own]):
            connect(argument, task)
        task.is_built = True
        if isinstance(dag, DAG):
            task.join(dag, group)
        return task


_OF_DAG = {"params", "end_date"}
_OF_ANY = {
    *("owner", "retries", "retry_delay", "retry_exponential_backoff", "max_retry_delay", "execution_timeout"),
    *("trigger_rule", "pool", "pool_slots", "priority_weight", "depends_on_past", "wait_for_downstream", "email"),
    *("start_date", "queue", "sla", "do_xcom_push", "env", "task_concurrency", "max_active_tis_per_dag"),
    *("email_on_failure", "email_on_retry", "on_failure_callback", "on_success_callback", "on_retry_callback"),
    *("provide_context", "weight_rule", "executor_config", "max_active_tis_per_dagrun"),
}


def _own_parameters(cls):
    """The names that its constructors take, up to the first one that is ours; None: any."""
    names = set()
    for each in cls.__mro__:
        if "__init__" not in each.__dict__:
            continue
        if each.__module__.startswith(__package__):
            return names or None
        parameters = inspect.signature(each.__init__).parameters.values()
        names |= {it.name for it in parameters if it.kind not in (it.VAR_KEYWORD, it.VAR_POSITIONAL)}
        if not any(it.kind is it.VAR_KEYWORD for it in parameters):
            return names
    return names


class BaseOperator(Node, metaclass=BaseOperatorMeta):
    template_fields = ()
    template_ext = ()
    ui_color = "#fff"
    is_unknown = False

    def __init__(self, task_id=None, **fields):
        self.task_id = task_id
        self.fields.update(fields)
        for name, value in fields.items():
            try:
                setattr(self, name, value)
            except AttributeError:  # noqa: PERF203  # a property of their class
                continue
        self.dag = None
        self.group = None
        self.upstream_task_ids, self.downstream_task_ids = set(), set()
        self.is_setup = self.is_teardown = False
        self.on_failure_fail_dagrun = False
        self.mapped = None
        self.trigger_rule = fields.get("trigger_rule", "all_success")

    def join(self, dag, group):
        self.dag, self.group = dag, group
        if group is not None and group.prefix:
            self.task_id = f"{group.prefix}.{self.task_id}"
        if self.task_id in dag.tasks_by_id:
            raise DuplicateTaskIdFound(f"a second task is called {self.task_id!r}")
        dag.tasks_by_id[self.task_id] = self
        if group is not None:
            group.children.append(self)
        for before, file, line in self.edges_before:
            before.connect(self, file, line)
        self.edges_before = []

    def connect(self, after, file, line):
        dag = self.dag or after.dag
        for task in (self, after):
            if dag is not None and task.dag is None and task.is_built:
                task.join(dag, None)
        if self.dag is None or after.dag is None:
            after.edges_before.append((self, file, line))
            return
        self.downstream_task_ids.add(after.task_id)
        after.upstream_task_ids.add(self.task_id)
        self.dag.edges.append((self.task_id, after.task_id, file, line))

    @property
    def upstream_list(self):
        return [self.dag.tasks_by_id[each] for each in sorted(self.upstream_task_ids)]

    @property
    def downstream_list(self):
        return [self.dag.tasks_by_id[each] for each in sorted(self.downstream_task_ids)]

    @property
    def operator(self):
        return self

    @property
    def dag_id(self):
        return self.dag.dag_id if self.dag else None

    @property
    def task_group(self):
        return self.group

    @property
    def label(self):
        return self.task_id.rsplit(".", 1)[-1]

    @property
    def output(self):
        return XComArg(self)

    @property
    def log(self):
        import logging

        return logging.getLogger("airflow.task")

    def execute(self, context):
        raise NotImplementedError(f"{type(self).__name__} needs Airflow")

    def as_setup(self):
        self.is_setup = True
        return self

    def as_teardown(self, setups=None, on_failure_fail_dagrun=False, **_):
        self.is_teardown = True
        self.on_failure_fail_dagrun = on_failure_fail_dagrun
        for setup in ends_of(setups if isinstance(setups, (list, tuple)) else [setups], first=False):
            setup.is_setup = True
            connect(setup, self)
        return self

    def __enter__(self):
        self.scope = set(self.dag.tasks_by_id)
        return self

    def __exit__(self, *error):
        """`with teardown:` puts the tasks made inside between its setups and itself."""
        setups = self.setups or ([self] if self.is_setup else [])
        inside = [task for name, task in self.dag.tasks_by_id.items() if name not in self.scope]
        names = {task.task_id for task in inside}
        for task in inside:
            if task.is_setup or task.is_teardown:
                continue
            if not task.upstream_task_ids & names:
                connect([each for each in setups if each is not task], task)
            if self.is_teardown and not task.downstream_task_ids & names:
                connect(task, self)
        return False

    @property
    def setups(self):
        return [task for task in self.upstream_list if task.is_setup]

    @classmethod
    def partial(cls, **kwargs):
        return Partial(cls, kwargs)

    def __hash__(self):
        return id(self)

    def __repr__(self):
        return f"<{type(self).__name__} {self.task_id}>"


class Partial:
    """`Operator.partial(...)`, to be expanded."""

    def __init__(self, cls, kwargs):
        self.cls, self.kwargs = cls, kwargs

    def expand(self, **mapped):
        return self._make({"product": mapped})

    def expand_kwargs(self, items, strict=True):
        return self._make({"kwargs": items})

    def _make(self, mapped):
        task = self.cls(**self.kwargs, is_partial=True)
        task.mapped = mapped
        for argument in xcoms_in(mapped):
            connect(argument, task)
        return task


class XComArg(Node):
    """What a task returns, before it has run."""

    def __init__(self, operator, key="return_value"):
        self.operator, self.key = operator, key

    def __getitem__(self, key):
        return XComArg(self.operator, key)

    def __iter__(self):
        raise TypeError("what a task returns has no items before it has run")

    def map(self, function):
        return Changed(self, "map")

    def zip(self, *others, **_):
        return Changed(self, "zip")

    def concat(self, *others):
        return Changed(self, "concat")

    def as_setup(self):
        self.operator.as_setup()
        return self

    def as_teardown(self, **options):
        self.operator.as_teardown(**options)
        return self

    def __enter__(self):
        self.operator.__enter__()
        return self

    def __exit__(self, *error):
        return self.operator.__exit__(*error)

    def __str__(self):
        key = "" if self.key == "return_value" else f", key={self.key!r}"
        return "{{ ti.xcom_pull(task_ids=%r%s) }}" % (self.operator.task_id, key)

    def __hash__(self):
        return id(self)


class Changed(XComArg):
    """What a task returns, changed by `map`, `zip` or `concat`."""

    def __init__(self, arg, how):
        super().__init__(arg.operator, arg.key)
        report("asked", f"`{how}` on what {arg.operator.task_id} returns")


class DagParam:
    """A parameter of the DAG, before a run has set it."""

    def __init__(self, name, default):
        self.name, self.default = name, default

    def __str__(self):
        return "{{ params.%s }}" % self.name


class ItemParam(DagParam):
    """An argument of a mapped group. It comes to the group's run as text: JSON, unless it is none."""


def xcoms_in(value):
    if isinstance(value, XComArg):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from xcoms_in(each)
    elif isinstance(value, (list, tuple, set)):
        for each in value:
            yield from xcoms_in(each)


class TaskGroup(Node):
    def __init__(self, group_id=None, prefix_group_id=True, parent_group=None, dag=None, default_args=None, **_):
        self.parent = parent_group or current_group()
        self.dag = dag or (self.parent.dag if self.parent else None) or current_dag()
        above = self.parent.prefix if self.parent else ""
        self.group_id = f"{above}.{group_id}" if above else group_id
        self.prefix = self.group_id if prefix_group_id else above
        self.default_args = dict(default_args or {})
        self.children = []
        if self.dag is not None:
            self.dag.groups[self.group_id] = self
        if self.parent is not None:
            self.parent.children.append(self)

    def __enter__(self):
        _open_dags.append(self.dag)
        _open_groups.append(self)
        return self

    __exit__ = DAG.__exit__

    def outward(self):
        group = self
        while group is not None:
            yield group
            group = group.parent

    @property
    def tasks(self):
        return [task for each in self.children for task in (each.tasks if isinstance(each, TaskGroup) else [each])]

    @property
    def roots(self):
        names = {task.task_id for task in self.tasks}
        return [task for task in self.tasks if not task.upstream_task_ids & names]

    @property
    def leaves(self):
        """Without teardowns, for which nobody after the group waits."""
        names = {task.task_id for task in self.tasks}
        ends = [
            task
            for task in self.tasks
            if not {n for n in task.downstream_task_ids & names if not self.dag.tasks_by_id[n].is_teardown}
        ]
        return [task for task in ends if not task.is_teardown] or ends

    def __hash__(self):
        return id(self)


def chain(*tasks):
    for up, down in zip(tasks, tasks[1:]):
        if isinstance(up, (list, tuple)) and isinstance(down, (list, tuple)):
            if len(up) != len(down):
                raise AirflowException(f"chain() of {len(up)} and {len(down)} tasks: the lists must be of one length")
            for one, other in zip(up, down):
                connect(one, other)
        else:
            connect(up, down)


def chain_linear(*tasks):
    for up, down in zip(tasks, tasks[1:]):
        connect(up, down)


def cross_downstream(from_tasks, to_tasks):
    connect(from_tasks, to_tasks)
