"""Resuming: which tasks of a run need not run again, since they succeeded in an earlier run of its Workflow.

A task is kept if it succeeded there and nothing that its result depends on has changed: its definition (except how it
is run: retries, timeouts, resources, placement), the run's parameters and scheduled time (all tasks have them in their
environment), the tasks that it depends on, and the volumes that it mounts. An unchanged task that was skipped will be
skipped again, so its dependents can be kept.

Never kept are `finally` tasks, approvals (they are decisions about one run) and sub-workflows (their graphs may have
changed), nor anything that depends on those or on a task that runs again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sluice.api.run import ResumeFrom, WorkflowRunSpec
from sluice.core import Json
from sluice.core.base.faults import Fault, Hint, listed
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
        "safeToEvict",
        "priority",
        "expectedDuration",
        "pools",
        "poll",
        "queueName",
    }
)
_OF_ITS_ATTEMPTS = frozenset({"attempt", "pod", "retries", "retryAt", "avoidNode", "message"})
_KEPT = "Kept: from run "


@dataclass(frozen=True, slots=True)
class Past:
    """A run that has ended. `tasks` are the entries of its status, by name; `claims` maps volumeClaimTemplates to the
    PersistentVolumeClaims that can be taken over.
    """

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
    """The numbers of the tasks that need not run again, in order."""
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
    return not task.final and task.approval is None and not task.is_sub_workflow


def _what(task: TaskDefinition) -> Json:
    """What a task does. The order of `dependsOn` makes no difference."""
    what = {name: field for name, field in task.fields.items() if name not in _HOW_IT_IS_RUN}
    return what | {"dependsOn": set(what.get("dependsOn") or ())}


def kept_entry(past: Past, task: str) -> Json:
    """A kept task's entry in the status of the new run: how it ended, and in which run."""
    told = {name: value for name, value in past.tasks[task].items() if name not in _OF_ITS_ATTEMPTS}
    reason = told.get("reason", "")
    return told | {"reason": reason if reason.startswith(_KEPT) else f"{_KEPT}{past.run}"}


def same_templates(new: Definition, old: Definition) -> set[str]:
    """The names of the volumeClaimTemplates that are the same in both."""
    return {name for name, template in new.claims.items() if old.claims.get(name) == template}


def resume_faults(
    asked: ResumeFrom, run: str, workflow: str, definition: Definition, old: WorkflowRunSpec | None
) -> list[Fault]:
    """The faults of a run's `resumeFrom`. `old` is the spec of the run that it names, None if there is none."""
    found = []
    names = {task.name for task in definition.tasks}
    for place, name in enumerate(asked.rerun or ()):
        if name not in names:
            words = f"no task is called '{name}'"
            found.append(Fault(f"spec.resumeFrom.rerun[{place}]", words, Hint(name, names)))
    path, name = "spec.resumeFrom.run", asked.run
    if name == run:
        found.append(Fault(path, "a run cannot resume from itself; name an earlier one"))
    elif old is None:
        words = f"there is no run '{name}' in this namespace; name one that has ended, or leave out resumeFrom"
        found.append(Fault(path, words))
    elif old.workflow != workflow:
        words = f"run '{name}' is one of Workflow '{old.workflow}'; name one of '{workflow}'"
        found.append(Fault(path, words))
    return listed(found)
