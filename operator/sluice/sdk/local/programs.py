"""What a pod would do, done on this machine. `run` blocks until it ends; `kill` may be called meanwhile."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import IO, Any, Protocol, cast

from sluice.core import Json
from sluice.core.spec.outputs import MARK
from sluice.stub import call as stub

_IN_LOG = MARK.encode()


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """What became of one attempt: what it wrote for its outputs or as the words of its failure, and the lines of its
    log that are outputs.
    """

    exit_code: int
    text: str
    log: str = ""


class LocalProgram(Protocol):
    """The program of one attempt."""

    def run(self) -> AttemptEnd: ...
    def kill(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Call:
    """A function, called in this process. Nothing can end it but itself."""

    function: Callable[..., Any]
    call: Json
    """As it stands in `/sluice/inputs.json`."""

    def run(self) -> AttemptEnd:
        try:
            value = stub.run(self.function, stub.arguments(self.function, self.call["arguments"]))  # type: ignore[no-untyped-call]  # the stub has no annotations, for Python 3.9
            if not self.call["outputs"]:
                return AttemptEnd(0, "")
            hint = stub.hint_of(self.function, "return")  # type: ignore[no-untyped-call]
            found = stub.outputs(value, self.call["outputs"], hint)  # type: ignore[no-untyped-call]
            return AttemptEnd(0, json.dumps(found, ensure_ascii=False, allow_nan=False))
        except stub.Fault as fault:
            return AttemptEnd(1, f"{self.call['name']}: {fault}")
        except SystemExit as end:
            code = end.code or 0
            return AttemptEnd(code & 0xFF, "") if isinstance(code, int) else AttemptEnd(1, str(code))
        except Exception as error:  # noqa: BLE001  # whatever the author's function raises
            return AttemptEnd(1, f"{type(error).__name__}: {error}")

    def kill(self) -> None:
        """It goes on."""


@dataclass(slots=True)
class Process:
    """A script, or with `files` the stub that calls a function of one of them, in a folder of its own."""

    command: list[str]
    """`{folder}` stands for that folder."""
    env: Mapping[str, str]
    inputs: str
    """The content of `/sluice/inputs.json`."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """By path below that folder."""
    _started: subprocess.Popen[bytes] | None = None
    _killed: bool = False
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def script(cls, text: str, env: Mapping[str, str], inputs: str) -> "Process":
        return cls(["bash", "-eo", "pipefail", "-c", text], env, inputs)

    @classmethod
    def function(cls, env: Mapping[str, str], inputs: str, sources: Mapping[str, bytes]) -> "Process":
        """By the stub, as in a pod. `sources` are the Workflow's files."""
        own = {"stub.py": files("sluice.stub").joinpath("call.py").read_bytes()}
        own |= {f"files/{path}": content for path, content in sources.items()}
        return cls([sys.executable, "{folder}/stub.py"], env, inputs, own)

    def run(self) -> AttemptEnd:
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder, "outputs")
            written.touch()
            for path, content in {**self.files, "inputs.json": self.inputs.encode()}.items():
                Path(folder, path).parent.mkdir(parents=True, exist_ok=True)
                Path(folder, path).write_bytes(content)
            own = {"SLUICE_OUTPUTS": str(written), "SLUICE_INPUTS": str(Path(folder, "inputs.json"))}
            process = self._start([word.replace("{folder}", folder) for word in self.command], own)
            if process is None:
                return AttemptEnd(-signal.SIGKILL, "")
            log = _copied(process)
            code = process.wait()
            return AttemptEnd(code, written.read_text(encoding="utf-8", errors="replace"), log)

    def _start(self, command: list[str], own: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
        """None if it has been killed already."""
        with self._lock:
            if self._killed:
                return None
            env = {**os.environ, **self.env, **own}
            self._started = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, start_new_session=True)
            return self._started

    def kill(self) -> None:
        """With all processes that it has started."""
        with self._lock:
            self._killed = True
            if self._started is not None and self._started.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(self._started.pid, signal.SIGKILL)


def _copied(process: subprocess.Popen[bytes]) -> str:
    """Copies what it prints, until it ends. Its lines that are outputs are returned instead."""
    kept = []
    with cast("IO[bytes]", process.stdout) as lines:
        for line in lines:
            if line.startswith(_IN_LOG):
                kept.append(line)
            else:
                sys.stdout.write(line.decode(errors="replace"))
    sys.stdout.flush()
    return b"".join(kept).decode(errors="replace")
