"""What a task returns and what a DAG is given, before a run has either."""

from .edges import Node
from .places import report


class XComArg(Node):
    """What a task returns, before it has run."""

    def __init__(self, operator, key="return_value"):
        self.operator, self.key = operator, key

    def __getitem__(self, key):
        return XComArg(self.operator, key)

    def ends(self, first):
        return [self.operator]

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
