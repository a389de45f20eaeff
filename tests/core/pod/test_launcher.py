"""A script is the child of a launcher, which passes a stop on to all processes and changes nothing else.

The launchers run for real here, as PID 1 of a PID namespace of their own, by the command that stands in the pod.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sluice.core.pod.builder import build_pod
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity

SCRIPT = "/sluice/script"
AS_PID_1 = ["unshare", "--fork", "--kill-child", "--pid", "--mount-proc"]
ENV = shutil.which("env")
PATIENCE_S = 60  # no test waits for this; it only ends one that hangs

namespaces = pytest.mark.skipif(
    subprocess.run([*AS_PID_1, "true"], capture_output=True, check=False).returncode != 0,
    reason="a PID namespace of one's own needs root and unshare",
)


def path_of(interpreter, tmp_path):
    """A PATH that finds only this interpreter, as in an image that has no other."""
    if interpreter == "bash":
        return os.defpath
    if interpreter == "python":
        return f"{Path(sys.executable).parent}:{os.defpath}"
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in ("sh", "cat", "grep", "sleep", "true", "dd", "tee"):
        program = interpreter if name == "sh" or interpreter == "busybox" else name
        found = shutil.which(program, path=os.defpath)
        if found is None:
            pytest.skip(f"there is no {program} here")
        (directory / name).symlink_to(found)
    return str(directory)


def start(interpreter, script, tmp_path, prefix=AS_PID_1, **variables):
    field = "python" if interpreter == "python" else "bash"
    (task,) = Definition.of({"tasks": [{"name": "work", "image": "busybox", field: script}]}).tasks
    pod = build_pod(RunIdentity("etl-1", "default", "u1", "etl", {}), task, 1)
    (main,) = pod["spec"]["containers"]
    file = tmp_path / "script"
    file.write_text(script)
    # The kubelet makes one `$` of two: https://github.com/kubernetes/kubernetes/tree/master/third_party/forked/golang/expansion
    command = [str(file) if word == SCRIPT else word.replace("$$", "$") for word in main["command"]]
    return subprocess.Popen(
        [shutil.which(prefix[0]), *prefix[1:], ENV, "--default-signal", *command],
        env={"PATH": path_of(interpreter, tmp_path), **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process, stdin=""):
    """(exit code, stdout, stderr) of a script that ends by itself or is about to."""
    try:
        stdout, stderr = process.communicate(stdin, timeout=PATIENCE_S)
    finally:
        process.kill()
    return process.returncode, stdout, stderr


def stop(process, by=signal.SIGTERM):
    """Does what the kubelet does, as soon as the script has said that it is ready."""
    assert process.stdout.readline() == "ready\n", end(process)
    (launcher,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(launcher), by)


BASH, ALL = ["bash"], ["bash", "dash", "busybox"]
CHILD = "sh -c 'echo ready; exec sleep 300'"
PYTHON_CHILD = "import subprocess; subprocess.run(['sh', '-c', 'echo ready; exec sleep 300'], check=False)"
PYTHON_HANDLER = "import signal, sys; signal.signal(15, lambda *_: (print('trapped'), sys.exit(7)));" + PYTHON_CHILD
PYTHON_WHO = "import os, sys; print(os.getpid(), *sys.argv)"
PYTHON_POOL = """
import multiprocessing, time
def work(index):
    if index:
        print("ready")
    time.sleep(300)
