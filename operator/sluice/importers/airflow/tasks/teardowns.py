"""Teardowns. Airflow looks away from one that is not told to fail the DAG: the run fails by what comes before it.

One that waits for all others is `finally`. Any other runs once what is before it has ended, and may fail.
"""

from sluice.importers.airflow.dags.dag import Translation
from sluice.importers.airflow.record.recording import RecordedTask


def is_looked_away_from(task: RecordedTask) -> bool:
    return task.teardown and not task.fails_dag


def is_final(task: RecordedTask, dag: Translation) -> bool:
    """It reads nothing of others, as the pod of a `finally` task sees only those of its placeholders."""
    if not is_looked_away_from(task) or task.is_a("EmptyOperator") or dag.read[task.id]:
        return False
    others = {each.id for each in dag.dag.tasks if not is_looked_away_from(each)}
    waits_for_all = others <= dag.reachable(task.id, dag.upstream)
    return waits_for_all and all(is_final(dag.tasks[each], dag) for each in dag.downstream[task.id])


def hidden_by(task: RecordedTask, dag: Translation) -> list[str]:
    """The tasks before it that would be leaves without it."""
    before = [each for each in dag.upstream[task.id] if not is_looked_away_from(dag.tasks[each])]
    return [each for each in before if all(is_looked_away_from(dag.tasks[after]) for after in dag.downstream[each])]
