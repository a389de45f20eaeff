"""A cluster and its operator, both simulated: whatever may happen between them happens, in random order.

The API server keeps the pods and the run's status; kubelets run the programs of the plan; people and nodes take pods
away; answers get lost, events come late, and the operator is killed and starts again from a LIST. It decides only when
it has news or asked to be woken, so a forgotten wake-up is a run that never ends.

What must hold is asserted where it could break: when a pod is made, when one is deleted, when an end is recorded.
"""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from sluice.api.run import WorkflowRunStatus
from sluice.controller.store import Store
from sluice.core import decide as deciding
from sluice.core import status as reporting
from sluice.core.execution import Execution, Limits
from sluice.core.limits import PoolKey, SharedLimits
from sluice.core.observation import PodView
from sluice.core.refusal import Refusal
from sluice.core.restore import restore
from tests.core.kubelet import RUN, START, Json, accepted, exited, past_deadline, running, seen, waiting
from tests.core.plan import NOT_YET, OUT_OF_MEMORY, TIMED_OUT, Plan
from tests.core.world import merge_patch

TERMINAL = ("Succeeded", "Failed")


@dataclass
class Pod:
    number: int
    attempt: int
    status: Json
    version: int
    deletion: float | None = None

    @property
    def terminal(self) -> bool:
        return self.status["phase"] in TERMINAL


@dataclass
class Operator:
    """One life of the operator, as the controller does it."""

    run: Execution
    store: Store
    dirty: bool = True
    wake_at: float | None = None
    unwritten: bool = True
    creates: list[deciding.Create] = field(default_factory=list)
    deletes: list[deciding.Delete] = field(default_factory=list)
    reads: list[deciding.ReadLog] = field(default_factory=list)
    events: list[tuple[PodView, bool]] = field(default_factory=list)
    """(pod, is it gone), in the order of the watch."""
    answers: list[PodView] = field(default_factory=list)
    """Answers to POSTs, under way."""
    may_clean: list[PodView] = field(default_factory=list)


def _nobody(*_: object) -> None:
    pass


