"""A builder for one run and its surroundings, in one line: `run("a >> b", a="Succeeded")`.

A graph `a, b >> c; c >> d` reads "a and b, then c; c, then d". Tasks are in order of first mention.
A keyword gives a task's phase in the stored status; tasks without one have not started.
`above` are the runs that called it, directly or through others: empty for one that calls others itself.
`World` then takes the events that the shell would report, and gives decisions as text: `create b/1`, `delete a/1`.
"""

from dataclasses import dataclass, field, replace

from sluice.api.run import ApprovalDecision, WorkflowRunStatus
from sluice.api.task import TaskTemplate
from sluice.api.workflow import FailFast
from sluice.core.base.ownership import AttemptRef
from sluice.core.pod.builder import Item
from sluice.core.pod.create_errors import CreateError
from sluice.core.pod.view import PodView
from sluice.core.quota.run_tree import tree_pool
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile import decide as deciding
from sluice.core.reconcile.decide import Decision
from sluice.core.reconcile.intents import CreateIntent
from sluice.core.reconcile.restore import restore
from sluice.core.run.children import ChildView
from sluice.core.run.orders import Orders
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.definition import Definition
from sluice.core.spec.run_limits import RunLimits
from sluice.core.status import run_status as reporting
from tests.core.kubelet import RUN, START, Json, accepted, at, exited, running, seen


def graph(text: str, **fields: Json) -> Json:
    """The data of a ControllerRevision. `fields` maps task names to their fields; `every` gives the defaults."""
    tasks: dict[str, list[str]] = {}
    for chain in text.split(";"):
        before: list[str] = []
        for group in chain.split(">>"):
            names = [name.strip() for name in group.split(",")]
            for name in names:
                tasks.setdefault(name, []).extend(before)
            before = names
    every = fields.pop("every", {})
    can_be_defaults = {field.alias for field in TaskTemplate.model_fields.values()}
    defaults = {name: value for name, value in every.items() if name in can_be_defaults}
    each = {name: value for name, value in every.items() if name not in can_be_defaults}
    return {
        "defaults": {"image": "busybox"} | defaults,
        "tasks": [{"name": name, "dependsOn": needs} | each | fields.get(name, {}) for name, needs in tasks.items()],
    }


def run(
    text: str,
    *,
    fields: dict[str, Json] | None = None,
    state: str = "Running",
    parallelism: int | None = None,
    timeout_s: int | None = None,
    fail_fast: FailFast = "None",
    leaf_failed: bool = False,
    priority: int = 0,
    shared: SharedLimits | None = None,
    name: str = RUN.name,
    depth: int = 0,
    above: tuple["World", ...] | None = None,
    **stands: str,
) -> "World":
    definition = Definition.of(graph(text, **fields or {}))
    entries = {name: _entry(phase) for name, phase in stands.items()}
    tasks = {task.name: task for task in definition.tasks}
    pods = [seen(running(), tasks[name]) for name, phase in stands.items() if phase == "Running"]
    limits = RunLimits(parallelism, timeout_s, fail_fast, leaf_failed, priority)
    identity = replace(RUN, depth=depth) if name == RUN.name else replace(RUN, name=name, uid=f"uid-of-{name}")
    if above is not None:
        runs = (identity, *(other.run.identity for other in above))
        identity = replace(identity, tree=tuple((tree_pool(each.ref), 1) for each in runs))
    status = {"tasks": entries}
    execution = restore(
        identity,
        "etl-1",
        definition,
        status=status,
        pods=pods,
        shared=shared,
        now=START,
        orders=Orders(limits=limits, state=state),
    )
    return World(execution, stored={"tasks": entries})


ABC: Json = {"items": ["a", "b", "c"]}


def fan(text: str = "a", state: str = "Running", parallelism: int | None = None, **fields: Json) -> "World":
    """A world with fan-outs, counted and recorded."""
    world = run(text, fields=fields, parallelism=parallelism, state=state)
    world.decide()
    world.writes()
    return world


def _entry(phase: str) -> Json:
    if phase in ("UpstreamFailed", "Skipped", "Stopped"):
        return {"phase": phase}
    if phase == "Running":
        return {"phase": phase, "attempt": 1}
    return {"phase": phase, "attempt": 1, "finishedAt": at(-60), "reason": "" if phase == "Succeeded" else "Error"}


