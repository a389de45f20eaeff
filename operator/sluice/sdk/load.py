"""The workflows of a Python file, which is run as a module under its own name."""

import contextlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from sluice.core import Json
from sluice.sdk.faults import Mistake, Place, WorkflowFault
from sluice.sdk.loading import loading_file
from sluice.sdk.workflow import Workflow


def render_file(file: Path) -> list[Json]:
    """The manifest of each workflow of a file, in its order. What the file prints goes to standard error.

    Raises WorkflowFault with all mistakes, whose places name the file as `file` does.
    """
    absolute = file.absolute()  # as Python names it in frames
    try:
        return _manifests(absolute)
    except WorkflowFault as refused:
        raise WorkflowFault(_named(each, absolute, file) for each in refused.mistakes) from refused.__cause__


def _named(mistake: Mistake, absolute: Path, file: Path) -> Mistake:
    place = mistake.place
    return Mistake(Place(str(file), place.line), mistake.message) if place.file == str(absolute) else mistake


def _manifests(file: Path) -> list[Json]:
    with contextlib.redirect_stdout(sys.stderr):
        module = load_file(file)
        manifests, mistakes = [], []
        for each in _workflows(module):
            try:
                manifests.append(each.render())
            except WorkflowFault as refused:
                mistakes += refused.mistakes
            except Exception as error:  # noqa: BLE001  # whatever the author's code raises
                mistakes.append(_raised(error, file))
    if mistakes:
        raise WorkflowFault(mistakes)
    if not manifests:
        raise WorkflowFault([Mistake(Place(str(file), 1), "there is no function with @workflow in this file")])
    return manifests


def _workflows(module: ModuleType) -> list[Workflow[..., Any]]:
    """Those that the file defines itself, each once."""
    found = {
        id(value): value
        for value in vars(module).values()
        if isinstance(value, Workflow) and value.__module__ == module.__name__
    }
    return list(found.values())


def load_file(file: Path) -> ModuleType:
    """`file` is absolute. Raises WorkflowFault, with the author's line, for whatever the file raises."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise WorkflowFault([Mistake(Place(str(file), 1), "this is no Python file; its name must end with .py")])
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(file.stem)
    sys.modules[file.stem] = module
    sys.path.insert(0, str(file.parent))
    try:
        with loading_file():
            spec.loader.exec_module(module)
    except WorkflowFault:
        raise
    except SyntaxError as error:
        raise WorkflowFault([Mistake(Place(error.filename or str(file), error.lineno or 1), str(error.msg))]) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the author's code raises
        raise WorkflowFault([_raised(error, file)]) from None
    finally:
        sys.path.remove(str(file.parent))
        if before is not None and getattr(before, "__file__", None) != module.__file__:
            sys.modules[file.stem] = before  # another module of this name; the same file loaded again takes its place
    return module


def _raised(error: BaseException, file: Path) -> Mistake:
    """By the last line of the author's that was reached."""
    lines = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == str(file)]
    words = "".join(traceback.format_exception_only(error)).strip()
    return Mistake(Place(str(file), (lines or [1])[-1] or 1), words)
