"""Every example runs, and does what its first lines say."""

from __future__ import annotations

import json
import re
from datetime import datetime

from tests.e2e.kubernetes import EXAMPLES, Json, Kubectl, by_hand, container, eventually, most_at_once
from tests.e2e.volumes import Disks


def times(kubectl: Kubectl, run: str) -> dict[str, tuple[datetime, datetime]]:
    """When the container of each task started and finished."""
    return {
        pod["metadata"]["labels"]["sluice.dev/task"]: (
            datetime.fromisoformat(container(pod)["startedAt"]),
            datetime.fromisoformat(container(pod)["finishedAt"]),
        )
        for pod in kubectl.pods(run)
    }


def under_way(kubectl: Kubectl, run: str) -> dict[str, tuple[datetime, datetime]]:
    """From the creation of each task's pod to the end of its container. How soon that starts is the node's affair."""
    made = {pod["metadata"]["labels"]["sluice.dev/task"]: pod["metadata"] for pod in kubectl.pods(run)}
    return {
        task: (datetime.fromisoformat(made[task]["creationTimestamp"]), end)
        for task, (_, end) in times(kubectl, run).items()
    }


def millicores(kubectl: Kubectl) -> int:
    """The CPU of the node that has least of it."""
    nodes = [node for node in kubectl.list("nodes") if node["metadata"]["labels"].get("type") != "kwok"]
    found = [node["status"]["allocatable"]["cpu"] for node in nodes]
    return min(int(cpu[:-1]) if cpu.endswith("m") else 1000 * int(cpu) for cpu in found)


def succeeded(run: Json) -> str:
    assert run["status"]["phase"] == "Succeeded", run["status"]
    return run["metadata"]["name"]


def test_01_parallel(kubectl: Kubectl) -> None:
    run = succeeded(kubectl.run(EXAMPLES / "01-parallel.yaml", "parallel"))
    spans = under_way(kubectl, run)
    first_end = min(spans[task][1] for task in "abc")
    assert all(spans[task][0] < first_end for task in "abc")
    assert all(spans["d"][0] >= spans[task][1] for task in "abc")


def test_02_fan_in(kubectl: Kubectl) -> None:
    spans = times(kubectl, succeeded(kubectl.run(EXAMPLES / "02-fan-in.yaml", "fan-in")))
    assert spans["c"][0] >= max(spans["a"][1], spans["b"][1])