@dataclass
class World:
    run: RunState
    now: float = START
    stored: Json = field(default_factory=dict)
    """The run's status on the API server."""
    version: int = 100
    """The newest resourceVersion."""
    config_map: dict[str, str] = field(default_factory=dict)
    """The data of the run's ConfigMap."""

    # Decisions.

    def decide(self, after: float = 0) -> Decision:
        self.now += after
        return deciding.decide(self.run, self.now)

    def decided(self, after: float = 0) -> list[str]:
        """The decision as text."""
        decision = self.decide(after)
        pods = {
            task.pod.uid: f"{self.name(number)}/{task.attempt}"
            for number, task in enumerate(self.run.tasks)
            if task.pod
        }
        creates = [f"create {self.name(c.number)}/{c.attempt}" for c in decision.create]
        deletes = [f"delete {pods[delete.uid]}" for delete in decision.delete]
        return creates + deletes + [f"read {self.name(read.number)}/{read.attempt}" for read in decision.read]

    def starts(self, after: float = 0) -> list[str]:
        """Decides, and lets the API server create every pod and child run. Returns the names of the started tasks."""
        started = [self.name(create.number) for create in self.decide(after).create]
        for task in started:
            if self.task(task).definition.is_sub_workflow:
                self.sees_child(task, "Pending")
            else:
                self.sees(task, accepted())
        return started

    # Events.

    def sees(self, task: str, status: Json, *, version: int | None = None) -> PodView:
        """The pod of the task's current attempt now has this status."""
        pod = self.pod(task, status, version=version)
        self.run.shared.observe_pod(self.run.tasks.with_claims(pod))
        self.run.pods.observe(pod)
        return pod

    def pod(self, task: str, status: Json, *, attempt: int | None = None, version: int | None = None) -> PodView:
        self.version += 1
        state = self.task(task)
        item = None if state.group is None else Item(state.index, self.run.tasks.item(self.number(task)))
        attempt, version = attempt or state.attempt, version or self.version
        return seen(status, state.definition, attempt, run=self.run.identity, version=version, item=item)

    def sees_child(self, task: str, phase: str = "Running", message: str = "", **status: Json) -> ChildView:
        """The child run of the task's current attempt now has this status."""
        self.version += 1
        name = self.run.tasks.pod_name(self.number(task))
        state = self.task(task)
        index = None if state.group is None else state.index
        attempt = AttemptRef(self.run.identity.ref, state.definition.name, index, state.attempt)
        status = {"phase": phase, "message": message, **status}
        child = ChildView.of(name, f"uid-of-{name}", self.version, attempt, status)
        self.run.children.observe(child)
        return child

    def ends(self, task: str, code: int = 0, outputs: str = "") -> None:
        """The task's program exits; `outputs` is what it wrote to $SLUICE_OUTPUTS."""
        self.sees(task, exited(code, message=outputs, ended=int(self.now) - START))

    def logs(self, task: str, text: str) -> None:
        """The tail of the current attempt's log was read."""
        self.run.log_read(self.number(task), self.task(task).attempt, text)

    def loses(self, task: str, status: Json) -> None:
        """The pod is gone from the API server; `status` is its last one."""
        pod = self.pod(task, status)
        self.run.shared.pod_deleted(pod)
        self.run.pods.observe_deleted(pod)

    def refuses(self, task: str, refusal: CreateError = CreateError.QUOTA, message: str = "no room") -> None:
        self.intent(task).failed(refusal, message, self.now)

    def intent(self, task: str, attempt: int | None = None) -> CreateIntent:
        """The create of the task's current attempt."""
        return CreateIntent(self.number(task), attempt or self.task(task).attempt, self.run)

    def writes(self) -> Json:
        """Patches the status on the API server, and validates it by the schema. Returns the patch."""
        sent = reporting.compose(self.run, self.stored, 1, self.now)
        self.stored = merge_patch(self.stored, sent.body)
        WorkflowRunStatus.model_validate(self.stored)
        self.config_map |= sent.kept_apart
        sent.commit()
        return sent.body

    # People.

    def says(self, decision: str, task: str, **fields: str) -> None:
        """A person decides an approval."""
        self.run.set_approvals(
            {**self.run.approvals, task: ApprovalDecision.model_validate({"decision": decision, **fields})}
        )

    # State.

    def task(self, name: str):
        return self.run.tasks[self.number(name)]

    def number(self, name: str) -> int:
        """The number of a task, or of a fan-out's item: `load[3]`."""
        task, _, index = name.removesuffix("]").partition("[")
        number = self.run.tasks.number(task)
        assert number is not None, name
        return self.run.tasks.fan_outs[number].first + int(index) if index else number

    def name(self, number: int) -> str:
        task = self.run.tasks[number]
        return task.definition.name if task.group is None else f"{task.definition.name}[{task.index}]"

    def restarted(self) -> "World":
        """The world of a restarted operator: restored from the stored status and the existing pods and child runs."""
        pods = [task.pod for task in self.run.tasks if task.pod is not None and not task.pod_deleted]
        children = [task.child for task in self.run.tasks if task.child is not None and not task.pod_deleted]
        run = restore(
            RUN,
            "etl-1",
            self.run.definition,
            status=self.stored,
            pods=pods,
            children=children,
            now=self.now,
            orders=Orders(limits=self.run.limits, state=self.run.state),
            approvals=self.run.approvals,
        )
        return World(run, self.now, self.stored, self.version)

    @property
    def reasons(self) -> dict[str, str]:
        """The reasons in the written status, of the tasks that have one."""
        self.writes()
        return {name: entry["reason"] for name, entry in self.stored["tasks"].items() if "reason" in entry}

    @property
    def phases(self) -> dict[str, str]:
        return {task.definition.name: task.phase for task in self.run.tasks.named}

    @property
    def steps(self) -> dict[str, TaskStep]:
        return {task.definition.name: task.step for task in self.run.tasks.named}


def merge_patch(stored: Json, patch: Json) -> Json:
    """Applies a JSON merge patch (RFC 7386), as the API server does."""
    merged = dict(stored)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            old = merged.get(key)
            merged[key] = merge_patch(old if isinstance(old, dict) else {}, value)
        else:
            merged[key] = value
    return merged