if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        pool.map(work, [0, 1])
"""


def each(rows):
    return [
        pytest.param(interpreter, *row, id=f"{interpreter}-{name}")
        for interpreters, name, *row in rows
        for interpreter in interpreters
    ]


@namespaces
@pytest.mark.parametrize(
    ("interpreter", "script", "code", "stdout"),
    each(
        [
            (ALL, "child", f"{CHILD}; echo never", 143, ""),
            (ALL, "trap", f"trap 'echo trapped; exit 7' TERM; {CHILD}", 7, "trapped\n"),
            (ALL, "trap and wait", f"trap 'echo trapped; exit 7' TERM; {CHILD} & wait", 7, "trapped\n"),
            (ALL, "exit trap", f"trap 'echo bye' EXIT; trap 'exit 7' TERM; {CHILD}", 7, "bye\n"),
            (ALL, "slow trap", f"trap 'sleep 0.1; cat; exit 5' TERM; {CHILD} & wait", 5, "input"),
            (ALL, "handled well", f"trap 'exit 0' TERM; {CHILD}", 0, ""),
            (ALL, "pipe", f"{CHILD} | cat", 143, ""),
            (ALL, "grandchild", f'sh -c "{CHILD}; true"', 143, ""),
            (["python"], "child", PYTHON_CHILD, 143, ""),
            (["python"], "sleep", "import time; print('ready'); time.sleep(300)", 143, ""),
            (["python"], "handler", PYTHON_HANDLER, 7, "trapped\n"),
            (["python"], "pool", PYTHON_POOL, 143, ""),
        ]
    ),
)
def test_a_stop_reaches_all_processes_and_traps_run(interpreter, script, code, stdout, tmp_path):
    process = start(interpreter, script, tmp_path)
    stop(process)
    assert end(process, "input")[:2] == (code, stdout)


@namespaces
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGQUIT, signal.SIGHUP])
@pytest.mark.parametrize(("interpreter", "script"), [*((shell, CHILD) for shell in ALL), ("python", PYTHON_CHILD)])
def test_an_image_may_name_another_signal_for_a_stop(interpreter, script, by, tmp_path):
    process = start(interpreter, script, tmp_path)
    stop(process, by)
    assert end(process)[0] == 143


LISTENER = f"""{ENV} --default-signal=TERM sh -c 'trap "echo heard; exit" TERM; echo ready; sleep 300 & wait' &"""
PYTHON_DEAF = "import signal; signal.signal(15, signal.SIG_IGN)"


@namespaces
@pytest.mark.parametrize(
    ("interpreter", "script"),
    [
        *((shell, f"trap '' TERM; {LISTENER} read line; echo $line; exit 4") for shell in ALL),
        ("python", f"{PYTHON_DEAF}; import os; os.system({LISTENER!r}); print(input()); exit(4)"),
    ],
    ids=[*ALL, "python"],
)
def test_who_ignores_a_stop_goes_on(interpreter, script, tmp_path):
    process = start(interpreter, script, tmp_path)
    stop(process)
    assert process.stdout.readline() == "heard\n"
    assert end(process, "more\n") == (4, "more\n", "")


ORPHAN = "(true &); while grep -qs '^State:.Z' /proc/[0-9]*/status; do sleep 0.05; done"


@namespaces
@pytest.mark.parametrize(
    ("interpreter", "script", "outcome"),
    each(
        [
            (ALL, "ends well", "echo out; echo err >&2", (0, "out\n", "err\n")),
            (ALL, "exit 42", "exit 42", (42, "", "")),
            (ALL, "exit 127", "exit 127", (127, "", "")),
            (ALL, "exit 143", "exit 143", (143, "", "")),
            (ALL, "ends at a failure", "(exit 3); echo never", (3, "", "")),
            (BASH, "a pipe fails", "(exit 3) | true; echo never", (3, "", "")),
            (ALL, "exit trap", "trap 'echo bye' EXIT; exit 3", (3, "bye\n", "")),
            (ALL, "stdin", "cat", (0, "input", "")),
            (ALL, "stdin of a background job is empty", "cat & wait", (0, "", "")),
            (ALL, "background job's code", "(exit 9) & wait $!", (9, "", "")),
            (ALL, "background job is not waited for", "sleep 300 >/dev/null 2>&1 & echo on", (0, "on\n", "")),
            (ALL, "killed", "kill -9 $$", (137, "", "")),
            (ALL, "terminated", "kill $$", (143, "", "")),
            (ALL, "own signal", "trap 'exit 8' USR1; kill -USR1 $$; exit 1", (8, "", "")),
            (BASH, "own SIGINT", "trap 'exit 6' INT; kill -INT $$; exit 1", (6, "", "")),
            (BASH, "own SIGQUIT", "trap 'exit 6' QUIT; kill -QUIT $$; exit 1", (6, "", "")),
            (ALL, "orphan", ORPHAN, (0, "", "")),
            (
                ALL,
                "descriptors",
                "for fd in 3 4 5; do [ ! -e /proc/self/fd/$fd ]; done; [ -p /dev/fd/0 ] || [ -p /proc/self/fd/0 ]",
                (0, "", ""),
            ),
            (ALL, "variables", "echo $script $ended $stopped $code", (0, "e c\n", "")),
            (BASH, "all killed", "kill -9 -1; sleep 300", (137, "", "")),
            (BASH, "kill 0 at the end", "sleep 300 & trap 'kill 0' EXIT; echo on", (143, "on\n", "")),
            (BASH, "kill of its group", "sleep 300 & trap 'echo bye; exit 5' TERM; kill -- -$$", (5, "bye\n", "")),
            (["python"], "ends well", "import sys; print('out'); print('err', file=sys.stderr)", (0, "out\n", "err\n")),
            (["python"], "exit 42", "exit(42)", (42, "", "")),
            (["python"], "stdin", "print(input(), end='')", (0, "input", "")),
            (["python"], "killed", "import os; os.kill(os.getpid(), 9)", (137, "", "")),
            (["python"], "orphan", f"import os; exit(os.system({ORPHAN!r}))", (0, "", "")),
            (["python"], "mask", "import signal; print(*signal.pthread_sigmask(0, []))", (0, "\n", "")),
            (
                ["python"],
                "own SIGINT",
                "import os, signal\ntry: os.kill(os.getpid(), signal.SIGINT)\nexcept KeyboardInterrupt: exit(6)",
                (6, "", ""),
            ),
        ]
    ),
)
def test_a_script_that_is_not_stopped_runs_as_it_would_without_a_launcher(interpreter, script, outcome, tmp_path):
    assert end(start(interpreter, script, tmp_path, ended="e", code="c"), "input") == outcome


COPIES = each(
    [
        (ALL, "exit code", "echo out; echo err >&2; exit 3", 3, "out\n", "err\n"),
        (ALL, "nothing", "true", 0, "", ""),
        (ALL, "no newline at its end", "cat", 0, "input", ""),
        (ALL, "killed", "echo out; kill -9 $$", 137, "out\n", ""),
        (ALL, "closed", "echo out; exec >&-; exit 4", 4, "out\n", ""),
        (ALL, "more than the file takes", "echo 0123456789abcdef | dd bs=1M conv=sync", 0, "0123456789abcdef\n", None),
        (ALL, "what is left behind", "sleep 300 & echo on", 0, "on\n", ""),
        (ALL, "descriptors", "for fd in 3 4 5 6; do [ ! -e /proc/self/fd/$fd ]; done", 0, "", ""),
        (["python"], "exit code", "import os; print('out'); os.write(2, b'err'); exit(3)", 3, "out\n", "err"),
        (["python"], "no newline at its end", "print(input(), end='')", 0, "input", ""),
        (["python"], "killed", "import os; print('out'); os.kill(os.getpid(), 9)", 137, "out\n", ""),
        (["python"], "closed", "import os; print('out'); os.close(1); os._exit(4)", 4, "out\n", ""),
        (["python"], "more than the file takes", "print('x' * 2**20)", 0, "x" * 2**20 + "\n", ""),
        (["python"], "what is left behind", "import os; print('on'); os.system('sleep 300 &')", 0, "on\n", ""),
    ]
)


@namespaces
@pytest.mark.parametrize(("interpreter", "script", "code", "stdout", "stderr"), COPIES)
def test_standard_output_is_copied_up_to_what_the_file_takes(interpreter, script, code, stdout, stderr, tmp_path):
    copy = tmp_path / "copy"
    ended = end(start(interpreter, script, tmp_path, SLUICE_STDOUT=str(copy)), "input")
    if stderr is None:
        stdout, stderr = stdout.ljust(2**20, "\0"), ended[2]
    assert ended == (code, stdout, stderr)
    assert copy.read_text() == stdout[:4096]


@namespaces
@pytest.mark.parametrize(
    ("interpreter", "script"),
    [*((shell, f"trap 'echo trapped; exit 7' TERM; {CHILD}") for shell in ALL), ("python", PYTHON_HANDLER)],
    ids=[*ALL, "python"],
)
def test_the_copy_has_what_a_trap_writes(interpreter, script, tmp_path):
    copy = tmp_path / "copy"
    process = start(interpreter, script, tmp_path, SLUICE_STDOUT=str(copy))
    stop(process)
    assert end(process)[:2] == (7, "trapped\n")
    assert copy.read_text() == "ready\ntrapped\n"


@pytest.mark.parametrize(
    ("interpreter", "script"), [*((shell, "echo out; exit 3") for shell in ALL), ("python", "print('out'); exit(3)")]
)
def test_standard_output_is_copied_also_where_the_launcher_is_not_pid_1(interpreter, script, tmp_path):
    copy = tmp_path / "copy"
    assert end(start(interpreter, script, tmp_path, prefix=["env"], SLUICE_STDOUT=str(copy))) == (3, "out\n", "")
    assert copy.read_text() == "out\n"


def test_an_image_that_cannot_copy_says_so(tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "sh").symlink_to(shutil.which("dash") or "/bin/sh")
    process = start("dash", "echo out", tmp_path, prefix=["env"], SLUICE_STDOUT=str(tmp_path / "copy"), PATH=str(bare))
    assert end(process) == (127, "", "outputsFrom: Stdout takes dd, tee and cat, and the image lacks one of them\n")


@namespaces
def test_what_bash_env_names_runs_once(tmp_path):
    (tmp_path / "env").write_text("echo prepared\n")
    assert end(start("bash", "echo ran", tmp_path, BASH_ENV=str(tmp_path / "env")))[1] == "prepared\nran\n"


@pytest.mark.parametrize(
    ("interpreter", "script"),
    [*((shell, "echo $$ $0") for shell in ALL), ("python", PYTHON_WHO)],
)
def test_a_launcher_that_is_not_pid_1_gives_way_to_the_script(interpreter, script, tmp_path):
    process = start(interpreter, script, tmp_path, prefix=["env"])
    assert end(process) == (0, f"{process.pid} {tmp_path}/script\n", "")
