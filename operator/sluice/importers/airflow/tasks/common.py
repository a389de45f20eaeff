"""What any task can say: trigger rule, retries, timeout, pool, priority; and what of it has no place here."""

from typing import Any

from sluice.core import Json
from sluice.importers.airflow.dags.dag import Translation
from sluice.importers.airflow.dags.values import duration, flag, number, seconds_of
from sluice.importers.airflow.record.recording import RecordedTask
from sluice.importers.airflow.sluice_airflow.names import name_of
from sluice.importers.airflow.tasks.pods import override
from sluice.importers.airflow.tasks.teardowns import is_final

RULES = {
    "all_success": None,
    "all_failed": "AllFailed",
    "all_done": "AllDone",
    "all_done_min_one_success": "AllDoneOneSucceeded",
    "all_skipped": "AllSkipped",
    "one_success": "OneSucceeded",
    "one_failed": "OneFailed",
    "one_done": "OneDone",
    "none_failed": "NoneFailed",
    "none_failed_or_skipped": "NoneFailedOneSucceeded",
    "none_failed_min_one_success": "NoneFailedOneSucceeded",
    "none_skipped": "NoneSkipped",
    "all_done_setup_success": "AllDone",
    "always": None,
    "dummy": None,
}
SKIPPED = 99
_SKIPS = ("skip_on_exit_code", "skip_exit_code")
_AT_ONCE = {"always", "dummy"}
_RETRY_DELAY_S = 300
_LONGEST_BACKOFF_S = 86400
_DEFAULT_LONGEST_S = 300  # of `backoff.max`
_NOTES = {
    "email",
    "email_on_failure",
    "email_on_retry",
    "on_failure_callback",
    "on_success_callback",
    "on_retry_callback",
    "owner",
    "queue",
    "on_execute_callback",
    "on_skipped_callback",
    "executor",
    "weight_rule",
}
_LOSSES = {
    "depends_on_past": "runs go one at a time, in order, and one that failed does not hold the next back",
    "wait_for_downstream": "runs of the Workflow go one at a time, in order",
    "sla": "left out; `expectedDuration` and the metrics say how long tasks take",
    "executor_config": "left out; say it in `podTemplate`",
}
_OF_ALL_RUNS = ("max_active_tis_per_dag", "task_concurrency")


def order(task: RecordedTask, dag: Translation) -> Json:
    """DependsOn and runIf."""
    rule = str(task.fields.get("trigger_rule") or "all_success")
    if rule not in RULES:
        dag.lose(task, f"trigger_rule {rule!r:.60}", "it runs when all before it have succeeded")
    if task.teardown:
        rule = "all_done"
    if rule in _AT_ONCE:
        return {}
    fields: Json = {}
    waits_for = [each for each in dag.upstream[task.id] if not is_final(task, dag) or is_final(dag.tasks[each], dag)]
    if before := [dag.names[each] for each in waits_for]:
        fields["dependsOn"] = before
    if before and (said := RULES.get(rule)) is not None:
        fields["runIf"] = said
    return fields


def limits(task: RecordedTask, dag: Translation, *, has_pod: bool) -> Json:
    """Pools, priority, retries and time limits, for tasks that have a pod."""
    said = task.fields
    fields: Json = {}
    if has_pod and isinstance(said.get("pool"), str) and said["pool"] != "default_pool":
        slots = number(said.get("pool_slots"))
        fields["pools"] = [{"name": name_of(said["pool"])} | ({"slots": slots} if slots and slots > 1 else {})]
    if has_pod and (priority := number(said.get("priority_weight"))) is not None and priority != 1:
        fields["priority"] = priority
    if not task.is_a("MappedGroup") and (retries := _retries(task, dag)) is not None:
        fields["retries"] = retries
    if has_pod and (timeout := seconds_of(said.get("execution_timeout"))):
        fields["timeout"] = duration(timeout)
    overridden = override(said.get("executor_config"))
    fields |= overridden or {}
    for name, instead in _LOSSES.items():
        if said.get(name) and not (name == "executor_config" and overridden):
            dag.lose(task, name, instead)
    if runs_at_once(dag) > 1 and dag.dag.schedule is not None:
        for name in _OF_ALL_RUNS:
            if said.get(name):
                dag.lose(task, name, "it holds in each run; for all of them give the task a Pool")
    if noted := sorted(_NOTES & {name for name, value in said.items() if value}):
        dag.note(task, f"{', '.join(noted)} of {task.id} have no meaning here")
    return fields


def runs_at_once(dag: Translation) -> int:
    """One, if the DAG does not say more."""
    return max(1, number(dag.dag.fields.get("max_active_runs")) or 1)


def items_at_once(task: RecordedTask) -> int | None:
    """Of a task that is mapped."""
    said = (number(task.fields.get(name)) for name in ("max_active_tis_per_dagrun", *_OF_ALL_RUNS))
    return min((each for each in said if each), default=None)


def _retries(task: RecordedTask, dag: Translation) -> Json | None:
    said = task.fields
    limit = number(said.get("retries"))
    if not limit:
        return None
    if limit > 100:  # noqa: PLR2004
        dag.lose(task, f"retries={limit}", "100, the most there are")
    first = seconds_of(said.get("retry_delay"))
    backoff: Json = {"initial": duration(max(1, _RETRY_DELAY_S if first is None else first))}
    if flag(said.get("retry_exponential_backoff")):
        backoff["max"] = duration(seconds_of(said.get("max_retry_delay")) or _LONGEST_BACKOFF_S)
    else:
        backoff["factor"] = 1
        if first is not None and first > _DEFAULT_LONGEST_S:
            backoff["max"] = backoff["initial"]
    return {"limit": min(limit, 100), "backoff": backoff} | _codes(task)


def _codes(task: RecordedTask) -> Json:
    """A body that may raise AirflowFailException ends with 98 then, which is not worth a retry."""
    return {"exitCodes": [1]} if "AirflowFailException" in task.body.names else {}


def skips(task: RecordedTask, *texts: Any) -> Json:
    """The exit code for skipped: one that the file names, else 99 where the body or one of the scripts may use it. One
    that is None is not known here.
    """
    named = [task.fields[name] for name in _SKIPS if name in task.fields]
    if named:
        codes = [code for code in (named[0] if isinstance(named[0], list) else named[:1]) if number(code)]
    else:
        codes = [SKIPPED] if any(text is None or str(SKIPPED) in str(text) for text in texts) else []
    if "AirflowSkipException" in task.body.names:
        codes = sorted({*codes, SKIPPED})
    return {"skipExitCodes": codes} if codes else {}
