"""kubectl, as the harness itself uses it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import ClusterError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Answer:
    """What kubectl printed, and whether it ended with 0."""

    ok: bool
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl for one cluster: call it with kubectl's own words."""

    directory: Path
    kubeconfig: Path

    def __call__(self, *words: str, stdin: str | None = None, timeout_s: float = 60) -> Answer:
        """Run kubectl. A refusal is an answer, not an error; no answer in time is a refusal."""
        command = [str(self.directory / "kubectl"), f"--kubeconfig={self.kubeconfig}", *words]
        try:
            done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired:
            return Answer(ok=False, stdout="", stderr=f"no answer within {timeout_s:.0f} s: {' '.join(words)}")
        return Answer(done.returncode == 0, done.stdout, done.stderr)


def must(answer: Answer) -> str:
    """The answer's output. Raises ClusterError with kubectl's words if it was a refusal."""
    if not answer.ok:
        raise ClusterError(f"kubectl: {answer.stderr.strip()}")
    return answer.stdout
