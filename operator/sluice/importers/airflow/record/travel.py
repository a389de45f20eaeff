"""The files that travel with a Workflow: the DAG file, the user's modules that it imports, what it reads, and the
stand-ins that let it run in a pod.

A module travels under the path by which it is imported, and a data file as near to the DAG file as it lies now.
"""

import ast
import base64
import io
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files as resources
from pathlib import Path

from sluice.core import Json
from sluice.importers.airflow.record.recording import Recording
from sluice.importers.airflow.record.roots import Roots

MAX_BYTES = 960 * 1024
TASK_FILE = "airflow_task.py"
_STAND_INS = "sluice_airflow"
_IMPORTER = Path(__file__).parent.parent


class CannotTravel(Exception):
    """A file that the tasks need is too large, no text, or elsewhere."""


@cache
def stand_ins() -> str:
    """In base64, a zip file that Python imports from. The same bytes each time."""
    folder = resources("sluice.importers.airflow").joinpath(_STAND_INS)
    texts = {f"{_STAND_INS}/{each.name}": each.read_bytes() for each in folder.iterdir() if each.name.endswith(".py")}
    texts["airflow/__init__.py"] = texts.pop(f"{_STAND_INS}/spawned.py")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(texts):
            archive.writestr(zipfile.ZipInfo(name), texts[name], zipfile.ZIP_DEFLATED)
    return base64.b64encode(packed.getvalue()).decode()


def files_of(file: Path, recording: Recording, roots: Roots) -> Json:
    """`files` and `binaryFiles` of the Workflow. Raises CannotTravel."""
    found = {path_of(file, roots): file.resolve()}
    for path, module in _own_modules(file, recording, roots):
        found.setdefault(path, module)
    for data in (Path(os.path.normpath(each)) for each in recording.opened):
        if (data_path := _data_path(data, file, roots)) is not None and data.is_file():
            found.setdefault(data_path, data)
    _stay_inside(found, (*roots.folders, file.resolve().parent))
    texts = {path: _text(each) for path, each in sorted(found.items())}
    if sum(map(len, texts.values())) > MAX_BYTES:
        raise CannotTravel(
            f"it and what it imports have more than {MAX_BYTES // 1024} KiB; put the modules into an image"
        )
    texts[TASK_FILE] = (_IMPORTER / TASK_FILE).read_text(encoding="utf-8")
    return {"files": texts, "binaryFiles": {f"{_STAND_INS}.zip": stand_ins()}}


def _stay_inside(found: Mapping[str, Path], folders: Iterable[Path]) -> None:
    """The box does not see what a link outside of its folders leads to, nor does the Workflow. Raises CannotTravel."""
    inside = [folder.resolve() for folder in folders]
    for path, each in found.items():
        if not any(each.resolve().is_relative_to(folder) for folder in inside):
            raise CannotTravel(f"{path} is a link to what lies outside of the folders that are read; copy it there")


def path_of(file: Path, roots: Roots) -> str:
    """The DAG file's: below the folder `dags`, if there is one. A module by that path can be imported whatever the
    file is called.
    """
    path = file.resolve()
    below = path.relative_to(roots.dags) if roots.dags is not None else Path(path.name)
    return below.with_name(below.stem.replace(".", "_") + ".py").as_posix()


def _data_path(data: Path, file: Path, roots: Roots) -> str | None:
    folder = file.resolve().parent
    if data.is_relative_to(folder):
        return (Path(path_of(file, roots)).parent / data.relative_to(folder)).as_posix()
    return roots.path_of(data)


def _own_modules(file: Path, recording: Recording, roots: Roots) -> Iterator[tuple[str, Path]]:
    """Those that were imported, and those that functions import when they run, with the path of each."""
    todo = [_module_files(name, roots) for name, _ in recording.modules]
    todo += [_imports_of(file.resolve(), roots)]
    seen: set[Path] = {file.resolve()}
    while todo:
        for path, module in todo.pop():
            if module not in seen and not module.is_relative_to(_IMPORTER):
                seen.add(module)
                yield path, module
                todo.append(_imports_of(module, roots))


def _imports_of(file: Path, roots: Roots) -> Iterator[tuple[str, Path]]:
    for name in _imported(file):
        yield from _module_files(name, roots)


def _imported(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def _module_files(name: str, roots: Roots) -> Iterator[tuple[str, Path]]:
    """Its file, and those of the packages above it, in the first root that has it."""
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return
    for root in roots.folders:
        own = [root.joinpath(*parts).with_suffix(".py"), root.joinpath(*parts, "__init__.py")]
        if any(each.is_file() for each in own):
            packages = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts))]
            yield from (
                (each.relative_to(root).as_posix(), each.resolve()) for each in (*own, *packages) if each.is_file()
            )
            return


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise CannotTravel(f"{file.name} has more than {MAX_BYTES // 1024} KiB; put it into an image or a volume")
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CannotTravel(f"{file.name} is no UTF-8 text; put it into an image or a volume") from None
    except OSError as error:
        raise CannotTravel(f"{file.name}: {error.strerror}") from None
