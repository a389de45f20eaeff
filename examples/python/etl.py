# Shows: a workflow written in Python: values go from task to task, a fan-out over a list that a task has found, and
#   a chain of items in which each waits only for its own.
# Result: Succeeded; extract Succeeded; clean (3 items) Succeeded; load (3 items) Succeeded; total Succeeded, with value 18;
#   report Succeeded; tidy Succeeded
from datetime import date

from sluice import bash, task, workflow


@task(retries=2, cpu="100m", memory="64Mi")
def extract(day: date) -> list[str]:
    return [f"{day.isoformat()}-{city}" for city in ("berlin", "paris", "rome")]


@task
def clean(file: str) -> int:
    return len(file.split("-")[-1])


@task(timeout="10m")
def load(rows: int, day: date) -> None:
    print(f"{rows} rows of {day:%d.%m.%Y}")


@task
def total(rows: list[int], bonus: int = 0) -> int:
    return sum(rows) + bonus


@workflow(schedule="0 3 * * *", time_zone="Europe/Berlin", parallelism=8)
def etl(day: date = date(2026, 1, 1)) -> int:
    files = extract(day)  # a reference: the list is known only when the workflow runs
    rows = clean.each(files)
    loaded = load.each(rows, day)
    found = total(rows, bonus=3)
    loaded >> bash("report", 'echo "done for $DAY"', env={"DAY": day})
    bash("tidy", "echo tidy", finally_=True)
    return found
