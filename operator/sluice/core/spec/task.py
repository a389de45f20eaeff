"""One task of a frozen graph, typed once, when the graph is read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sluice.api.base import layered, seconds
from sluice.api.for_each import ITEMS
from sluice.api.task import RETRIES, SLOTS, FunctionSpec, Retries, RunIf, Task, TaskTemplate
from sluice.core import Json
from sluice.core.base.foreign import mapping
from sluice.core.base.merge import merge
from sluice.core.cel.diagnostics import CelError
from sluice.core.cel.program import Program, compile_condition
from sluice.core.graph.placeholders import is_text, parts_of, placeholders_of
from sluice.core.spec.approval import Approval
from sluice.core.spec.for_each import ForEach
from sluice.core.spec.identity import PoolClaim
from sluice.core.spec.numbers import Fill, duration_s, is_late, whole_number
from sluice.core.spec.reads import Reads
from sluice.core.spec.retry_policy import RetryPolicy
from sluice.core.spec.sensor import Sensor
from sluice.core.spec.wait import Wait


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """One task. `own` is its manifest and `defaults` the graph's defaults, both as JSON with placeholders."""

    name: str
    own: Json
    defaults: Json
    retries: RetryPolicy
    timeout_s: int | None
    deadline_s: int | None
    """Of all its attempts and what is between them."""
    pending_timeout_s: int | None
    run_if: RunIf
    allow_failure: bool
    final: bool
    """Is it a `finally` task?"""
    outputs: tuple[str, ...]
    """The keys that it declares."""
    output_defaults: Json
    """What stands in for those that it does not write."""
    outputs_in_log: bool
    """Are they read from its log rather than its file?"""
    outputs_as_text: bool
    """Is what its program writes to standard output the value of its one key?"""
    reads: Reads
    """What its placeholders read of other tasks."""
    item_fields: Mapping[str, tuple[str, ...]]
    """Its placeholders with fields of the item, of which each must stand for something: `item.FIELD` for most. They are
    in order, each with its parts.
    """
    priority: int | None
    """None: the run's."""
    duration_s: float
    critical_path_s: float = 0
    """See `graph.critical_path`."""
    poll: Sensor | None = None
    pools: PoolClaim = ()
    approval: Approval | None = None
    """Set for a task that waits for a person and has no pod."""
    wait: Wait | None = None
    """Set for a task that waits for the clock and has no pod."""
    join: bool = False
    """Is it only a place where branches meet? Then it has no pod."""
    skip_exit_codes: frozenset[int] = frozenset()
    for_each: ForEach | None = None
    when: Program | CelError | None = None
    """Its condition, evaluated when its trigger rule lets it start; a CelError if it does not compile."""
    function: FunctionSpec | None = None
    """The function that it calls."""
    files: tuple[str, ...] = ()
    """The paths of the files that it names. A function has all."""
    late: "LateNumbers | None" = None
    """What it says by placeholders where a number or a duration stands; until it is about to start there is none."""
    is_sub_workflow: bool = False
    """Does it run another Workflow? Then its attempts are runs instead of pods."""

    @classmethod
    def of(cls, task: Task, defaults: TaskTemplate, raw: Json, raw_defaults: Json) -> "TaskDefinition":
        """`raw` and `raw_defaults` are what the models were read from."""
        wait = None if task.wait is None else Wait.of(task.wait)
        timeout, pending_timeout = task.timeout or defaults.timeout, task.pending_timeout or defaults.pending_timeout
        deadline = task.deadline or defaults.deadline
        retries = layered(defaults.retries, task.retries) or Retries()
        return cls(
            name=task.name,
            own=raw,
            defaults=raw_defaults,
            retries=RetryPolicy.of(retries),
            timeout_s=None if timeout is None or is_late(timeout) else seconds(timeout),
            deadline_s=None if deadline is None or is_late(deadline) else seconds(deadline),
            late=LateNumbers.of(task, timeout, deadline, retries),
            pending_timeout_s=None if pending_timeout is None else seconds(pending_timeout),
            run_if=task.run_if or "AllSucceeded",
            allow_failure=task.allow_failure or False,
            final=task.finally_ or False,
            poll=None if task.poll is None else Sensor.of(task.poll),
            approval=None if task.approval is None else Approval.of(task.approval),
            priority=task.priority,
            pools=_known_claim(task),
            duration_s=_duration_s(task, wait),
            outputs=tuple(task.output_names),
            output_defaults=task.output_defaults,
            outputs_in_log=task.outputs_from == "Log" or (task.outputs_from == "Stdout" and not task.has_launcher),
            outputs_as_text=task.outputs_from == "Stdout",
            reads=Reads.of(raw),
            item_fields=_fields_of_items(raw),
            wait=wait,
            join=task.join is not None,
            skip_exit_codes=frozenset(task.skip_exit_codes or ()),
            for_each=None if task.for_each is None else ForEach.of(task.for_each),
            when=None if task.when is None else compile_condition(task.when),
            function=task.function,
            files=tuple(task.files or ()),
            is_sub_workflow=task.workflow is not None,
        )

    def with_parallelism(self, fill: Fill) -> "TaskDefinition":
        """A fan-out that is about to be counted. Raises BadNumber."""
        if self.late is None or self.late.parallelism is None or self.for_each is None:
            return self
        parallelism = whole_number("forEach.parallelism", self.late.parallelism, ITEMS, fill)
        left = replace(self.late, parallelism=None)
        late = left if left != LateNumbers() else None
        return replace(self, for_each=replace(self.for_each, parallelism=parallelism), late=late)

    def with_numbers(self, fill: Fill) -> "TaskDefinition":
        """A task, or an item, that is about to start. Raises BadNumber."""
        late = self.late
        if late is None:
            return self
        retries, slots = self.retries, dict(self.pools)
        if late.retries is not None:
            retries = replace(retries, limit=whole_number("retries.limit", late.retries, RETRIES, fill))
        for pool, said in late.slots:
            slots[pool] = whole_number(f"the number of slots of pool {pool}", said, SLOTS, fill)
        return replace(
            self,
            timeout_s=self.timeout_s if late.timeout is None else duration_s("timeout", late.timeout, fill),
            deadline_s=self.deadline_s if late.deadline is None else duration_s("deadline", late.deadline, fill),
            retries=retries,
            pools=tuple(sorted(slots.items())),
            late=None,
        )

    @property
    def fields(self) -> Json:
        """Its manifest with the defaults merged in: the template of its pod.

        It is merged anew each time: kept, large defaults would be there once for each task.
        """
        return merge(self.defaults, self.own)

    @property
    def has_scheduling_gates(self) -> bool:
        """Does its `podTemplate` hold its pod back? Others may do so as well."""
        specs = (mapping(mapping(layer.get("podTemplate")).get("spec")) for layer in (self.own, self.defaults))
        return any(spec.get("schedulingGates") for spec in specs)

    @property
    def mounts_files(self) -> bool:
        """Does its pod need files of the Workflow?"""
        return bool(self.files) or self.function is not None

    @property
    def makes_pods(self) -> bool:
        return not (self.approval or self.wait or self.join or self.is_sub_workflow)

    @property
    def same_as(self) -> str | None:
        """The fan-out whose items it has too; None for most."""
        return self.for_each.same_as if self.for_each is not None else None

    @property
    def at_most_once(self) -> bool:
        """May it never start twice, whatever happens? Then its attempt is recorded before the pod is created."""
        return self.retries.at_most_once


