"""A stop reaches scripts, their traps and their children at once: nobody sits out the grace period of 30 s, after which
the kubelet would kill them (exit code 137).
"""

from __future__ import annotations

from tests.e2e.kubernetes import Kubectl, workflow

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
    tasks = ({"name": name, "timeout": "40s", **fields} for name, fields in TASKS.items())
    run = kubectl.run(workflow("etl", *tasks, files=FILES))
    found = run["status"]["tasks"]
    assert {(task["phase"], task["reason"]) for task in found.values()} == {("Failed", "Timeout")}
    assert {name: task.get("exitCode") for name, task in found.items()} == {
        "trap": 7,
        "no-trap": 143,
        "children": 9,
        "handler": 8,
        "deaf": 143,
        "function": 143,
    }
    logs = {name: sorted(kubectl.log(run["metadata"]["name"], name).split()) for name in TASKS}
    assert logs == {
        "trap": ["Terminated", "ready", "trapped"],  # its `sleep`, as bash says
        "no-trap": ["ready"],
        "children": ["child", "ready"],
        "handler": ["handled", "ready"],
        "deaf": ["ready"],
        "function": ["ready"],
    }
