"""How another task has ended, where that is asked by a task that runs only if those before it have succeeded.

What has one answer only is written as that, as lint refuses the question. To ask another task, in a condition as well,
is to wait for it: where it may have ended otherwise, the question must not decide whether the task runs.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sluice.core import Json
from sluice.core.graph.placeholders import UNFILLED
from sluice.importers.argo.documents.text import FILL_IN

_ASKED = re.compile(r"(?<!\$)\$\(tasks\.(?P<name>[a-z0-9-]+)\.(?P<end>phase|exitCode)\)")
_IN_CONDITION = re.compile(r"\btasks(?:\.(?P<name>\w+)|\['(?P<quoted>[^']+)'\])\.(?:phase|exitCode)\b")
_ANSWERS = {"phase": "Succeeded", "exitCode": "0"}

Left = Callable[[str, str, str], None]
"""Tells what is left to somebody: the task, what it is, and what stands in its place."""


def settled(tasks: list[Json], skippable: Collection[str], left: Left) -> list[Json]:
    """`skippable` are those with a condition of their own. The tasks are in order."""
    order = _Order({task["name"]: task for task in tasks}, skippable)
    return [_settled(task, order, left) if _strict(task) and not task.get("finally") else task for task in tasks]


def _strict(task: Json) -> bool:
    return bool(task.get("runIf", "AllSucceeded") == "AllSucceeded")


def _settled(task: Json, order: "_Order", left: Left) -> Json:
    filled = repr({key: task[key] for key in task.keys() - UNFILLED})
    conditions = {found["name"] or found["quoted"] for found in _IN_CONDITION.finditer(task.get("when", ""))}
    asked = order.doubtful({found["name"] for found in _ASKED.finditer(filled)} | conditions)
    if not asked:
        return task
    succeeded, unfailed = order.before(task)
    may_ask = not any(map(order.may_be_skipped, task.get("dependsOn", ())))
    late = asked & (unfailed - succeeded) if may_ask else set()
    unknown = asked - succeeded - late
    for name in sorted(unknown):
        start = "" if name in conditions else f"{FILL_IN}; "
        left(task["name"], f"how '{name}' has ended", f"{start}to ask is to wait for its success")
    answers = {name: {} if name in unknown else _ANSWERS for name in asked - late}
    made: Json = {}
    for key, value in task.items():
        made[key] = value if key in UNFILLED else _answered(value, answers)
        if late and key == "dependsOn":
            made["runIf"] = "NoneFailed"
    return made


@dataclass(frozen=True)
class _Order:
    """Of tasks by name."""

    tasks: Mapping[str, Json]
    skippable: Collection[str]

    def doubtful(self, names: Collection[str]) -> set[str]:
        """Those whose failure counts as one."""
        return {name for name in names if name in self.tasks and not self.tasks[name].get("allowFailure")}

    def before(self, task: Json) -> tuple[set[str], set[str]]:
        """Those that must have succeeded if the task runs, and with them those that at least have not failed."""
        succeeded, unfailed = set[str](), set[str]()
        wanted = [task]
        while wanted:
            one = wanted.pop()
            if one.get("runIf", "AllSucceeded") not in ("AllSucceeded", "NoneFailed"):
                continue
            for name in one.get("dependsOn", ()):
                unfailed.add(name)
                if name not in succeeded and (_strict(one) or not self.may_be_skipped(name)) and name in self.tasks:
                    succeeded.add(name)
                    wanted.append(self.tasks[name])
        return succeeded, unfailed

    def may_be_skipped(self, name: str) -> bool:
        seen, wanted = set[str](), [name]
        while wanted:
            one = wanted.pop()
            task = self.tasks.get(one, {})
            if one in self.skippable or "when" in task or task.get("runIf", "AllSucceeded") not in _NO_SKIP:
                return True
            if _strict(task):
                wanted += [other for other in task.get("dependsOn", ()) if other not in seen]
                seen.update(wanted)
        return False


_NO_SKIP = ("AllSucceeded", "NoneFailed", "AllDone")


def _answered(node: Any, answers: Mapping[str, Mapping[str, str]]) -> Any:
    if isinstance(node, str):
        return _ASKED.sub(
            lambda found: answers[found["name"]].get(found["end"], FILL_IN) if found["name"] in answers else found[0],
            node,
        )
    if isinstance(node, list):
        return [_answered(each, answers) for each in node]
    if isinstance(node, dict):
        return {key: _answered(value, answers) for key, value in node.items()}
    return node
