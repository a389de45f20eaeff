"""The three DAG files of the article that this project began with, in their meaning."""

from pathlib import Path

from click.testing import CliRunner

from sluice.cli.main import main
from sluice.importers.airflow.convert import convert
from sluice.importers.airflow.dags.dag import Options
from tests.importers.airflow.harness import faults, run_task, spec_of

EXAMPLES = Path(__file__).parents[3] / "examples" / "import" / "airflow"


def test_a_task_that_waits_for_itself_is_refused_with_its_line():
    file = EXAMPLES / "self_dependency.py"
    done = CliRunner().invoke(main, ["import", "airflow", str(file)])
    line = 1 + file.read_text().splitlines().index("    [task_a, task_b, task_c] >> task_c")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert f"{file}:{line}: refused: task_c waits for itself" in done.stderr


def test_two_tasks_in_parallel_and_one_after_both(tmp_path):
    result = convert([EXAMPLES / "parallel.py"], Options())
    spec = spec_of(result)
    assert (result.exit_code, faults(result)) == (0, [])
    assert [(task["name"], task.get("dependsOn")) for task in spec["tasks"]] == [
        ("task-a", None),
        ("task-b", None),
        ("task-c", ["task-a", "task-b"]),
    ]
    assert run_task(tmp_path, spec, "task-a").out == "this is task a\n"
    assert run_task(tmp_path, spec, "task-c").out == "this is task c, after both\n"


def test_a_pool_of_processes_in_one_task(tmp_path):
    result = convert([EXAMPLES / "multiprocessing_pool.py"], Options())
    assert (result.exit_code, faults(result)) == (0, [])
    done = run_task(tmp_path, spec_of(result), "run-in-parallel")
    assert (done.code, done.out) == (0, "[2, 4, 6, 8, 10]\n"), done.err
