"""The command that runs a program in a box: no network, nothing of the machine but some folders, and these read-only.

By bubblewrap where it is installed, by util-linux' `unshare` else. Both cost about 10 ms.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

_IMPORTER = Path(__file__).parent.parent
_SETUP, _ENTER_AS_ROOT = (Path(__file__).parent / name for name in ("setup_box.sh", "enter_box_as_root.sh"))
_SYSTEM = ("/usr", "/bin", "/lib", "/lib64")
_NAMESPACES = ("--mount", "--net", "--pid", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child")
_ENTER = """
echo 0 > /proc/sys/user/max_user_namespaces
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
"""


class NoBox(Exception):
    """Neither way to isolate a program works here."""


def box(readable: Sequence[Path], empty: str) -> list[str]:
    """The words before a program's own. `readable` are the folders that it sees, `empty` is an empty one that stays
    while the program runs. Raises NoBox.
    """
    paths = _outermost([*_system(), *map(str, readable)])
    if (bubblewrap := shutil.which("bwrap")) is not None:
        return _by_bubblewrap(bubblewrap, paths)
    if not _unshare_works():
        raise NoBox
    return _by_unshare(paths, empty)


def _by_bubblewrap(program: str, paths: Sequence[str]) -> list[str]:
    binds = [word for path in paths for word in ("--ro-bind", path, path)]
    links = [path for path in _SYSTEM if Path(path).is_symlink()]
    return [
        *(program, "--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL", "--clearenv"),
        *("--die-with-parent", "--new-session", "--proc", "/proc", "--dev", "/dev"),
        *("--size", str(16 << 20), "--tmpfs", "/tmp"),  # noqa: S108  # the box has its own
        *(word for path in links for word in ("--symlink", str(Path(path).readlink()), path)),
        *(*binds, "--remount-ro", "/", "--"),
    ]


def _by_unshare(paths: Sequence[str], empty: str) -> list[str]:
    root = os.geteuid() == 0
    own = [] if root else ["--user", "--map-root-user"]
    inner = ["sh", str(_ENTER_AS_ROOT)] if root else ["unshare", "--user", "--map-root-user", "sh", "-c", _ENTER, "sh"]
    return ["unshare", *own, *_NAMESPACES, "sh", str(_SETUP), empty, *paths, "--", *inner]


@cache
def _unshare_works() -> bool:
    """Distributions and containers may forbid it."""
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        return False
    with tempfile.TemporaryDirectory() as empty:
        command = [*_by_unshare(_outermost(_system()), empty), "true"]
        return subprocess.run(command, check=False, capture_output=True, env={}).returncode == 0


def _system() -> list[str]:
    """What Python itself needs."""
    python = {sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parent.parent), str(_IMPORTER)}
    found = (*(path for path in _SYSTEM if not Path(path).is_symlink()), *sorted(python))
    return [path for path in found if os.path.isdir(path)]  # noqa: PTH112  # Path.is_dir raises where it may not look


def _outermost(paths: Sequence[str]) -> list[str]:
    """Without those that lie in another of them."""
    found: list[str] = []
    for path in sorted({os.path.realpath(path) for path in paths}):
        if not any(path == other or path.startswith(other + os.sep) for other in found):
            found.append(path)
    return found
