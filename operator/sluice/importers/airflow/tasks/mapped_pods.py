"""`expand` of a pod operator: what an item adds stands in the pod's own fields as `$(item)` and `$(item.…)`."""

import re
import shlex
from typing import Any

from sluice.core import Json
from sluice.importers.airflow.dags.dag import texts_in
from sluice.importers.airflow.record.recording import RecordedTask

_TEXTS = {"image"}
_LISTS = {"cmds", "arguments", "command", "entrypoint"}
_MAPS = {"env_vars", "environment"}
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def expanded(task: RecordedTask) -> tuple[Json, Json] | None:
    """The field that the items fill in, and the `forEach`. None if that is not possible: the items are not known, or
    they are not of one shape, as a field of the manifest is.
    """
    ((how, mapped),) = (task.mapped or {}).items()
    if how != "product" or not isinstance(mapped, dict) or len(mapped) != 1:
        return None
    ((name, items),) = mapped.items()
    shaped = _shaped(name, items) if isinstance(items, list) and items else None
    if shaped is None or any(sign in text for text in texts_in(shaped) for sign in ("{{", "{%", "$(", "\ue000")):
        return None
    value = _placeholders(name, shaped[0])
    return {name: value}, {"forEach": {"items": shaped}}


def _shaped(name: str, items: list[Any]) -> list[Any] | None:
    """The items as texts or as maps with the same keys."""
    if name in _TEXTS:
        return items if all(isinstance(each, str) for each in items) else None
    if name in _LISTS:
        words = [shlex.split(each) if isinstance(each, str) else each for each in items]
        if not all(isinstance(each, list) and len(each) == len(words[0]) and _are_plain(each) for each in words):
            return None
        if len(words[0]) == 1:
            return [str(each[0]) for each in words]
        return [{f"word{number}": str(word) for number, word in enumerate(each, start=1)} for each in words]
    if name in _MAPS:
        same = all(isinstance(each, dict) and each.keys() == items[0].keys() for each in items)
        return items if same and all(map(_FIELD.fullmatch, items[0])) and _are_plain(items[0].values()) else None
    return None


def _are_plain(values: Any) -> bool:
    return bool(values) and all(isinstance(each, str | int) and not isinstance(each, bool) for each in values)


def _placeholders(name: str, item: Any) -> Any:
    if not isinstance(item, dict):
        return ["$(item)"] if name in _LISTS else "$(item)"
    return {key: f"$(item.{key})" for key in item} if name in _MAPS else [f"$(item.{key})" for key in item]
