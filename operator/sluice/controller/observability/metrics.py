"""Counters and histograms: what happens. How things stand is in `gauges`.

Names and units go by https://prometheus.io/docs/practices/naming/. No label names a run, a task or a Workflow: the
number of series must not grow with what a cluster runs. A pod costs about ten observations, of a microsecond or two
each.
"""

from functools import cache

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, Info, ProcessCollector

from sluice import __version__
from sluice.core.pod.create_errors import CreateError
from sluice.core.run.time_accounting import TimeAccounting

_WORK_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_PROGRAM_S = (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_CORE_GROUP, _OTHER_GROUPS = len(("", "api", "v1")), len(("", "apis", "group", "version"))

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # twice the series, for a time that Prometheus does not read

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

Info("sluice_build", "The operator's version.", registry=REGISTRY).info({"version": __version__})

_api_requests = Counter(
    "sluice_api_requests_total",
    "Answers of the API server; the code is 0 where there was none. A watch counts when it begins.",
    ("verb", "resource", "code"),
    registry=REGISTRY,
)
_api_duration = Histogram(
    "sluice_api_request_duration_seconds",
    "From a request to its answer, watches apart.",
    ("verb",),
    buckets=_WORK_S,
    registry=REGISTRY,
)
_api_retries = Counter(
    "sluice_api_retries_total",
    "Requests that were sent again since the API server was busy or silent, by the code of the answer before.",
    ("code",),
    registry=REGISTRY,
)
_pods_refused = Counter(
    "sluice_pod_creations_refused_total",
    "Pods that the API server did not take. Most are tried again.",
    ("reason",),
    registry=REGISTRY,
)
_queue_wait = Histogram(
    "sluice_queue_wait_seconds",
    "From the event that makes work to the moment when a worker begins with it.",
    ("queue",),
    buckets=_WORK_S,
    registry=REGISTRY,
)
_reconcile = Histogram(
    "sluice_reconcile_duration_seconds",
    "How long a worker took for one key, with the API server's answers that it waited for.",
    ("queue",),
    buckets=_WORK_S,
    registry=REGISTRY,
)
_reconcile_errors = Counter(
    "sluice_reconcile_errors_total",
    "Pieces of work that ended in an error. Each is tried again.",
    ("queue",),
    registry=REGISTRY,
)
_unreadable = Counter(
    "sluice_objects_unreadable_total",
    "Objects that could not be read and were skipped, each time that they came.",
    ("resource",),
    registry=REGISTRY,
)
_attempts = Counter(
    "sluice_task_attempts_total",
    "Attempts that have ended: pods, of tasks and of the items of fan-outs.",
    ("outcome",),
    registry=REGISTRY,
)
_task_duration = Histogram(
    "sluice_task_duration_seconds",
    "How long the program of an attempt ran.",
    ("outcome",),
    buckets=_PROGRAM_S,
    registry=REGISTRY,
)
_wait = Counter(
    "sluice_wait_seconds_total",
    "What the tasks of all runs have waited for, added up: status.time of the runs, with all pools as one.",
    ("reason",),
    registry=REGISTRY,
)
_run_duration = Histogram(
    "sluice_run_duration_seconds",
    "From a run's start to its end.",
    ("phase",),
    buckets=_PROGRAM_S,
    registry=REGISTRY,
)


def api_answered(method: str, path: str, code: int, took_s: float) -> None:
    """`code` is 0 if there was no answer."""
    resource, named = _resource(path)
    verb = _VERBS.get(method) or ("get" if named else "list")
    _request_counter(verb, resource, code).inc()
    _request_timer(verb).observe(took_s)


def watch_began(path: str, code: int) -> None:
    _request_counter("watch", _resource(path)[0], code).inc()


def api_retried(code: int) -> None:
    _api_retries.labels(code).inc()


def object_unreadable(resource: str) -> None:
    _unreadable.labels(resource).inc()


def pod_refused(refusal: CreateError) -> None:
    _pods_refused.labels(refusal).inc()


def status_written(ledger: TimeAccounting) -> None:
    """The status of a run was written: observes what its ledger has got since the last time."""
    for kind, added_s in ledger.unreported():
        if kind != "running":  # that is in the duration of the attempts
            _wait.labels(kind.partition("/")[0]).inc(added_s)
    for ending, ran_s in ledger.attempts_ended():
        _attempts.labels(ending).inc()
        if ran_s is not None:
            _task_duration.labels(ending).observe(ran_s)


def run_ended(phase: str, seconds: float) -> None:
    _run_duration.labels(phase).observe(seconds)


class QueueMeter:
    """The metrics of one queue."""

    def __init__(self, name: str) -> None:
        self._wait, self._work = _queue_wait.labels(name), _reconcile.labels(name)
        self._errors = _reconcile_errors.labels(name)

    def begins(self, waited_s: float) -> None:
        self._wait.observe(waited_s)

    def ends(self, took_s: float) -> None:
        self._work.observe(took_s)

    def fails(self) -> None:
        self._errors.inc()


@cache
def _request_counter(verb: str, resource: str, code: int) -> Counter:
    return _api_requests.labels(verb, resource, code)


@cache
def _request_timer(verb: str) -> Histogram:
    return _api_duration.labels(verb)


def _resource(path: str) -> tuple[str, bool]:
    """The resource of an API path, such as `pods` or `pods/log`, and whether the path names one object."""
    parts = path.split("/")
    parts = parts[_CORE_GROUP if parts[1] == "api" else _OTHER_GROUPS :]
    if not parts:
        return "discovery", False
    if parts[0] == "namespaces" and len(parts) > 2:  # noqa: PLR2004  # what follows is in the namespace
        parts = parts[2:]
    return "/".join((parts[0], *parts[2:3])), len(parts) > 1
