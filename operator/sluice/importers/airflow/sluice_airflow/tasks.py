"""Operators: made by a metaclass, as in Airflow, which puts the task into the open DAG and group."""

import inspect

from .dags import DAG, current_dag, current_group
from .edges import AirflowException, Node, connect, ends_of
from .places import here
from .results import XComArg, xcoms_in


class DuplicateTaskIdFound(AirflowException):
    pass


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
        if self.dag is not after.dag:
            raise AirflowException(f"{self.task_id} of {self.dag_id} and {after.task_id} of {after.dag_id}: two DAGs")
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

    def ends(self, first):
        return [self]

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
