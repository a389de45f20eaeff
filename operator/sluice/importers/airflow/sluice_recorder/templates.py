"""Renders a template as far as it is known, and leaves a hole for each value that only a run has.

What comes of it is a list of texts and holes: {"time": "start", "shift": seconds, "format": "%Y-%m-%d"},
{"param": name}, {"xcom": task, "key": key}, {"variable": name}, {"connection": name, "field": field}, {"run": field},
{"unknown": origin}; a value that was given on the command line says `"given": text`,
a parameter of `dag_run.conf` says `"conf": true`, and what has a default in the template `"default": text`;
or a reason why it can only be rendered in the pod.
"""

import datetime
import functools
import re

import jinja2
import jinja2.nodes
import jinja2.sandbox
from sluice_airflow import render, settings

_OPEN, _CLOSE = "\ue002", "\ue003"
_HOLE = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_ISO = "%Y-%m-%dT%H:%M:%S+00:00"


class Needed(Exception):
    """The value is asked for while rendering: a condition, a loop, a filter that we do not know."""


class Open:
    """What a run has. Nothing can be asked of it here."""

    def _needed(self, *_, **__):
        raise Needed("its value is needed to render the template")

    __bool__ = __iter__ = __len__ = __eq__ = __lt__ = __gt__ = __le__ = __ge__ = __int__ = __float__ = __contains__ = (
        _needed
    )
    __str__ = __repr__ = __add__ = __radd__ = __mul__ = __mod__ = __getitem__ = _needed
    __hash__ = object.__hash__


class Hole(Open):
    """A value that a run has. It can be put into a text, and nothing else."""

    def __init__(self, holes, **said):
        self._holes, self._said = holes, said

    def __str__(self):
        self._holes.append(self._said)
        return f"{_OPEN}{len(self._holes) - 1}{_CLOSE}"

    __html__ = __str__

    @property
    def is_optional(self):
        return "param" in self._said

    def or_else(self, default):
        """With a default, for what may not be there."""
        if not isinstance(default, (str, int, float)) or _is_open(default):
            self._needed()
        return Hole(self._holes, **self._said, default=str(default))


class Moment(Hole):
    """A time of the run: the start or end of its interval, moved by some seconds."""

    def __init__(self, holes, base, shift=0, shape=_ISO):
        super().__init__(holes, time=base, shift=shift, format=shape)
        self._parts = base, shift

    def strftime(self, shape):
        if "%f" in shape:  # which `date` has not
            self._needed()
        return Moment(self._holes, *self._parts, shape)

    def isoformat(self):
        return self.strftime(_ISO)

    to_iso8601_string = isoformat

    def to_date_string(self):
        return self.strftime("%Y-%m-%d")

    def to_datetime_string(self):
        return self.strftime("%Y-%m-%d %H:%M:%S")

    def date(self):
        return self.strftime("%Y-%m-%d")

    def _moved(self, seconds):
        base, shift = self._parts
        return Moment(self._holes, base, shift + int(seconds), self._said["format"])

    def add(self, **units):
        return self._moved(datetime.timedelta(**units).total_seconds())

    def subtract(self, **units):
        return self._moved(-datetime.timedelta(**units).total_seconds())

    def __add__(self, delta):
        return self._moved(delta.total_seconds()) if isinstance(delta, datetime.timedelta) else self._needed()

    def __sub__(self, delta):
        return self._moved(-delta.total_seconds()) if isinstance(delta, datetime.timedelta) else self._needed()


class _Each(Open):
    """`params.x` and `params["x"]`: a hole for any name."""

    def __init__(self, holes, **said):
        self._holes, self._said = holes, said

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return Hole(self._holes, **{key: name if value is None else value for key, value in self._said.items()})

    __getitem__ = __getattr__

    def get(self, name, default=None):
        value = self[name]
        return value.or_else(default) if isinstance(value, Hole) and default is not None else value


