"""Tests of the harness: clusters run side by side, run pods, and leave nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.cluster import ClusterError, open_cluster
from tests.cluster.cluster import chosen_kind
from tests.cluster.kubectl import Kubectl, must
from tests.cluster.local import cgroups, network, plan, teardown
from tests.cluster.process import Daemon, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster import Cluster

pytestmark = pytest.mark.skipif(chosen_kind() != "local", reason="about the local kind of cluster")

SECOND = "second"
ASKS_THE_API = """
import json, os, ssl, urllib.request
home = "/var/run/secrets/kubernetes.io/serviceaccount/"
url = "https://{KUBERNETES_SERVICE_HOST}:{KUBERNETES_SERVICE_PORT}/apis/authentication.k8s.io/v1/selfsubjectreviews"
body = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}).encode()
headers = {"Authorization": "Bearer " + open(home + "token").read(), "Content-Type": "application/json"}
request = urllib.request.Request(url.format(**os.environ), body, headers)
answer = urllib.request.urlopen(request, context=ssl.create_default_context(cafile=home + "ca.crt"))
print(os.environ["KUBERNETES_SERVICE_HOST"], json.load(answer)["status"]["userInfo"]["username"])
"""


def kubectl(cluster: Cluster) -> Kubectl:
    return Kubectl(cluster.bin, cluster.kubeconfig)


def run_pod(cluster: Cluster, image: str, *command: str) -> str:
    """The log of a pod that ran to completion."""
    name, call = f"harness-{time.monotonic_ns()}", kubectl(cluster)
    must(call("run", name, f"--image={image}", "--restart=Never", "--command", "--", *command))
    try:
        phase = "--for=jsonpath={.status.phase}=Succeeded"
        must(call("wait", f"pod/{name}", phase, "--timeout=120s", timeout_s=150))
        return must(call("logs", name))
    finally:
        must(call("delete", "pod", name, "--wait=false"))


@pytest.fixture
def second() -> Iterator[Cluster]:
    cluster = open_cluster(SECOND)
    yield cluster
    cluster.down()


def test_two_clusters_run_pods_side_by_side_and_one_leaves_nothing_behind(cluster: Cluster, second: Cluster) -> None:
    assert cluster.server != second.server
    with ThreadPoolExecutor() as at_once:
        words = list(at_once.map(lambda one: run_pod(one, "busybox:1.35", "echo", one.name), [cluster, second]))
    assert words == [f"{cluster.name}\n", f"{SECOND}\n"]
    assert teardown.remains(SECOND)

    second.down()

    assert teardown.remains(SECOND) == []
    assert must(kubectl(cluster)("get", "--raw=/readyz")) == "ok"


def test_a_pod_reaches_the_api_at_the_service_address_with_its_token(cluster: Cluster) -> None:
    words = run_pod(cluster, "python:3.13-slim", "python", "-c", ASKS_THE_API)
    assert words == f"{plan.API_SERVICE} system:serviceaccount:default:default\n"


def test_an_image_that_is_nowhere_fails_within_seconds(cluster: Cluster) -> None:
    name, call = f"harness-{time.monotonic_ns()}", kubectl(cluster)
    must(call("run", name, "--image=registry.invalid/nowhere:1", "--restart=Never"))
    reason = "--output=jsonpath={.status.containerStatuses[0].state.waiting.reason}"
    try:
        trouble = ("ErrImagePull", "ImagePullBackOff")
        wait_for(lambda: call("get", "pod", name, reason).stdout in trouble, "the image not to be found", 30)
    finally:
        must(call("delete", "pod", name, "--wait=false"))


def test_up_heals_a_cluster_whose_processes_were_all_killed(second: Cluster) -> None:
    must(kubectl(second)("run", "sleeper", "--image=busybox:1.35", "--restart=Never", "--", "sleep", "600"))
    must(kubectl(second)("wait", "pod/sleeper", "--for=condition=Ready", "--timeout=120s", timeout_s=150))
    daemons = [Daemon(plan.state_of(SECOND), file.stem) for file in (plan.state_of(SECOND) / "run").iterdir()]
    for pid in {pid for daemon in daemons if (pid := daemon.pid())} | cgroups.pids(plan.id_of(SECOND)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    healed = open_cluster(SECOND)

    assert run_pod(healed, "busybox:1.35", "echo", "again") == "again\n"
    assert len(network.rules(SECOND)) == 1


def test_down_without_its_files_still_finds_everything(second: Cluster) -> None:
    for file in (plan.state_of(SECOND) / "run").iterdir():
        file.unlink()
    (plan.state_of(SECOND) / "plan.json").unlink()

    second.down()

    assert teardown.remains(SECOND) == []


def test_a_node_whose_object_was_deleted_comes_back(second: Cluster) -> None:
    must(kubectl(second)("delete", "node", f"{SECOND}-node"))
    second.restart_kubelet()
    assert run_pod(second, "busybox:1.35", "echo", "back") == "back\n"


def test_simulated_pods_run_as_long_as_they_say() -> None:
    cluster = open_cluster("simulated", kwok_nodes=2, node=False)
    try:
        overrides = """{"spec": {"tolerations": [{"operator": "Exists"}], "nodeSelector": {"type": "kwok"}}}"""
        how = ("--annotations=simulation.sluice.dev/duration=2s", f"--overrides={overrides}", "--restart=Never")
        call = kubectl(cluster)
        must(call("run", "simulated", "--image=none", *how))
        must(call("wait", "pod/simulated", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=55s"))
        state = "{.status.containerStatuses[0].state.terminated}"
        ended = json.loads(must(call("get", "pod", "simulated", f"--output=jsonpath={state}")))
        started, finished = (datetime.fromisoformat(ended[end]) for end in ("startedAt", "finishedAt"))
        assert finished - started >= timedelta(seconds=1)  # Kubernetes' times are whole seconds
    finally:
        cluster.down()
    assert teardown.remains("simulated") == []


@pytest.mark.parametrize("name", ["", "Upper", "under_score", "../escape", "a" * 40])
def test_a_name_that_could_not_be_used_everywhere_is_refused(name: str) -> None:
    with pytest.raises(ClusterError, match="cluster name"):
        plan.id_of(name)
