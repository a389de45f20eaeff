"""What the templates read that the stand-ins render in a task's pod: names of `dag_run.conf`, and what the installation
has.
"""

import re
from collections.abc import Iterator
from typing import Any

from sluice.core import Json
from sluice.importers.airflow.dags.dag import texts_in
from sluice.importers.airflow.record.recording import RecordedTask

OTHERS = ""
"""As in `sluice_recorder/conf.py`."""
_WORD = r"(?P<quote>['\"])(?P<name>[^'\"]+)(?P=quote)"
_CONF = (
    re.compile(rf"dag_run\.conf(?:\.get\(|\[)\s*{_WORD}"),
    re.compile(rf"{_WORD}\s+(?:not\s+)?in\s+dag_run\.conf\b"),
    re.compile(r"dag_run\.conf\.(?P<name>(?!(?:get|items|keys|values)\b)\w+)"),
)
_ANY_OF_CONF = re.compile(
    r"dag_run\.conf(?:\.(?:items|keys|values)\b|\s*(?:\}\}|\||,|\))|\[[^'\"])|for\s.*\sin\s+dag_run\.conf\b"
)
_DEFAULT = r"(?:,\s*(?:default(?:_var)?\s*=\s*)?(?P<given>['\"])(?P<default>[^'\"]*)(?P=given)\s*\))?"
_VARIABLE = (
    re.compile(r"\bvar\.(?:value|json)\.(?P<name>(?!get\b)\w+)(?P<default>)"),
    re.compile(rf"\bvar\.(?:value|json)(?:\.get\(|\[)\s*{_WORD}\s*{_DEFAULT}"),
)
_CONNECTION = re.compile(r"\bconn\.(?P<name>\w+)")


def conf_names(task: RecordedTask) -> set[str]:
    """With OTHERS among them, if one may read any."""
    texts = list(_templates(task))
    found = {match["name"] for text in texts for shape in _CONF for match in shape.finditer(text)}
    found |= {str(hole["param"]) for hole in _holes([task.fields, task.mapped]) if "conf" in hole}
    return found | {OTHERS for text in texts if _ANY_OF_CONF.search(text)}


def variables(task: RecordedTask) -> dict[str, str | None]:
    """The names, with the default that the template says."""
    found = {
        match["name"]: match["default"] or None
        for text in _templates(task)
        for shape in _VARIABLE
        for match in shape.finditer(text)
    }
    for hole in _holes([task.fields, task.mapped]):
        if "variable" in hole:
            found[str(hole["variable"])] = hole.get("default")
        elif str(hole.get("unknown", "")).startswith("Variable "):
            found[str(hole["unknown"]).removeprefix("Variable ").partition(".")[0]] = None
    return found


def connections(task: RecordedTask) -> list[str]:
    found = {match["name"] for text in _templates(task) for match in _CONNECTION.finditer(text)}
    found |= {str(hole["connection"]) for hole in _holes([task.fields, task.mapped]) if "connection" in hole}
    return sorted(found)


def _templates(task: RecordedTask) -> Iterator[str]:
    return (text for text in texts_in([task.fields, task.mapped]) if "{{" in text or "{%" in text)


def _holes(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        if isinstance(parts := value.get("$template"), list):
            yield from (part for part in parts if isinstance(part, dict))
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _holes(each)