class _Json(Open):
    """`var.json.cfg`, whose parts are values."""

    def __init__(self, holes):
        self._holes = holes

    def __getattr__(self, name):
        return _Part(self._holes, settings.Variable.get(name, None, deserialize_json=True), name)


class _Part(Hole):
    """Of a variable that is JSON. `given` is its value, None if that is not known."""

    def __init__(self, holes, given, *path):
        self._given, self._path = given, path
        known = {} if given is None else {"given": str(given)}
        super().__init__(holes, unknown=f"Variable {'.'.join(path)}", **known)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, key):
        given = self._given
        if given is not None:
            is_there = key in given if isinstance(given, dict) else isinstance(given, list) and key in range(len(given))
            given = given[key] if is_there else self._needed()
        return _Part(self._holes, given, *self._path, str(key))

    def get(self, name, default=None):
        if isinstance(self._given, dict) and name not in self._given:
            return default
        return self[name] if default is None or self._given is not None else self[name].or_else(default)

    def __str__(self):
        return self._needed() if len(self._path) == 1 or isinstance(self._given, (dict, list)) else super().__str__()


class _Connections(Open):
    def __init__(self, holes):
        self._holes = holes

    def __getattr__(self, name):
        return _Each(self._holes, connection=name, field=None)

    __getitem__ = __getattr__


class _TaskInstance(Open):
    def __init__(self, holes):
        self._holes = holes
        self.run_id = Hole(holes, run="name")

    def xcom_pull(self, task_ids=None, dag_id=None, key="return_value", **_):
        if not isinstance(task_ids, str):
            raise Needed("what several tasks have returned")
        return Hole(self._holes, xcom=task_ids, key=key)


class _Named(Open):
    """Of its names only these are known here."""

    def __init__(self, **names):
        vars(self).update(names)


class _Macros(Open):
    datetime, timedelta = datetime.datetime, datetime.timedelta

    @staticmethod
    def ds_add(ds, days):
        return ds.add(days=days)

    @staticmethod
    def ds_format(ds, old, new):
        return ds.strftime(new)


class _Params(_Each):
    """Those that the task itself says are known."""

    def __init__(self, holes, own):
        super().__init__(holes, param=None)
        self._own = own

    def __getattr__(self, name):
        return self._own[name] if name in self._own else super().__getattr__(name)

    __getitem__ = __getattr__


def names_of(holes, params):
    """The context of Airflow's templates. `logical` is the start of the interval or its end, as the version has it."""
    logical = Moment(holes, "logical")
    start, end = Moment(holes, "start"), Moment(holes, "end")
    day = "%Y-%m-%d"
    ti = _TaskInstance(holes)
    return {
        "ds": logical.strftime(day),
        "ds_nodash": logical.strftime("%Y%m%d"),
        "ts": logical,
        "ts_nodash": logical.strftime("%Y%m%dT%H%M%S"),
        "ts_nodash_with_tz": logical.strftime("%Y%m%dT%H%M%S+0000"),
        "logical_date": logical,
        "execution_date": logical,
        "data_interval_start": start,
        "data_interval_end": end,
        "next_execution_date": end,
        "next_ds": end.strftime(day),
        "next_ds_nodash": end.strftime("%Y%m%d"),
        "yesterday_ds": logical.subtract(days=1).strftime(day),
        "yesterday_ds_nodash": logical.subtract(days=1).strftime("%Y%m%d"),
        "tomorrow_ds": logical.add(days=1).strftime(day),
        "tomorrow_ds_nodash": logical.add(days=1).strftime("%Y%m%d"),
        "params": _Params(holes, params),
        "run_id": Hole(holes, run="name"),
        "ti": ti,
        "task_instance": ti,
        "macros": _Macros(),
        "var": _Named(value=_Each(holes, variable=None), json=_Json(holes)),
        "conn": _Connections(holes),
        "dag_run": _Named(conf=_Each(holes, param=None, conf=True), run_id=ti.run_id, logical_date=logical),
    }


