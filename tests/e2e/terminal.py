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
import signal
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from threading import Thread
from typing import Self

from tests.e2e.kubernetes import SLOW, Kubectl

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
        if in_terminal:
            with self.started(*arguments, in_terminal=True) as started:
                code = started.ended(seconds)
            return self._said(code, started.text, "")
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=SLOW * seconds,
            check=False,
        )
        return self._said(done.returncode, done.stdout, done.stderr)

    def started(self, *arguments: str, in_terminal: bool = False) -> Started:
        """Starts it, for what has no end of its own or is interrupted."""
        return Started(self.command(*arguments), self.environment, in_terminal=in_terminal)

    def _said(self, code: int, text: str, errors: str) -> Said:
        return Said(code, text, errors, self._kubectl.namespace, self._kubectl.cluster.server)


class Started:
    """The program while it runs. `text` and `errors` are what it has printed so far; `with` ends it."""

    def __init__(self, command: list[str], environment: dict[str, str], *, in_terminal: bool) -> None:
        self._terminal = None
        output: int = subprocess.PIPE
        if in_terminal:
            self._terminal, output = pty.openpty()
            fcntl.ioctl(output, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            # a background job ignores Ctrl-C, and so do its children: the tests may be one
            ["env", "--default-signal=INT", *command],
            env=environment | {"PYTHONUNBUFFERED": "1"},
            stdin=output if in_terminal else subprocess.DEVNULL,
            stdout=output,
            stderr=output if in_terminal else subprocess.PIPE,
            start_new_session=True,
        )
        self._bytes = {"text": b"", "errors": b""}
        if self._terminal is not None:
            os.close(output)
            sources = [("text", self._terminal)]
        else:
            assert self._process.stdout is not None
            assert self._process.stderr is not None
            sources = [("text", self._process.stdout.fileno()), ("errors", self._process.stderr.fileno())]
        self._readers = [Thread(target=self._read, args=source) for source in sources]

    @property
    def text(self) -> str:
        return _ESCAPE.sub("", self._bytes["text"].decode(errors="replace"))

    @property
    def errors(self) -> str:
        return self._bytes["errors"].decode(errors="replace")

    def ended(self, seconds: float = 60) -> int:
        """The exit code, once it has ended and all it has printed is read."""
        code = self._process.wait(SLOW * seconds)
        for reader in self._readers:
            reader.join()
        return code

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def interrupted(self) -> int:
        """The exit code after Ctrl-C."""
        self._process.send_signal(signal.SIGINT)
        return self.ended()

    def __enter__(self) -> Self:
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self.ended()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        if self._terminal is not None:
            os.close(self._terminal)

    def _read(self, name: str, source: int) -> None:
        with suppress(OSError):  # EIO: the program has closed its end of the terminal
            while chunk := os.read(source, 65536):
                self._bytes[name] += chunk


def _squeezed(text: str) -> str:
    lines = (re.sub(r" {2,}", "  ", line.strip()) for line in text.strip().splitlines())
    return "\n".join(lines)
