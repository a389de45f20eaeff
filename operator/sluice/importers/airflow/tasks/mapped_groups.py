"""A mapped group: a Workflow of its own, which a task calls for each item.

An item reaches it as a text, of which its tasks make a value again: JSON, unless it is none.
"""

import json
from typing import Any

from sluice.core import Json
from sluice.importers.airflow.dags.dag import Translation
from sluice.importers.airflow.dags.names import parameter_of
from sluice.importers.airflow.record.recording import RecordedTask
from sluice.importers.airflow.tasks.mapping import for_each
from sluice.importers.airflow.texts.holes import in_field, parts_of

_DYNAMIC = {"$xcom", "$param", "$unknown"}


def group_call(task: RecordedTask, dag: Translation) -> Json:
    """The items, the arguments of the call, and what it hands on."""
    ((how, mapped),) = (task.mapped or {}).items()
    named = task.fields.get("names")
    names = [str(each) for each in named] if isinstance(named, list) else []
    if how == "product" and isinstance(mapped, dict) and len(mapped) > 1 and not any(map(_is_dynamic, mapped.values())):
        items: Json = {"forEach": {"matrix": {name: _items(values) for name, values in mapped.items()}}}
        arguments = {parameter_of(name): f"$(item.{name})" for name in names}
    else:
        values = next(iter(mapped.values())) if how == "product" and isinstance(mapped, dict) else mapped
        items = for_each(task, dag) if _is_dynamic(values) else {"forEach": {"items": _items(values)}}
        of_each = "$(item)" if how == "product" else "$(item.{})"
        arguments = {parameter_of(name): of_each.format(name) for name in names}
    given = task.fields.get("given")
    for name, value in given.items() if isinstance(given, dict) else ():
        arguments[parameter_of(name)] = in_field(parts_of(value, []), dag)
    _tell_texts(task, dag, mapped)
    outputs = [parameter_of(key) for key in dag.handed_on[task.id]]
    return items | {"arguments": arguments} | ({"outputs": outputs} if outputs else {})


def _is_dynamic(values: Any) -> bool:
    return isinstance(values, dict) and not _DYNAMIC.isdisjoint(values)


def _items(values: Any) -> list[Any]:
    return [json.dumps(each) if isinstance(each, list) or each is None else each for each in values or ()]


def _tell_texts(task: RecordedTask, dag: Translation, mapped: Any) -> None:
    """Which texts are taken for something else, or that some may be."""
    texts = [each for each in _leaves(mapped) if isinstance(each, str) and _is_json(each)]
    if any(_is_dynamic(values) for values in (mapped, *(mapped.values() if isinstance(mapped, dict) else ()))):
        dag.lose(task, f"the items of the group {task.id}", "a text that looks like a number is taken as one")
    elif texts:
        dag.lose(task, f"the text {texts[0]!r:.40} of the group {task.id}", "it is taken as what it looks like")


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
