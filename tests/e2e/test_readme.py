"""What the README shows works as it is shown."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.kubernetes import Kubectl

README = Path(__file__).parent.parent.parent / "README.md"


def test_the_workflow_of_the_readme_runs(kubectl: Kubectl) -> None:
    shown = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)[0]
    status = kubectl.run(shown, "etl")["status"]
    assert status["phase"] == "Succeeded"
    assert {name: task["items"] for name, task in status["tasks"].items() if "items" in task} == {
        "clean": {"total": 3, "succeeded": "0-2"},
        "load": {"total": 3, "succeeded": "0-2"},
    }
