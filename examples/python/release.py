# Shows: one of two branches, a workflow that another one runs, an approval, a fan-out of which one item may fail, and
#   tasks for the end. It runs on this machine as it does on a cluster: `release.locally({"go": "Approve"}).local()`.
# Result: Succeeded once it is approved; kind Succeeded, with value csv; csv Succeeded; json Skipped; either Succeeded;
#   check (4 items) Succeeded, 1 failed; count Succeeded, with value 3; measure Succeeded, with value 12; go Succeeded;
#   summary Succeeded, with value 3 of 12; tidy Succeeded
from sluice import Pool, approval, bash, branch, chain, join, sub, task, workflow

database = Pool("database")


@task
def kind(file: str) -> str:
    return file.rpartition(".")[2]


@task(pools=[database])
def check(part: int) -> int | None:
    if part == 2:
        raise ValueError(f"part {part} is broken")
    return part


@task(run_if="AllDone")
def count(parts: list[int | None]) -> int:
    return len([part for part in parts if part is not None])


@task
def size(file: str) -> int:
    return len(file) + 4


@workflow(trigger="Manual")
def measure(file: str) -> int:
    return size(file)


@task
def summary(good: int, of: int) -> str:
    return f"{good} of {of}"


@workflow
def release(file: str = "data.csv") -> str:
    found = kind(file)
    csv, json = bash("csv", "echo table"), bash("json", "echo tree")
    branch(found, {"csv": csv, "json": json})
    good = count(check.with_(min_success=3).each([1, 2, 3, 4]))
    told = summary(good, sub(measure, file))
    chain([csv, json], join("either", run_if="NoneFailedOneSucceeded"), approval("go", "release it?"), told)
    bash("tidy", 'echo "the run has $SLUICE_RUN_PHASE"', finally_=True)
    return told
