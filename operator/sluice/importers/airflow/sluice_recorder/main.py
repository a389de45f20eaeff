"""The program in the box: runs or reads one DAG file, and writes what it recorded as a line of JSON to standard output.

Reads its order from standard input: the file, where modules are looked for, and what is given of the installation.
"""

import importlib.util
import json
import os
import resource
import sys
import traceback
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parent)]

from sluice_airflow import dags, modules, places, settings  # noqa: E402  # found by the line above
from sluice_recorder import environment  # noqa: E402
from sluice_recorder.record import record  # noqa: E402

SYNTAX_ERROR = f"syntax error for Python {sys.version_info[0]}.{sys.version_info[1]}"

sys.path.pop(0)  # beside them lie files whose names the user's modules may have


def main():
    order = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for stream in (1, 2):  # what module code prints goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    for limit, value in order["limits"].items():
        kind = getattr(resource, limit)
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))
    os.environ.clear()
    os.environ.update(order["env"])
    settings.GIVEN_VARIABLES.update(order["variables"])
    settings.GIVEN_CONNECTIONS.update(order["connections"])
    opened = _watch_files(order["roots"])
    sys.path += order["roots"]
    modules.install("kubernetes")
    process = os.getpid()
    if order["run"]:
        environment.ask()
        error = _load(order["file"], order["module"])
    else:
        from sluice_recorder import tree

        error = tree.read(order["file"], order["module"], SYNTAX_ERROR)
    if os.getpid() != process:
        os._exit(0)  # the file has forked, and this is the child
    found = record(order["file"], order["roots"], opened) if error is None else {}
    json.dump({"error": error, "events": places.EVENTS, **found}, out)
    out.flush()
    os._exit(0)  # whatever threads and exit handlers the file has


def _load(file, module):
    """None, or what went wrong: the words, and the line in the user's files."""
    spec = importlib.util.spec_from_file_location(module, file)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[module] = loaded
    try:
        spec.loader.exec_module(loaded)
    except SyntaxError as error:
        return {"file": error.filename or file, "line": error.lineno or 1, "words": f"{SYNTAX_ERROR}: {error.msg}"}
    except BaseException as error:  # noqa: BLE001  # whatever the file raises, SystemExit too
        frames = [each for each in traceback.extract_tb(error.__traceback__) if places.is_users(each.filename)]
        place = frames[-1] if frames else None
        return {
            "file": place.filename if place else file,
            "line": place.lineno if place else 1,
            "words": f"{type(error).__name__}: {error}"[:500],
        }
    for value in list(vars(loaded).values()):
        if isinstance(value, dags.DAG):
            value.in_with = True
    return None


def _watch_files(roots):
    """Data files that the DAG file reads, which have to travel with it."""
    opened = []
    folders = tuple(os.path.join(root, "") for root in roots)

    def hook(event, arguments):
        if event == "open" and isinstance(arguments[0], str) and len(opened) < 1000:
            path = os.path.abspath(arguments[0])
            if path.startswith(folders) and not path.endswith((".py", ".pyc")) and path not in opened:
                opened.append(path)

    sys.addaudithook(hook)
    return opened


main()
