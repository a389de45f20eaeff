"""How many runs of a Workflow take a place of its `concurrency`, whoever made them."""

import asyncio
from collections.abc import Callable

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import ObjectView
from sluice.core import Json
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.spec.parameter import declarations, values_of_run


async def learn_keys(cache: Cache, workflow: ObjectView) -> None:
    """Works out what `unfinished_beside` asks for. Large arguments take 0.1 s, so others have a turn after each run."""
    key_of = _reader(workflow)
    if key_of is not None:
        for run in cache.unfinished_by_workflow.objects(workflow.key):
            if not _is_known(workflow, run):
                _learn(workflow, run, key_of)
                await asyncio.sleep(0)


def unfinished_beside(cache: Cache, workflow: ObjectView, arguments: Json | None) -> int:
    """The runs that have not ended and have the same `key` as one with these arguments would have. One that was made
    beneath such a run shares its place.
    """
    called = cache.unfinished_called.objects(workflow.key)
    key_of = _reader(workflow)
    if key_of is None:
        within = sum(bool(cache.above_in_workflow(run)) for run in called)
        return cache.unfinished_by_workflow.count(workflow.key) - within
    key = key_of(arguments)
    runs = cache.unfinished_by_workflow.objects(workflow.key)
    same = {run.key for run in runs if _learn(workflow, run, key_of) == key}
    within = sum(any(up.key in same for up in cache.above_in_workflow(run)) for run in called if run.key in same)
    return len(same) - within


def _reader(workflow: ObjectView) -> Callable[[Json | None], str] | None:
    """Gives the value of `key` for the arguments of a run. None if there is no `key`."""
    settings = workflow.spec_as(WorkflowSettings)
    concurrency, declared = Concurrency.of(settings), declarations(settings.parameters)
    if not concurrency.key:
        return None
    return lambda given: concurrency.value(values_of_run(declared, given or {}))


def _is_known(workflow: ObjectView, run: ObjectView) -> bool:
    return (workflow.uid, workflow.generation) in run.concurrency_keys


def _learn(workflow: ObjectView, run: ObjectView, key_of: Callable[[Json | None], str]) -> str:
    if not _is_known(workflow, run):
        run.concurrency_keys.clear()
        run.concurrency_keys[workflow.uid, workflow.generation] = key_of(run.spec_as(WorkflowRunSpec).arguments)
    return run.concurrency_keys[workflow.uid, workflow.generation]
