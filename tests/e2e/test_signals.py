"""A stop reaches scripts, their traps and their children at once: nobody sits out the grace period of 30 s, after which
the kubelet would kill them (exit code 137).
"""

from __future__ import annotations

from tests.e2e.kubernetes import Kubectl, eventually, workflow

PYTHON = "python:3.13-slim"
HANDLER = """
import signal, sys, time
def stop(*_):
    print("handled")
    sys.exit(8)
signal.signal(signal.SIGTERM, stop)
print("ready")
time.sleep(300)
"""
DEAF = "import time; print('ready'); time.sleep(300)"
TASKS = {
    "trap": {"bash": "trap 'echo trapped; exit 7' TERM; echo ready; sleep 300"},
    "no-trap": {"bash": "echo ready; sleep 300"},
    "children": {
        "bash": "(trap 'echo child; exit 1' TERM; sleep 300 & wait) & trap 'wait; exit 9' TERM; echo ready; wait"
    },
    "handler": {"python": HANDLER, "image": PYTHON},
    "deaf": {"python": DEAF, "image": PYTHON},
    "function": {"function": {"file": "deaf.py", "name": "deaf"}, "image": PYTHON},
}
FILES = {"deaf.py": "import time\ndef deaf():\n    print('ready', flush=True)\n    time.sleep(300)\n"}


def test_a_timeout_reaches_scripts_and_what_they_started(kubectl: Kubectl) -> None:
    """Their time is up as soon as all are at work, however slow the machine is. A busy kubelet may lose track of how a
    container ended (ContainerStatusUnknown); then there is no exit code, and the log alone tells.
    """
    tasks = ({"name": name, "timeout": "1h", **fields} for name, fields in TASKS.items())
    kubectl.apply(workflow("etl", *tasks, files=FILES))
    name = kubectl.run_of("etl")
    for task in TASKS:
        eventually(lambda task=task: "ready" in kubectl.log(name, task), f"{task} is at work")
    for pod in kubectl.pods(name):
        kubectl.patch("pod", pod["metadata"]["name"], {"spec": {"activeDeadlineSeconds": 1}})
    run = kubectl.finished(name)
    found = run["status"]["tasks"]
    assert {(task["phase"], task["reason"]) for task in found.values()} == {("Failed", "Timeout")}
    codes = {"trap": 7, "no-trap": 143, "children": 9, "handler": 8, "deaf": 143, "function": 143}
    known = {task: entry["exitCode"] for task, entry in found.items() if "exitCode" in entry}
    assert known
    assert known == {task: codes[task] for task in known}
    logs = {task: sorted(kubectl.log(name, task).split()) for task in TASKS}
    assert logs == {
        "trap": ["Terminated", "ready", "trapped"],  # its `sleep`, as bash says
        "no-trap": ["ready"],
        "children": ["child", "ready"],
        "handler": ["handled", "ready"],
        "deaf": ["ready"],
        "function": ["ready"],
    }
