"""`sluice import airflow FILE|DIR...`."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from sluice.cli.import_.output import deliver, options
from sluice.cli.printable import printable

_PACKAGES = ("jinja2", "pendulum", "dateutil", "pytz", "attrs")


@click.command("airflow")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE|DIR...")
@click.option("--image", default="python:3.13-slim", show_default=True, help="The image of Python and Bash tasks.")
@click.option("--airflow-image", default="", help="An image with Airflow and its providers, for tasks that use hooks.")
@click.option("--airflow", type=click.Choice(["2", "3"]), help="The version that the files are written for.")
@click.option(
    "--variables",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file, as by `airflow variables export`.",
)
@click.option(
    "--connections",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file, as by `airflow connections export`.",
)
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="An environment variable that the files read.")
@click.option(
    "--root",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder in which modules are looked for, too.",
)
@click.option("--exec", "unboxed", is_flag=True, help="Run the files without isolation: they can do what you can.")
@click.option("--no-exec", is_flag=True, help="Run nothing: read the syntax tree, and tell what cannot be read so.")
@options
def command(
    files: tuple[Path, ...],
    image: str,
    airflow_image: str,
    airflow: str | None,
    variables: Path | None,
    connections: Path | None,
    env: tuple[str, ...],
    root: tuple[Path, ...],
    output: Path | None,
    *,
    unboxed: bool,
    no_exec: bool,
    check: bool,
    verbose: bool,
) -> None:
    """Make Workflows of Airflow's DAG files, without Airflow.

    A DAG file is a program. It is run in a box without network, with nothing of this machine but the folders that it
    imports from, and these read-only.

    Example: sluice import airflow dags/etl.py -o workflows
    """
    from sluice.importers.airflow.convert import convert  # noqa: PLC0415  # not for --help
    from sluice.importers.airflow.dags.dag import Options  # noqa: PLC0415
    from sluice.importers.airflow.record.isolation import NoBox  # noqa: PLC0415

    if unboxed and no_exec:
        raise click.UsageError("--exec runs the files and --no-exec does not: give one of them")
    if missing := [package for package in _PACKAGES if importlib.util.find_spec(package) is None]:
        raise click.UsageError(f"DAG files need {', '.join(missing)}: pip install 'sluice-workflows[airflow]'")
    settings = Options(
        image=image,
        airflow_image=airflow_image,
        airflow=int(airflow or 0),
        variables=_json(variables),
        connections=_json(connections),
        env=dict(_pair(each) for each in env),
    )
    try:
        found = list(_expand(files))
        boxed = not (unboxed or no_exec)
        result = convert(found, settings, root, set(found) - set(files), boxed=boxed, run=not no_exec)
    except NoBox:
        raise click.UsageError(
            "DAG files are programs, and there is no way to isolate them here: install bubblewrap (bwrap), or allow "
            "unprivileged user namespaces, trust the files and add --exec, or let them only be read by --no-exec"
        ) from None
    deliver(result, output, check=check, verbose=verbose)


def _expand(files: tuple[Path, ...]) -> Iterator[Path]:
    """Of a folder those Python files that speak of Airflow and a DAG, as Airflow itself chooses them."""
    for path in files:
        if not path.is_dir():
            yield path
            continue
        for each in sorted(path.rglob("*.py")):
            hidden = any(part.startswith((".", "__pycache__")) for part in each.relative_to(path).parts)
            if not hidden and each.is_file() and _speaks_of_dags(each):
                yield each


def _speaks_of_dags(file: Path) -> bool:
    text = file.read_bytes().lower()
    return b"airflow" in text and b"dag" in text


def _json(file: Path | None) -> dict[str, Any]:
    from sluice.core.base.foreign import mapping, parse  # noqa: PLC0415

    if file is None:
        return {}
    try:
        found = parse(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise click.UsageError(printable(f"{file}: this is no JSON: {error}")) from error
    if not isinstance(found, dict):
        raise click.UsageError(f"{file}: must be one JSON object, {json.dumps({'name': 'value'})}")
    return mapping(found)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(printable(f"--env {text}: write NAME=VALUE"))
    return name, value
