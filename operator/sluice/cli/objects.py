"""`-o name`, `json` and `yaml`: objects for programs, as kubectl prints them."""

import json
import re
from collections.abc import Sequence

from sluice.client.resources import Resource
from sluice.core import Json

OUTPUTS = ("name", "json", "yaml")

_CONTROL = re.compile(r"[\x7f-\x9f]")  # what JSON leaves as it is and a terminal obeys


def reference(resource: Resource, name: str) -> str:
    """`workflowrun.sluice.dev/etl-7k2p2`."""
    group, slash, _ = resource.api_version.rpartition("/")
    return f"{resource.kind.lower()}.{group}/{name}" if slash else f"{resource.kind.lower()}/{name}"


def written(found: Json | Sequence[Json], output: str) -> str:
    """An object, or a list of them, as `json` or `yaml`, without `managedFields`."""
    value = _bare(found) if isinstance(found, dict) else _list(found)
    if output == "json":
        text = json.dumps(value, indent=4, ensure_ascii=False)
        return _CONTROL.sub(lambda control: f"\\u{ord(control[0]):04x}", text)
    import yaml  # noqa: PLC0415  # not for --help

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True)).rstrip()


def _list(objects: Sequence[Json]) -> Json:
    return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": list(map(_bare, objects))}


def _bare(found: Json) -> Json:
    return {
        **found,
        "metadata": {key: value for key, value in found["metadata"].items() if key != "managedFields"},
    }
