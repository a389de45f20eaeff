"""kubectl, as used by the harness."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import ClusterError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Answer:
    """kubectl's output, and whether it exited with 0."""

    ok: bool
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl for one cluster: call it with kubectl's arguments."""

    directory: Path
    kubeconfig: Path

    def __call__(self, *arguments: str, stdin: str | None = None, timeout_s: float = 60) -> Answer:
        """Run kubectl. A failure or a timeout gives an Answer that is not `ok`; nothing is raised."""
        command = [str(self.directory / "kubectl"), f"--kubeconfig={self.kubeconfig}", *arguments]
        try:
            done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired:
            return Answer(ok=False, stdout="", stderr=f"no answer within {timeout_s:.0f} s: {' '.join(arguments)}")
        return Answer(done.returncode == 0, done.stdout, done.stderr)


def must(answer: Answer) -> str:
    """The answer's output. Raises ClusterError with kubectl's message if it failed."""
    if not answer.ok:
        raise ClusterError(f"kubectl: {answer.stderr.strip()}")
    return answer.stdout
