"""Files that do harm: each is bounded and named, and the file beside it is imported all the same."""

import os

import pytest

from sluice.importers.airflow.convert import convert
from sluice.importers.airflow.dags.dag import Options
from sluice.importers.airflow.record import box
from sluice.importers.write import to_yaml
from tests.importers.airflow.harness import HEAD, imported

GOOD = (
    HEAD
    + """
with DAG("good", schedule=None):
    EmptyOperator(task_id="a") >> BashOperator(task_id="b", bash_command="true")
"""
)

TRIED = """
import os, socket
done = []
def attempt(name, action):
    try:
        action()
        done.append(name)
    except BaseException as error:
        pass
def fork():
    for _ in range(200):
        if os.fork() == 0:
            import time
            time.sleep(10)
            os._exit(0)
attempt("allocate", lambda: bytearray(3 << 30))
attempt("fork", fork)
attempt("connect", lambda: socket.create_connection(("127.0.0.1", 6443), timeout=1))
attempt("resolve", lambda: socket.getaddrinfo("example.com", 80))
attempt("write beside", lambda: open(__file__ + ".txt", "w"))
attempt("write here", lambda: open("/x", "w"))
attempt("write much", lambda: [open(f"/tmp/{n}", "wb").write(bytes(8 << 20)) for n in range(4)])
attempt("write far", lambda: open("/usr/x", "w"))
attempt("read accounts", lambda: open("/etc/passwd").read())
attempt("read elsewhere", lambda: os.listdir("ELSEWHERE"))
attempt("environment", lambda: dict(os.environ)["PATH"])
attempt("signal", lambda: os.kill(os.getppid() if os.getppid() > 1 else 0x7fffff, 9))
attempt("more namespaces", lambda: os.system("unshare --user true") == 0 or 1 / 0)
attempt("mount", lambda: os.system("mount -t tmpfs tmpfs /tmp 2>/dev/null") == 0 or 1 / 0)
with DAG("-".join(done) or "nothing", schedule=None):
    EmptyOperator(task_id="a")
"""


def test_what_a_file_can_reach(tmp_path, tmp_path_factory):
    text = TRIED.replace("ELSEWHERE", str(tmp_path_factory.mktemp("elsewhere")))
    assert [each.name for each in imported(tmp_path, text).objects] == ["nothing"]


CHANGED = """
import sys
main = sys.modules["__main__"]
recorded = main.record
def record(*args):
    found = recorded(*args)
    found["dags"][0].update(changed)
    return {**found, **others}
main.record = record
with DAG("etl", schedule=None):
    EmptyOperator(task_id="a")
others = {}
changed = dict("""
LEAKING = """
with DAG("etl", schedule=None):
    PythonOperator(task_id="a", python_callable=print)
"""
FORGED = """
import sys
main = sys.modules["__main__"]
recorded = main.record
def record(file, roots, opened):
    return {**recorded(file, roots, opened), "opened": ["FOLDER/dags/SECRET"], "modules": [["/SECRET", ""]]}
main.record = record
"""


@pytest.mark.parametrize(
    "text",
    ["try: open('FOLDER/dags/link')\nexcept OSError: pass\n", "try: import linked\nexcept ImportError: pass\n", FORGED],
)
def test_what_it_may_not_read_is_not_read_for_it(tmp_path, tmp_path_factory, text):
    secret = tmp_path_factory.mktemp("elsewhere") / "key.py"
    secret.write_text("password = 'open sesame'\n")
    dags = tmp_path / "dags"
    dags.mkdir()
    for name in ("link", "linked.py"):
        (dags / name).symlink_to(secret)
    text = text.replace("FOLDER", str(tmp_path)).replace("SECRET", os.path.relpath(secret, dags))
    result = imported(tmp_path, text + LEAKING)
    assert "open sesame" not in to_yaml(result.objects)
    assert all("is a link to what lies outside" in each.message for each in result.refused)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import os; os._exit(7)", "it ended its own process with exit code 7"),
        ("import sys; sys.exit()", "SystemExit"),
        ("import os; os.kill(os.getpid(), 9)", "it was killed"),
        ("import os; os.write(1, b'x' * 100)", "makes no DAG with tasks"),
        ("print('x' * (64 << 20))", "makes no DAG with tasks"),
        ("def f(): f()\nf()", "RecursionError"),
        ("x = bytearray(3 << 30)", "MemoryError"),
        (
            "import gc, io\nfor f in gc.get_objects():\n if type(f) is io.TextIOWrapper and f.writable(): f.write('{')",
            "is damaged",
        ),
        ("import airflow, sys\nsys.modules['sluice_airflow.dags'].DAGS = 5", "ended its own process"),
        (
            "import json; json.dump = lambda *a: None\n" + "with DAG('x'): EmptyOperator(task_id='a')",
            "nothing is known",
        ),
        (f"{CHANGED}edges=[['a', 'b', 'f', 1]])", "is damaged"),
        (f"{CHANGED})\nothers = dict(modules=[['a' * 300, '']])", "is damaged"),
        (f"{CHANGED}schedule={{'$timetable': 'CronTriggerTimetable', 'args': 5}})", "is damaged"),
        (
            "with DAG('x') as x: a = EmptyOperator(task_id='a')\nwith DAG('y'): a >> EmptyOperator(task_id='b')\n",
            "AirflowException: a of x and b of y: two DAGs",
        ),
        ("def f(:", "syntax error for Python 3."),
        ("raise ValueError('no \\x1b[2J')", "ValueError: no"),
    ],
)
def test_named_and_nothing_lost_of_the_others(tmp_path, text, words):
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "bad.py").write_text(HEAD + text)
    (dags / "good.py").write_text(GOOD)
    result = convert([dags / "bad.py", dags / "good.py"], Options())
    assert [each.name for each in result.objects] == ["good"]
    (refused,) = result.refused
    assert refused.file == str(dags / "bad.py")
    assert words in refused.message


@pytest.mark.parametrize(
    "text", ["while True: pass", "import time; time.sleep(1000)", "import os\nwhile True: os.fork()"]
)
def test_what_does_not_end_is_ended(tmp_path, text, monkeypatch):
    monkeypatch.setattr(box, "WALL_S", 2)
    (refused,) = imported(tmp_path, text).refused
    assert (
        "it was ended, as it had not done so by itself after 2 s" in refused.message
        or "BlockingIOError" in refused.message
    )