def test_03_multiprocessing(kubectl: Kubectl) -> None:
    run = succeeded(kubectl.run(EXAMPLES / "03-multiprocessing.yaml", "multiprocessing"))
    assert kubectl.log(run, "square").strip() == "[0, 1, 4, 9, 16, 25, 36, 49]"
    (pod,) = kubectl.pods(run)
    assert pod["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "500m"}


def test_04_parallelism(kubectl: Kubectl) -> None:
    spans = under_way(kubectl, succeeded(kubectl.run(EXAMPLES / "04-parallelism.yaml", "parallelism")))
    assert len(spans) == 12
    assert 2 <= most_at_once(spans.values()) <= 3


def test_05_resources(kubectl: Kubectl) -> None:
    manifest = (EXAMPLES / "05-resources.yaml").read_text()
    kubectl.apply(manifest.replace("cpu: 900m", f"cpu: {millicores(kubectl) * 45 // 100}m"))
    run = kubectl.run_of("resources")

    def waiting() -> str | None:
        tasks = kubectl.get("workflowrun", run).get("status", {}).get("tasks", {})
        reasons = [task.get("reason", "") for task in tasks.values()]
        return next((reason for reason in reasons if reason.startswith("Unschedulable: ")), None)

    assert "cpu" in eventually(waiting, "a task says that it is Unschedulable")
    succeeded(kubectl.finished(run))
    assert most_at_once(times(kubectl, run).values()) <= 2


def test_06_parameters(kubectl: Kubectl) -> None:
    own = succeeded(kubectl.run(EXAMPLES / "06-parameters.yaml", "parameters"))
    by_hand = succeeded(kubectl.finished("parameters-by-hand"))
    for run, greeting in ((own, "Hello, world"), (by_hand, "Hello, Ada")):
        for task in ("argument", "variable", "script"):
            assert kubectl.log(run, task).strip() == greeting


def test_07_any_container(kubectl: Kubectl) -> None:
    run = succeeded(kubectl.run(EXAMPLES / "07-any-container.yaml", "any-container"))
    assert kubectl.log(run, "read").strip() == "from the init container"


def phases(run: Json) -> dict[str, str]:
    return {name: task["phase"] for name, task in run["status"]["tasks"].items()}


def test_08_trigger_rules(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "08-trigger-rules.yaml", "trigger-rules")
    assert run["status"]["phase"] == "Failed"
    assert phases(run) == {
        "fine": "Succeeded",
        "broken": "Failed",
        "alert": "Succeeded",
        "join": "Succeeded",
        "celebrate": "UpstreamFailed",
        "never": "Skipped",
    }
    assert run["status"]["tasks"]["celebrate"]["reason"] == "UpstreamFailed: broken"
    assert run["status"]["tasks"]["never"]["reason"] == "Skipped: runIf OneFailed does not hold"


def test_09_retries(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "09-retries.yaml", "retries")
    assert run["status"]["phase"] == "Succeeded"
    assert phases(run) == {"flaky": "Succeeded", "hopeless": "Failed", "after": "Succeeded"}
    assert [run["status"]["tasks"][task]["attempt"] for task in ("flaky", "hopeless")] == [2, 1]


def test_10_finally(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "10-finally.yaml", "finally")
    assert run["status"]["phase"] == "Failed"
    said = kubectl.log(run["metadata"]["name"], "tidy").strip()
    assert said == "the run ended Failed, failed were: broken"


def test_11_fail_fast(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "11-fail-fast.yaml", "fail-fast")
    assert run["status"]["phase"] == "Failed"
    assert phases(run) == {"slow": "Stopped", "broken": "Failed", "later": "Stopped"}


def test_12_when(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "12-when.yaml", "when")
    assert run["status"]["phase"] == "Succeeded"
    assert phases(run) == {
        "load-data": "Succeeded",
        "load": "Succeeded",
        "repair": "Skipped",
        "weekly": "Skipped",
        "report": "Succeeded",
    }
    assert run["status"]["tasks"]["weekly"]["reason"] == "Skipped: when is false: params.day == 'sunday'"


def test_18_out_of_memory(kubectl: Kubectl) -> None:
    run = succeeded(kubectl.run(EXAMPLES / "18-out-of-memory.yaml", "out-of-memory"))
    steps = [("16Mi", "32Mi"), ("32Mi", "64Mi"), ("64Mi", "100Mi")]
    out_of_memory = 0
    for pod in sorted(kubectl.pods(run), key=lambda pod: int(pod["metadata"]["labels"]["sluice.dev/attempt"])):
        request, limit = steps[out_of_memory]
        assert pod["spec"]["containers"][0]["resources"] == {
            "requests": {"memory": request},
            "limits": {"memory": limit},
        }
        # On a busy node the container runtime now and then reports such a kill as a plain exit code 137, which adds no
        # memory.
        out_of_memory += pod["status"]["containerStatuses"][0]["state"]["terminated"]["reason"] == "OOMKilled"
    assert out_of_memory == kubectl.task(run, "buffer")["retries"]["outOfMemory"] == 2


def test_22_concurrency(kubectl: Kubectl) -> None:
    kubectl.apply(EXAMPLES / "22-concurrency.yaml")
    first, second, other = (succeeded(kubectl.finished(f"deploy-{run}")) for run in ("prod-1", "prod-2", "test"))
    ((_, first_end),) = times(kubectl, first).values()
    ((second_start, _),) = times(kubectl, second).values()
    ((other_start, _),) = times(kubectl, other).values()
    assert other_start < first_end <= second_start


def test_27_schedule(kubectl: Kubectl) -> None:
    kubectl.apply(EXAMPLES / "27-schedule.yaml")
    planned = eventually(
        lambda: kubectl.get("workflow", "every-minute").get("status", {}).get("nextScheduleTime"),
        "the next time is told",
    )
    name = kubectl.run_of("every-minute", seconds=75)
    run = kubectl.finished(name)
    kubectl.patch("workflow", "every-minute", {"spec": {"schedule": {"suspend": True}}})
    time = datetime.fromisoformat(run["spec"]["scheduledTime"])
    assert datetime.fromisoformat(planned) <= time
    assert name.startswith(f"every-minute-{time:%Y%m%d%H%M}-")
    since = datetime.fromisoformat(run["spec"]["intervalStart"])
    assert (time - since).total_seconds() == 60
    assert kubectl.log(succeeded(run), "load") == f"loading {since:%Y-%m-%dT%H:%M:%SZ} to {time:%Y-%m-%dT%H:%M:%SZ}\n"
    eventually(
        lambda: "nextScheduleTime" not in kubectl.get("workflow", "every-minute")["status"], "the schedule is suspended"
    )


def test_29_backfill(kubectl: Kubectl) -> None:
    kubectl.apply(EXAMPLES / "29-backfill.yaml")
    kubectl("wait", "--for=condition=Complete", "backfill/first-days", "--timeout=300s")
    assert kubectl.get("backfill", "first-days")["status"]["progress"] == "3/3"
    runs = {r["spec"]["scheduledTime"]: succeeded(r) for r in kubectl.list("workflowruns")}
    assert sorted(runs) == [f"2025-03-0{day}T01:00:00Z" for day in (1, 2, 3)]
    said = kubectl.log(runs["2025-03-01T01:00:00Z"], "load")
    assert said == "loading sales_2025 from 2025-02-28T01:00:00Z to 2025-03-01T01:00:00Z\n"
    assert "unchanged" in kubectl.apply(EXAMPLES / "29-backfill.yaml")


def test_30_after(kubectl: Kubectl) -> None:
    kubectl.apply(EXAMPLES / "30-after.yaml")
    report = kubectl.finished(kubectl.run_of("report"))
    ends = [kubectl.finished(kubectl.run_of(other))["status"]["finishedAt"] for other in ("orders", "customers")]
    assert report["metadata"]["creationTimestamp"] >= max(ends)
    succeeded(report)
    assert len(kubectl.list("workflowruns")) == 3


def test_23_approval(kubectl: Kubectl) -> None:
    kubectl.apply(EXAMPLES / "23-approval.yaml")
    name = kubectl.run_of("approval")
    asking = eventually(
        lambda: (task := kubectl.task(name, "deploy")).get("reason", "").startswith("Approval: ") and task,
        "deploy asks for a decision",
    )
    assert asking["message"] == f"Deploy {name} to production?"
    kubectl.decide(name, "deploy", "Approve")
    run = kubectl.finished(name)
    assert run["status"]["phase"] == "Succeeded"
    assert phases(run) == {
        "build": "Succeeded",
        "deploy": "Succeeded",
        "roll-out": "Succeeded",
        "nobody-there": "Failed",
    }
    assert run["status"]["tasks"]["deploy"]["message"] == f"approved by {kubectl.whoami()}"


def test_19_poll(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "19-poll.yaml", "poll")
    name = succeeded(run)
    tasks = run["status"]["tasks"]
    assert phases(run) == {"file": "Succeeded", "nothing": "Failed", "load": "Succeeded"}
    assert (tasks["file"]["attempt"], tasks["file"]["poll"]["tries"], "retries" in tasks["file"]) == (3, 2, False)
    assert tasks["nothing"]["reason"] == "Timeout"
    assert tasks["nothing"]["message"].startswith("not yet after ")

    def tries() -> list[str]:
        pods = kubectl.list("pods", f"sluice.dev/run={name},sluice.dev/task=file")
        return [pod["metadata"]["labels"]["sluice.dev/attempt"] for pod in pods]

    eventually(lambda: tries() == ["3"], "only the last try's pod is left")


def test_13_outputs(kubectl: Kubectl) -> None:
    run = succeeded(kubectl.run(EXAMPLES / "13-outputs.yaml", "outputs"))
    assert kubectl.log(run, "load").strip() == 'loading ["a","b"]'
    assert kubectl.log(run, "count").strip() == "2 files of 2026-01-01"


def test_25_run_volume(kubectl: Kubectl, disks: Disks) -> None:
    disks.make(1)
    run = succeeded(kubectl.run(EXAMPLES / "25-run-volume.yaml", "run-volume"))
    assert kubectl.log(run, "read") == "from write\n"
    kubectl("delete", "pods", "-l", f"sluice.dev/run={run}")  # Kubernetes keeps a claim for as long as they are there
    eventually(lambda: not kubectl.list("pvc"), "the claim is gone")


def test_24_sub_workflow(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "24-sub-workflow.yaml", "load-week")
    assert run["status"]["phase"] == "Succeeded"
    assert phases(run) == {"monday": "Succeeded", "tuesday": "Failed", "tell": "Succeeded"}
    assert kubectl.log(run["metadata"]["name"], "tell").strip() == "7 rows"
    days = [run["status"]["tasks"][day]["run"] for day in ("monday", "tuesday")]
    assert kubectl.log(days[0], "load").strip() == "loading monday"
    assert most_at_once(under_way(kubectl, day)["load"] for day in days) <= 1  # 0: each within a second


def logs(kubectl: Kubectl, run: Json, task: str) -> list[str]:
    """What the pods of a fan-out have printed, in the order of their items."""
    pods = [
        pod for pod in kubectl.pods(run["metadata"]["name"]) if pod["metadata"]["labels"]["sluice.dev/task"] == task
    ]
    pods.sort(key=lambda pod: int(pod["metadata"]["labels"]["sluice.dev/index"]))
    return [kubectl("logs", pod["metadata"]["name"]).strip() for pod in pods]


def test_15_for_each(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "15-for-each.yaml", "for-each")
    assert kubectl.log(succeeded(run), "total").strip() == '["5","4","6"]'
    measured = [pod for pod in kubectl.pods(run["metadata"]["name"]) if "sluice.dev/index" in pod["metadata"]["labels"]]
    spans = [(container(pod)["startedAt"], container(pod)["finishedAt"]) for pod in measured]
    assert most_at_once((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in spans) <= 2
    assert run["status"]["tasks"]["measure"]["items"] == {"total": 3, "succeeded": "0-2"}


def test_16_same_as(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "16-same-as.yaml", "same-as")
    assert phases(run) == {"clean": "Failed", "load": "UpstreamFailed"}
    assert run["status"]["tasks"]["load"]["items"] == {"total": 3, "succeeded": "0,2", "upstreamFailed": "1"}
    assert logs(kubectl, run, "load") == ["berlin from /data/berlin.csv", "rome from /data/rome.csv"]


def test_17_matrix(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "17-matrix.yaml", "matrix")
    succeeded(run)
    assert logs(kubectl, run, "test") == ["linux small", "windows small", "linux large"]
    assert logs(kubectl, run, "sum") == ["6", "9"]
    assert run["status"]["tasks"]["ping"]["progress"] == "9/10, 1 failed"


def test_26_resume(kubectl: Kubectl, disks: Disks) -> None:
    disks.make(1)
    first = kubectl.run(EXAMPLES / "26-resume.yaml", "resume")
    assert first["status"]["phase"] == "Failed"
    name = first["metadata"]["name"]
    kubectl.apply(by_hand("again", "resume", resumeFrom={"run": name}))
    again = kubectl.finished("again")
    succeeded(again)
    assert again["status"]["tasks"]["extract"]["reason"] == f"Kept: from run {name}"
    copied = {pod["metadata"]["name"] for pod in kubectl.pods("again") if "-copy-2-" in pod["metadata"]["name"]}
    assert len(kubectl.pods("again")) == len(copied) + 1 == 2
    assert kubectl.log("again", "load") == "3 rows of monday\n"


def test_14_outputs_from_log(kubectl: Kubectl) -> None:
    run = succeeded(kubectl.run(EXAMPLES / "14-outputs-from-log.yaml", "outputs-from-log"))
    assert kubectl.log(run, "sum").strip() == "49995000"


def test_20_pool(kubectl: Kubectl) -> None:
    kubectl.apply(EXAMPLES / "20-pool.yaml")
    runs = {name: succeeded(kubectl.finished(kubectl.run_of(name))) for name in ("loads", "big-report")}
    spans = [
        (*(datetime.fromisoformat(container(pod)[end]) for end in ("startedAt", "finishedAt")), slots)
        for name, slots in (("loads", 1), ("big-report", 2))
        for pod in kubectl.pods(runs[name])
    ]
    assert len(spans) == 7
    assert most_at_once((start, end) for start, end, slots in spans for _ in range(slots)) <= 2


def test_21_priority(kubectl: Kubectl) -> None:
    spans = times(kubectl, succeeded(kubectl.run(EXAMPLES / "21-priority.yaml", "priority")))
    assert sorted(spans, key=lambda task: spans[task][0]) == ["urgent", "train", "publish", "plot", "count"]


def test_28_pool_for_a_run(kubectl: Kubectl) -> None:
    kubectl.apply(EXAMPLES / "28-pool-for-a-run.yaml")
    runs = [kubectl.finished(kubectl.run_of(name)) for name in ("rebuild", "backup")]
    assert all(map(succeeded, runs))
    first, second = sorted((run["status"] for run in runs), key=lambda status: status["startedAt"])
    assert first["finishedAt"] <= second["startedAt"]


def test_31_join(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "31-join.yaml", "join")
    assert run["status"]["phase"] == "Failed"
    assert phases(run) == {
        "north": "Succeeded",
        "south": "Skipped",
        "settle": "Succeeded",
        "all": "Succeeded",
        "report": "Succeeded",
        "archive": "Failed",
        "publish": "Stopped",
    }
    assert kubectl.log(run["metadata"]["name"], "report").strip() == "reported"


def test_32_values(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "32-values.yaml", "values")
    name = succeeded(run)
    assert phases(run) == {
        "full": "Skipped",
        "delta": "Succeeded",
        "load": "Succeeded",
        "check": "Failed",
        "report": "Succeeded",
    }
    assert kubectl.log(name, "load").strip() == "loaded 7 rows, 0 bad"
    report = kubectl.log(name, "report").strip()
    assert re.fullmatch("load Succeeded, check Failed with 3: exit code 3, after [0-9]+ s", report), report
    assert json.loads(run["status"]["outputs"]) == {"rows": "7"}


def test_33_typed_parameters(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "33-typed-parameters.yaml", "typed-parameters")
    succeeded(run)
    assert phases(run) == {"count": "Succeeded", "load": "Succeeded", "publish": "Skipped", "flaky": "Failed"}
    load, flaky = run["status"]["tasks"]["load"], run["status"]["tasks"]["flaky"]
    assert (load["items"]["total"], load["items"]["succeeded"]) == (3, "0-2")
    assert (flaky["reason"], "firstStartedAt" in flaky) == ("Timeout", True)
    assert flaky["message"].startswith("was not done by its deadline, 8s after its first start")
    assert 1 <= flaky["attempt"] < 100
    by_hand = succeeded(kubectl.finished("typed-by-hand"))
    assert kubectl.log(by_hand, "publish").strip() == "published full"


def test_34_stdout(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "34-stdout.yaml", "stdout")
    name = run["metadata"]["name"]
    assert phases(run) == dict.fromkeys(("host", "sum", "report"), "Succeeded")
    assert kubectl.log(name, "report").strip() == "host says 3 lines, and 42"
    assert set(kubectl.log(name, "host").split("\n")) == {"counting", "3 lines", ""}  # the log has both


def test_35_functions(kubectl: Kubectl) -> None:
    run = kubectl.run(EXAMPLES / "35-functions.yaml", "functions")
    name = run["metadata"]["name"]
    assert phases(run) == dict.fromkeys(("days", "square", "total", "query"), "Succeeded")
    assert json.loads(run["status"]["tasks"]["total"]["outputs"]) == {"value": 28}
    assert kubectl.log(name, "query").strip() == "select 1"
    (pod, *_) = [pod for pod in kubectl.pods(name) if pod["metadata"]["labels"]["sluice.dev/task"] == "square"]
    assert kubectl("logs", pod["metadata"]["name"]).strip() == "[2, 4, 6, 8, 10]"


def test_every_example_has_a_test() -> None:
    numbers = [path.name[:2] for path in sorted(EXAMPLES.glob("*.yaml"))]
    tests = [name.removeprefix("test_")[:2] for name in globals() if name[5:7].isdigit()]
    assert numbers == sorted(tests)
