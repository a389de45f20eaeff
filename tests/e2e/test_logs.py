"""`sluice logs` of real pods: as they come, across what goes wrong, and when all is over."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.controller.proxy import Proxy, without_credentials
from tests.e2e.kubernetes import SLOW, Kubectl, eventually, workflow
from tests.e2e.terminal import Sluice

_PODS = 60
_SOON = {"retries": {"limit": 1, "backoff": {"initial": "1s"}}}
_HOSTILE = r"""printf 'one\n\033[31mred\033[0m\n\033[2J\033]0;title\007\nno newline'"""


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


@pytest.fixture
def sluice(kubectl: Kubectl) -> Sluice:
    return Sluice(kubectl)


def test_from_before_the_first_pod_to_the_end_of_the_run(kubectl: Kubectl, sluice: Sluice) -> None:
    """A retry, a fan-out, hostile text, no newline at the end, a task that never starts; with a pod deleted after."""
    kubectl.apply(
        workflow(
            "etl",
            {"name": "say", "bash": _HOSTILE},
            {"name": "again", "bash": 'echo "try $SLUICE_ATTEMPT"; [ "$SLUICE_ATTEMPT" = 2 ]', **_SOON},
            {"name": "each", "forEach": {"items": ["a", "b"]}, "bash": 'echo "item $ITEM"', "dependsOn": ["again"]},
            {"name": "fails", "bash": "echo last words; exit 3", "dependsOn": ["say"]},
            {"name": "never", "bash": "true", "dependsOn": ["fails"]},
        )
    )
    run = kubectl.run_of("etl")
    followed = sluice("logs", "etl", "-f")
    lines = followed.text.splitlines()
    for expected in (
        "say    │ one",
        "say    │ no newline",
        "again  │ try 1",
        "again  ✖ exit 1",
        "again·2 │ try 2",
        "each[0] │ item a",
        "each[1] │ item b",
        "fails   │ last words",
    ):
        assert sum(squeezed(line).startswith(squeezed(expected)) for line in lines) == 1, (expected, followed.text)
    assert followed.code == 1
    assert squeezed(lines[-1]).startswith(f"{run} ✖ Failed")
    assert any(squeezed(line) == "never ⊘ because of fails" for line in lines)

    shown = sluice("logs", "etl", in_terminal=True)  # `text` is without escape sequences
    assert shown.code == 0
    assert "say   │ \\x1b[2J\\x1b]0;title\\x07" in shown.text
    assert (
        sluice("logs", "etl/say", "--no-prefix").text
        == "one\n\x1b[31mred\x1b[0m\n\x1b[2J\x1b]0;title\x07\nno newline\n"
    )
    assert sluice("logs", "etl/again", "--no-prefix").text == "try 2\n"
    both = sluice("logs", "etl/again", "--attempt", "all", "-o", "json")
    assert [(found["attempt"], found["line"]) for found in map(json.loads, both.text.splitlines())] == [
        (1, "try 1"),
        (2, "try 2"),
    ]
    assert squeezed(sluice("logs", "etl/each[1]").text) == "each[1] │ item b"
    assert squeezed(sluice("logs", "etl", "--failed", "--grep", "last").text).startswith(
        "fails │ last words fails ✖ exit 3"
    )
    sluice("logs", "etl/sya").fails("Error: no task is called 'sya'; did you mean 'say'?")
    pod = kubectl.task(run, "say")["pod"]
    kubectl("delete", "pod", pod)
    assert squeezed(sluice("logs", "etl/say").text) == "say ○ its pod is gone, and its log with it"


def test_a_run_is_started_and_followed_with_its_logs(sluice: Sluice, tmp_path: Path) -> None:
    manifest = workflow("etl", {"name": "say", "bash": "echo hello"})
    (tmp_path / "etl.yaml").write_text(json.dumps(manifest))
    started = sluice("run", str(tmp_path / "etl.yaml"), "--logs")
    assert "say │ hello" in squeezed(started.text)
    assert started.text.splitlines()[-1].endswith("✔ Succeeded  1/1")
    assert started.code == 0


def test_sixty_pods_at_once_and_connections_that_are_cut(kubectl: Kubectl, tmp_path: Path) -> None:
    """No line is lost or doubled; one pod is deleted in the middle, and its next attempt shown."""
    line = 'echo "$SLUICE_INDEX:$SLUICE_ATTEMPT:$n"; [ $SLUICE_INDEX:$SLUICE_ATTEMPT:$n = 0:1:2 ] && sleep 600'
    script = f"for n in 1 2 3 4 5 6 7 8; do {line}; sleep 0.5; done"
    wide = {"name": "wide", "image": "busybox:1.35", "forEach": {"range": {"end": _PODS}}, "bash": script}
    with (
        without_credentials(kubectl.cluster) as url,
        Proxy(url, kubectl.namespace, pods_run=False) as proxy,
    ):
        sluice = Sluice(kubectl, KUBECONFIG=str(proxy.kubeconfig(tmp_path / "kubeconfig")))
        kubectl.apply(workflow("etl", wide))
        run = kubectl.run_of("etl")
        command = sluice.command("logs", run, "-f", "-o", "json")
        log = tmp_path / "log"
        with log.open("wb") as written:

            def found() -> list[tuple[int, ...]]:
                lines = log.read_text().splitlines(keepends=True)
                return [tuple(map(int, json.loads(line)["line"].split(":"))) for line in lines if line.endswith("\n")]

            with subprocess.Popen(command, env=sluice.environment, stdout=written) as following:
                try:
                    eventually(lambda: (0, 1, 2) in found(), "the first pod is in the middle")
                    selector = f"sluice.dev/run={run},sluice.dev/index=0"
                    kubectl("delete", "pod", "-l", selector, "--grace-period=1", "--wait=false")
                    for number in (40, 160, 320):
                        eventually(lambda number=number: len(found()) > number, f"{number} lines")
                        proxy.hang_up(r"/log\?|watch=")
                    assert following.wait(SLOW * 120) == 0
                finally:
                    following.kill()
            lines = found()
    assert len(lines) == len(set(lines))
    whole = {(index, attempt) for index, attempt, _ in lines} - {(0, 1)}
    assert {index for index, _ in whole} == set(range(_PODS))
    for unit in whole:
        assert [number for *of, number in lines if tuple(of) == unit] == list(range(1, 9))


def test_a_viewer_sees_them_and_a_large_log_takes_no_memory(kubectl: Kubectl, tmp_path: Path) -> None:
    """9 MB, since the kubelet keeps 10 of a log; the program's peak is that of a small log and some buffers."""
    kubectl.apply(workflow("etl", {"name": "large", "bash": 'yes "$(printf %01000d 0)" | head -c 9000000'}))
    run = kubectl.run_of("etl")
    assert kubectl.finished(run)["status"]["phase"] == "Succeeded"
    kubectl("create", "rolebinding", "viewer", "--clusterrole=view", "--user=viewer")
    sluice = Sluice(Kubectl(kubectl.cluster, kubectl.namespace, user="viewer"))

    def printed(*arguments: str) -> tuple[int, int]:
        """How many bytes, and the peak of memory in KB."""
        with (tmp_path / "log").open("wb") as log:
            command = sluice.command("logs", *arguments)
            process = subprocess.Popen(command, env=sluice.environment, stdout=log)
            _, process.returncode, usage = os.wait4(process.pid, 0)
        assert process.returncode == 0
        return (tmp_path / "log").stat().st_size, usage.ru_maxrss

    _, small_kb = printed("etl", "--tail", "1")
    size, large_kb = printed("etl")
    assert size > 9_000_000
    assert large_kb < small_kb + 7_000
