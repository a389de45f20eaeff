"""Reads manifests from files, directories and standard input."""

import sys
from collections.abc import Iterable, Iterator
from os.path import realpath
from pathlib import Path

import click

from sluice.cli.lint.check import LintedFile
from sluice.cli.lint.source import Finding, read_json, read_yaml
from sluice.cli.printable import printable

SUFFIXES = {".yaml", ".yml", ".json"}


def expand(files: Iterable[str]) -> Iterator[str]:
    """Each file once; a directory's manifests are sorted by path."""
    seen = set()
    for name in files:
        path = Path(name)
        expanded = sorted(map(str, _manifests(path))) if name != "-" and path.is_dir() else [name]
        for file in expanded:
            if (found := realpath(file)) not in seen:
                seen.add(found)
                yield file


def _manifests(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
        if path.suffix in SUFFIXES and path.is_file() and not hidden:
            yield path


def read(name: str) -> LintedFile:
    """The documents of a file; of standard input if it is called `-`. A Python file is rendered, so it is run.

    Raises click's UsageError.
    """
    if name.endswith(".py"):
        return _rendered(Path(name))
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise click.UsageError(printable(f"{name}: {error.strerror}")) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return LintedFile(_display_name(name), [Finding(line, "", "this is not UTF-8 text")])
    reading = read_json if name.endswith(".json") else read_yaml
    return LintedFile(_display_name(name), list(reading(text)))


def _rendered(file: Path) -> LintedFile:
    """Mistakes have their lines in the file; what else is found has those of the text that `sluice render` prints."""
    from sluice.cli.render import rendered  # noqa: PLC0415  # only for Python
    from sluice.sdk.faults import WorkflowFault  # noqa: PLC0415

    try:
        return LintedFile(f"{file}, rendered", list(read_yaml(rendered(file))))
    except WorkflowFault as fault:
        own = [Finding(each.place.line, "", each.message) for each in fault.mistakes if each.place.file == str(file)]
        others = [Finding(1, "", str(each)) for each in fault.mistakes if each.place.file != str(file)]
        return LintedFile(str(file), own + others)


def _display_name(name: str) -> str:
    return "<stdin>" if name == "-" else name
