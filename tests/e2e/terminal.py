"""The program `sluice` as a person uses it: with its output in a pipe, or in a terminal of 80 columns.

    sluice = Sluice(kubectl)
    sluice("stop", "etl").shows("etl-g1-<hash>: stopping; 1 pod ends within <span>")
    sluice("ls", in_terminal=True).shows(\"\"\"
        WORKFLOW  RUN  STATE  DONE  TIME  STARTED  WHY
        ✔ etl  etl-g1-<hash>  Succeeded  3/3  <span>  <clock>
    \"\"\")

What differs from one run to the next is replaced before the comparison: see `_REPLACED`. Two spaces and more count as
two, since columns are as wide as the values that were replaced; `text` has everything as it was.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from threading import Timer

from tests.e2e.kubernetes import Kubectl

COLUMNS, ROWS = 80, 24

_PROGRAM = Path(sys.executable).with_name("sluice")
_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[()].|[=>])|\r")
_CONSONANTS = "bcdfghjklmnpqrstvwxz2456789"  # of names that the API server makes
_REPLACED = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r"(?<=-g)(\d+)-[a-z2-7]{5}(?![a-z0-9])", r"\1-<hash>"),  # a run that the Workflow made
    (r"(?<=-)(\d{12})-[a-z2-7]{5}(?![a-z0-9])", r"\1-<hash>"),
    (rf"(?<=[a-z0-9]-)[{_CONSONANTS}]{{5}}(?![a-z0-9-])", "<random>"),
    (r"\b\d\d:\d\d(:\d\d)?\b", "<clock>"),
    (r"\b(\d+d\d+h|\d+h\d\dm|\d+m\d\ds|\d+s|\d+m)\b", "<span>"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What the program has printed, without escape sequences, and its exit code."""

    code: int
    text: str
    errors: str
    """Standard error; in a terminal it is part of the text."""
    namespace: str
    server: str

    def shows(self, expected: str, code: int = 0) -> None:
        """Compares standard output, and the exit code."""
        self._compare(self.text, expected, code)

    def fails(self, expected: str, code: int = 2) -> None:
        """Compares standard error, and the exit code."""
        self._compare(self.errors or self.text, expected, code)

    def _compare(self, text: str, expected: str, code: int) -> None:
        found, wanted = self.comparable(text), _squeezed(dedent(expected))
        assert (found, self.code) == (wanted, code), f"{self.code}, not {code}:\n{found}\n--- not:\n{wanted}\n{self}"

    def comparable(self, text: str) -> str:
        """Without what differs from one run to the next."""
        for name, word in ((self.server, "<server>"), (self.namespace, "<namespace>")):
            text = text.replace(name, word)
        for pattern, word in _REPLACED:
            text = re.sub(pattern, word, text)
        return _squeezed(text)


class Sluice:
    """The program, in the namespace of `kubectl`. Its `user` is whom kubectl impersonates."""

    def __init__(self, kubectl: Kubectl, **environment: str) -> None:
        self._kubectl = kubectl
        self.environment = kubectl.environment | {"TERM": "xterm-256color", "TZ": "UTC", **environment}

    def command(self, *arguments: str) -> list[str]:
        """As it stands in a shell, for tests that start it themselves."""
        verb, *rest = arguments
        user = [f"--as={self._kubectl.user}"] if self._kubectl.user else []
        return [str(_PROGRAM), verb, "--namespace", self._kubectl.namespace, *user, *rest]

    def __call__(
        self, *arguments: str, in_terminal: bool = False, stdin: str | None = None, seconds: float = 60
    ) -> Said:
        """Runs it to its end. In a terminal standard input is the terminal."""
        command = self.command(*arguments)
        if in_terminal:
            code, text, errors = *_in_terminal(command, self.environment, seconds), ""
        else:
            done = subprocess.run(
                command,
                env=self.environment,
                input=stdin,
                capture_output=True,
                encoding="utf-8",
                timeout=seconds,
                check=False,
            )
            code, text, errors = done.returncode, done.stdout, done.stderr
        return Said(code, text, errors, self._kubectl.namespace, self._kubectl.cluster.server)


def _in_terminal(command: list[str], environment: dict[str, str], seconds: float) -> tuple[int, str]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    guard = Timer(seconds, process.kill)
    guard.start()
    chunks = []
    with suppress(OSError):  # EIO: the program has closed its end
        while chunk := os.read(ours, 65536):
            chunks.append(chunk)
    code = process.wait()
    guard.cancel()
    os.close(ours)
    return code, _ESCAPE.sub("", b"".join(chunks).decode())


def _squeezed(text: str) -> str:
    lines = (re.sub(r" {2,}", "  ", line.strip()) for line in text.strip().splitlines())
    return "\n".join(lines)
