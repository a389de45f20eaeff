"""A create as an object: `decide` hands it out, the shell carries it out and reports the answer to it.

`proceed` right before the request, since people may have changed their minds while it waited for its turn; then either
`done` or `failed`, once.
"""

from dataclasses import dataclass, field

from sluice.core import Instant, Json
from sluice.core.pod.create_errors import CreateError
from sluice.core.pod.view import PodView
from sluice.core.reconcile.create_failure import child_create_failed, create_failed
from sluice.core.run.children import ChildView, build_child_run
from sluice.core.run.outputs import values_of
from sluice.core.run.state import RunState
from sluice.core.spec.for_each import ItemValues
from sluice.core.status.run_phase import run_end


@dataclass(frozen=True, slots=True)
class CreateIntent:
    """Make the pod of an attempt, or the child run that is the attempt."""

    number: int
    attempt: int
    run: RunState = field(repr=False, compare=False)

    @property
    def is_child_run(self) -> bool:
        return self.run.tasks[self.number].definition.is_sub_workflow

    def child_run(self, now: Instant) -> Json:
        """The manifest of the child run."""
        task = self.run.tasks[self.number]
        values = dict(values_of(self.run, task))
        if task.definition.final:
            values |= run_end(self.run, now).values
        index = None
        if task.group is not None:
            index = task.index
            values |= ItemValues(self.run.tasks.item(self.number))
        return build_child_run(self.run.identity, task.definition, self.attempt, values, index, self.run.revision)

    def proceed(self) -> bool:
        """Is it still to be made? If not the intent is cancelled, and holds nothing any more."""
        if self.is_child_run:
            return not self.run.closed and self.run.children.confirm(self.number, self.attempt)
        return self.run.pods.confirm(self.number, self.attempt, wanted=self.run.may_start(self.number))

    def done(self, made: PodView | ChildView) -> None:
        """It exists, whether this request made it or an earlier one."""
        if isinstance(made, PodView):
            self.run.pods.observe(made)
        else:
            self.run.children.observe(made)

    def failed(self, error: CreateError, message: str, now: Instant) -> None:
        """The API server did not make it. It is tried again later, unless that cannot help."""
        if self.is_child_run:
            if self.run.children.is_awaited(self.number, self.attempt):
                child_create_failed(self.run, self.number, error, message, now)
        elif self.run.pods.was_not_made(self.number, self.attempt):
            create_failed(self.run, self.number, error, message, now)
