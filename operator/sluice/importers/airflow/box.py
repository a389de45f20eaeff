"""Runs a program in a box: no network, nothing of the machine but what is named, and that read-only; bounded time,
memory, processes and files; an empty environment.

By bubblewrap where it is installed, by util-linux' `unshare` else. What comes out is untrusted.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

WALL_S = 30
LIMITS = {
    "RLIMIT_CPU": 20,
    "RLIMIT_AS": 1 << 30,
    "RLIMIT_FSIZE": 16 << 20,
    "RLIMIT_NOFILE": 256,
    "RLIMIT_NPROC": 64,
    "RLIMIT_CORE": 0,
}
"""The program sets them for itself, before any code that is not ours."""

_SETUP = Path(__file__).with_name("setup_box.sh")
_NOBODY = "65534"
_SYSTEM = ("/usr", "/bin", "/lib", "/lib64")
_NO_MORE_NAMESPACES = (
    'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"'
)


class NoBox(Exception):
    """Neither way to isolate a program works here."""


class Ended(Exception):
    """The program was ended, or has ended itself, without a result."""


def run(program: Sequence[str], order: str, readable: Sequence[Path], *, boxed: bool = True) -> str:
    """Its standard output. Raises NoBox and Ended. `readable`: the folders that it sees."""
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryFile() as output:
        command = [*_box(readable, empty), *program] if boxed else list(program)
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.PIPE, env={}, start_new_session=True
        )
        try:
            _, complaints = child.communicate(order.encode(), timeout=WALL_S)
        except subprocess.TimeoutExpired:
            raise Ended(f"it has not ended after {WALL_S} s") from None
        finally:
            _end(child)
        output.seek(0)
        text = output.read(LIMITS["RLIMIT_FSIZE"]).decode(errors="replace")
    if not text:
        raise Ended(_why(child.returncode, complaints.decode(errors="replace")))
    return text


def _end(child: subprocess.Popen[bytes]) -> None:
    """With it goes its PID namespace, and outside of a box its session's process group."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, 9)
    child.wait()


def _why(code: int, complaints: str) -> str:
    signals = {-9: "it was killed, as it used too much memory or time", -24: "it used more than 20 s of CPU time"}
    if code in (137, 152):  # by way of a shell
        code = 128 - code
    last = complaints.strip().splitlines()[-1:] or [""]
    return signals.get(code) or (
        f"it ended with {code} before it was read to its end" + (f": {last[0]}" if last[0] else "")
    )


def _box(readable: Sequence[Path], empty: str) -> list[str]:
    paths = _outermost([*_system(), *map(str, readable)])
    if (bubblewrap := shutil.which("bwrap")) is not None:
        binds = [word for path in paths for word in ("--ro-bind", path, path)]
        links = [
            word
            for path in _SYSTEM
            if Path(path).is_symlink()
            for word in ("--symlink", str(Path(path).readlink()), path)
        ]
        return [
            *(bubblewrap, "--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL", "--clearenv"),
            *(
                "--die-with-parent",
                "--new-session",
                "--proc",
                "/proc",
                "--dev",
                "/dev",
                "--size",
                str(16 << 20),
                "--tmpfs",
                "/tmp",  # noqa: S108  # the box has its own
            ),
            *(*links, *binds, "--remount-ro", "/", "--"),
        ]
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("setpriv") is None:
        raise NoBox
    root = os.geteuid() == 0
    own = [] if root else ["--user", "--map-root-user"]
    namespaces = ["--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child"]
    to_nobody = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"] if root else []
    boxed = [unshare, *own, *namespaces, "sh", str(_SETUP), empty, *paths, "--"]
    inner = [*to_nobody, "unshare", "--user", "--map-root-user", "sh", "-c", _NO_MORE_NAMESPACES, "sh"]
    if subprocess.run([*boxed, *inner, "true"], check=False, capture_output=True).returncode:
        raise NoBox
    return [*boxed, *inner]


def _system() -> list[str]:
    """What Python itself needs."""
    python = {
        sys.prefix,
        sys.base_prefix,
        str(Path(sys.executable).resolve().parent.parent),
        str(Path(__file__).parent),
    }
    return [path for path in (*_SYSTEM, *sorted(python)) if Path(path).is_dir() and not Path(path).is_symlink()]


def _outermost(paths: Sequence[str]) -> list[str]:
    """Without those that lie in another of them."""
    found: list[str] = []
    for path in sorted({os.path.realpath(path) for path in paths}):
        if not any(path == other or path.startswith(other + os.sep) for other in found):
            found.append(path)
    return found
