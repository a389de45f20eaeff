"""The operator as a process of this machine, so that a test can kill it, stop it and read its log."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.kubernetes import SLOW, eventually

_LEASE_S = "60"  # of one that is alone: a machine so busy that the API server is silent for seconds must not end it
TAKEN_OVER: dict[str, str] = {"SLUICE_LEASE_DURATION": "6"}
"""The settings of one whose Lease runs out in the test."""

PROGRAM = (str(Path(sys.executable).parent / "sluice-operator"),)


class HostOperator:
    """One operator. Born again under its identity it leads at once; another identity waits for the Lease to run out.

    `settings` are more environment variables; they may change between two lives. `program` is its command.
    """

    def __init__(
        self, kubeconfig: Path, lease_namespace: str, identity: str, log: Path, program: Sequence[str] = PROGRAM
    ) -> None:
        self.identity, self._log, self._program = identity, log, program
        self.settings: dict[str, str] = {}
        ours = {name: value for name, value in os.environ.items() if name != "KUBERNETES_SERVICE_HOST"}
        self._environment = ours | {
            "SLUICE_LEASE_DURATION": _LEASE_S,
            "KUBECONFIG": str(kubeconfig),
            "SLUICE_LEASE_NAMESPACE": lease_namespace,
            "SLUICE_IDENTITY": identity,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._born_at = 0

    def start(self) -> None:
        """Starts the process, again if it has ended."""
        self._born_at = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            environment = self._environment | self.settings | {"SLUICE_HEALTH_PORT": str(_free_port())}
            self._process = subprocess.Popen(self._program, env=environment, stdout=log, stderr=log)

    @property
    def log(self) -> str:
        """All that it has written, over all its lives."""
        return self._log.read_text()

    def says(self, words: str) -> bool:
        """Did it write this since its last start?"""
        return words in self._log.read_bytes()[self._born_at :].decode()

    @property
    def leads(self) -> bool:
        return self.says("leading as ")

    def leading(self) -> None:
        """Returns once it leads."""
        eventually(lambda: self.leads, f"operator {self.identity} leads", 90)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9."""
        self.send(signal.SIGKILL)
        self.exit_code()

    @property
    def ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def exit_code(self) -> int:
        """Waits until it has ended by itself."""
        assert self._process is not None
        return self._process.wait(timeout=SLOW * 90)

    def end(self) -> None:
        """However it stands, it is gone after this."""
        if self._process is not None and self._process.poll() is None:
            self.kill()


def _free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port: int = some.getsockname()[1]
        return port
