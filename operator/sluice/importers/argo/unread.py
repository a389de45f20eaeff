"""Fields that the importer does not know: each is told, so that nothing is lost in silence."""

from collections.abc import Iterable, Iterator, Mapping

from sluice.importers.argo.documents.library import LEAVES, REFUSED
from sluice.importers.argo.documents.source import Map
from sluice.importers.argo.pod.fields import OF_POD, OF_TASK

NOTES = {
    "podGC": "pods go with their run, and their number is bounded by the chart",
    "ttlStrategy": "ended runs stay as `history` and `ttl` say",
    "metrics": "the operator has its own metrics",
    "archiveLogs": "logs are the cluster's",
    "archiveLocation": "logs are the cluster's",
    "artifactGC": "the claim of a run goes with it",
    "artifactRepositoryRef": "artifacts of a run are in a claim of its own",
    "volumeClaimGC": "the claims of a run that has succeeded go, others stay with it",
    "podDisruptionBudget": "pods ask autoscalers not to evict them",
    "workflowMetadata": "labels of Argo's own runs",
    "executor": "there is no executor beside the task",
    "displayName": "tasks have their own names",
    "annotations": "tasks have their own names",
    "ttlSecondsAfterFinished": "ended runs stay as `history` and `ttl` say",
}
"""Of a workflow or a template: what changes nothing of what runs."""

_WITHIN: Mapping[str, frozenset[str]] = {
    "retryStrategy": frozenset({"limit", "retryPolicy", "expression", "backoff", "affinity"}),
    "backoff": frozenset({"duration", "factor", "cap", "maxDuration"}),
    "dag": frozenset({"tasks", "target", "failFast"}),
    "continueOn": frozenset({"failed", "error"}),
    "withSequence": frozenset({"count", "start", "end", "format"}),
    "suspend": frozenset({"duration"}),
}
"""What is known in the maps under these keys."""
_OF_CRON = frozenset(
    {
        *("schedule", "schedules", "timezone", "startingDeadlineSeconds", "concurrencyPolicy", "suspend", "when"),
        *("stopStrategy", "successfulJobsHistoryLimit", "failedJobsHistoryLimit", "workflowSpec", "workflowMetadata"),
    }
)
_OF_PODS = {*OF_TASK, *OF_POD, "podPriorityClassName", "podSpecPatch", "volumes", "synchronization", "parallelism"}
_OF_SPEC = {
    *("entrypoint", "templates", "arguments", "onExit", "hooks", "activeDeadlineSeconds", "suspend", "podMetadata"),
    *("volumeClaimTemplates", "templateDefaults", "workflowTemplateRef", "retryStrategy"),
    *_OF_PODS,
    *NOTES,
}
_OF_TEMPLATE = {
    *("name", "inputs", "outputs", "steps", "dag", "metadata", "initContainers", "sidecars", "daemon", "memoize"),
    *("activeDeadlineSeconds", "timeout", "retryStrategy", "failFast"),
    *(*LEAVES, *REFUSED),
    *_OF_PODS,
    *NOTES,
}
_OF_CALL = {
    *("name", "template", "templateRef", "inline", "arguments", "when", "continueOn", "onExit", "hooks"),
    *("withItems", "withParam", "withSequence", "depends", "dependencies"),
}


def of_spec(spec: Map) -> Iterator[tuple[Map, str]]:
    """Each with the map that it stands in; so do all below."""
    return _others(spec, _OF_SPEC)


def of_template(body: Map) -> Iterator[tuple[Map, str]]:
    return _others(body, _OF_TEMPLATE)


def of_call(call: Map) -> Iterator[tuple[Map, str]]:
    return _others(call, _OF_CALL)


def of_cron(cron: Map) -> Iterator[tuple[Map, str]]:
    return _others(cron, _OF_CRON)


def _others(said: Map, known: Iterable[str]) -> Iterator[tuple[Map, str]]:
    for key, value in said.items():
        if key in _WITHIN and isinstance(value, Map):
            yield from _others(value, _WITHIN[key])
        elif key not in known and value not in (None, "", {}, [], False):
            yield said, key
