"""What all importers share on the command line: where the manifests go, and how the report is told."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, ParamSpec, TypeVar

import click

from sluice.cli.printable import printable

if TYPE_CHECKING:
    from sluice.importers.report import Result

_P = ParamSpec("_P")
_R = TypeVar("_R")


def options(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """-o, --check and --verbose, for `deliver`."""
    for option in (
        click.option("--verbose", is_flag=True, help="List the notes, too: what changes nothing of what runs."),
        click.option("--check", is_flag=True, help="Write no manifest, only the report."),
        click.option(
            "-o",
            "--output",
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help="Write each Workflow into a file of its own in this folder, instead of to standard output.",
        ),
    ):
        command = option(command)
    return command


def deliver(result: "Result", output: Path | None, *, check: bool, verbose: bool) -> NoReturn:
    """Writes the manifests, reports to standard error, and exits."""
    from sluice.importers.write import to_yaml  # noqa: PLC0415  # not for --help

    if not check and output is None and result.objects:
        click.echo(to_yaml(result.objects), nl=False)
    elif not check and output is not None:
        _write(result, output)
    for place in sorted(result.refused):
        _tell(place.file, place.line, f"refused: {place.message}")
    for loss in result.losses:
        _tell(loss.file, loss.line, f"{'left to you' if loss.left else 'nearly'}: {loss}")
    for note in sorted(result.notes) if verbose else ():
        _tell(note.file, note.line, f"note: {note.message}")
    click.echo(printable(result.summary()), err=True)
    sys.exit(result.exit_code)


def _tell(file: str, line: int, words: str) -> None:
    click.echo(printable(f"{file}:{line}: {words}"), err=True)


def _write(result: "Result", output: Path) -> None:
    """A file by the name of each object; the kind goes with it where two share one."""
    from sluice.importers.write import to_yaml  # noqa: PLC0415

    try:
        output.mkdir(parents=True, exist_ok=True)
        names = [each.name for each in result.objects]
        for each in result.objects:
            kind = "" if names.count(each.name) == 1 else f"-{each.manifest['kind'].lower()}"
            (output / f"{each.name}{kind}.yaml").write_text(to_yaml([each]), encoding="utf-8")
    except OSError as error:
        raise click.UsageError(printable(f"{error.filename}: {error.strerror}")) from error