@dataclass(frozen=True, slots=True)
class LateNumbers:
    """The placeholders of a task that stand where a number or a duration does. `slots` are by pool."""

    timeout: str | None = None
    deadline: str | None = None
    retries: str | None = None
    parallelism: str | None = None
    slots: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, task: Task, timeout: str | None, deadline: str | None, retries: Retries) -> "LateNumbers | None":
        """None if there are none, as of most tasks."""
        found = cls(
            timeout=_if_late(timeout),
            deadline=_if_late(deadline),
            retries=_if_late(retries.limit),
            parallelism=_if_late(None if task.for_each is None else task.for_each.parallelism),
            slots=tuple((each.name, each.slots) for each in task.pools or () if isinstance(each.slots, str)),
        )
        return found if found != cls() else None


def _known_claim(task: Task) -> PoolClaim:
    slots = ((each.name, 1 if each.slots is None else each.slots) for each in task.pools or ())
    return tuple(sorted((name, count) for name, count in slots if isinstance(count, int)))


def _if_late(said: int | str | None) -> str | None:
    return said if isinstance(said, str) and is_late(said) else None


def _fields_of_items(raw: Json) -> dict[str, tuple[str, ...]]:
    if "forEach" not in raw:
        return {}
    found = placeholders_of({name: field for name, field in raw.items() if name != "forEach"})
    parts = {words: tuple(parts_of(words)) for _, words in found}
    return {
        words: parts[words]
        for words in sorted(parts)
        if any(part.startswith("item.") for part in parts[words]) and not is_text(parts[words][-1])
    }


def _duration_s(task: Task, wait: Wait | None) -> float:
    """How long it takes, as far as the manifest says."""
    if task.expected_duration is not None:
        return seconds(task.expected_duration)
    if wait is not None:
        return wait.for_s
    return 0 if task.join is not None else 1
