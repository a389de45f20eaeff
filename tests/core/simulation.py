"""Simulates a cluster and its operator, with events and faults in random order.

The API server stores pods and the run's status. Kubelets run the plan's programs. People and nodes remove pods,
responses get lost, events come late, and the operator is killed and restarts from a LIST. It decides only after an
event or when its timer is due, so a forgotten timer shows as a run that never ends.

Invariants are asserted where they could break: when a pod is created or deleted, and when an end is recorded.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random

from sluice.api.run import ApprovalDecision, WorkflowRunStatus
from sluice.controller.informers.cache import Cache
from sluice.core.graph.placeholders import fill
from sluice.core.pod.builder import Item
from sluice.core.pod.create_errors import CreateError
from sluice.core.pod.view import PodView
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile import decide as deciding
from sluice.core.reconcile.actions import Delete, ReadLog
from sluice.core.reconcile.intents import CreateIntent
from sluice.core.reconcile.restore import restore
from sluice.core.run.dirty import Topic
from sluice.core.run.orders import Orders
from sluice.core.run.outputs import values_of
from sluice.core.run.spent_pods import is_spent
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.run_limits import RunLimits
from sluice.core.status import run_status as reporting
from sluice.core.status.fan_out_status import item_entries
from tests.core import reference
from tests.core.kubelet import RUN, START, Json, accepted, exited, past_deadline, running, seen, waiting
from tests.core.plan import NOT_YET, OUT_OF_MEMORY, TIMED_OUT, Plan, Unit
from tests.core.world import merge_patch

TERMINAL = ("Succeeded", "Failed")
GOES_ON = ("Pending", "Running")
Attempt = tuple[Unit, int]


@dataclass
class Pod:
    unit: Unit
    attempt: int
    status: Json
    version: int
    created_at: float
    deletion: float | None = None

    @property
    def terminal(self) -> bool:
        return self.status["phase"] in TERMINAL


@dataclass
class Operator:
    """One operator process: its state and its queues, as in the controller."""

    run: RunState
    cache: Cache
    dirty: bool = True
    wake_at: float | None = None
    unwritten: bool = True
    creates: list[CreateIntent] = field(default_factory=list)
    deletes: list[Delete] = field(default_factory=list)
    reads: list[ReadLog] = field(default_factory=list)
    events: list[tuple[PodView, bool]] = field(default_factory=list)
    """Undelivered watch events, in order: (pod, whether it was deleted)."""
    answers: list[PodView] = field(default_factory=list)
    """Undelivered responses to creates."""
    may_clean: list[PodView] = field(default_factory=list)


class Simulation:
    def __init__(self, plan: Plan, random: Random) -> None:
        self.plan, self.random = plan, random
        self.definition = plan.definition
        self.now = float(START)
        self.version = 0
        self.stored: Json = {}
        self.pods: dict[Attempt, Pod] = {}
        self.made: Counter[Attempt] = Counter()
        self.ends: dict[Unit, list[int]] = {unit: [] for unit in plan.units()}
        """The exit codes of each unit's pods that ran to their end."""
        self.calm = False
        self.state = "Running"
        self.unsaid = [n for n, task in enumerate(plan.tasks) if task.approval is not None and task.approval.said]
        """Approvals still to be decided."""
        self.operator = self.restart()

    def finish(self) -> None:
        """Step until the run's end is in its status: first with faults, then without."""
        trouble = 60 * len(self.plan.tasks)
        self.go(trouble)
        self.calm = True
        self.order("Running")
        self.go(100 * trouble)
        assert "finishedAt" in self.stored, f"no end: {self.stored}"

    def go(self, steps: int) -> None:
        actions = [self.decide, self.post, self.delete, self.read, self.deliver, self.write]
        actions += [self.kubelet, self.kubelet]
        actions += [self.say] if self.unsaid else []
        troubles = {
            "evictions": self.evict,
            "kills": self.kill,
            "missed events": self.relist,
            "clean-up": self.clean_up,
            "suspensions": self.suspend,
        }
        faults = [trouble for fault, trouble in troubles.items() if fault in self.plan.faults]
        faults += [self.stop] if self.plan.stop else []
        for _ in range(steps):
            if "finishedAt" in self.stored:
                return
            if faults and not self.calm and self.random.random() < 0.05:
                self.random.choice(faults)()
            else:
                self.random.choice(actions)()
            if self.random.random() < 0.2:
                self.now += self.random.choice([0.1, 1, 7])
            if "finishedAt" not in self.stored and self.state != "Suspended" and self.idle():
                self.check_waiting()
                assert self.operator.wake_at is not None, f"nobody will ever look again: {self.stored}"
                self.now = max(self.now, self.operator.wake_at)

    def settle(self) -> None:
        """Deliver everything to the operator, and let it write its status."""
        self.calm = True
        self.operator.dirty = True
        while self.busy():
            for action in (self.decide, self.post, self.delete, self.read, self.deliver, self.write):
                action()
        self.check_waiting()

    def busy(self) -> bool:
        """Whether the operator has something to do."""
        operator = self.operator
        due = operator.dirty or operator.unwritten or (operator.wake_at is not None and operator.wake_at <= self.now)
        under_way = operator.creates or operator.deletes or operator.reads or operator.events or operator.answers
        return bool(due or under_way)

    def idle(self) -> bool:
        return not (self.busy() or self.unsaid or any(self.moves(pod) for pod in self.pods.values()))

    # The operator.

    def unit(self, number: int) -> Unit:
        task = self.operator.run.tasks[number]
        return (number, None) if task.group is None else (task.group, task.index)

    def number(self, unit: Unit) -> int:
        return unit[0] if unit[1] is None else self.operator.run.tasks.fan_outs[unit[0]].first + unit[1]

    def restart(self) -> Operator:
        pods = [self.view(pod) for pod in self.pods.values()]
        plan, shared = self.plan, SharedLimits(wake=lambda _: self.wake())
        shared.set_pool(PoolKey(RUN.namespace, "pool"), plan.slots)
        cache = Cache()
        cache.pods.subscribe(lambda it: (shared.pod_deleted if it.deleted else shared.observe_pod)(it.object))
        cache.pods.replace(pods, self.version)
        limits = RunLimits(plan.cap, fail_fast=plan.fail_fast, leaf_failed=plan.leaf_failed)
        run = restore(
            RUN,
            "rev",
            self.definition,
            status=self.stored,
            pods=pods,
            shared=shared,
            now=self.now,
            orders=Orders(limits, self.state),
            approvals=self.decisions(),
        )
        run.set_approvals(self.decisions())
        return Operator(run, cache)

    def wake(self) -> None:
        self.operator.dirty = True

    def decide(self) -> None:
        operator = self.operator
        if not (operator.dirty or (operator.wake_at is not None and operator.wake_at <= self.now)):
            return
        announced = len(operator.run.dirty.peek(Topic.RECORDED_ATTEMPT))
        decision = deciding.decide(operator.run, self.now)
        started = decision.create[announced:]
        assert self.state != "Suspended" or not started, "started though it should not"
        again = deciding.decide(operator.run, self.now)
        assert (again.create, again.delete, again.read) == ([], [], []), "asked for twice"
        operator.creates += decision.create
        operator.deletes += decision.delete
        operator.reads += decision.read
        operator.dirty, operator.wake_at, operator.unwritten = False, decision.wake_at, True

    def post(self) -> None:
        operator = self.operator
        if not operator.creates:
            return
        create = operator.creates.pop(0)
        operator.dirty = True
        if not create.proceed():
            return
        key = (self.unit(create.number), create.attempt)
        if key in self.pods:  # AlreadyExists
            self.adopt(self.view(self.pods[key]))
        elif refusal := self.refusal(key[0]):
            create.failed(refusal, "the server's words", self.now)
        else:
            self.check_create(*key)
            self.made[key] += 1
            self.pods[key] = Pod(*key, accepted(), self.next_version(), self.now)
            self.tell(self.pods[key])
            if self.happens("lost answers", 0.3):
                self.adopt(self.view(self.pods[key]))  # the operator looks it up with a GET
            else:
                operator.answers.append(self.view(self.pods[key]))

    def delete(self) -> None:
        if self.operator.deletes:
            name = self.operator.deletes.pop(0).name
            for pod in [pod for pod in self.pods.values() if self.view(pod).name == name]:
                may_be_ended = self.plan.program(pod.unit).may_be_ended
                winding_down = self.check_wind_down() and not self.plan.tasks[pod.unit[0]].final
                assert winding_down or may_be_ended, "deleted without a cause"
                self.ask_for_deletion(pod)

    def read(self) -> None:
        operator = self.operator
        if not operator.reads:
            return
        wanted = operator.reads.pop(0)
        if self.happens("busy server", 0.3):
            operator.run.log_unread(wanted.number, wanted.attempt, "the server's words")
            operator.reads.append(wanted)
        elif (self.unit(wanted.number), wanted.attempt) in self.pods:
            log = self.plan.log(self.unit(wanted.number))
            operator.run.log_read(wanted.number, wanted.attempt, log)
        operator.dirty = True

    def deliver(self) -> None:
        operator = self.operator
        if operator.answers and self.random.random() < 0.5:
            self.see(operator.answers.pop(0))
        for _ in range(self.random.randint(0, len(operator.events))):
            pod, gone = operator.events.pop(0)
            if gone:
                operator.cache.pods.delete(pod)
                operator.run.pods.observe_deleted(pod)
                operator.dirty = True
            else:
                self.see(pod)
            if self.happens("late events", 0.2):
                operator.answers.append(pod)  # delivered again, later

    def adopt(self, pod: PodView) -> None:
        self.operator.cache.pods.upsert(pod)
        self.operator.run.shared.observe_pod(pod)
        self.operator.run.pods.observe(pod)

    def see(self, pod: PodView) -> None:
        self.operator.cache.pods.upsert(pod)
        self.operator.run.pods.observe(pod)
        self.operator.dirty = True

    def write(self) -> None:
        operator = self.operator
        if not operator.unwritten:
            return
        operator.unwritten = False
        sent = reporting.compose(operator.run, self.stored, 1, self.now)
        if self.happens("busy server", 0.3):  # the write fails, or it succeeds and the response is lost
            if self.random.random() < 0.5:
                self.stored = merge_patch(self.stored, sent.body)
            sent.roll_back()
            operator.run.status_found(self.stored.get("tasks", {}))  # it reads it back with a GET
            operator.unwritten = True
            return
        ended = self.ended()
        self.stored = merge_patch(self.stored, sent.body)
        assert ended.items() <= self.ended().items(), "what has ended has ended"
        WorkflowRunStatus.model_validate(self.stored)
        sent.commit()
        operator.dirty = operator.dirty or bool(sent.recorded)
        self.check_recorded(sent.ended)
        for view in sent.ended:
            pod = self.pods.get(_key(view))
            if not is_spent(operator.run, view):
                operator.may_clean.append(view)
            elif pod is not None:
                assert self.is_not_yet(pod), "its log is needed"
                self.remove(pod)

    def kill(self) -> None:
        self.operator = self.restart()

    def clean_up(self) -> None:
        """Retention deletes pods whose end is recorded."""
        for view in self.operator.may_clean:
            pod = self.pods.get(_key(view))
            if pod is not None and self.random.random() < 0.5:
                self.remove(pod)

    def relist(self) -> None:
        """The watch expired: undelivered events are lost, and a LIST replaces them."""
        operator = self.operator
        for answer in operator.answers:
            self.see(answer)
        operator.answers, operator.events, operator.dirty = [], [], True
        operator.cache.pods.replace(map(self.view, self.pods.values()), self.version)
        for task in operator.run.tasks:
            if task.pod is not None and _key(task.pod) not in self.pods:
                operator.run.pods.observe_deleted(task.pod)
        for pod in self.pods.values():
            self.see(self.view(pod))

    def suspend(self) -> None:
        self.order("Suspended" if self.state == "Running" else "Running")

    def stop(self) -> None:
        self.order("Stopped")

    def say(self) -> None:
        """A person decides an approval."""
        if self.unsaid:
            self.unsaid.remove(self.random.choice(self.unsaid))
            self.operator.run.set_approvals(self.decisions())
            self.operator.dirty = True

    def decisions(self) -> dict[str, ApprovalDecision]:
        approvals = {n: task.approval for n, task in enumerate(self.plan.tasks) if task.approval is not None}
        said = {n: approval.said for n, approval in approvals.items() if approval.said and n not in self.unsaid}
        return {f"t{number}": ApprovalDecision(decision=decision) for number, decision in said.items()}

    def order(self, state: str) -> None:
        """A person changes the run's spec.state. A stopped run stays stopped."""
        if self.state != "Stopped":
            self.state = state
            self.operator.run.set_state(state)
            self.operator.dirty = True

    # The API server.

    def refusal(self, unit: Unit) -> CreateError | None:
        if not self.plan.program(unit).valid:
            return CreateError.INVALID
        if "restricted" in self.plan.faults and not self.operator.run.pods.hardened:
            return CreateError.POD_SECURITY
        if self.plan.quota is not None and len(self.living()) >= self.plan.quota:
            return CreateError.QUOTA
        if self.happens("busy server", 0.2):
            return self.random.choice([CreateError.BUSY, CreateError.FORBIDDEN, CreateError.NAME_TAKEN])
        return None

    def living(self) -> list[Pod]:
        return [pod for pod in self.pods.values() if not pod.terminal]

    def change(self, pod: Pod, status: Json) -> None:
        pod.status, pod.version = status, self.next_version()
        self.tell(pod)

    def ask_for_deletion(self, pod: Pod) -> None:
        if pod.deletion is None:
            self.now += 1  # times are whole seconds: keeps the deletion out of the second in which the pod ended
            pod.deletion = int(self.now) - START
            self.change(pod, pod.status)
            if pod.terminal:
                self.remove(pod)

    def remove(self, pod: Pod) -> None:
        del self.pods[pod.unit, pod.attempt]
        pod.version = self.next_version()
        self.tell(pod, gone=True)

    def tell(self, pod: Pod, *, gone: bool = False) -> None:
        self.operator.events.append((self.view(pod), gone))

    def view(self, pod: Pod) -> PodView:
        status = pod.status if pod.deletion is None else pod.status | {"deletion": (pod.deletion, 30)}
        number, index = pod.unit
        item = None if index is None else Item(index, str(index))
        view = seen(status, self.definition.tasks[number], pod.attempt, version=pod.version, item=item)
        return replace(view, created_at=pod.created_at)

    def next_version(self) -> int:
        self.version += 1
        return self.version

    # Kubelets, nodes and people.

    def kubelet(self) -> None:
        moving = [pod for pod in self.pods.values() if self.moves(pod)]
        if not moving:
            return
        pod = self.random.choice(moving)
        program, second = self.plan.program(pod.unit), int(self.now) - START
        if pod.deletion is not None:  # SIGTERM, on which a program may exit with 0
            self.now += 1
            if self.random.random() < 0.7:
                self.change(pod, exited(self.random.choice([0, 143]), ended=second + 1))
            self.remove(pod)
        elif pod.status["phase"] == "Running":
            code = program.code(len(self.ends[pod.unit]))
            self.ends[pod.unit].append(code)
            by_file = code == 0 and not self.plan.tasks[pod.unit[0]].by_log
            written = self.plan.written(pod.unit) if by_file else ""
            reason = "OOMKilled" if code == OUT_OF_MEMORY else ""
            ended = exited(code, reason, written, started=second, ended=second)
            self.change(pod, past_deadline(ended) if code == TIMED_OUT else ended)
        elif "containerStatuses" not in pod.status:
            trouble = "ContainerCreating" if program.pullable else "ImagePullBackOff"
            self.change(pod, waiting(trouble, placed=second))
        else:
            self.change(pod, running(second, placed=second))

    def moves(self, pod: Pod) -> bool:
        stuck = "containerStatuses" in pod.status and not self.plan.program(pod.unit).pullable
        return not pod.terminal and (pod.deletion is not None or not stuck)

    def evict(self) -> None:
        if living := self.living():
            self.ask_for_deletion(self.random.choice(living))

    def happens(self, fault: str, share: float) -> bool:
        return fault in self.plan.faults and not self.calm and self.random.random() < share

    # Invariants.

    def check_create(self, unit: Unit, attempt: int) -> None:
        task, living = self.plan.tasks[unit[0]], self.living()
        assert task.final or not self.check_wind_down(), "started though it should not"
        assert self.plan.cap is None or len(living) < self.plan.cap, "cap exceeded"
        held = sum(self.plan.tasks[pod.unit[0]].slots for pod in living)
        assert held + task.slots <= self.plan.slots, "the pool has no more"
        assert all(pod.unit != unit for pod in living), "two attempts at once"
        if task.fan_out is not None:
            like_it = sum(pod.unit[0] == unit[0] for pod in living)
            assert task.fan_out.parallelism is None or like_it < task.fan_out.parallelism, "the fan-out's cap exceeded"
            items = self.stored.get("tasks", {}).get(f"t{unit[0]}", {}).get("items", {})
            assert items.get("total") == self.plan.items(unit[0]), "before its items are recorded"
        self.check_dependencies(unit)
        record = self.record(unit)
        assert record.get("phase", "Pending") in GOES_ON, "made again though it has ended"
        if task.once:
            assert record.get("attempt") == attempt, "at most once: not recorded first"
            assert "retryAt" not in record, "at most once: recorded as over"
            assert self.made[unit, attempt] == 0, "at most once: made twice"
            before = sum(self.made[unit, earlier] for earlier in range(attempt))
            assert before <= sum(code != 0 for code in self.ends[unit]), "at most once: after an attempt was lost"
        else:
            assert record.get("attempt", 0) < attempt, "made again though it is on record"

        ran_out = self.ends[unit].count(OUT_OF_MEMORY)
        grew = self.operator.run.tasks[self.number(unit)].used.out_of_memory
        assert grew == ran_out or (self.plan.faults and grew < ran_out), "not the memory that it needs"

    def known(self) -> reference.Ends:
        """The phases of the ended units, as the operator knows them."""
        tasks = enumerate(self.operator.run.tasks)
        return {self.unit(number): None if task.phase == "Pending" else task.phase for number, task in tasks}

    def check_waiting(self) -> None:
        waiting = [n for n, task in enumerate(self.operator.run.tasks) if task.step is TaskStep.WAITING]
        known = self.known()
        held_up = [unit for unit in map(self.unit, waiting) if reference.may_begin(self.plan, unit, known)]
        assert held_up == [], "they wait for nothing"

    def check_dependencies(self, unit: Unit) -> None:
        run, known = self.operator.run, self.known()
        for each in {unit, (unit[0], None)}:
            assert reference.RUNS in reference.may_begin(self.plan, each, known), "before its dependencies"
            for other in reference.waits_for(self.plan, each):
                has_pods = self.plan.tasks[other[0]].approval is None and known[other] == "Succeeded"
                fanned_out = self.plan.tasks[other[0]].fan_out is not None and other[1] is None
                assert fanned_out or not has_pods or 0 in self.ends[other], "a success that was none"
        values = values_of(run, run.tasks[self.number(unit)])
        for written, given in zip(
            self.plan.arguments(unit[0]), reference.arguments(self.plan, unit, known), strict=True
        ):
            assert fill({"image": written}, values)["image"] == given, "without what it reads"

    def check_wind_down(self) -> bool:
        return self.state == "Stopped" or (self.plan.fail_fast != "None" and bool(self.operator.run.wind_down.why))

    def is_not_yet(self, pod: Pod) -> bool:
        state = pod.status["containerStatuses"][0]["state"]
        polls = self.plan.program(pod.unit).poll is not None
        return polls and state.get("terminated", {}).get("exitCode") == NOT_YET

    def check_recorded(self, ended: list[PodView]) -> None:
        """A restart must not depend on pods that may be deleted from now on."""
        for pod in ended:
            unit, attempt = _key(pod)
            record = self.record(unit)
            over = record["phase"] not in GOES_ON or "retryAt" in record
            recorded = record.get("attempt", 0)
            gone = unit[1] is not None and record["phase"] not in GOES_ON  # an ended item keeps only its phase
            assert gone or recorded > attempt or (recorded == attempt and over), "forgotten"

    def record(self, unit: Unit) -> Json:
        """The stored status entry of a unit."""
        entry = self.stored.get("tasks", {}).get(f"t{unit[0]}", {})
        return entry if unit[1] is None else item_entries(entry.get("items", {})).get(unit[1], {"phase": "Pending"})

    def ended(self) -> dict[Unit, str]:
        return ended_units(self.stored)


def ended_units(status: Json) -> dict[Unit, str]:
    """The phases of the units that have ended by a run's status."""
    phases = {}
    for name, entry in status.get("tasks", {}).items():
        phases[int(name[1:]), None] = entry["phase"]
        for index, item in item_entries(entry.get("items", {})).items():
            phases[int(name[1:]), index] = item["phase"]
    return {unit: phase for unit, phase in phases.items() if phase not in GOES_ON}


def _key(pod: PodView) -> Attempt:
    return (int(pod.attempt_of.task[1:]), pod.attempt_of.index), pod.attempt
