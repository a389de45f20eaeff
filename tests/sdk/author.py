"""Writes an author's file and renders it, as `sluice render` does."""

from textwrap import dedent

from sluice.sdk.faults import WorkflowFault
from sluice.sdk.load import render_file

HEAD = """\
from datetime import date
from sluice import Pool, approval, bash, branch, chain, container, group, join, run, sub, task, wait, workflow

@task
def files(day: date) -> list[str]:
    return [day.isoformat()]

@task
def clean(file: str) -> int:
    return len(file)

@task
def load(rows: int) -> None:
    pass

"""
FIRST = HEAD.count("\n") + 1
"""The line of what a test writes."""


def render(folder, text, head=HEAD):
    file = folder / "author.py"
    file.write_text(head + dedent(text).lstrip("\n"))
    return render_file(file)


def tasks(folder, text):
    """The tasks of the last workflow, by name, without file and fingerprint."""
    found = {}
    for task in render(folder, text)[-1]["spec"]["tasks"]:
        call = {key: value for key, value in task.pop("function", {}).items() if key in ("name", "arguments")}
        name = task.pop("name")
        found[name] = task | ({"call": call} if call else {})
    return found


def mistakes(folder, text, head=HEAD):
    """(line of what the test wrote, message) of each."""
    try:
        render(folder, text, head)
    except WorkflowFault as fault:
        return [(each.place.line - head.count("\n"), each.message) for each in fault.mistakes]
    return []
