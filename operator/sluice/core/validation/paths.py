"""How long the path to a field may be. Checks write the path of each text that they look at, and a key may have as many
letters as the manifest: without a limit a list under one takes the square of them.
"""

from collections.abc import Iterator
from typing import Any

from sluice.core import Json
from sluice.core.base.faults import Fault

_LONGEST = 2_048  # characters


def paths_fit(spec: Json) -> Iterator[Fault]:
    """To be checked before anything else looks at texts."""
    parts: Json = {f"spec.{name}": part for name, part in spec.items() if name != "tasks"}
    tasks = spec.get("tasks")
    parts |= {f"spec.tasks[{number}]": task for number, task in enumerate(tasks if isinstance(tasks, list) else ())}
    for path, part in parts.items():
        if len(path) > _LONGEST or _goes_too_far(part, _LONGEST - len(path)):
            yield Fault(path, f"has a field whose path has more than {_LONGEST} characters; shorten its keys")


def _goes_too_far(part: Any, room: int) -> bool:
    beneath = [(part, room)]
    while beneath:
        node, room = beneath.pop()
        if isinstance(node, dict):
            for key, value in node.items():
                if len(str(key)) > room:
                    return True
                if isinstance(value, (dict, list)):
                    beneath.append((value, room - len(str(key))))
        elif isinstance(node, list):
            beneath.extend((value, room) for value in node if isinstance(value, (dict, list)))
    return False
