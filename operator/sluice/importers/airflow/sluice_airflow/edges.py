"""What stands on either side of `>>`, and the edges that come of it."""

from .places import here, report
from .unknown import Unknown


class AirflowException(Exception):
    pass


def is_part_of_graph(value):
    """Has it `ends`: the tasks by which it takes part in an edge, the first ones or the last?"""
    return hasattr(type(value), "ends")


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

    def ends(self, first):
        return [task for each in (self.after if first else self.before) for task in ends_of(each, first)]

    __hash__ = object.__hash__


def ends_of(value, first):
    """The tasks by which a value takes part in an edge: those that it begins with (`first`), or ends with."""
    if isinstance(value, (list, tuple, set)):
        return [task for each in value for task in ends_of(each, first)]
    if value is None:
        return []
    if isinstance(value, Unknown):
        report("edge", f"an edge to or from {value.origin}, which is not known")
        return []
    if is_part_of_graph(value):
        return value.ends(first)
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