class Simulation:
    def __init__(self, plan: Plan, random: Random) -> None:
        self.plan, self.random = plan, random
        self.definition = plan.definition()
        self.now = float(START)
        self.version = 0
        self.stored: Json = {}
        self.pods: dict[tuple[int, int], Pod] = {}
        self.made: Counter[tuple[int, int]] = Counter()
        self.ends: dict[int, list[int]] = {number: [] for number in range(len(plan.needs))}
        """The exit codes of the runs that ended by themselves."""
        self.calm = False
        self.state = "Running"
        self.operator = self.restart()

    def finish(self) -> None:
        """Until the end of the run is in its status."""
        trouble = 60 * len(self.plan.needs)
        self.go(trouble)
        self.calm = True
        self.order("Running")
        self.go(100 * trouble)
        assert "finishedAt" in self.stored, f"no end: {self.stored}"

    def go(self, steps: int) -> None:
        actions = [self.decide, self.post, self.delete, self.read, self.deliver, self.write]
        actions += [self.kubelet, self.kubelet]
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
                assert self.operator.wake_at is not None, f"nobody will ever look again: {self.stored}"
                self.now = max(self.now, self.operator.wake_at)

    def settle(self) -> None:
        """The operator knows all that happened, and has written it down."""
        self.calm = True
        while self.operator.events or self.operator.answers:
            self.deliver()
        self.decide()
        self.operator.unwritten = True
        self.write()

    def idle(self) -> bool:
        operator = self.operator
        due = operator.dirty or operator.unwritten or (operator.wake_at is not None and operator.wake_at <= self.now)
        under_way = operator.creates or operator.deletes or operator.reads or operator.events or operator.answers
        return not (due or under_way or any(self.moves(pod) for pod in self.pods.values()))

    # The operator.

    def name(self, number: int) -> str:
        return self.definition.tasks[number].name

    def restart(self) -> Operator:
        pods = [self.view(pod) for pod in self.pods.values()]
        shared = SharedLimits(wake=lambda _: self.wake())
        shared.set_pool(PoolKey(RUN.namespace, "pool"), self.plan.slots)
        store = Store(
            on_workflow=_nobody,
            on_run=_nobody,
            on_pool=_nobody,
            on_child=_nobody,
            on_pod=lambda pod, gone: shared.gone(pod) if gone else shared.see(pod),
        )
        store.replace_pods(pods, self.version)
        limits = Limits(self.plan.cap)
        run = restore(RUN, "rev", self.definition, status=self.stored, pods=pods, limits=limits, shared=shared)
        run.set_state(self.state)
        return Operator(run, store)

    def wake(self) -> None:
        self.operator.dirty = True

    def decide(self) -> None:
        operator = self.operator
        if not (operator.dirty or (operator.wake_at is not None and operator.wake_at <= self.now)):
            return
        announced = len(operator.run.granted)
        decision = deciding.decide(operator.run, self.now)
        assert self.state == "Running" or len(decision.create) <= announced, "started though it should not"
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
        if not operator.run.still_wanted(create.number, create.attempt):
            return
        key = (create.number, create.attempt)
        if key in self.pods:  # AlreadyExists
            self.adopt(self.view(self.pods[key]))
        elif refusal := self.refusal(create.number):
            deciding.refused(operator.run, create, refusal, "the server's words", self.now)
        else:
            self.check_create(*key)
            self.made[key] += 1
            self.pods[key] = Pod(*key, accepted(), self.next_version())
            self.tell(self.pods[key])
            if self.happens("lost answers", 0.3):
                self.adopt(self.view(self.pods[key]))  # looked up with a GET
            else:
                operator.answers.append(self.view(self.pods[key]))

    def delete(self) -> None:
        if self.operator.deletes:
            name = self.operator.deletes.pop(0).name
            for pod in [pod for pod in self.pods.values() if self.view(pod).name == name]:
                may_be_ended = self.plan.programs[pod.number].may_be_ended
                assert self.state == "Stopped" or may_be_ended, "deleted without a cause"
                self.ask_for_deletion(pod)

    def read(self) -> None:
        operator = self.operator
        if not operator.reads:
            return
        wanted = operator.reads.pop(0)
        if self.happens("busy server", 0.3):
            operator.run.log_unread(wanted.number, wanted.attempt, "the server's words")
            operator.reads.append(wanted)
        elif (wanted.number, wanted.attempt) in self.pods:
            operator.run.log_read(wanted.number, wanted.attempt, f'::outputs::{{"n": "{wanted.number}"}}')
        operator.dirty = True

    def deliver(self) -> None:
        operator = self.operator
        if operator.answers and self.random.random() < 0.5:
            self.see(operator.answers.pop(0))
        for _ in range(self.random.randint(0, len(operator.events))):
            pod, gone = operator.events.pop(0)
            if gone:
                operator.store.forget_pod(pod)
                operator.run.pod_gone(pod)
                operator.dirty = True
            else:
                self.see(pod)
            if self.happens("late events", 0.2):
                operator.answers.append(pod)  # once more, later

    def adopt(self, pod: PodView) -> None:
        self.operator.store.see_pod(pod)
        self.operator.run.shared.see(pod)
        self.operator.run.see_pod(pod)

    def see(self, pod: PodView) -> None:
        self.operator.store.see_pod(pod)
        self.operator.run.see_pod(pod)
        self.operator.dirty = True

    def write(self) -> None:
        operator = self.operator
        if not operator.unwritten:
            return
        operator.unwritten = False
        sent = reporting.patch(operator.run, self.stored, 1, self.now)
        if self.happens("busy server", 0.3):  # refused, or stored without an answer
            if self.random.random() < 0.5:
                self.stored = merge_patch(self.stored, sent.body)
            reporting.unwritten(operator.run, sent)
            for name, entry in self.stored.get("tasks", {}).items():  # looked up with a GET
                operator.run.written[operator.run.number(name)] = entry
            operator.run.changed.update(range(len(operator.run.tasks)))
            operator.unwritten = True
            return
        self.stored = merge_patch(self.stored, sent.body)
        WorkflowRunStatus.model_validate(self.stored)
        reporting.written(operator.run, sent)
        operator.dirty = operator.dirty or bool(sent.recorded)
        self.check_recorded(sent.ended)
        for view in sent.ended:
            pod = self.pods.get((int(view.task[1:]), view.attempt))
            if not operator.run.is_spent(view):
                operator.may_clean.append(view)
            elif pod is not None:
                assert self.is_not_yet(pod), "its log is needed"
                self.remove(pod)

    def kill(self) -> None:
        self.operator = self.restart()

    def clean_up(self) -> None:
        """Retention: pods whose end is recorded go."""
        for view in self.operator.may_clean:
            pod = self.pods.get((int(view.task[1:]), view.attempt))
            if pod is not None and self.random.random() < 0.5:
                self.remove(pod)

    def relist(self) -> None:
        """The watch fell behind: what happened meanwhile is seen only from a LIST."""
        operator = self.operator
        for answer in operator.answers:
            self.see(answer)
        operator.answers, operator.events, operator.dirty = [], [], True
        operator.store.replace_pods(map(self.view, self.pods.values()), self.version)
        for task in operator.run.tasks:
            if task.pod is not None and (int(task.pod.task[1:]), task.pod.attempt) not in self.pods:
                operator.run.pod_gone(task.pod)
        for pod in self.pods.values():
            self.see(self.view(pod))

    def suspend(self) -> None:
        self.order("Suspended" if self.state == "Running" else "Running")

    def stop(self) -> None:
        self.order("Stopped")

    def order(self, state: str) -> None:
        """A person changes the run's spec.state. A stopped run stays stopped."""
        if self.state != "Stopped":
            self.state = state
            self.operator.run.set_state(state)
            self.operator.dirty = True

    # The API server.

    def refusal(self, number: int) -> Refusal | None:
        if not self.plan.programs[number].valid:
            return Refusal.INVALID
        if "restricted" in self.plan.faults and not self.operator.run.hardened:
            return Refusal.POD_SECURITY
        if self.plan.quota is not None and len(self.living()) >= self.plan.quota:
            return Refusal.QUOTA
        if self.happens("busy server", 0.2):
            return self.random.choice([Refusal.BUSY, Refusal.FORBIDDEN, Refusal.NAME_TAKEN])
        return None

    def living(self) -> list[Pod]:
        return [pod for pod in self.pods.values() if not pod.terminal]

    def change(self, pod: Pod, status: Json) -> None:
        pod.status, pod.version = status, self.next_version()
        self.tell(pod)

    def ask_for_deletion(self, pod: Pod) -> None:
        if pod.deletion is None:
            self.now += 1  # whole seconds: never the second of its end
            pod.deletion = int(self.now) - START
            self.change(pod, pod.status)
            if pod.terminal:
                self.remove(pod)

    def remove(self, pod: Pod) -> None:
        del self.pods[pod.number, pod.attempt]
        pod.version = self.next_version()
        self.tell(pod, gone=True)

    def tell(self, pod: Pod, *, gone: bool = False) -> None:
        self.operator.events.append((self.view(pod), gone))

    def view(self, pod: Pod) -> PodView:
        status = pod.status if pod.deletion is None else pod.status | {"deletion": (pod.deletion, 30)}
        return seen(status, self.definition.tasks[pod.number], pod.attempt, version=pod.version)

    def next_version(self) -> int:
        self.version += 1
        return self.version

    # Kubelets, nodes and people.

    def kubelet(self) -> None:
        moving = [pod for pod in self.pods.values() if self.moves(pod)]
        if not moving:
            return
        pod = self.random.choice(moving)
        program, second = self.plan.programs[pod.number], int(self.now) - START
        if pod.deletion is not None:  # SIGTERM, which a program may answer with 0
            self.now += 1
            if self.random.random() < 0.7:
                self.change(pod, exited(self.random.choice([0, 143]), ended=second + 1))
            self.remove(pod)
        elif pod.status["phase"] == "Running":
            code = program.code(len(self.ends[pod.number]))
            self.ends[pod.number].append(code)
            written = f"n={pod.number}" if pod.number in self.plan.outputs - self.plan.by_log else ""
            killed = "OOMKilled" if code == OUT_OF_MEMORY else ""
            ended = exited(code, killed, written, started=second, ended=second)
            self.change(pod, past_deadline(ended) if code == TIMED_OUT else ended)
        elif "containerStatuses" not in pod.status:
            trouble = "ContainerCreating" if program.pullable else "ImagePullBackOff"
            self.change(pod, waiting(trouble, placed=second))
        else:
            self.change(pod, running(second, placed=second))

    def moves(self, pod: Pod) -> bool:
        stuck = "containerStatuses" in pod.status and not self.plan.programs[pod.number].pullable
        return not pod.terminal and (pod.deletion is not None or not stuck)

    def evict(self) -> None:
        if living := self.living():
            self.ask_for_deletion(self.random.choice(living))

    def happens(self, fault: str, share: float) -> bool:
        return fault in self.plan.faults and not self.calm and self.random.random() < share

    # What must hold.

    def check_create(self, number: int, attempt: int) -> None:
        task = self.definition.tasks[number]
        record = self.stored.get("tasks", {}).get(task.name, {})
        living = self.living()
        assert self.state != "Stopped", "a stopped run starts nothing"
        assert self.plan.cap is None or len(living) < self.plan.cap, "cap exceeded"
        assert sum(self.plan.claims[n] for n in (number, *(pod.number for pod in living))) <= self.plan.slots, "pool"
        assert all(0 in self.ends[need] for need in self.plan.needs[number]), "before its dependencies"
        given = {need: f"{need}" for need in self.plan.needs[number] if need in self.plan.outputs}
        values = self.operator.run.values_of(self.operator.run.tasks[number])
        assert {need: values.get(f"tasks.t{need}.outputs.n") for need in given} == given, "without what it reads"
        assert all(pod.number != number for pod in living), "two attempts at once"
        if number in self.plan.once:
            assert record.get("attempt") == attempt, "at most once: not recorded first"
            assert "retryAt" not in record, "at most once: recorded as over"
            assert self.made[number, attempt] == 0, "at most once: made twice"
            before = sum(self.made[number, earlier] for earlier in range(attempt))
            assert before <= sum(code != 0 for code in self.ends[number]), "at most once: after an attempt was lost"
        else:
            assert record.get("attempt", 0) < attempt, "made again though it is on record"

        ran_out, grew = self.ends[number].count(OUT_OF_MEMORY), self.operator.run.tasks[number].used.out_of_memory
        assert grew == ran_out or (self.plan.faults and grew < ran_out), "not the memory that it needs"

    def is_not_yet(self, pod: Pod) -> bool:
        state = pod.status["containerStatuses"][0]["state"]
        polls = self.plan.programs[pod.number].poll is not None
        return polls and state.get("terminated", {}).get("exitCode") == NOT_YET

    def check_recorded(self, ended: list[PodView]) -> None:
        """Pods that may be deleted from now on must not be missed after a restart."""
        for pod in ended:
            record = self.stored["tasks"][pod.task]
            over = record["phase"] not in ("Pending", "Running") or "retryAt" in record
            recorded = record.get("attempt", 0)
            assert recorded > pod.attempt or (recorded == pod.attempt and over), "forgotten"
