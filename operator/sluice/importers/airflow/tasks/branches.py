"""Branches and short circuits as conditions of the tasks after them.

A branch runs, of the tasks directly after it, those that it has chosen and those that come after a chosen one anyway.
What is skipped further down follows from the trigger rules, as in Airflow.
"""

import json

from sluice.importers.airflow.dags.dag import RETURNED, Translation
from sluice.importers.airflow.record.recording import RecordedTask

_BRANCHES = ("BranchPythonOperator", "BaseBranchOperator")
_CHECKS = ("ShortCircuitOperator", "LatestOnlyOperator")
_PASS_SKIPS_ON = {"all_success", "none_skipped"}
_ONE_SUCCEEDED = {
    "one_success",
    "all_done_min_one_success",
    "none_failed_or_skipped",
    "none_failed_min_one_success",
}
_SPOILT = {"all_failed", "all_skipped", "one_done"}


def set_choice_outputs(dag: Translation) -> None:
    """What branches and short circuits return is an output, as conditions read it."""
    for task in dag.dag.tasks:
        if task.is_a("ShortCircuitOperator") and RETURNED in dag.handed_on[task.id]:
            dag.lose(
                task, "what the short circuit returns", "tasks that read it get true or false; hand it on by another"
            )
        if task.is_a(*_BRANCHES, *_CHECKS) and dag.downstream[task.id]:
            dag.handed_on[task.id] = sorted({*dag.handed_on[task.id], RETURNED})


def condition(task: RecordedTask, dag: Translation) -> str:
    """The `when` of a task; empty if it has none."""
    parts = [_chosen(task, dag.tasks[each], dag) for each in dag.upstream[task.id] if dag.tasks[each].is_a(*_BRANCHES)]
    checks = _checks_before(task, dag)
    parts += [_if_it_ran(task, each, f"{_output(each, dag)} == true", dag) for each in checks]
    if set(checks) - set(dag.upstream[task.id]):
        parts += _by_those_before(task, dag)
    if task.teardown:
        parts += [f"{_phase(each, dag)} == 'Succeeded'" for each in task.setups]
    return " && ".join(f"({part})" if "||" in part and len(parts) > 1 else part for part in parts)


def _chosen(task: RecordedTask, branch: RecordedTask, dag: Translation) -> str:
    beside = dag.downstream[branch.id]
    before = [each for each in beside if each in dag.reachable(task.id, dag.upstream)]
    output = _output(branch.id, dag)
    chosen = " || ".join(f"{json.dumps(each)} in {output}" for each in [task.id, *before])
    return _if_it_ran(task, branch.id, chosen, dag)


def _if_it_ran(task: RecordedTask, asked: str, says: str, dag: Translation) -> str:
    """What a branch or a short circuit says binds a task. If it was skipped or failed, the trigger rule decides."""
    return says if _rule(task) in _PASS_SKIPS_ON else f"{_phase(asked, dag)} != 'Succeeded' || {says}"


def _by_those_before(task: RecordedTask, dag: Translation) -> list[str]:
    """A short circuit further up counts for the trigger rule, as the condition reads it. It must not be the success
    that the rule asks for.
    """
    if _rule(task) in _ONE_SUCCEEDED:
        return [" || ".join(f"{_phase(each, dag)} == 'Succeeded'" for each in dag.upstream[task.id])]
    if _rule(task) in _SPOILT:
        dag.lose(task, f"trigger_rule {_rule(task)}", "the short circuit further up counts for it, too")
    return []


def _checks_before(task: RecordedTask, dag: Translation) -> list[str]:
    """Short circuits that skip it: those directly before it, and those further up that ignore trigger rules. None skips
    a teardown.
    """
    if task.teardown:
        return []
    direct = [each for each in dag.upstream[task.id] if dag.tasks[each].is_a(*_CHECKS)]
    if _rule(task) in _PASS_SKIPS_ON:
        return direct
    above = [each for each in dag.tasks if each in dag.reachable(task.id, dag.upstream) and each not in direct]
    return direct + [each for each in above if _ignores_rules(dag.tasks[each])]


def _ignores_rules(task: RecordedTask) -> bool:
    return task.is_a("ShortCircuitOperator") and task.fields.get("ignore_downstream_trigger_rules", True) is not False


def _rule(task: RecordedTask) -> str:
    return str(task.fields.get("trigger_rule") or "all_success")


def _phase(task_id: str, dag: Translation) -> str:
    return f"tasks{_member(dag.names[task_id])}.phase"


def _output(task_id: str, dag: Translation) -> str:
    return f"tasks{_member(dag.names[task_id])}.outputs.{RETURNED}"


def _member(name: str) -> str:
    return f"['{name}']" if "-" in name or name[:1].isdigit() else f".{name}"
