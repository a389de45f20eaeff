"""Fills in templates, and what stands for values of other tasks. With jinja2 where the image has it; without, the
expressions of usual templates are understood: names, calls, and Airflow's filters.
"""

import json
import os
import re

from .results import DagParam, ItemParam, XComArg

_EXPRESSION = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
_FILTER = re.compile(r"(?<![|])\|(?![|])(?=(?:[^'\"]|'[^']*'|\"[^\"]*\")*$)")

FILTERS = {
    "ds": lambda value: value.strftime("%Y-%m-%d"),
    "ds_nodash": lambda value: value.strftime("%Y%m%d"),
    "ts": lambda value: value.isoformat(),
    "ts_nodash": lambda value: value.strftime("%Y%m%dT%H%M%S"),
    "ts_nodash_with_tz": lambda value: value.isoformat().replace("-", "").replace(":", ""),
}
OF_JINJA = {
    "default": lambda value, other="": other if value is None else value,
    "int": int,
    "float": float,
    "string": str,
    "lower": lambda value: str(value).lower(),
    "upper": lambda value: str(value).upper(),
    "replace": lambda value, old, new: str(value).replace(old, new),
    "join": lambda value, by="": by.join(map(str, value)),
    "length": len,
}


def rendered(value, context):
    if isinstance(value, XComArg):
        from .context import pulled  # only in a pod: it takes pendulum, where it is

        return pulled(value, context)
    if isinstance(value, ItemParam):
        return _of_item(context["params"][value.name])
    if isinstance(value, DagParam):
        return context["params"][value.name]
    if isinstance(value, str):
        return _text(value, context) if "{{" in value or "{%" in value else value
    if isinstance(value, dict):
        return {key: rendered(each, context) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        items = [rendered(each, context) for each in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def _of_item(text):
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def text_of_file(operator, value):
    """What a template file says, if that is what the value names: beside the DAG file, or where the DAG says."""
    if not isinstance(value, str) or not value.endswith(operator.template_ext or ("\n",)):
        return value
    said = operator.dag.template_searchpath or []
    folders = [said] if isinstance(said, str) else list(said)
    for folder in [*folders, os.path.dirname(operator.dag.file)]:
        if os.path.isfile(os.path.join(folder, value)):
            with open(os.path.join(folder, value), encoding="utf-8") as file:
                return file.read()
    return value


def _text(template, context):
    dag = context["dag"]
    names = {**context, **(dag.user_defined_macros or {})}
    filters = {**FILTERS, **(dag.user_defined_filters or {})}
    try:
        import jinja2
    except ImportError:
        if "{%" in template:
            raise ModuleNotFoundError(f"jinja2, which the image needs for {template!r:.80}") from None
        return _EXPRESSION.sub(lambda found: _evaluated(found[1], names, {**OF_JINJA, **filters}), template)
    environment = jinja2.Environment(undefined=dag.template_undefined or jinja2.StrictUndefined)  # noqa: S701  # what comes out is no page
    environment.filters.update(filters)
    return environment.from_string(template).render(names)


def _evaluated(expression, names, filters):
    """The template is the user's own code, as is the rest of the file."""
    first, *rest = _FILTER.split(expression.strip())
    value = eval(first.strip(), {"__builtins__": {}}, names)  # noqa: S307
    for each in rest:
        name, bracket, arguments = each.strip().partition("(")
        given = eval(f"({arguments.rstrip(')')},)", {"__builtins__": {}}, names) if bracket and arguments != ")" else ()  # noqa: S307
        value = filters[name.strip()](value, *given)
    return str(value)
