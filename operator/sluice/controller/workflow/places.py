"""How many runs of a Workflow take a place of its `concurrency`, whoever made them."""

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import ObjectView
from sluice.core import Json
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.spec.parameter import declarations, values_of_run


def unfinished_beside(cache: Cache, workflow: ObjectView, arguments: Json | None) -> int:
    """The runs that have not ended and have the same `key` as one with these arguments would have."""
    settings = workflow.spec_as(WorkflowSettings)
    concurrency, declared = Concurrency.of(settings), declarations(settings.parameters)

    def key_of(given: Json | None) -> str:
        return concurrency.value(values_of_run(declared, given or {}))

    key = key_of(arguments)
    runs = cache.unfinished_by_workflow.objects(workflow.key)
    return sum(key_of(run.spec_as(WorkflowRunSpec).arguments) == key for run in runs)
