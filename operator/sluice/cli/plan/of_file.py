"""The plans of a file, and what else there is to say of it."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sluice.cli.plan.planned import Planned
from sluice.cli.plan.prepare import Preparation
from sluice.cli.plan.seen.known import Known
from sluice.cli.plan.wishes import Wishes
from sluice.cli.plan.words.as_json import written
from sluice.cli.plan.words.markdown import as_markdown
from sluice.cli.plan.words.text import as_text
from sluice.cli.printable import printable
from sluice.cli.run.file import BadFile, Manifest, check_names, read
from sluice.cli.suggestion import as_typed
from sluice.cli.terminal import Terminal
from sluice.core import Instant

_ANNOTATION_MAX = 256 * 1024

if TYPE_CHECKING:
    from sluice.client.api import Client  # `plan --offline` works without what it needs


@dataclass(frozen=True, slots=True)
class Plans:
    file: str
    planned: Sequence[Planned]
    known: Known
    left_out: Sequence[str]
    """The objects of the file that are not planned."""
    now: Instant
    apply: str = "apply"
    """The verb of kubectl that this file takes, with its flag."""

    @property
    def something_starts(self) -> bool:
        return any(each.start.now for each in self.planned)

    def as_text(self, terminal: Terminal) -> str:
        lines = []
        for each in self.planned:
            lines += [*as_text(each, self.known.namespace, self.now, terminal), ""]
        lines += [printable(f"not seen: {words}") for words in self.known.unseen]
        lines += [
            printable(f"not planned: {name}; sluice backfill --dry-run counts its runs") for name in self.left_out
        ]
        return "\n".join([*lines, printable(as_typed(f"Nothing was changed.   {self._apply}"))])

    @property
    def _apply(self) -> str:
        if self.file.endswith(".py"):
            return f"sluice render {shlex.quote(self.file)} | kubectl {self.apply} -f -"
        return f"kubectl {self.apply} -f {shlex.quote(self.file)}"

    def as_json(self) -> str:
        return written(self.planned, self.known, notPlanned=list(self.left_out))

    def as_markdown(self) -> str:
        return as_markdown(self.planned, self.known, self.left_out, self.now)


def plan_offline(file: str, wishes: Wishes, now: Instant) -> Plans:
    """Raises BadFile."""
    return _plans(file, read(file, chart_has_image=True), Known(), wishes, now)


async def plan_on_cluster(client: "Client", file: str, wishes: Wishes, now: Instant) -> Plans:
    """Raises BadFile, and the client's errors."""
    from sluice.cli.plan.seen.look import look  # noqa: PLC0415
    from sluice.client import defaults  # noqa: PLC0415

    chart = await defaults.read(client)
    manifests = read(file, chart_has_image=chart is None or bool(chart.task_defaults.image))
    check_namespace(file, manifests, client.namespace)
    return _plans(file, manifests, await look(client, manifests, chart), wishes, now)


def check_namespace(file: str, manifests: Sequence[Manifest], planned: str) -> None:
    """Raises BadFile if one says that it goes into another namespace: it would be compared with the wrong one."""
    for each in manifests:
        namespace = each.body["metadata"].get("namespace", planned)
        if namespace != planned:
            raise BadFile(f"{file}: {each.name} goes into namespace '{namespace}'; to plan it there: -n {namespace}")


def _plans(file: str, manifests: Sequence[Manifest], known: Known, wishes: Wishes, now: Instant) -> Plans:
    check_names(file, manifests)
    preparation = Preparation(manifests, known, wishes, now)
    return Plans(file, preparation.planned(), known, preparation.left_out, now, _apply(manifests))


def _apply(manifests: Sequence[Manifest]) -> str:
    """What has no name can be created only, and what is large has no room in kubectl's annotation."""
    if any(not each.name for each in manifests):
        return "create"
    large = any(len(json.dumps(each.body)) > _ANNOTATION_MAX for each in manifests)
    return "apply --server-side" if large else "apply"
