"""The most that is asked for at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from sluice.core.graph.placeholders import TooLong
from sluice.core.pod.builder import Item, build_pod
from sluice.core.pod.defaults import PodDefaults
from sluice.core.pod.needs import Needs, needs_of
from sluice.core.run.state import RunState
from sluice.core.spec.task import TaskDefinition
from sluice.core.whatif.course import Attempt


@dataclass(frozen=True, slots=True)
class Peak:
    """The most at any time, each by itself. `profile` is the most pods in each of so many equal parts of the time."""

    pods: int
    needs: Needs
    largest: tuple[str, Needs]
    """The task whose pods ask for most, and for what."""
    profile: tuple[int, ...]


def peak(attempts: Sequence[Attempt], ended_s: float, defaults: PodDefaults, parts: int) -> Peak:
    of_pod = _NeedsOfPods(defaults)
    pods, now, most, most_pods, since_s = 0, Needs(), Needs(), 0, 0.0
    profile = [0] * parts
    for _, at_s, number, needs in sorted(_changes(attempts, of_pod), key=lambda change: change[0]):
        if at_s > since_s:
            first, last = int(since_s * parts / ended_s), ceil(at_s * parts / ended_s)
            profile[first:last] = [max(pods, before) for before in profile[first:last]]
            since_s = at_s
        pods, now = pods + number, now + needs if number > 0 else now - needs
        most_pods, most = max(most_pods, pods), most.at_least(now)
    return Peak(most_pods, most, of_pod.largest(), tuple(profile))


def _changes(attempts: Iterable[Attempt], of_pod: "_NeedsOfPods") -> Iterable[tuple[int, float, int, Needs]]:
    """(its place among all that happens, when, one more or one less, its needs)."""
    for each in attempts:
        needs = of_pod(each.run, each.number)
        yield each.order[0], each.started_s, 1, needs
        yield each.order[1], each.ended_s, -1, needs


class _NeedsOfPods:
    """The pods of a task ask for the same, those of a fan-out for what its first item does. So do those of two tasks of
    a Workflow that say the same of it.
    """

    def __init__(self, defaults: PodDefaults) -> None:
        self._defaults = defaults
        self._known: dict[tuple[str, str], Needs] = {}
        self._of_shape: dict[tuple[str, str], Needs] = {}

    def __call__(self, run: RunState, number: int) -> Needs:
        task = run.tasks[number]
        key = (run.identity.workflow, task.definition.name)
        if key not in self._known:
            item = None if task.group is None else Item(task.index, run.tasks.item(number))
            shape = (run.identity.workflow, _shape(task.definition))
            if shape not in self._of_shape:
                self._of_shape[shape] = self._needs(run, task.definition, item)
            self._known[key] = self._of_shape[shape]
        return self._known[key]

    def _needs(self, run: RunState, task: TaskDefinition, item: Item | None) -> Needs:
        try:
            return needs_of(build_pod(run.identity, task, 1, item=item, defaults=self._defaults)["spec"])
        except TooLong:
            return Needs()  # it is never made

    def largest(self) -> tuple[str, Needs]:
        return max(
            ((task, needs) for (_, task), needs in self._known.items()),
            key=lambda found: (found[1].cpu, found[1].memory),
            default=("", Needs()),
        )


def _shape(task: TaskDefinition) -> str:
    """All that decides what a pod asks for, but for what is the same in all runs of a Workflow."""
    fields = task.fields
    said = str([fields.get(name) for name in ("resources", "podTemplate")])
    return f"{said} {task.name}" if "$(" in said else said
