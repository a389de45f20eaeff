"""What is not known while a DAG file is loaded: a module that is not here, or a value that only the installation has.

It lets the file go on. Whatever asks it for a value (truth, a loop, a number, a comparison) is reported with its line.
In a pod, once the file is loaded, any use of it raises: the task's own code would work on nothing.
"""

import dis
import sys

from .places import READER, is_users, report

RUNNING = []
"""Not empty once the file is loaded and the task's own code runs."""


class Unknown:
    def __init__(self, origin):
        self.__dict__["origin"] = origin

    def _use(self, how):
        if RUNNING:
            raise ModuleNotFoundError(f"{self.origin} is not known here: the image of this task has not got it")
        report("asked", f"{how} of {self.origin}, which is not known")

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if RUNNING:
            self._use(name)
        return Unknown(f"{self.origin}.{name}")

    def __setattr__(self, name, value):
        self.__dict__[name] = value

    def __call__(self, *args, **kwargs):
        if RUNNING:
            self._use("a call")
        if len(args) == 1 and not kwargs and callable(args[0]) and not isinstance(args[0], Unknown):
            return args[0]  # a decorator
        from .edges import is_part_of_graph

        if "task_id" in kwargs or any(map(is_part_of_graph, [*args, *kwargs.values()])):
            report("called", f"{self.origin}() is not known here and may make tasks or edges")
        return Unknown(f"{self.origin}()")

    def __mro_entries__(self, bases):
        return (_base(self.origin),)

    def __repr__(self):
        return mark(self.origin)

    __str__ = __repr__

    def __format__(self, spec):
        return mark(self.origin)

    def __bool__(self):
        self._use("the truth")
        return True

    def __iter__(self):
        frame = sys._getframe(1)
        for step in dis.get_instructions(frame.f_code):
            if step.offset == frame.f_lasti and step.opname == "UNPACK_SEQUENCE":
                return iter([Unknown(f"{self.origin}[{index}]") for index in range(step.arg)])
        self._use("the items")
        return iter(())

    def __len__(self):
        self._use("the length")
        return 0

    def __contains__(self, value):
        self._use("the items")
        return False

    def __getitem__(self, key):
        if RUNNING:
            self._use("an item")
        return Unknown(f"{self.origin}[{key!r:.40}]")

    def __setitem__(self, key, value):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False

    def __hash__(self):
        return id(self)

    def __index__(self):
        self._use("the number")
        return 0

    __int__ = __index__

    def __float__(self):
        return float(int(self))

    def _edge(self, other):
        from .edges import is_part_of_graph

        if isinstance(other, (list, tuple)) or is_part_of_graph(other):
            report("edge", f"an edge to or from {self.origin}, which is not known")
        return other

    __rshift__ = __lshift__ = __rrshift__ = __rlshift__ = _edge


def _compare(name):
    def compare(self, other):
        self._use("a comparison")
        return name == "__ne__"

    return compare


for _name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
    setattr(Unknown, _name, _compare(_name))
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or"):
    for _side in ("", "r"):
        setattr(Unknown, f"__{_side}{_name}__", lambda self, other: Unknown(f"a value made of {self.origin}"))


def _base(origin):
    """A class to inherit from in place of one that is not here."""

    def init(self, *args, **kwargs):
        self.__dict__.update(kwargs)

    def attribute(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Unknown(f"{origin}.{name}")

    def subclass(cls, **kwargs):
        pass

    body = {"__init__": init, "__getattr__": attribute, "__init_subclass__": classmethod(subclass)}
    return type(origin.rsplit(".", 1)[-1], (), body)


class UnknownText(str):
    """Stands for a text that is not known: it survives formatting and joining, and is found again in names.

    Whoever of the user's files asks for its value is told, as with any unknown; all others see the mark.
    """

    __slots__ = ()
    __hash__ = str.__hash__

    def __add__(self, other):
        return UnknownText(str.__add__(self, other))

    def __radd__(self, other):
        return UnknownText(str.__add__(other, self))


def _asks(name, how, answer):
    """A method of texts, which reports the user's question and gives an answer that is wrong half of the time."""
    of_text = getattr(str, name, None)

    def method(self, *args, **kwargs):
        caller = sys._getframe(1).f_code.co_filename
        if is_users(caller) or caller.endswith(READER):
            report("asked", f"{how} of {origin_of(self)}, which is not known")
            return answer
        if of_text is not None:
            return of_text(self, *args, **kwargs)
        return len(self) > 0 if name == "__bool__" else {"__int__": int, "__float__": float}[name](str(self))

    setattr(UnknownText, name, method)


for _name, _how, _answer in (
    ("__bool__", "the truth", True),
    ("__eq__", "a comparison", False),
    ("__ne__", "a comparison", True),
    *((name, "a comparison", False) for name in ("__lt__", "__le__", "__gt__", "__ge__", "startswith", "endswith")),
    ("__contains__", "the items", False),
    ("__len__", "the length", 0),
    ("__int__", "the number", 0),
    ("__float__", "the number", 0.0),
    *((name, "the items", ()) for name in ("split", "rsplit", "splitlines", "partition")),
):
    _asks(_name, _how, _answer)


class UnknownJson(UnknownText):
    """Stands for JSON that is not known. Its parts are unknown as well, each by itself."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __getitem__(self, key):
        return UnknownJson(mark(f"{origin_of(self)}.{key}"))

    def get(self, key, default=None):
        return self[key] if default is None else default

    def _items(self, *_):
        report("asked", f"the items of {origin_of(self)}, which is not known")
        return iter(())

    __iter__ = keys = values = items = _items

    def __index__(self):
        report("asked", f"the number of {origin_of(self)}, which is not known")
        return 0

    def __add__(self, other):
        return UnknownText.__add__(self, other) if isinstance(other, str) else self._made(other)

    def __radd__(self, other):
        return UnknownText.__radd__(self, other) if isinstance(other, str) else self._made(other)

    def _made(self, _):
        return Unknown(f"a value made of {origin_of(self)}")

    __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _made


_OPEN, _CLOSE = "\ue000", "\ue001"
MARKS = []
"""Origins of unknown texts, by their number."""


def mark(origin):
    """A text that stands for an unknown one."""
    if origin not in MARKS:
        MARKS.append(origin)
    return UnknownText(f"{_OPEN}{MARKS.index(origin)}{_CLOSE}")


def origin_of(text):
    """What the first mark in it stands for."""
    return MARKS[int(str.partition(str.partition(str(text), _OPEN)[2], _CLOSE)[0])]
