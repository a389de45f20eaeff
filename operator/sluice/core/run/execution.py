"""One run in memory, and what the shell reports of it.

The shell says what it saw (`see_pod`, `pod_gone`, `recorded`); `decide` draws the conclusions. Both cost time in
proportion to what changed: a report marks one task, and an ended task touches only its dependents.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sluice.api.run import ApprovalDecision, DesiredState
from sluice.core.pod.view import PodView
from sluice.core.quota.ready_queue import ReadyQueue
from sluice.core.run.children import ChildView
from sluice.core.run.state import RESUMED_BY_HAND, STOPPED_BY_HAND, Standing
from sluice.core.run.task_state import HOLDS_SLOT, TaskStep
from sluice.core.spec.outputs import outputs_line
from sluice.core.spec.run_limits import RunLimits


@dataclass(slots=True)
class Execution(Standing):
    """One run: as it stands, and what is reported of it."""

    def see_pod(self, pod: PodView) -> None:
        """A pod of this run as it is now: from a watch, a LIST or the answer to a POST."""
        number = self.unit(pod)
        if number is None:
            return
        task = self.tasks[number]
        if pod.attempt != task.attempt or task.gone:
            return
        if task.refused is not None and task.step in (TaskStep.READY, TaskStep.BACKOFF):
            self._take_back(number)
        if task.step not in HOLDS_SLOT:
            return
        if task.pod is not None and pod.version <= task.pod.version:
            return
        task.pod = pod
        if task.step is not TaskStep.LIVE:
            self.was_created(number)
        self.seen.add(number)

    def _take_back(self, number: int) -> None:
        """A creation that counted as refused was carried out after all."""
        self.ready.keep(lambda other: other != number)
        self.take_slot(number)
        self.creating += 1
        self.tasks[number].step = TaskStep.CREATING

    def pod_gone(self, pod: PodView) -> None:
        """A pod of this run was removed from the API server; `pod` is how it was last seen."""
        number = self.unit(pod)
        if number is None:
            return
        task = self.tasks[number]
        if pod.attempt != task.attempt or task.step not in HOLDS_SLOT:
            return
        if task.pod is not None and task.pod.uid != pod.uid:
            return
        if task.step is not TaskStep.LIVE:  # gone before the answer to its creation was read
            self.was_created(number)
        task.pod, task.gone = pod, True
        self.seen.add(number)

    def see_child(self, child: ChildView) -> None:
        """A child run as it is now."""
        number = self.children.get(child.name)
        if number is None:
            return
        task = self.tasks[number]
        if task.gone or (task.child is not None and child.version <= task.child.version):
            return
        if task.refused is not None and task.step in (TaskStep.READY, TaskStep.BACKOFF):  # it was carried out after all
            self.calls.keep(lambda other: other != number)
            self.take_slot(number)
            task.step = TaskStep.CALLING
            self.stir(number)
        if task.step is not TaskStep.CALLING:
            return
        task.child, task.refused, task.retry_at = child, None, None
        self.seen.add(number)

    def still_called(self, number: int, attempt: int) -> bool:
        """Is the child run of this attempt still to be made? Asked right before it is."""
        task = self.tasks[number]
        return not self.closed and task.step is TaskStep.CALLING and task.attempt == attempt and task.child is None

    def child_gone(self, child: ChildView) -> None:
        """A child run was removed from the API server; `child` is how it was last seen."""
        number = self.children.get(child.name)
        if number is not None and self.tasks[number].step is TaskStep.CALLING:
            self.tasks[number].gone = True
            self.seen.add(number)

    def orders_for(self, child: str) -> tuple[DesiredState, str]:
        """What a child run is to do, and why if it is to end."""
        number = self.children.get(child)
        task = None if number is None else self.tasks[number]
        if task is not None and task.doomed is not None:
            return "Stopped", task.doomed.message
        if task is not None and task.step is TaskStep.ENDED:  # while nobody knew that the child exists
            return "Stopped", self.winding_down or "its task has ended"
        return ("Suspended" if self.state == "Suspended" else "Running"), ""

    def was_created(self, number: int) -> None:
        task = self.tasks[number]
        if task.step is TaskStep.CREATING:
            self.creating -= 1
        task.step = TaskStep.LIVE
        self.stir(number)
        task.refused, task.retry_at, task.avoid_node = None, None, ""
        if self.hold is not None:
            self.hold = None
            self.changed.update(self.ready)
        if self.window is not None:
            self.window *= 2
        self.seen.add(number)

    def still_wanted(self, number: int, attempt: int) -> bool:
        """Is the pod of this attempt still to be made? Asked right before it is, since people may think again."""
        task = self.tasks[number]
        if self.closed or task.step is not TaskStep.CREATING or task.attempt != attempt:
            self.give_back(number, attempt)
            return False
        stopping = self.winding_down and not task.definition.final
        held = self.hold is not None and self.window is not None and self.creating > self.window
        if self.state == "Suspended" or stopping or held:
            self.give_back(number, attempt)
            self.creating -= 1
            self.free_slot(number)
            if task.refused is None:  # it was not begun, and is not counted
                task.attempt -= 1
            self.make_ready(number)
            return False
        return True

    def wants_log(self, number: int, attempt: int) -> bool:
        """Is the end of this attempt's log still to be read?"""
        task = self.tasks[number]
        return not self.closed and task.step is TaskStep.LIVE and task.attempt == attempt and not task.gone

    def log_read(self, number: int, attempt: int, end: str) -> None:
        """`end` is the end of the log of an attempt that has ended."""
        if self.wants_log(number, attempt):
            self.tasks[number].log = outputs_line(end)
            self.seen.add(number)

    def log_unread(self, number: int, attempt: int, why: str) -> None:
        """The log could not be read. It is tried again for as long as the pod is there."""
        if self.wants_log(number, attempt):
            self.tasks[number].log_trouble = why
            self.changed.add(number)

    def give_back(self, number: int, attempt: int) -> None:
        """The pod of this attempt was not made, so it holds none of what runs share."""
        self.shared.release(self.identity.namespace, self.pod_name(number, attempt))

    def close(self) -> None:
        """The shell lets go of the run. What is on its way to the API server is given back when it answers."""
        self.closed = True
        self.shared.retain_waiters(self.identity.uid, {})
        granted = set(self.granted)
        for number, task in enumerate(self.tasks):
            if task.step is TaskStep.RECORDING or number in granted:
                self.give_back(number, task.attempt)

    def recorded(self, attempts: Iterable[tuple[int, int]]) -> None:
        """These (number, attempt) stand in the run's status on the API server now; of fan-outs, their items."""
        for number, attempt in attempts:
            task = self.tasks[number]
            if number in self.groups:
                self.recording -= not self.groups[number].recorded
                self.groups[number].recorded = True
                self.counted.append(number)
            elif task.step is TaskStep.RECORDING and task.attempt == attempt:
                task.step = TaskStep.CREATING
                self.recording -= 1
                self.creating += 1
                self.granted.append(number)

    def set_limits(self, limits: RunLimits) -> None:
        if limits == self.limits:
            return
        reorder = limits.priority != self.limits.priority
        self.limits = limits
        self.changed.update(self.ready)
        if reorder:
            waiting, self.ready, self.calls = [*self.ready, *self.calls], ReadyQueue(), ReadyQueue()
            for number in waiting:
                self.make_ready(number)

    def set_state(self, state: DesiredState, why: str = STOPPED_BY_HAND, resumes_when: str = RESUMED_BY_HAND) -> None:
        """`why` is what the tasks of a stopped run say, `resumes_when` those of a suspended one."""
        if state == self.state and resumes_when == self.resumes_when:
            return
        if state != self.state:
            if "Stopped" in (state, self.state):
                self.winding_down = why if state == "Stopped" else ""
            self.stirred = None
        self.state, self.resumes_when = state, resumes_when
        self.orders += 1
        self.changed.update(self.ready)
        self.changed.update(self.calls)
        self.changed.update(number for number, task in enumerate(self.tasks) if task.step is TaskStep.ASKING)

    def set_approvals(self, approvals: Mapping[str, ApprovalDecision]) -> None:
        for name, decision in approvals.items():
            number = self._number.get(name)
            if number is not None and decision != self.approvals.get(name):
                self.unheard.add(number)
        self.approvals = approvals
