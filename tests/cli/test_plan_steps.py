"""The steps for a pull request in examples/gitops, as far as they go without GitHub and GitLab: git, bash and `sluice`
are real, `gh` and `curl` write down what they are asked.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

GITOPS = Path(__file__).parents[2] / "examples" / "gitops"
CURL = "curl --silent --show-error --fail --header PRIVATE-TOKEN: secret"
MARKER = "<!-- sluice plan -->"
ETL = "apiVersion: sluice.dev/v1alpha1\nkind: Workflow\nmetadata: {name: etl}\nspec:\n  tasks:\n"
TASK = '  - {name: extract, image: busybox, command: ["true"]}\n'


def github():
    """(the interpreter, the steps of the job)."""
    (job,) = yaml.safe_load((GITOPS / "github-actions/plan.yaml").read_text())["jobs"].values()
    steps = {step["name"]: step["run"] for step in job["steps"] if "name" in step}
    return ["bash", "-e", "-c"], [steps["plan"], steps["comment"]]


def gitlab():
    (job,) = yaml.safe_load((GITOPS / "gitlab/plan.yaml").read_text()).values()
    return ["bash", "-eo", "pipefail", "-c"], job["script"]


ENVIRONMENT = {
    "COMMENTS": "repos/team/flows/issues",
    "NUMBER": "7",
    "CI_API_V4_URL": "https://gitlab",
    "CI_PROJECT_ID": "3",
    "CI_MERGE_REQUEST_IID": "7",
    "SLUICE_PLAN_TOKEN": "secret",
    "KUBECONFIG_TEXT": "",
    "SLUICE_KUBECONFIG": "",
}


class Repository:
    def __init__(self, folder):
        self.folder = folder / "flows"
        (self.folder / "workflows").mkdir(parents=True)
        self.git("init", "--quiet")
        self.write("old", ETL + TASK)
        self.commit()
        self.base = self.git("rev-parse", "HEAD").strip()
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.calls = folder / "calls"
        self.calls.touch()

    def git(self, *arguments):
        who = ["-c", "user.name=me", "-c", "user.email=me@example.org"]
        command = ["git", "-C", str(self.folder), *who, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def write(self, name, text):
        (self.folder / "workflows" / f"{name}.yaml").write_text(text)

    def commit(self):
        self.git("add", ".")
        self.git("commit", "--quiet", "--message=change")

    def service(self, program, listed):
        """A stand-in for a program that asks the service: it says `listed` where comments are listed."""
        script = self.bin / program
        script.write_text(f"#!/bin/sh\necho {program} \"$@\" >> {self.calls}\ncat <<'END'\n{listed}\nEND\n")
        script.chmod(0o755)

    def run(self, step):
        interpreter, scripts = step()
        path = f"{self.bin}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        known = {"PATH": path, "BASE": self.base, "CI_MERGE_REQUEST_DIFF_BASE_SHA": self.base, "HOME": str(self.bin)}
        for script in scripts:
            command = [*interpreter, script]
            done = subprocess.run(
                command, cwd=self.folder, env=ENVIRONMENT | known, capture_output=True, text=True, check=False
            )
            if done.returncode:
                break
        return done

    @property
    def asked(self):
        return self.calls.read_text().splitlines()


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


@pytest.mark.parametrize("step", [github, gitlab])
def test_each_changed_workflow_is_planned_and_nothing_else(repository, step):
    repository.service("gh", "")
    repository.service("curl", "[]")
    repository.write("two words; rm x", ETL + TASK)
    repository.commit()
    done = repository.run(step)
    assert done.returncode == 0, done.stderr
    plan = (repository.folder / "plan.md").read_text()
    assert (plan.count(MARKER), "etl: would start 1 run of 1 task" in plan) == (1, True)
    assert repository.asked[-1] in (
        "gh api repos/team/flows/issues/7/comments -F body=@plan.md",
        f"{CURL} --data-urlencode body@plan.md https://gitlab/projects/3/merge_requests/7/notes",
    )


@pytest.mark.parametrize("step", [github, gitlab])
def test_the_comment_of_the_push_before_is_replaced(repository, step):
    repository.service("gh", "42")
    repository.service("curl", f'[{{"id": 41, "body": "hello"}}, {{"id": 42, "body": "{MARKER} ..."}}]')
    repository.write("new", ETL + TASK)
    repository.commit()
    done = repository.run(step)
    assert done.returncode == 0, done.stderr
    assert repository.asked[-1] in (
        "gh api --method PATCH repos/team/flows/issues/comments/42 -F body=@plan.md",
        f"{CURL} --request PUT --data-urlencode body@plan.md https://gitlab/projects/3/merge_requests/7/notes/42",
    )


@pytest.mark.parametrize("step", [github, gitlab])
def test_without_a_change_nothing_is_said_and_a_fault_fails_the_check(repository, step):
    assert (repository.run(step).returncode, repository.asked) == (0, [])
    repository.write("old", ETL + TASK.replace("image", "imgae"))
    repository.commit()
    done = repository.run(step)
    assert (done.returncode != 0, repository.asked) == (True, [])
    assert "workflows/old.yaml:6: spec.tasks[0].imgae: there is no such field; did you mean 'image'?" in done.stderr
