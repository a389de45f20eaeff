"""`sluice graph`: of a Workflow and of its runs, on a real cluster, with a viewer's rights."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from tests.e2e.kubernetes import Json, Kubectl, by_hand, eventually, workflow
from tests.e2e.terminal import Sluice

TASKS: list[Json] = [
    {"name": "extract", "bash": "true"},
    {"name": "clean", "bash": "sleep 2", "dependsOn": ["extract"], "forEach": {"items": ["a", "b", "c"]}},
    {"name": "audit", "bash": "exit 3", "dependsOn": ["extract"], "retries": {"limit": 0}, "allowFailure": True},
    {"name": "load", "bash": "sleep 600", "dependsOn": ["clean", "audit"]},
    {"name": "tidy", "bash": "true", "finally": True},
]


def test_a_workflow_and_its_run(kubectl: Kubectl) -> None:
    kubectl("create", "rolebinding", "viewer", "--clusterrole=view", "--user=viewer")
    sluice = Sluice(Kubectl(kubectl.cluster, kubectl.namespace, user="viewer"))
    kubectl.apply(workflow("etl", *TASKS, trigger="Manual"))
    sluice("graph", "etl").shows(
        """
        etl  5 tasks

        extract ─┬──▸ clean[] ─┬──▸ load
        └──▸ audit ───┘

        finally
        tidy
        """
    )
    kubectl.apply(by_hand("etl-1", "etl"))
    eventually(lambda: kubectl.task("etl-1", "load").get("phase") == "Running", "load runs")
    said = sluice("graph", "etl")
    replace(said, text=re.sub("([─━])+", r"\1", said.text)).shows(  # lines are as long as the times are not
        """
        etl-1  ● Running 2/5, 1 failed <span>

        ✔ extract <span> ━┳━▸ ✔ clean[] 3/3 <span> ━┳━▸ ● load Running <span>
        └─▸ ✖ audit Failed <span> ─┘

        finally
        ○ tidy

        ✔ 2 Succeeded  ✖ 1 Failed  ● 1 Running  ○ 1 Waiting
        longest way  <span>  extract ▸ clean ▸ load
        """
    )
    assert max(map(len, sluice("graph", "etl-1", in_terminal=True).text.splitlines())) <= 80
    texts = ["".join(each.itertext()) for each in ET.fromstring(sluice("graph", "-o", "svg").text).iter()]  # noqa: S314
    assert {"✔ clean[]", "✖ audit", "● load", "○ tidy"} <= set(texts)
    found = json.loads(sluice("graph", "etl", "-o", "json").text)
    assert [task["state"] for task in found["tasks"]] == ["Succeeded", "Succeeded", "Failed", "Running", "Waiting"]