def _is_open(value):
    """Is it what a run has, a text with such a value in it, or a name that is not known here?"""
    if isinstance(value, (list, tuple)):
        return any(map(_is_open, value))
    return isinstance(value, (Open, jinja2.Undefined)) or (isinstance(value, str) and _OPEN in value)


def _of_known(function):
    """A filter or a test of jinja's own. What kind of function it is stays written on it."""

    @functools.wraps(function)
    def asked(*args, **kwargs):
        if any(map(_is_open, [*args, *kwargs.values()])):
            raise Needed("its value is needed to render the template")
        return function(*args, **kwargs)

    return asked


FILTERS = {
    "ds": lambda value: value.strftime("%Y-%m-%d"),
    "ds_nodash": lambda value: value.strftime("%Y%m%d"),
    "ts": lambda value: value.isoformat(),
    "ts_nodash": lambda value: value.strftime("%Y%m%dT%H%M%S"),
    "ts_nodash_with_tz": lambda value: value.strftime("%Y%m%dT%H%M%S+0000"),
    "string": lambda value: value,
    "int": lambda value, *_: value if isinstance(value, Hole) else int(value),
}
_OF_KNOWN = jinja2.defaults.DEFAULT_FILTERS["default"]


def _default(value, other="", boolean=False):
    if isinstance(value, Hole) and not boolean:
        return value.or_else(other) if value.is_optional else value
    return _of_known(_OF_KNOWN)(value, other, boolean)


FILTERS["default"] = FILTERS["d"] = _default


class _Environment(jinja2.sandbox.SandboxedEnvironment):
    def __init__(self):
        super().__init__(undefined=jinja2.StrictUndefined, keep_trailing_newline=False)
        for functions in (self.filters, self.tests):
            functions.update({name: _of_known(function) for name, function in functions.items()})
        self.filters.update(FILTERS)

    def getattr(self, obj, attribute):
        return super().getattr(self._known(obj), attribute)

    def getitem(self, obj, argument):
        return super().getitem(self._known(obj), argument)

    def _known(self, obj):
        """A part or a method of a text in which a value is left open would be one of the mark's."""
        if isinstance(obj, str) and _OPEN in obj:
            raise Needed("its value is needed to render the template")
        return obj


def template_of(text, params):
    """A list of texts and holes, or {"$in_pod": why, "text": text}.

    `params`: what the task adds to the parameters of the DAG.
    """
    holes = []
    try:
        rendered = _Environment().from_string(text).render(names_of(holes, params))
    except Exception as error:  # noqa: BLE001  # whatever a template of theirs raises
        return {"$in_pod": f"{type(error).__name__}: {error}"[:200], "text": text}
    parts = _HOLE.split(rendered)
    return {"$template": [holes[int(part)] if index % 2 else part for index, part in enumerate(parts) if part]}


def names_in(text):
    """The names that a template takes of its context; none if it cannot be read."""
    names = list(_nodes(text, jinja2.nodes.Name))
    made = {each.name for each in names if each.ctx != "load"}
    return {each.name for each in names} - made - {*jinja2.defaults.DEFAULT_NAMESPACE, "loop"}


def needs_jinja(text, filters):
    """Is it more than what `sluice_airflow/render.py` understands by itself? `filters`: those of the DAG."""
    known = {*render.FILTERS, *render.OF_JINJA, *filters}
    statements = (each for each in _nodes(text, jinja2.nodes.Stmt) if not isinstance(each, jinja2.nodes.Output))
    others = (jinja2.nodes.Test, jinja2.nodes.Concat)
    return any(True for _ in (*statements, *_nodes(text, others))) or any(
        each.name not in known for each in _nodes(text, jinja2.nodes.Filter)
    )


def _nodes(text, kind):
    try:
        return _Environment().parse(text).find_all(kind)
    except jinja2.TemplateError:
        return iter(())
