"""DAGs and the groups in them, as a DAG file makes them, and those that are open."""

from .edges import Node
from .places import here
from .results import DagParam

DAGS = []
_open_dags = []
_open_groups = []


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

    def ends(self, first):
        return []

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

    def ends(self, first):
        return self.roots if first else self.leaves

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
