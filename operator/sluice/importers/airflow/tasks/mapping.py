"""`expand` as `forEach`: one pod for each item, whose arguments the stand-ins put together in the pod."""

from math import prod

from sluice.core import Json
from sluice.importers.airflow.dags.dag import Translation, texts_in
from sluice.importers.airflow.dags.names import parameter_of
from sluice.importers.airflow.record.recording import RecordedTask


def for_each(task: RecordedTask, dag: Translation) -> Json:
    """Empty for a task that is not mapped."""
    if not task.mapped:
        return {}
    ((how, mapped),) = task.mapped.items()
    values = [mapped] if how == "kwargs" or not isinstance(mapped, dict) else list(mapped.values())
    dynamic = [each for each in values if isinstance(each, dict) and set(each) & {"$xcom", "$param", "$unknown"}]
    if not dynamic:
        return {"forEach": _static(values)}
    if len(values) > 1 or "$unknown" in dynamic[0]:
        dag.lose(
            task, "expand", "what several lists give together is not known before the run; expand over one", left=True
        )
        return {}
    only = dynamic[0]
    if "$param" in only:
        return {"forEach": {"from": f"$(params.{dag.parameter(str(only['$param']))})"}}
    if str(only["$xcom"]) not in dag.names:
        return {}
    if dag.tasks[str(only["$xcom"])].mapped:
        instead = "an item for which it returned None or was skipped is handed on here, as None; Airflow leaves it out"
        dag.lose(task, f"expand over what the mapped {only['$xcom']} returns", instead)
    key = next(iter(dag.read[task.id].get(str(only["$xcom"]), {"return_value"})))
    return {"forEach": {"from": f"$(tasks.{dag.names[str(only['$xcom'])]}.outputs.{parameter_of(key)})"}}


def _static(values: list[object]) -> Json:
    """The items themselves where they are one list of texts and numbers; else their numbers, in Airflow's order."""
    if len(values) == 1 and isinstance(values[0], list) and values[0] and all(_is_item(each) for each in values[0]):
        return {"items": values[0]}
    return {"range": {"end": prod(len(each) if isinstance(each, list | dict) else 1 for each in values)}}


def _is_item(value: object) -> bool:
    """A text that is filled in later is none: the pod takes it by its number."""
    if any(sign in text for text in texts_in(value) for sign in ("{{", "{%", "$(")):
        return False
    return isinstance(value, str | int | float) or (
        isinstance(value, dict) and bool(value) and not any(str(key).startswith("$") for key in value)
    )
