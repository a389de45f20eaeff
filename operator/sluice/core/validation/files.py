"""Faults of files, and of functions in them."""

import base64
import binascii
import keyword
from collections.abc import Iterator

from sluice.core import Json
from sluice.core.base.faults import Fault, Hint
from sluice.core.base.files import MAX_BYTES, MAX_FILES, contents, is_path
from sluice.core.base.foreign import mapping
from sluice.core.validation.manifest import ParsedManifest

_FIELDS = ("files", "binaryFiles")


def files(found: ParsedManifest) -> Iterator[Fault]:
    given = {field: mapping(found.raw.get(field)) for field in _FIELDS}
    folders = {path[:end] for paths in given.values() for path in paths for end in _slashes(path)}
    for field, paths in given.items():
        for path, text in paths.items():
            where = f"spec.{field}.{path}"
            if not is_path(path):
                words = "must be a relative path of letters, digits, '.', '_' and '-', divided by '/', without '..'"
                yield Fault(where, words)
            elif path in folders:
                yield Fault(where, "is a file, and another file has it as its folder; rename one")
            if field == "binaryFiles" and not _is_base64(text):
                yield Fault(where, "must be base64; write text under spec.files")
    for path in sorted(given["files"].keys() & given["binaryFiles"].keys()):
        yield Fault(f"spec.binaryFiles.{path}", "stands under spec.files, too; keep one")
    if (number := sum(map(len, given.values()))) > MAX_FILES:
        yield Fault("spec.files", f"with binaryFiles there are {number} files; {MAX_FILES} fit")
    size = sum(len(content) for _, content in contents(found.raw))
    if size > MAX_BYTES:
        yield Fault("spec.files", f"all files have {size} bytes; {MAX_BYTES} fit. Put the rest into an image")


def _slashes(path: str) -> Iterator[int]:
    return (place for place, letter in enumerate(path) if letter == "/")


def _is_base64(text: object) -> bool:
    try:
        base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def files_of_tasks(found: ParsedManifest) -> Iterator[Fault]:
    known = {path: None for field in _FIELDS for path in mapping(found.raw.get(field))}
    for number, task in found.tasks.items():
        path = f"spec.tasks[{number}]"
        for place, name in enumerate(task.files or ()):
            if name not in known:
                yield _unknown(f"{path}.files[{place}]", name, known)
        if task.function is None:
            continue
        if task.files is not None:
            yield Fault(f"{path}.files", "a function has all files of the Workflow; leave this out")
        where, file = f"{path}.function.file", task.function.file
        if file not in known:
            yield _unknown(where, file, known)
        elif not _is_module(file):
            yield Fault(where, f"'{file}' cannot be imported; name it as a module, for example etl.py or jobs/load.py")
        name = task.function.name
        if not all(part.isidentifier() and not keyword.iskeyword(part) for part in name.split(".")):
            yield Fault(f"{path}.function.name", f"'{name}' is no name that a Python function can have")
        for argument in task.function.arguments or {}:
            if not argument.isidentifier() or keyword.iskeyword(argument):
                words = f"'{argument}' is no name that an argument can have in Python"
                yield Fault(f"{path}.function.arguments.{argument}", words)


def _is_module(path: str) -> bool:
    parts = path.removesuffix(".py").split("/")
    return path.endswith(".py") and all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)


def _unknown(where: str, name: str, known: Json) -> Fault:
    return Fault(
        where, f"no file of this Workflow is called '{name}'", Hint(name, known, otherwise="; add it to spec.files")
    )
