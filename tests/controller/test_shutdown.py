"""However the work ends and whatever hangs: health says so, and the process is gone. Each is a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

PROGRAM = """
import asyncio, logging, socket, sys, time
from sluice.controller.observability.endpoints import serve_health
from sluice.controller.observability.liveness import Liveness
from sluice.controller.shutdown import MainTasks, Shutdown
from sluice.core.base.errors import NotLeader

async def cannot_be_cancelled():
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass

async def fails():
    await asyncio.sleep(0)
    raise ValueError("a bug")

async def writes():
    await asyncio.sleep(0)
    raise NotLeader("POST /pods")

async def writes_in_a_group():
    async with asyncio.TaskGroup() as group:
        group.create_task(writes())

async def blocks_the_loop():
    print("ready", flush=True)
    while True:
        pass

async def logs_what_nobody_reads():
    print("ready", flush=True)
    while True:
        logging.error("x" * 10_000)

async def tells(shutdown):
    await shutdown.begun()
    print("begun", flush=True)

async def main(shutdown, how):
    telling = asyncio.create_task(tells(shutdown))
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port = some.getsockname()[1]
    await serve_health(port, Liveness({}, (), shutdown))
    print(port, flush=True)
    async with MainTasks(shutdown) as tasks:
        tasks.start(cannot_be_cancelled())
        if how == "blocks":
            tasks.start(blocks_the_loop())
        elif how.startswith("logs"):
            tasks.start(logs_what_nobody_reads())
        else:
            print("ready", flush=True)
        if how == "fails":
            tasks.start(fails())
        if how == "writes without the Lease":
            tasks.start(writes())
        if how == "writes in a group without the Lease":
            tasks.start(writes_in_a_group())
        if how == "loses the Lease":
            shutdown.unless(lambda: False)
        if how == "logs, and loses the Lease":
            since = time.monotonic()
            shutdown.unless(lambda: time.monotonic() < since + 0.5)
        await asyncio.Event().wait()

shutdown = Shutdown(gone_within_s=float(sys.argv[2]))
shutdown.on_signals()
asyncio.run(main(shutdown, sys.argv[1]))
"""


class Process:
    def __init__(self, how: str, gone_within_s: float = 0.2) -> None:
        command = [sys.executable, "-c", PROGRAM, how, str(gone_within_s)]
        self.popen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.popen.stdout is not None
        self.says: Callable[[], str] = lambda: self.popen.stdout.readline().strip()  # type: ignore[union-attr]
        self.port = self.says()

    def health(self) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def ends(self) -> int:
        self.popen.communicate(timeout=60)
        return self.popen.returncode


@pytest.mark.parametrize("how", ["fails", "loses the Lease", "SIGTERM", "SIGINT", "blocks"])
def test_a_process_whose_work_has_ended_is_gone_whatever_hangs(how):
    process = Process(how)
    assert process.says() == "ready"
    if how.startswith("SIG") or how == "blocks":
        process.popen.send_signal(signal.Signals[how] if how.startswith("SIG") else signal.SIGTERM)
    assert process.ends() == 1


@pytest.mark.parametrize("how", ["logs", "logs, and loses the Lease"])
def test_a_process_is_gone_though_nobody_reads_its_log(how):
    process = Process(how, gone_within_s=0.2 if how == "logs" else 600)
    assert process.says() == "ready"
    if how == "logs":
        process.popen.send_signal(signal.SIGTERM)
    assert process.popen.wait(timeout=60) == 1
    process.ends()


@pytest.mark.parametrize("how", ["loses the Lease", "writes without the Lease", "writes in a group without the Lease"])
def test_a_process_that_has_lost_the_lease_is_gone_at_once(how):
    process = Process(how, gone_within_s=600)
    _, words = process.popen.communicate(timeout=60)
    assert process.popen.returncode == 1
    assert words == "no longer the leader; ending at once\n"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("fails", "ending: a main task has ended: ValueError('a bug')"),
        ("SIGTERM", "ending: SIGTERM"),
    ],
)
def test_a_process_whose_work_has_ended_says_so_at_once(how, why):
    process = Process(how, gone_within_s=600)
    assert process.says() == "ready"
    if how == "SIGTERM":
        assert process.health() == (200, "ok")
        process.popen.send_signal(signal.SIGTERM)
    assert process.says() == "begun"
    assert process.health() == (503, why)
    process.popen.kill()
    process.ends()
