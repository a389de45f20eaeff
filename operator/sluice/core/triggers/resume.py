"""Resuming: what a run need not do again, because an earlier run of its Workflow has done it.

A task is kept if it succeeded there and nothing that makes its success what it was has changed: its definition (how
it is run apart: retries, timeouts, resources, placement), the run's parameters and scheduled time (each task has them
all in its environment), the tasks it depends on, and the volumes it mounts. A skipped task that is unchanged will be
skipped again, so it holds up nobody.

Never kept are `finally` tasks, approvals, which are decisions about one run, and sub-workflows, whose own graph may
have changed; nor what depends on any of these, or on a task that is to run again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sluice.core import Json
from sluice.core.base.errors import Fault
from sluice.core.base.text import did_you_mean
from sluice.core.pod.volumes import mounted
from sluice.core.spec.definition import Definition
from sluice.core.spec.scheduled_time import NOT_SCHEDULED, ScheduledTime
from sluice.core.spec.task import TaskDefinition

_HOW_IT_IS_RUN = frozenset(
    {
        "retries",
        "timeout",
        "pendingTimeout",
        "allowFailure",
        "resources",
        "nodeSelector",
        "tolerations",
        "interruptible",
        "priority",
        "duration",
        "pools",
        "poll",
        "queueName",
    }
)
_OF_ITS_ATTEMPTS = frozenset({"attempt", "pod", "retries", "retryAt", "avoidNode", "message"})
_KEPT = "Kept: from run "


@dataclass(frozen=True, slots=True)
class Past:
    """A run that has ended. `tasks` are its status's; `claims` its volumes by template, as far as they can be had."""

    run: str
    definition: Definition
    parameters: Mapping[str, str]
    tasks: Json
    claims: Mapping[str, str]
    scheduled: ScheduledTime = NOT_SCHEDULED


def kept_tasks(
    new: Definition,
    parameters: Mapping[str, str],
    past: Past,
    rerun: Collection[str],
    scheduled: ScheduledTime = NOT_SCHEDULED,
) -> list[int]:
    """The tasks that need not run again."""
    if parameters != past.parameters or scheduled != past.scheduled:
        return []
    before = {task.name: task for task in past.definition.tasks}
    unchanged: set[int] = set()
    for number in new.graph.topological_order():
        task = new.tasks[number]
        if (
            task.name in before
            and task.name not in rerun
            and _phase(past, task) in ("Succeeded", "Skipped")
            and _can_be_kept(task)
            and _what(task) == _what(before[task.name])
            and unchanged.issuperset(new.graph.dependencies[number])
            and all(template in past.claims for template in mounted(task.fields, new.claims))
        ):
            unchanged.add(number)
    return sorted(number for number in unchanged if _phase(past, new.tasks[number]) == "Succeeded")


def _phase(past: Past, task: TaskDefinition) -> str:
    phase: str = past.tasks.get(task.name, {}).get("phase", "")
    return phase


def _can_be_kept(task: TaskDefinition) -> bool:
    return not task.final and not {"approval", "workflow"} & task.fields.keys()


def _what(task: TaskDefinition) -> Json:
    """What a task does: it makes no difference in which order it names what it depends on."""
    what = {name: field for name, field in task.fields.items() if name not in _HOW_IT_IS_RUN}
    return what | {"dependsOn": set(task.fields.get("dependsOn") or ())}


def kept_entry(past: Past, task: str) -> Json:
    """What the new run's status says of a kept task: how it ended, and in which run."""
    told = {name: value for name, value in past.tasks[task].items() if name not in _OF_ITS_ATTEMPTS}
    reason = told.get("reason", "")
    return told | {"reason": reason if reason.startswith(_KEPT) else f"{_KEPT}{past.run}"}


def same_templates(new: Definition, old: Definition) -> set[str]:
    """The volumes that both runs would make in the same way."""
    return {name for name, template in new.claims.items() if old.claims.get(name) == template}


def resume_faults(asked: Json, run: str, workflow: str, definition: Definition, old: Json | None) -> list[Fault]:
    """What is wrong with a run's `resumeFrom`. `old` is the WorkflowRun that it names, None if there is none."""
    found = []
    names = [task.name for task in definition.tasks]
    for place, name in enumerate(asked.get("rerun", ())):
        if name not in names:
            words = f"no task is called '{name}'{did_you_mean(name, names)}"
            found.append(Fault(f"spec.resumeFrom.rerun[{place}]", words))
    path, name = "spec.resumeFrom.run", asked["run"]
    if name == run:
        found.append(Fault(path, "a run cannot resume from itself; name an earlier one"))
    elif old is None:
        words = f"there is no run '{name}' in this namespace; name one that has ended, or leave out resumeFrom"
        found.append(Fault(path, words))
    elif old["spec"]["workflow"] != workflow:
        words = f"run '{name}' is one of Workflow '{old['spec']['workflow']}'; name one of '{workflow}'"
        found.append(Fault(path, words))
    return sorted(found)
