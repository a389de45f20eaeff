"""What a run that has ended leaves to one that resumes from it, as far as the API server shows it to us.

The operator's own reading of it is `controller.run.resume`; what follows from it is decided by the same function,
`core.triggers.resume.kept`.
"""

from sluice.api.run import WorkflowRunSpec
from sluice.client import graphs
from sluice.client.api import Client
from sluice.client.errors import Forbidden, NotFound
from sluice.client.resources import CLAIMS, CONFIG_MAPS, RUNS, WORKFLOWS
from sluice.core import Json
from sluice.core.base.naming import LABEL_PARENT, graph_of, outputs_name, revision_name
from sluice.core.base.ownership import RunRef, attempt_of, controller_of
from sluice.core.pod.volumes import claims_of
from sluice.core.run.children import MAX_DEPTH
from sluice.core.spec.definition import Definition
from sluice.core.spec.scheduled_time import ScheduledTime
from sluice.core.status.stored_entries import stored_outputs, usable_entries
from sluice.core.triggers.resume import Past, Unit, asks_people


async def read(client: Client, run: Json) -> Past | None:
    """None if the run's graph is gone, or may not be read."""
    graph = await graphs.graph_of_run(client, run)
    if graph is None:
        return None
    definition, spec = Definition.of(graph), WorkflowRunSpec.read_usable(run["spec"])
    ref = _ref(run)
    tasks = usable_entries(run["status"])
    apart = await _large_outputs(client, ref) if any("outputsIn" in entry for entry in tasks.values()) else {}
    outputs = {name: stored_outputs(name, entry, apart) for name, entry in tasks.items()}
    return Past(
        run=ref.name,
        definition=definition,
        parameters=definition.values(spec.arguments or {}),
        tasks=tasks,
        scheduled=ScheduledTime.of(spec),
        claims=await _claims(client, run, definition),
        outputs={name: values for name, values in outputs.items() if values is not None},
        children=await _Children(client).unchanged(run) if any(t.is_sub_workflow for t in definition.tasks) else (),
    )


def _ref(run: Json) -> RunRef:
    metadata = run["metadata"]
    return RunRef(metadata["namespace"], metadata["name"], metadata["uid"])


async def _large_outputs(client: Client, run: RunRef) -> dict[str, str]:
    """Those that do not fit into the status, by task."""
    try:
        found = await client.get(CONFIG_MAPS, outputs_name(run.name, run.uid), run.namespace)
    except (NotFound, Forbidden):
        return {}
    data: dict[str, str] = found.get("data") or {}
    return data if controller_of(found["metadata"], "WorkflowRun") == run else {}


async def _claims(client: Client, run: Json, definition: Definition) -> dict[str, str]:
    """The volumes that can be taken over: those that are still the run's. With its success they go."""
    if run["status"]["phase"] == "Succeeded":
        return {}
    ref = _ref(run)
    named = claims_of(ref.name, ref.uid, definition.claims) | run["status"].get("resumed", {}).get("claims", {})
    return {template: name for template, name in named.items() if await _is_of(client, name, ref)}


async def _is_of(client: Client, claim: str, run: RunRef) -> bool:
    try:
        metadata = (await client.get(CLAIMS, claim, run.namespace))["metadata"]
    except NotFound:
        return False
    except Forbidden:
        return True  # we cannot see it: the operator can
    return "deletionTimestamp" not in metadata and controller_of(metadata, "WorkflowRun") == run


class _Children:
    """Which child runs would do today what they have done: their graphs, and those beneath them, are as they were, and
    ask nobody for an approval.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._revisions: dict[str, str | None] = {}

    async def unchanged(self, run: Json) -> frozenset[Unit]:
        """The units of a run whose last child succeeded and is unchanged. What the run had kept itself has its child
        beneath the run from which that one resumed.
        """
        last: dict[Unit, Json] = {}
        passed: set[str] = set()
        current: Json | None = run
        while current is not None and current["metadata"]["uid"] not in passed:
            passed.add(current["metadata"]["uid"])
            last = await self._last(current) | last
            current = await self._before(current)
        return frozenset(
            [unit for unit, child in last.items() if _phase(child) == "Succeeded" and await self._is_unchanged(child)]
        )

    async def _before(self, run: Json) -> Json | None:
        """The run from which it resumed. A younger one of that name is another."""
        name = run["spec"].get("resumeFrom", {}).get("run")
        if name is None:
            return None
        try:
            before = await self._client.get(RUNS, name, run["metadata"]["namespace"])
        except NotFound:
            return None
        older = before["metadata"]["creationTimestamp"] <= run["metadata"]["creationTimestamp"]
        return before if older else None

    async def _last(self, parent: Json) -> dict[Unit, Json]:
        """The child run of the last attempt of each unit."""
        ref = _ref(parent)
        children = await self._client.objects(RUNS, ref.namespace, labelSelector=f"{LABEL_PARENT}={ref.name}")
        found: dict[Unit, tuple[int, Json]] = {}
        for child in children:
            attempt = attempt_of(child["metadata"])
            if attempt is None or attempt.run != ref:
                continue
            unit = (attempt.task, attempt.index)
            if unit not in found or found[unit][0] < attempt.number:
                found[unit] = (attempt.number, child)
        return {unit: child for unit, (_, child) in found.items()}

    async def _is_unchanged(self, child: Json, levels: int = MAX_DEPTH) -> bool:
        if levels == 0 or child["status"].get("revision") != await self._revision(child):
            return False
        below = await self._last(child)
        return all([await self._is_unchanged(each, levels - 1) for each in below.values()])

    async def _revision(self, run: Json) -> str | None:
        """That of the run's Workflow as it is now; None if it is gone, or has approvals."""
        name = run["spec"]["workflow"]
        if name not in self._revisions:
            try:
                found = await self._client.get(WORKFLOWS, name, run["metadata"]["namespace"])
            except NotFound:
                self._revisions[name] = None
            else:
                spec, uid = found["spec"], found["metadata"]["uid"]
                self._revisions[name] = None if asks_people(spec) else revision_name(name, uid, graph_of(spec))
        return self._revisions[name]


def _phase(run: Json) -> str:
    return str(run.get("status", {}).get("phase", ""))
