"""Mistakes: each with the author's line and words that say what to do."""

from pathlib import Path

import pytest

from sluice.sdk.faults import WorkflowFault
from sluice.sdk.load import render_file
from tests.sdk.author import mistakes

KNOWN_LATER = "is known only when the workflow runs"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("if found: pass", f"what task 'files' returns {KNOWN_LATER}, and is used as a condition here"),
        ("len(found)", "and is counted here"),
        ("[x for x in found]", "and is iterated over here"),
        ("found + 1", "and is used as a number here"),
        ("1 + found", "and is used as a number here"),
        ("found[0]", "and is taken apart here"),
        ("found == 1", "and is compared here"),
        ("found.strip()", "and is asked for .strip here"),
        ("f'{found:>3}'", "and is formatted as '>3' here"),
        ("f'{day:%Y}'", f"the parameter day {KNOWN_LATER}"),
        ("found is None", f"found {KNOWN_LATER}; ask what it is in a @task"),
        ("isinstance(day, str)", f"day {KNOWN_LATER}; ask what it is in a @task"),
        ("files(day)", "a task is called 'files' already, in line "),
        ("load(found)", "load takes int as rows, and what task 'files' returns is list[str]"),
        ("load.each(found)", "load takes int as rows, and an item is str"),
        ("load()", "load: missing a required argument: 'rows'"),
        ("clean(load(1))", "task 'load' returns None, so it hands nothing on to clean"),
        ("bash('b', f'echo {day}')", "write env={'DAY': ...}, and \"$DAY\" in the script"),
        ("bash('b', 'x', retires=2)", "there is no option 'retires'; did you mean 'retries'?"),
        ("bash('B!', 'x')", "task 'B!', name: "),
        ("bash('b', 'x', timeout='soon')", "task 'b', timeout: "),
        ("chain(found, 'b')", "only tasks have an order, and this is none: 'b'"),
        ("load.each(3)", "each wants a list, and this is none: 3"),
        ("clean.with_(parallelism=2)('a')", "clean.with_(parallelism=...).each(...)"),
        ("load.zip(found, [1])", "zip takes lists that are known now, and what task 'files' returns is not; pair them"),
        ("load.zip([1], [2, 3])", "zip wants lists of one length, and these have 1, 2"),
        ("load(2**63)", "this value has a number that is beyond 64 bits; hand it on as text"),
        ("load({'a': [-(2**63) - 1]})", "this value has a number that is beyond 64 bits"),
        ("load.each([10**5000])", "this value has a number that is beyond 64 bits"),
        ("load({1: 'a', '1': 'b'})", "JSON has no word for this value: {1: 'a', '1': 'b'}"),
        ("load.product([1], [2])", "load takes 1 arguments, and has no use for 2 lists"),
        ("branch('csv', {})", "branch asks what a task returns or what a parameter is, and this is known now: 'csv'"),
        ("branch(day, {date(2026, 1, 1): 'b'})", "only tasks have an order, and this is none: 'b'"),
        ("run.name + 'x'", "run.name is known only when the workflow runs, and is used as a number here"),
        ("load(run.name)", "load takes int as rows, and run.name is str"),
        ("w()", "a workflow is not called in another one; write sub(w, ...)"),
        ("task(lambda: 1)", "define this task at the top of the file"),
        ("raise KeyError('x')", "KeyError: 'x'"),
    ],
)
def test_mistake_has_its_line(tmp_path, line, words):
    found = mistakes(tmp_path, f"@workflow\ndef w(day: date = date(2026, 1, 1)):\n    found = files(day)\n    {line}\n")
    assert [line for line, _ in found] == [4]
    assert words in found[0][1]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("@workflow\ndef w(day: date = None):\n    files(day)\n", 1, "cannot have None as a default"),
        ("@workflow\ndef w(day: date = date.today()):\n    files(day)\n", 2, "date.today() is another value each time"),
        ("@workflow\ndef w():\n    return 5\n", 1, "a workflow returns what a task returns"),
        ("@task(imgae='x')\ndef f(): ...\n", 1, "there is no option 'imgae'; did you mean 'image'?"),
        (
            "def inner():\n    @task\n    def f() -> None: ...\n    return f\n@workflow\ndef w():\n    inner()\n",
            2,
            "define this task at the top",
        ),
        ("def broken(:\n", 1, "invalid syntax"),
        ("1 / 0\n", 1, "ZeroDivisionError"),
        ("x = 1\n", None, "there is no function with @workflow"),
    ],
)
def test_mistake_of_a_file(tmp_path, text, line, words):
    found = mistakes(tmp_path, text)
    assert found
    assert line is None or line in [at for at, _ in found]
    assert any(words in message for _, message in found)


def test_a_new_type_fits_as_what_it_stands_for(tmp_path):
    text = "from typing import NewType\nName = NewType('Name', str)\n@task\ndef name() -> Name: ...\n"
    found = mistakes(tmp_path, f"{text}@workflow\ndef w():\n    n = name()\n    clean(n)\n    load(n)\n")
    assert [line for line, _ in found] == [9]


def test_all_mistakes_at_once(tmp_path):
    text = "@workflow\ndef w():\n    load('x')\n    load('x')\n    clean('a')\n    clean('a')\n"
    assert [line for line, _ in mistakes(tmp_path, text)] == [4, 6]


def test_a_task_made_in_a_function_is_found_if_a_variable_of_the_file_has_it(tmp_path):
    made = "def make():\n    @task\n    def f() -> None: ...\n    return f\n"
    assert mistakes(tmp_path, f"{made}known = make()\n@workflow\ndef w():\n    known()\n") == []
    hidden = mistakes(tmp_path, f"{made}known = [make()]\n@workflow\ndef w():\n    known[0]()\n")
    assert hidden == [(2, "f: a pod would not find this function; define it at the top of the workflow's file")]


def test_a_local_module_travels_only_if_it_is_included(tmp_path):
    (tmp_path / "mylib.py").write_text("rows = 1\n")
    head = "from sluice import task, workflow\n@task\ndef f() -> None:\n    import mylib\n"
    lost = "mylib.py does not travel; write @workflow(include=['mylib.py'])"
    assert mistakes(tmp_path, "@workflow\ndef w():\n    f()\n", head) == [(0, lost)]
    assert mistakes(tmp_path, "@workflow(include=['mylib.py'])\ndef w():\n    f()\n", head) == []


@pytest.mark.parametrize("name", ["author.py", "./author.py", "../here/author.py"])
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("\n\nimport nosuch\n", [3]),
        ("\n\ndef broken(:\n", [3]),
        ("from sluice import workflow\n@workflow\ndef w():\n    {}['k']\n", [4]),
        (
            "from sluice import bash, workflow\n@workflow\ndef w():\n    bash('A', '')\n\n\n\n\n\n    bash('B', '')\n",
            [4, 10],
        ),
    ],
)
def test_a_file_is_called_as_the_user_calls_it(tmp_path, monkeypatch, name, text, lines):
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "author.py").write_text(text)
    monkeypatch.chdir(folder)
    with pytest.raises(WorkflowFault) as refused:
        render_file(Path(name))
    assert [str(each.place) for each in refused.value.mistakes] == [f"{Path(name)}:{line}" for line in lines]
