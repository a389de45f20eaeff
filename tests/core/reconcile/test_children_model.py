"""Random lives of a run whose tasks run other Workflows: children end, fail and are deleted, answers get lost, the
operator is killed and people suspend and stop the run. It ends, and no task ever has two children at once.
"""

from dataclasses import replace
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sluice.api.run import ApprovalDecision
from sluice.core.base.ownership import AttemptRef
from sluice.core.pod.create_errors import CreateError
from sluice.core.reconcile import decide as deciding
from sluice.core.reconcile.intents import CreateIntent
from sluice.core.reconcile.restore import restore
from sluice.core.run.children import ChildView
from sluice.core.run.orders import Orders
from sluice.core.spec.definition import Definition
from sluice.core.status import run_status as reporting
from tests.core.kubelet import RUN, START
from tests.core.world import graph, merge_patch

TEXT = "a, b >> ok >> c"
FIELDS = {name: {"workflow": {"name": "other"}, "retries": {"limit": 2, "infrastructure": 100}} for name in "abc"}
DEFINITION = Definition.of(graph(TEXT, ok={"approval": {}}, **FIELDS))
DECISION = {"ok": ApprovalDecision(decision="Approve")}
_DELETED_AND_MADE_AGAIN = 115351952541313
"""A seed: a child is deleted, and made once more by a POST that was under way."""
_DELETED_AND_REFUSED = 161999
"""Another: the answer to a POST was lost, and the child is deleted before it is asked again."""
NEXT = {"Pending": ["Running"], "Running": ["Running", "Succeeded", "Failed"]}


class Life:
    """One run, its operator and the API server."""

    def __init__(self, random: Random, *, may_stop: bool) -> None:
        self.random, self.may_stop = random, may_stop
        self.now, self.version, self.state = float(START), 0, "Running"
        self.stored, self.children, self.calm = {}, {}, False
        self.restart()

    def go(self, steps: int) -> None:
        actions = [self.decide, self.decide, self.post, self.move, self.move, self.write]
        faults = [self.restart, self.delete, self.order]
        for _ in range(steps):
            if "finishedAt" in self.stored:
                return
            if not self.calm and self.random.random() < 0.15:
                self.random.choice(faults)()
            else:
                self.random.choice(actions)()
            self.now += self.random.choice([0, 0.3, 5])

    def finish(self) -> None:
        self.go(80)
        self.calm = True
        if self.state == "Suspended":
            self.set_state("Running")
        self.go(1500)
        assert "finishedAt" in self.stored, self.stored

    # The operator.

    def restart(self) -> None:
        children = list(self.children.values())
        self.run = restore(
            RUN, "rev", DEFINITION, status=self.stored, pods=[], children=children, now=0.0, orders=Orders()
        )
        self.run.set_state(self.state)
        self.run.set_approvals(DECISION)
        self.creates = []

    def decide(self) -> None:
        decision = deciding.decide(self.run, self.now)
        assert self.state == "Running" or not decision.create
        assert deciding.decide(self.run, self.now).create == []
        self.creates += decision.create

    def post(self) -> None:
        if not self.creates:
            return
        what = self.creates.pop(0)
        if not what.proceed():
            return
        name = self.run.tasks.pod_name(what.number, what.attempt)
        lost = not self.calm and self.random.random() < 0.3
        made = name in self.children
        if not made and not (lost and self.random.random() < 0.5):
            self.check_create(what.number)
            self.make_child(what, name)
        if lost:
            what.failed(CreateError.BUSY, "no answer", self.now)
        elif name in self.children:
            self.run.children.observe(self.children[name])

    def write(self) -> None:
        sent = reporting.compose(self.run, self.stored, 1, self.now)
        self.stored = merge_patch(self.stored, sent.body)
        sent.commit()

    # The children, and people.

    def move(self) -> None:
        going = [child for child in self.children.values() if not child.ended]
        if going:
            child = self.random.choice(going)
            state, _ = self.run.children.desired_state(child.name, self.run.state)
            phase = "Stopped" if state == "Stopped" else self.random.choice(NEXT[child.phase])
            if state == "Running" or phase != "Running":
                self.set_child(child.name, phase)
        for child in self.children.values():
            self.run.children.observe(child)

    def delete(self) -> None:
        if self.children:
            gone = self.children.pop(self.random.choice(list(self.children)))
            self.run.children.observe_deleted(gone)

    def order(self) -> None:
        choices = ["Running", "Suspended", "Stopped"] if self.may_stop else ["Running", "Suspended"]
        if self.state != "Stopped":
            self.set_state(self.random.choice(choices))

    def set_state(self, state: str) -> None:
        self.state = state
        self.run.set_state(state)

    def make_child(self, what: CreateIntent, name: str) -> None:
        self.version += 1
        task = DEFINITION.tasks[what.number].name
        attempt = AttemptRef(what.run.identity.ref, task, None, what.attempt)
        self.children[name] = ChildView(name, f"uid-of-{name}", self.version, attempt, "Pending", "")

    def set_child(self, name: str, phase: str) -> None:
        self.version += 1
        self.children[name] = replace(self.children[name], phase=phase, version=self.version)

    # What must hold.

    def check_create(self, number: int) -> None:
        names = {self.run.tasks.pod_name(number, attempt) for attempt in range(1, 200)}
        assert all(child.ended for name, child in self.children.items() if name in names), "two children at once"


@settings(max_examples=300)
@given(st.randoms(use_true_random=True), st.booleans())
@example(random=Random(_DELETED_AND_MADE_AGAIN), may_stop=True)  # noqa: S311  # no secret
@example(random=Random(_DELETED_AND_REFUSED), may_stop=False)  # noqa: S311  # no secret
def test_run_ends_and_no_task_has_two_children_at_once(random, may_stop):
    life = Life(random, may_stop=may_stop)
    life.finish()
    assert life.run.slots.live == 0
    going = [child for child in life.children.values() if not child.ended]
    told = [life.run.children.desired_state(child.name, life.run.state)[0] for child in going]
    assert set(told) <= {"Stopped"}
    phases = {name: entry["phase"] for name, entry in life.stored["tasks"].items()}
    assert ("Stopped" in phases.values()) <= (life.state == "Stopped")
    if life.stored["phase"] == "Succeeded":
        assert set(phases.values()) == {"Succeeded"}
