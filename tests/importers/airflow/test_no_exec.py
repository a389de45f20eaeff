"""`--no-exec`: the syntax tree says the same as running the file, and nothing of the file is ever run."""

import textwrap

import pytest

from sluice.importers.airflow.convert import convert
from sluice.importers.airflow.dags.dag import Options
from sluice.importers.write import to_yaml
from tests.e2e.kubernetes import EXAMPLES
from tests.importers.airflow.harness import HEAD

DAG = "with DAG('etl', schedule=None) as dag:\n"


def read(folder, text, *, run=False):
    """The result of one file that is only read, or run."""
    dags = folder / "dags"
    dags.mkdir(exist_ok=True)
    (dags / "etl.py").write_text(HEAD + textwrap.dedent(text))
    return convert([dags / "etl.py"], Options(), boxed=run, run=run)


@pytest.mark.parametrize("file", sorted((EXAMPLES / "import" / "airflow").glob("*.py")), ids=lambda file: file.stem)
def test_an_example_is_the_same_whether_it_is_run_or_read(file):
    ran, only_read = convert([file], Options()), convert([file], Options(), boxed=False, run=False)
    assert to_yaml(only_read.objects) == to_yaml(ran.objects)
    assert (only_read.refused, only_read.losses, only_read.notes) == (ran.refused, ran.losses, ran.notes)


HELPERS = f"""
def make(name, *, before=None, **more):
    task = BashOperator(task_id=name, bash_command=name, **more)
    if before is not None:
        before.set_downstream(task)
    return task

{DAG}
    a = make('a', retries=3)
    b, c = (make(n, before=a) for n in ('b', 'c'))
    for name, task in {{'d': b, 'e': c}}.items():
        if name == 'e': continue
        make(name, before=task)
"""
FACTORY = """
def build(name):
    made = DAG(dag_id=name, schedule=timedelta(hours=2), start_date=datetime(2026, 1, 1), catchup=False)
    PythonOperator(task_id='p', python_callable=lambda: print(1), dag=made)
    return made
for n in ['x', 'y']:
    globals()[n] = build(f'dag_{n}')
"""
TASK_FLOW = """
from airflow.decorators import dag, task, task_group
@dag(schedule='@daily', start_date=datetime(2026, 1, 1), catchup=False)
def flow(day: str = 'd', *, wide=3):
    @task
    def numbers(day): return [1, 2]
    @task(retries=2)
    async def add(x, y=1): return x + y
    @task_group
    def both(value):
        return add.override(task_id='again')(value)
    found = numbers(day)
    add.partial(y=5).expand(x=found) >> both(found) >> both.expand(value=[1, 2])
flow()
"""
GROUPS = f"""
from airflow.utils.task_group import TaskGroup
from airflow.models.baseoperator import chain, cross_downstream
class Own(BashOperator):
    ui_color = 'red'
{DAG}
    with TaskGroup('g') as g:
        x, y = Own(task_id='x', bash_command='x'), EmptyOperator(task_id='y')
    z = EmptyOperator(task_id='z', trigger_rule='one_success' if True else 'all_done')
    chain(g, z)
    cross_downstream([x], [z])
"""


TYPES = """
from typing import TYPE_CHECKING, cast
from airflow.decorators import dag, task
if TYPE_CHECKING:
    from elsewhere import Kind

@dag(schedule='@nonsense', start_date=datetime(2026, 1, 1))
def flow():
    @task(task_id=cast(str, 'one'))
    def a(): ...
    a()

flow()
"""


@pytest.mark.parametrize(
    "text", [HELPERS, FACTORY, TASK_FLOW, GROUPS, TYPES], ids=["helpers", "factory", "taskflow", "groups", "types"]
)
def test_a_construct_is_the_same_whether_it_is_run_or_read(tmp_path, text):
    ran, only_read = read(tmp_path, text, run=True), read(tmp_path, text)
    assert ran.objects
    assert to_yaml(only_read.objects) == to_yaml(ran.objects)


@pytest.mark.parametrize(
    "line",
    [
        "import os; os.system('touch {}')",
        "open('{}', 'w')",
        "import subprocess; subprocess.run(['touch', '{}'])",
        "__import__('os').system('touch {}')",
        "import typing; typing.cast.__globals__['os'].system('touch {}')",
        "eval(\"open('{}', 'w')\")",
        "[c for c in ().__class__.__base__.__subclasses__()][0].__init__.__globals__['os'].system('touch {}')",
        "from pathlib import Path; Path('{}').touch()",
        "BashOperator.__init__.__globals__['sys'].modules['os'].system('touch {}')",
        "import json; json.codecs.open('{}', 'w')",
        "import datetime as d; d.sys.modules['os'].system('touch {}')",
        "import textwrap; textwrap.re.enum.sys.modules['os'].system('touch {}')",
        "from airflow.hooks.base import BaseHook; BaseHook('x').log.manager.root.handlers.append(open('{}', 'w'))",
    ],
)
def test_nothing_of_the_file_is_run(tmp_path, line):
    text = f"{line.format(tmp_path / 'ran')}\n{DAG}    EmptyOperator(task_id='a')\n"
    result = read(tmp_path, text)
    assert [task["name"] for task in result.objects[0].manifest["spec"]["tasks"]] == ["a"]
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("while a: pass", "`while a:\n    pass` cannot be read without running it"),
        ("from helpers import make; make(dag)", "helpers.make() is not known here and may make tasks or edges"),
        ("if open('x'): pass", "the truth of open(), which is not known"),
        ("for n in read(): pass", "the items of read(), which is not known"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path, line, what):
    result = read(tmp_path, f"{DAG}    a = EmptyOperator(task_id='a')\n    {line}\n")
    assert [(loss.line, loss.what) for loss in result.losses] == [(9, what)]


@pytest.mark.parametrize(
    "text", ["def f(): return f()\nf()\n", "x = [n for n in range(10 ** 9)]\n", "x = 'a' * 10000000000\n"]
)
def test_reading_is_bounded(tmp_path, text):
    result = read(tmp_path, f"{text}{DAG}    EmptyOperator(task_id='a')\n")
    assert result.refused or result.losses
