"""Files and folders that are copied before a program and after it, as lines of a shell script."""

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Copy:
    """A file or folder that is copied before or after the program. `optional`: if it is there."""

    source: str
    target: str
    optional: bool = False
    mode: str = ""
    is_file: bool = False


def put(copy: Copy) -> list[str]:
    """In place before the program. A folder that is there already, of the image or a volume, gets what is in it."""
    source, target = shlex.quote(copy.source), shlex.quote(copy.target)
    line = f"if [ -d {target} ]; then cp -r {source}/. {target}; else cp -r {source} {target}; fi"
    if copy.is_file:
        line = f"cp {source} {target}"
    return _made(copy, f"[ ! -e {source} ] || {line}" if copy.optional else line)


def keep(copy: Copy) -> list[str]:
    """After the program, over what an earlier attempt has kept."""
    source, target = shlex.quote(copy.source), shlex.quote(copy.target)
    line = f"cp -r {source} {target}"
    return _made(copy, f"rm -rf {target}", f"[ ! -e {source} ] || {line}" if copy.optional else line)


def _made(copy: Copy, *lines: str) -> list[str]:
    folder, target = copy.target.rstrip("/").rpartition("/")[0], shlex.quote(copy.target)
    made = [f"mkdir -p {shlex.quote(folder)}"] if folder not in ("", "/tmp") else []  # noqa: S108  # it is in each image
    return [*made, *lines, *([f"chmod {copy.mode} {target}"] if copy.mode else [])]
